#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# cli_test.sh POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY: what poolmon answers to command lines.
# TAP on stdout. Every expected message and exit status is exact.

poolmon=$1
make_segments=$2
fixtures=$3
dir=$(mktemp -d /tmp/poolmon-cli-XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
number=0
failed=0
unset POOLTAG_LIBRARY POOLTAG_OPTIONS LD_PRELOAD
XDG_CONFIG_HOME=$dir/none # nobody's own settings
export XDG_CONFIG_HOME

# ok NAME STATUS: one test, passed when STATUS is 0
ok()
{
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        failed=1
    fi
}

# expect NAME STATUS STDERR ARG...: runs poolmon, compares exit status and standard error
expect()
{
    name=$1
    status=$2
    message=$3
    shift 3
    "$poolmon" "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ "$got" -eq "$status" ] && [ "$(cat "$dir/err")" = "$message" ]
    ok "$name" $?
    if [ "$got" -ne "$status" ] || [ "$(cat "$dir/err")" != "$message" ]; then
        echo "# exit status $got, expected $status"
        sed 's/^/# stderr: /' "$dir/err"
        echo "# wanted: $message"
    fi
}

# printed NAME PATTERN: whether the last standard output has a line like PATTERN
printed()
{
    grep -q -- "$2" "$dir/out"
    result=$?
    ok "$1" $result
    [ $result -eq 0 ] || sed 's/^/# stdout: /' "$dir/out"
}

usage='; see poolmon --help'
expect 'an unknown option' 2 "poolmon: unknown option '--foo'$usage" --foo
expect 'an unknown letter' 2 "poolmon: unknown option '-z'$usage" -z
expect 'an unknown letter, Windows way' 2 "poolmon: unknown option '/z'$usage" /z
expect 'a dash alone' 2 "poolmon: unknown option '-'$usage" -
expect 'a word that means nothing' 2 "poolmon: 'foo' is neither a command nor an option$usage" foo
expect 'a value for a flag' 2 "poolmon: --once takes no value$usage" --once=1
expect 'a missing value' 2 "poolmon: --pid needs P$usage" --pid
expect 'a bad pid' 2 "poolmon: --pid: 'x' is not a process number$usage" --pid x
expect 'pid 0' 2 "poolmon: --pid: '0' is not a process number$usage" --pid=0
expect 'a pid that is none' 2 "poolmon: --pid: '99999999999' is not a process number$usage" \
    --pid=99999999999
expect 'a bad group' 2 \
    "poolmon: --group: 'x' is not one of tag, module, function, site, stack, size, thread, process$usage" --group x
expect 'a bad sort key' 2 "poolmon: --sort: there is no column 'x'$usage" --sort=x
expect 'an empty sort key' 2 "poolmon: --sort: there is no column ''$usage" --sort=
expect 'a bad column' 2 "poolmon: --columns: there is no column 'x'$usage" --columns=tag,x
expect 'a bad interval' 2 \
    "poolmon: --interval: '0' is not a number of seconds from 0.1 to 86400$usage" --interval 0
expect 'an interval that is not a number' 2 \
    "poolmon: --interval: 'nan' is not a number of seconds from 0.1 to 86400$usage" --interval=nan
expect 'a bad count' 2 "poolmon: --count: '0' is not a number from 1$usage" --batch --count=0
expect 'a count without batch' 2 "poolmon: --count needs --batch$usage" --count=1
expect 'once and batch' 2 "poolmon: --once contradicts --batch and --count$usage" --once --batch
expect 'a tag that is missing' 2 "poolmon: -i: the tag follows at once, as in -iNtf*$usage" -i
expect 'no command to run' 2 "poolmon: run: what? poolmon run -- COMMAND ARG...$usage" run
expect 'too deep a stack' 2 "poolmon: --stack: '65' is not a number from 0 to 64$usage" \
	run --stack=65 -- true
expect 'rules that are not there' 2 "poolmon: --rules: /nonexistent: No such file or directory$usage" \
	run --rules=/nonexistent -- true
expect 'an option of another command' 2 "poolmon: unknown option '--batch' of poolmon run$usage" \
    run --batch -- true
expect 'a bad age' 2 \
    "poolmon: --older: 'soon' is not a length of time such as 90s, 10m, 2h or 1d$usage" \
    reap --older soon
expect 'a library option without a value' 2 \
    "poolmon: --option: 'keep' is not key=value without ':'$usage" run --option keep -- true
expect 'a directory that is not there' 2 "poolmon: directory $dir/none: No such file or directory" \
    --once --dir "$dir/none"
expect 'the version' 0 '' --version
printed 'is printed' '^poolmon [0-9]'

for letter in --help -h '-?' '/?' /h; do
    expect "help with $letter" 0 '' "$letter"
done
printed 'the help names the options' '^  --interval=S  '
printed 'and the columns' '^  per_alloc  '
printed 'and where the library is' '^  POOLTAG_LIBRARY  '
expect 'the help of a command' 0 '' run --help

mkdir -m 700 "$dir/s"
expect 'no process' 0 '' --once --dir "$dir/s"
printed 'is said' 'No process runs under pooltag'
expect 'no process to list' 0 '' list --dir "$dir/s"
printed 'is said too' '^No process runs under pooltag'
expect 'nothing to reap' 0 '' reap --dir "$dir/s"
printed 'is said as well' '^nothing to remove'

"$make_segments" "$fixtures/two.seg" "$dir/s"
expect 'one table' 0 '' --once --dir "$dir/s"
printed 'has the counts' 'System pool information  *2 processes, 1 crashed$'
printed 'and a row' '^ dict Paged   1283004 (   0)   1002331 (   0)   280673 17963072 (     0) '
expect 'a pipe' 0 '' --dir "$dir/s"
printed 'makes it one table' '^ SSLk Nonp '
expect 'two tables' 0 '' --batch --count 2 --interval 0.1 --dir "$dir/s"
[ "$(grep -c '^ dict' "$dir/out")" -eq 2 ]
ok 'are two' $?
expect 'no escapes' 0 '' --batch --count=1 -b -e -l --dir "$dir/s"
! grep -q "$(printf '\033')" "$dir/out"
ok 'in batch output' $?
[ "$(sed -n '6p' "$dir/out" | cut -c2-5)" = dict ]
ok '-b sorts by bytes' $?
printed '-e totals' '^ Totl Paged '
expect 'Windows letters' 0 '' --once /p /p '/iS*' /id* /xd* --dir "$dir/s"
[ "$(sed -n '6,$p' "$dir/out" | cut -c2-11)" = 'SSLk Paged' ]
ok 'select' $?
expect 'letters in a word' 0 '' /p/p/e/b '/iS*' --dir "$dir/s"
[ "$(sed -n 6p "$dir/out" | cut -c2-11)" = 'SSLk Paged' ]
ok 'each count' $?
printed 'to the last' '^ Totl Paged '
expect 'the same with dashes' 0 '' -p-p '-iSSL?' --dir "$dir/s"
[ "$(sed -n '6,$p' "$dir/out" | cut -c2-11)" = 'SSLk Paged' ]
ok 'is the same' $?
expect 'two sorts' 0 '' -t -b --dir "$dir/s"
[ "$(sed -n 6p "$dir/out" | cut -c2-5)" = dict ]
ok 'the last one counts' $?
expect 'a sort by change' 0 '' '/(' /b --dir "$dir/s"
expect 'a letter too many' 2 "poolmon: unknown option '/bz'$usage" /bz
expect 'a letter too many in a chain' 2 "poolmon: unknown option '/b/z'$usage" /b/z
expect 'an option cut short' 2 "poolmon: unknown option '/b/'$usage" /b/
expect 'all sessions' 0 '' /s --dir "$dir/s"
printed 'are told in the title' '^ All sessions pool information$'
expect 'session 0' 0 '' -s0 --dir "$dir/s"
printed 'is that of nobody' '^ Session 0 pool information$'
printed 'with its rows' '^ dict Paged '
expect 'a session that is not there' 0 '' /s4711 --dir "$dir/s"
[ "$(wc -l <"$dir/out")" -eq 5 ]
ok 'is headings alone' $?
expect 'a session that is no number' 2 "poolmon: -s: 'x' is not the number of a session$usage" -sx
expect 'a tag file that is not there' 2 "poolmon: -g: $dir/none: No such file or directory" \
    -g "$dir/none" --dir "$dir/s"
expect 'a tag file that is glued on' 2 \
    "poolmon: -g: the file is a word of its own, as in -g foo$usage" -gfoo
printf 'dict - redis\nnodash\n' >"$dir/pooltag.txt"
expect 'a tag file with a wrong line' 0 "poolmon: -g: $dir/pooltag.txt:2:5: no '-' after the tag, \
which is four columns wide; 1 such line is not used, \`poolmon tags --check=$dir/pooltag.txt\` shows which" \
    -g "$dir/pooltag.txt" --dir "$dir/s"
printed 'is used as far as it goes' '^ dict Paged .* 64 \[redis\]$'
expect 'the column without a file' 2 "poolmon: mapped_driver needs a tag file, -g or -c$usage" \
    --columns=tag,mapped_driver
printf 'dict - redis\n' >"$dir/pooltag.txt"
expect 'columns and a tag file' 0 '' -g "$dir/pooltag.txt" --columns=tag,bytes --dir "$dir/s"
printed 'have its column, too' '^ dict 17963072 \[redis\]$'
expect 'a tag file of something else' 2 "poolmon: -g and -c say who tags belong to; --group=site \
has rows of something else$usage" -g --group=site
expect '-r alone' 2 "poolmon: -r needs -n$usage" -r
expect '-n and another format' 2 "poolmon: -n writes a snapshot of its own; it goes with none of \
--once, --batch and the formats$usage" -n --json
expect '-n and a group' 2 \
    "poolmon: -n writes PoolMon's rows; it goes with neither --columns nor --group$usage" -n --group=site
expect 'a process that is not there' 2 \
    'poolmon: --pid 4000000: no such process under pooltag; poolmon list shows which there are' \
    --once --pid 4000000 --dir "$dir/s"
expect 'a crashed process' 0 '' --once --pid 103 --dir "$dir/s"
printed 'is shown' '^ leak Paged   1000000 '
printed 'as such' 'Process 103 pool information: leaky (crashed)'
expect 'columns' 0 '' --once --columns=tag,bytes,requested --dir "$dir/s"
printed 'as asked for' '^ Tag     Bytes Requested$'
expect 'JSON' 0 '' --json --dir "$dir/s"
printed 'has a schema' '"schema": "poolmon/1"'
printed 'and odd tags' '"tag": "\\\\x01\\\\xFFA\\\\x00"'
printed 'and crashed processes' '"state": "crashed"'
expect 'JSON lines' 0 '' --json --batch --count=2 --interval=0.1 --dir "$dir/s"
[ "$(wc -l <"$dir/out")" -eq 2 ]
ok 'one per snapshot' $?

printf x >"$dir/s/5.6"
expect 'a file that is no segment' 0 \
    "poolmon: $dir/s/5.6 is truncated (1 bytes, the header alone has 256)" --once --dir "$dir/s"
expect 'is listed' 0 '' list --dir "$dir/s"
printed 'with the reason' "^not read: $dir/s/5.6 is truncated (1 bytes, the header alone has 256)$"
printed 'beside the processes' '^ *103 crashed .* /usr/local/bin/leaky$'
expect 'reap of the old' 0 '' reap --older 36500d --dir "$dir/s"
printed 'is for those old enough' '^nothing to remove$'
expect 'reap' 0 '' reap --dir "$dir/s"
printed 'removes what crashed' '^removed 103 (leaky, crashed)$'
[ -e "$dir/s/101.5000" ] && [ ! -e "$dir/s/103.7000" ]
ok 'and nothing else' $?
rm "$dir/s/5.6"

if [ -c /dev/full ]; then
    "$poolmon" --once --dir "$dir/s" >/dev/full 2>"$dir/err"
    [ $? -eq 1 ] && [ "$(cat "$dir/err" | tail -n 1)" = \
        'poolmon: cannot write: No space left on device' ]
    ok 'a full disk is told' $?
fi

# `run` needs a library only to preload: an empty one shows what poolmon itself does.
export POOLTAG_LIBRARY="$dir/none.so"
expect 'no library' 2 'poolmon: run: libpooltag.so not found; set POOLTAG_LIBRARY to its path' \
    run -- true
POOLTAG_LIBRARY=/lib/x86_64-linux-gnu/libm.so.6
POOLTAG_LIBRARY=$(realpath "$POOLTAG_LIBRARY")
none='left no segment: does it clear its environment, or does it only start what cannot be preloaded?'
expect 'a command that is not there' 127 'poolmon: run: no-such-command: command not found' \
    run -- no-such-command
expect 'a path that is not there' 127 "poolmon: run: $dir/none: No such file or directory" \
    run -- "$dir/none"
expect 'a file that is not executable' 126 "poolmon: run: $dir/err: Permission denied" \
    run -- "$dir/err"
expect 'a directory' 126 "poolmon: run: $dir: Permission denied" run -- "$dir"
expect 'the exit status is the command'"'"'s' 7 "poolmon: run: sh $none" \
    run --dir "$dir/s" -- sh -c 'exit 7'
expect 'a signal is 128 and more' 137 "poolmon: run: sh $none" \
    run --dir "$dir/s" -- sh -c 'kill -9 $$'
expect 'the environment of the command' 0 "poolmon: run: sh $none" \
    run --dir "$dir/s" --option front_bytes=0 -- sh -c 'echo "$LD_PRELOAD $POOLTAG_OPTIONS"'
printed 'has library and options' \
    "^$POOLTAG_LIBRARY front_bytes=0:dir=$dir/s:keep=1:run=[1-9][0-9]*$"

printf '%s\n' 'Dict - redis-server!dict* - dictionaries' 'Addr - redis-server!dictAddRaw' \
    'Free - nothing here but words' 'SSLk/Nonp - libcrypto.so*' 'wrapper - redis-server!sds*' \
    'None - redis-server!no_such_function' >"$dir/rules"
"$make_segments" "$fixtures/two.seg" "$dir/s"
expect 'a file of rules' 0 '' tags --check "$dir/rules"
printed 'is counted' "^$dir/rules: 4 rules, 1 wrapper lines, 1 descriptions, 0 errors$"
expect 'and held against a process' 0 '' tags --check "$dir/rules" --pid 101 --dir "$dir/s"
[ "$(grep -A1 ':1: Dict' "$dir/out" | tail -n 1)" = '  nothing that this process has allocated so far' ]
ok 'the rule with more letters wins' $?
[ "$(grep -A1 ':2: Addr' "$dir/out" | tail -n 1)" = \
    '  dict Paged     280673 blocks     17963072 bytes  redis-server!dictAddRaw+0x1c' ]
ok 'and is told with what it matches' $?
printed 'wrappers too' '^  sds  Paged .* redis-server!sdsnewlen+0x44$'
printf 'Dict - redis-server!dict*\nDict\n' >"$dir/rules"
"$poolmon" tags --check "$dir/rules" >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ] && grep -q "^$dir/rules:2:[0-9]*: " "$dir/err"
ok 'a line that is wrong is told with its place' $?
expect 'no file of rules' 2 "poolmon: tags: $dir/none: No such file or directory" \
    tags --check "$dir/none"

