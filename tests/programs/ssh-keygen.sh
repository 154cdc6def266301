# requires: ssh-keygen=openssh-client
# exe: ssh-keygen
# Keys are random, so what is compared is that they are made, read, converted and verify.
set -eu
for type in ed25519 ecdsa rsa; do
	ssh-keygen -q -t "$type" -N secret -C tester -f "key-$type"
	ssh-keygen -l -f "key-$type.pub" | cut -d ' ' -f 1,3,4
	ssh-keygen -p -P secret -N '' -f "key-$type"
	ssh-keygen -y -f "key-$type" | cmp - "key-$type.pub" && echo "same key"
	ssh-keygen -e -m PKCS8 -f "key-$type.pub" | head -n 1
done
echo message > message
ssh-keygen -q -Y sign -n file -f key-ed25519 message
echo "tester $(cat key-ed25519.pub)" > allowed
ssh-keygen -Y verify -n file -I tester -f allowed -s message.sig < message | cut -d ' ' -f 1-6
