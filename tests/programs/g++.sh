# requires: g++
# exe: cc1plus (.*-)?as (.*-)?ld(\..*)?
# timeout: 180
set -eu
g++ -std=c++17 -O2 -g -frandom-seed=1 -c "$SOURCE/tests/exact/containers.cpp" -o containers.o
cksum containers.o
g++ -std=c++17 containers.o -o containers
./containers
echo 'int main() { std::vector<int> v; }' > bad.cpp
g++ -c bad.cpp 2>&1 || echo "status $?"
