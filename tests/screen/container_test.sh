#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# container_test.sh POOLMON LIBRARY: processes in other mount and pid namespaces.
# TAP on stdout; skipped where namespaces may not be made.

poolmon=$1
library=$2
dir=$(mktemp -d /tmp/poolmon-container-XXXXXX) || exit 99
trap 'exec 3>&-; wait; rm -rf "$dir"' EXIT
unset POOLTAG_OPTIONS LD_PRELOAD
XDG_CONFIG_HOME=$dir
export XDG_CONFIG_HOME
number=0
failed=0

if ! unshare -m -p -f --mount-proc sh -c 'mount -t tmpfs none /dev/shm' 2>/dev/null; then
    echo '1..0 # SKIP namespaces may not be made here'
    exit 0
fi

ok()
{
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$dir/out"
        failed=1
    fi
}

# The container: its own /dev/shm and process numbers. The program waits until fd 3 is closed.
mkfifo "$dir/end" "$dir/up"
unshare -m -p -f --mount-proc sh -c "mount -t tmpfs none /dev/shm
    LD_PRELOAD=$library POOLTAG_OPTIONS=keep=1 sh -c 'kill -KILL \$\$'
    LD_PRELOAD=$library /usr/bin/python3 -c '
blocks = bytes([1]) * (64 << 20)
open(\"$dir/up\", \"w\").write(\"up\\n\")
open(\"$dir/end\").readline()'" &
exec 3<>"$dir/end"
read -r _ <"$dir/up"

"$poolmon" list --json >"$dir/out" 2>&1
[ "$(grep -o '"/proc/[0-9]*/root/dev/shm/[^"]*"' "$dir/out" | wc -l)" -ge 2 ]
ok 'both segments in the container are found' $?
"$poolmon" --json --group=process --states=all >"$dir/out" 2>&1
/usr/bin/python3 - "$dir/out" >"$dir/states" <<'EOF'
import json, sys
for process in json.load(open(sys.argv[1]))["processes"]:
    if "/root/dev/shm/" in process["segment"]:
        print(process["state"], "host_pid" in process, process["pid"])
EOF
cp "$dir/states" "$dir/out"
grep -q '^live True ' "$dir/states"
ok 'the one that runs is known to run, and by its number here' $?
grep -q '^crashed False ' "$dir/states"
ok 'the one that was killed is known to have crashed' $?
"$poolmon" --json --pid="$(sed -n 's/^live True //p' "$dir/states")" >"$dir/out"
[ "$(grep -o '"paged_resident": *[0-9]*' "$dir/out" | grep -o '[0-9]*$')" -ge 65536 ]
ok 'and what it has in memory is its own, not that of who has its number here' $?
echo end >&3
wait
"$poolmon" list --json >"$dir/out"
! grep -q '"/proc/[0-9]*/root/dev/shm/' "$dir/out"
ok 'and when the container is gone, nothing is left of it' $?

echo "1..$number"
exit $failed
