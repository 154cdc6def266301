#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# tmux_test.sh POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY: the live view in a real terminal.
# TAP on stdout; skipped where there is no tmux.

poolmon=$1
make_segments=$2
fixtures=$3

if ! command -v tmux >/dev/null; then
    echo '1..0 # SKIP tmux is not installed'
    exit 0
fi
dir=$(mktemp -d /tmp/poolmon-tmux-XXXXXX) || exit 99
socket="poolmon-test-$$"
number=0
failed=0
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "$dir"' EXIT

ok()
{
    number=$((number + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        tmux -L "$socket" capture-pane -p | sed 's/^/# /'
        failed=1
    fi
}

# see NAME PATTERN: waits until the screen has a line like PATTERN
see()
{
    tries=0
    until tmux -L "$socket" capture-pane -p | grep -q -- "$2"; do
        tries=$((tries + 1))
        if [ $tries -ge 50 ]; then
            ok "$1" 1
            return
        fi
        sleep 0.1
    done
    ok "$1" 0
}

press()
{
    tmux -L "$socket" send-keys "$@"
}

mkdir -m 700 "$dir/s"
"$make_segments" "$fixtures/two.seg" "$dir/s"
LC_ALL=C.UTF-8 TERM=screen tmux -L "$socket" -f /dev/null new-session -d -x 100 -y 20 \
    "sh -c 'stty -a >$dir/before; $poolmon --dir $dir/s --interval 60; echo status \$?; stty -a >$dir/after; exec sleep 60'"
see 'the title' 'System pool information  *2 processes, 1 crashed'
see 'a row' '^ dict Paged '
see 'the status line' '^ h Help  q Quit  by Tag'
press b
see 'b sorts by bytes' 'by Bytes'
[ "$(tmux -L "$socket" capture-pane -p | sed -n 6p | cut -c2-5)" = dict ]
ok 'and the biggest is first' $?
press "~" C-b F9 Insert
"$make_segments" "$fixtures/two-later.seg" "$dir/s"
press "~" C-b F9 Insert
see 'keys without a meaning change nothing' '^ dict Paged *1283004 ( *0)'
press F5
see 'F5 refreshes' '^ dict Paged *1283124 ( *120)'
press '('
see '( sorts by change' 'by Bytes (change)'
press e
see 'e shows totals' '^ Totl Paged '
press p
see 'p shows one pool' 'Nonp only'
press p p 9
see 'a digit shows a session' '^ Session 9 pool information'
press i 1 2
see 'i asks for its number' '^ Session ID .*: 12_'
press Enter
see 'and Enter shows it' '^ Session 12 pool information'
press s
see 's shows all processes' 'System pool information'
press Down
see 'Down selects and says where' 'redis-server!'
press '?'
see '? is the help' 'sort by the change since the last refresh'
press Escape
see 'Esc closes it' '^ Tag  Type'
tmux -L "$socket" resize-window -x 60 -y 12
see 'a resize is followed' '^ Tag  Type '
sleep 0.2
[ "$(tmux -L "$socket" capture-pane -p | awk '{ if (length($0) > 60) bad = 1 } END { print bad + 0 }')" = 0 ]
ok 'and nothing is wider than the screen' $?
tmux -L "$socket" resize-window -x 30 -y 5
see 'a tiny terminal is told what is needed' 'poolmon needs 40x8'
tmux -L "$socket" resize-window -x 100 -y 20
see 'and all comes back' '^ dict Paged '
press '(' Home Enter
see 'Enter shows the functions of a tag' '^ dict Paged$'
see 'one row each' '^ Paged .* redis-server!dictAddRaw'
press Enter
see 'Enter again their call sites' '^ dict Paged > redis-server!dictAddRaw'
see 'with the frames below' '^ #0 *redis-server'
press Right
see 'and again the stacks' '^ Tag  Type .* Stack'
press BSpace
see 'Backspace leads back' '^ Tag  Type .* Site'
press Left
see 'Left as well' '^ Type .* Function'
press Escape
see 'and Esc' 'System pool information'
press v
see 'v is the next view' '^ changes: all figures'
press v v v v v v /
see '/ asks what to look for' '^ / *_'
press -l sslk
see 'the search follows what is typed' '^ / sslk_'
press Enter
see 'and ends with Enter' 'CRYPTO_zalloc\|BN_new'
press Space
see 'Space pauses' 'PAUSED'
press Space +
see '+ refreshes less often' 'every 300s'
press w
see 'w asks for a file' 'Save to .*poolmon-.*txt_'
press C-u
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    press BSpace
done
press -l "$dir/saved.json"
press Enter
see 'and saves' 'saved.json: saved'
grep -q '"schema": "poolmon/1"' "$dir/saved.json"
ok 'JSON by its name' $?
press w
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    press BSpace
done
press -l "$dir/saved.json"
press Enter
see 'but never over a file that is there' 'saved.json: File exists'
press y
see 'y copies' 'copied: [0-9]* bytes'
tmux -L "$socket" capture-pane -e -p | grep -q "$(printf '\033')\[[0-9;]*3[0-8]m"
ok 'there are colours' $?
press z z
see 'z leads to none' 'no colours'
! tmux -L "$socket" capture-pane -e -p | grep -q "$(printf '\033')\[[0-9;]*3[0-8]m"
ok 'and then there are none' $?
press q
see 'q quits with status 0' '^status 0'
sleep 0.2
cmp -s "$dir/before" "$dir/after"
ok 'the terminal is as it was' $?
! tmux -L "$socket" capture-pane -p | grep -q 'h Help'
ok 'and the screen is the shell'"'"'s again' $?

tmux -L "$socket" respawn-pane -k \
    "sh -c 'sh -c \"echo \\\$\\\$ >$dir/pid; exec $poolmon --dir $dir/s\"; echo status \$?; stty -a >$dir/after; exec sleep 60'"
see 'started again' '^ dict Paged '
kill -TERM "$(cat "$dir/pid")"
see 'SIGTERM ends it as a signal does' '^status 143'
sleep 0.2
cmp -s "$dir/before" "$dir/after"
ok 'the terminal is as it was after SIGTERM' $?

tmux -L "$socket" respawn-pane -k \
    "sh -c 'NO_COLOR=1 $poolmon --config= --dir $dir/s --theme light; echo status \$?; exec sleep 60'"
see 'with NO_COLOR' '^ dict Paged '
! tmux -L "$socket" capture-pane -e -p | grep -q "$(printf '\033')\[[0-9;]*3[0-8]m"
ok 'there are no colours, whatever the theme' $?

tmux -L "$socket" respawn-pane -k "sh -c 'TERM=dumb $poolmon --dir $dir/s; echo status \$?; exec sleep 60'"
see 'TERM=dumb is refused' 'poolmon: the terminal TERM=dumb cannot move its cursor; use --once or --batch'
see 'with status 2' '^status 2'

mkdir -m 700 "$dir/gone"
tmux -L "$socket" respawn-pane -k \
    "sh -c '$poolmon --dir $dir/gone --interval 0.2; echo status \$?; exec sleep 60'"
see 'without a process it says how to start one' '^   poolmon run -- COMMAND'
rmdir "$dir/gone"
see 'a directory that goes away is told when the screen is back' \
    "poolmon: directory $dir/gone: No such file or directory"

echo "1..$number"
exit $failed
