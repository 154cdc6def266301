# requires: gcc
# exe: cc1 lto1 (.*-)?as (.*-)?ld(\..*)? collect2 (.*-)?gcc(-[0-9]+)?
# timeout: 120
set -eu
gcc --version | head -n 1
gcc -D_GNU_SOURCE -I"$SOURCE/include" -O2 -g -frandom-seed=1 -c "$SOURCE/tests/exact/shapes.c" -o shapes.o
cksum shapes.o
gcc -O3 -flto -frandom-seed=1 -D_GNU_SOURCE "$SOURCE/tests/exact/shapes.c" -o shapes
./shapes
echo 'int main(void) { return undeclared; }' > bad.c
gcc -c bad.c 2>&1 || echo "status $?"
