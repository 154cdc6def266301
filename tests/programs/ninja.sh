# requires: ninja=ninja-build meson gcc
# exe: ninja cc1 (.*-)?ld(\..*)? python3.*
# timeout: 600
# varies: /^\[\d+\/\d+\] .*$// the order in which two jobs end
#
# The project builds itself under itself; what comes out is compared bit by bit. With `small`, of which a
# thousand rounds take no longer, ninja has a bit of everything to build, and no compiler with it.
set -eu
if [ "${1:-}" = small ]; then
	mkdir sub
	seq 8 | sed 's/.*/text & with $dollar/' > input
	cat > build.ninja <<'NINJA'
ninja_required_version = 1.8
builddir = out
pool one
  depth = 1
rule copy
  command = cp $in $out && printf '%s: %s more.ninja\n' $out $in > $out.d
  depfile = $out.d
  deps = gcc
  description = copy $out
rule join
  command = cat @$out.rsp $in > $out
  rspfile = @$out.rsp
  rspfile_content = $in_newline
  pool = one
rule same
  command = cmp -s $in $out || cp $in $out
  restat = 1
rule order
  command = printf 'ninja_dyndep_version = 1\nbuild late: dyndep | extra\n' > $out
rule again
  command = cp $in $out
  generator = 1
build extra: copy input
build out/a: copy input
build out/b: copy out/a | extra
build out/c: copy out/a || out/b
build joined: join out/a out/b out/c
build same: same joined |@ check
build check: copy input
build order: order
build late: copy joined || order
  dyndep = order
build nothing: phony input
build listed: again input
include more.ninja
subninja sub/build.ninja
default same late last sub/x nothing
NINJA
	printf 'rule last\n  command = sort -r $in > $out\nbuild last: last same\n' > more.ninja
	printf 'rule copy\n  command = tr a-z A-Z < $in > $out\nbuild sub/x: copy last\n' > sub/build.ninja
	for round in first second; do
		ninja -j2 > "$round.log" 2>&1 || { cat "$round.log"; exit 1; }
		echo more >> input
	done
	cksum sub/x joined late
	for tool in graph commands deps targets; do ninja -t "$tool" | sort | cksum; done
	ninja -d explain -n 2>&1 | wc -l
	ninja -t clean | tail -n 1
	exit
fi
meson setup -Dtests=false -Dbench=false build "$SOURCE" > setup.log 2>&1 || { cat setup.log; exit 1; }
ninja -C build -j2 > build.log 2>&1 || { cat build.log; exit 1; }
cksum build/lib/libpooltag.so build/poolmon/poolmon
build/poolmon/poolmon --help | cksum
ninja -C build -j2 | tail -n 1
