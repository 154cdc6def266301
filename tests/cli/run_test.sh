#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# run_test.sh POOLMON LIBRARY: `poolmon run` with the real library, and what it leaves.
# TAP on stdout; skipped when the library is not built.

poolmon=$1
library=$2
if [ ! -e "$library" ]; then
    echo "1..0 # SKIP $library is not built"
    exit 0
fi
dir=$(mktemp -d /dev/shm/poolmon-run-XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir -m 700 "$dir/s"
number=0
failed=0
unset POOLTAG_OPTIONS LD_PRELOAD
export POOLTAG_LIBRARY="$library"

ok()
{
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$dir/err"
        failed=1
    fi
}

run()
{
    "$poolmon" run --dir "$dir/s" "$@" >"$dir/out" 2>"$dir/err"
}

run --json="$dir/json" -- sh -c 'ls / >/dev/null; exit 3'
ok 'the exit status is the command'"'"'s' $(($? != 3))
ok 'nothing is said' "$(wc -l <"$dir/err")"
grep -q '"state": "exited"' "$dir/json"
ok 'the JSON has the processes' $?
[ "$(grep -c '"pid"' "$dir/json")" -ge 2 ]
ok 'children included' $?
grep -q '"tag": "' "$dir/json"
ok 'and rows' $?
[ -z "$(ls "$dir/s")" ]
ok 'no segment is left' $?

run --report --group=module -- ls /
ok 'a report' $?
grep -q '^ Type  *Allocs' "$dir/err" && grep -q '^ Paged .* libc\.so\.6$' "$dir/err"
ok 'is a table on standard error' $?
grep -q 'of this run$' "$dir/err"
ok 'that says what it is about' $?
! grep -q Paged "$dir/out"
ok 'and not in the command'"'"'s output' $?

run --keep -- ls /
[ "$(ls "$dir/s" | wc -l)" -eq 1 ]
ok '--keep leaves the segment' $?
"$poolmon" list --dir "$dir/s" | grep -q 'exited .*/ls$'
ok 'which list shows' $?
"$poolmon" reap --dir "$dir/s" >/dev/null && [ -z "$(ls "$dir/s")" ]
ok 'and reap removes' $?

run --json="$dir/json" -- sh -c 'kill -SEGV $$'
ok 'a crash is 128 + 11' $(($? != 139))
grep -q '"state": "crashed"' "$dir/json"
ok 'and a crashed process' $?

run --json="$dir/json" -- sh -c 'sleep 20 >/dev/null 2>&1 & echo $! >'"$dir/pid; sleep 0.5"
grep -q "^poolmon: process $(cat "$dir/pid") (.*) of this run still runs; its figures are those of now$" \
    "$dir/err"
ok 'a child that goes on is told' $?
grep -q '"state": "live"' "$dir/json"
ok 'and in the JSON' $?
[ -n "$(ls "$dir/s")" ]
ok 'and keeps its segment' $?
"$poolmon" --once --pid "$(cat "$dir/pid")" --dir "$dir/s" | grep -q ' Paged '
ok 'which --pid shows' $?
kill "$(cat "$dir/pid")"

run --json=/dev/full -- true
ok 'a report that cannot be written is a failure' $(($? != 1))

echo "1..$number"
exit $failed
