# requires: tmux
# exe: tmux
set -eu
unset TMUX
export TERM=xterm
socket="$PWD/socket"
tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 24 'seq 1 3000; echo ready; exec cat'
tmux -S "$socket" split-window -d 'printf "\033[31mred\033[0m\n"; exec cat'
for i in $(seq 1 100); do
	tmux -S "$socket" capture-pane -p -t 0.0 | grep -q ready && break
	sleep 0.1
done
tmux -S "$socket" send-keys -t 0.0 'typed text' Enter
sleep 0.5
tmux -S "$socket" capture-pane -p -t 0.0
tmux -S "$socket" capture-pane -p -e -t 0.1
tmux -S "$socket" list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
check-rows "$(tmux -S "$socket" display-message -p '#{pid}')" tmux
tmux -S "$socket" kill-server