mkdir -p "$dir/home/poolmon"
conf=$dir/home/poolmon/poolmon.conf
XDG_CONFIG_HOME=$dir/home
export XDG_CONFIG_HOME
printf '# mine\nview = waste # by size\nsort=bytes\n\n  reverse\n' >"$conf"
cp "$conf" "$dir/conf-before"
# Nothing of what other cases have run is there.
mkdir "$dir/settings"
"$make_segments" "$fixtures/two.seg" "$dir/settings"
expect 'the configuration is read' 0 '' --once --dir "$dir/settings"
printed 'and obeyed' '^ Tag .* Block .* Saves '
expect 'the command line wins' 0 '' --once --dir "$dir/settings" --view=pools
printed 'over all of it' '^ Tag  Type  *Allocs'
expect 'without it' 0 '' --once --dir "$dir/settings" --config=
printed 'nothing is read' '^ Tag  Type  *Allocs'
cmp -s "$conf" "$dir/conf-before"
ok 'the configuration is never written' $?
printf 'interval = 2\nsoort = bytes\n' >"$conf"
expect 'a wrong name is told with its line' 2 \
    "poolmon: $conf:2: there is no setting 'soort'; poolmon(1) lists what may stand there" --once
printf 'json\n' >"$conf"
expect 'what is done once does not belong there' 2 \
    "poolmon: $conf:1: there is no setting 'json'; poolmon(1) lists what may stand there" --once
