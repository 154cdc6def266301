# requires: ninja=ninja-build meson gcc
# exe: ninja cc1 (.*-)?ld(\..*)? python3.*
# timeout: 600
# varies: /^\[\d+\/\d+\] .*$// the order in which two jobs end
#
# The project builds itself under itself; what comes out is compared bit by bit.
set -eu
meson setup -Dtests=false -Dbench=false build "$SOURCE" > setup.log 2>&1 || { cat setup.log; exit 1; }
ninja -C build -j2 > build.log 2>&1 || { cat build.log; exit 1; }
cksum build/lib/libpooltag.so build/poolmon/poolmon
build/poolmon/poolmon --help | cksum
ninja -C build -j2 | tail -n 1
