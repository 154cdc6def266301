#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# source_test.sh POOLMON LIBRARY SOURCE.C: call sites down to file, line and inlined functions, with the
# debug information in the program, behind a .gnu_debuglink, in a build-id directory, and gone.
# TAP on stdout.

poolmon=$1
library=$2
source=$3
dir=$(mktemp -d /dev/shm/poolmon-source-XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir -m 700 "$dir/s"
number=0
failed=0
unset POOLTAG_OPTIONS LD_PRELOAD DEBUGINFOD_URLS
export POOLTAG_LIBRARY="$library"

ok()
{
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$dir/json"
        failed=1
    fi
}

# line WHAT: the number of the source line with that comment
line()
{
    grep -n "LINE $1 " "$source" | cut -d: -f1
}

# keep PROGRAM [OPTION...]: leaves the segment of a run of the program in $dir/s
keep()
{
    rm -f "$dir"/s/*
    program=$1
    shift
    "$poolmon" run --keep --dir "$dir/s" "$@" -- "$program"
    pid=$("$poolmon" list --dir "$dir/s" | awk '/exited/ { print $1 }')
}

# rows [OPTION...]: the call sites or stacks of the segment
rows()
{
    "$poolmon" --json --dir "$dir/s" --pid "$pid" "$@" >"$dir/json"
}

# has NAME CONDITION: whether one of the program's rows is so (jq)
has()
{
    jq -e --arg file "$source" --argjson plain "$(line plain)" --argjson inlined "$(line inlined)" \
        --argjson outer "$(line outer)" \
        "[.rows[] | select(.module | startswith(\"prog\")) | select($2)] | length > 0" "$dir/json" >/dev/null
    ok "$1" $?
}

# sees_lines WHERE: the checks for debug information that is found
sees_lines()
{
    has "a call has file and line $1" \
        '.allocs == 100 and .function == "plain_function" and .file == $file and .line == $plain'
    has "and what was inlined $1" '.allocs == 100 and .function == "outer_function" and
        .line == $outer and .inlined == [{function: "make_thing", file: $file, line: $inlined}]'
}

if ! command -v gcc >/dev/null || ! command -v jq >/dev/null || ! command -v objcopy >/dev/null; then
    echo '1..0 # SKIP gcc, objcopy and jq are needed'
    exit 0
fi
gcc -g -O2 -fno-ipa-icf -Wl,--build-id -o "$dir/prog-full" "$source" || exit 99
gcc -g -O2 -fno-ipa-icf -Wl,--build-id=none -o "$dir/prog-plain" "$source" || exit 99

keep "$dir/prog-full"
rows --group=site
sees_lines 'in the program'
"$poolmon" --once --dir "$dir/s" --pid "$pid" --group=site >"$dir/json"
grep -q "prog-full!plain_function source.c:$(line plain)$" "$dir/json"
ok 'the table has them, too' $?
grep -q "prog-full!outer_function source.c:$(line outer) (inlined make_thing source.c:$(line inlined))$" "$dir/json"
ok 'and what was inlined' $?

keep "$dir/prog-full" --option stack=16
rows --group=stack
has 'a stack has frames' '.allocs == 100 and .stack[0].function == "outer_function" and
    .stack[1].function == "main" and (.stack[1].line > $plain) and .stack[1].file == $file'
rows --group=site
has 'a site has its stack' '.line == $plain and .stack[1].function == "main"'
rows --group=thread
jq -e '.rows[0] | .thread == "prog-full" and .threads == 1 and .diff >= 200' "$dir/json" >/dev/null
ok 'a thread has a name' $?

# A stripped copy and its debug file, found by the name in .gnu_debuglink.
objcopy --only-keep-debug "$dir/prog-plain" "$dir/prog-plain.debug"
objcopy --strip-all --add-gnu-debuglink="$dir/prog-plain.debug" "$dir/prog-plain" "$dir/prog-linked"
keep "$dir/prog-linked"
rows --group=site
sees_lines 'behind .gnu_debuglink'

# A stripped copy whose debug file stands in a directory of build-ids.
id=$(readelf -n "$dir/prog-full" | sed -n 's/.*Build ID: //p')
mkdir -p "$dir/debug/.build-id/$(echo "$id" | cut -c1-2)"
objcopy --only-keep-debug "$dir/prog-full" "$dir/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug"
objcopy --strip-all "$dir/prog-full" "$dir/prog-stripped"
keep "$dir/prog-stripped"
rows --group=site
has 'without debug information it is said' '.allocs == 100 and .line == null and
    .note == "no debug information found"'
rows --group=site --debug-dir "$dir/debug"
sees_lines 'in a directory of build-ids'

# The file is another one now: its lines would be wrong.
gcc -g -O1 -Wl,--build-id -o "$dir/other" "$source" && mv "$dir/other" "$dir/prog-stripped"
rows --group=site
has 'a file of another build is not believed' '.allocs == 100 and .line == null and
    .note == "its file is of another build (the build-ids differ)"'
rm "$dir/prog-stripped"
rows --group=site
has 'and one that is gone is told' '.allocs == 100 and .line == null and .note == "its file is gone"'
rows --group=site --debug-dir "$dir/debug"
sees_lines 'by build-id alone'

echo "1..$number"
exit $failed
