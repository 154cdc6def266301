# requires: openssl
# exe: openssl
# timeout: 120
# varies: /for 1s on \S+ size blocks: \d+ (\S+) in [\d.]+s/for 1s: \1/ speed
# varies: / *[\d.]+k/ N/ speed, and its padding
# varies: /^(Doing .*?): .*$/\1/ speed
# varies: /^( *(sign|verify|rsa|ecdsa|op|\d+ bits).*)$/row/ speed
set -eu
openssl speed -seconds 1 -bytes 1024 sha256
openssl speed -seconds 1 ecdsap256
seq 1 50000 > data
openssl dgst -sha512 data
openssl enc -aes-256-cbc -pbkdf2 -S 0102030405060708 -pass pass:x -in data | openssl dgst -md5
openssl genrsa -out key.pem 2048
openssl req -x509 -key key.pem -subj /CN=test -days 2 -out cert.pem
openssl verify -CAfile cert.pem cert.pem
openssl dgst -sha256 -sign key.pem -out sig data
openssl x509 -in cert.pem -pubkey -noout > pub.pem
openssl dgst -sha256 -verify pub.pem -signature sig data