printf 'sort\n' >"$conf"
expect 'a value that is missing' 2 \
    "poolmon: $conf:1: a value is missing for 'sort'; poolmon(1) lists what may stand there" --once
printf 'reverse = yes\n' >"$conf"
expect 'a value too many' 2 \
    "poolmon: $conf:1: no value belongs to 'reverse'; poolmon(1) lists what may stand there" --once
expect 'a file that was asked for must be there' 2 \
    "poolmon: $dir/none.conf: No such file or directory" --once --config "$dir/none.conf"
XDG_CONFIG_HOME=$dir/none
expect 'a bad view' 2 "poolmon: --view: 'x' is not one of pools, changes, growth, suspects, waste, peaks, tree$usage" --view x
expect 'bad states' 2 "poolmon: --states: 'x' is not one of running, crashed, all$usage" --states=x
expect 'a bad theme' 2 "poolmon: --theme: 'x' is not dark, light or mono$usage" --theme=x

rm -f "$dir/out"
"$poolmon" run --dir "$dir/s" -- sh -c 'trap "exit 5" TERM; echo up; while :; do sleep 0.1; done' \
    >"$dir/out" 2>"$dir/err" &
child=$!
tries=0
while [ ! -s "$dir/out" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -TERM $child
wait $child
ok 'SIGTERM to poolmon reaches the command, whose answer counts' $(($? != 5))

echo "1..$number"
exit $failed
