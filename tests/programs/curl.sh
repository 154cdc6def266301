# requires: curl /usr/bin/python3=python3
# exe: curl python3.*
set -eu
seq 1 100000 > numbers
curl -fs "file://$PWD/numbers" | cksum
/usr/bin/python3 -m http.server --bind 127.0.0.1 "$PORT" > server.log 2>&1 &
server=$!
for i in $(seq 1 100); do
	curl -fs -o /dev/null "http://127.0.0.1:$PORT/numbers" && break
	sleep 0.1
done
curl -f --no-progress-meter "http://127.0.0.1:$PORT/numbers" -o a "http://127.0.0.1:$PORT/numbers" -o b
cksum a b
curl -fsI "http://127.0.0.1:$PORT/numbers" | grep -i content
curl -fs "http://127.0.0.1:$PORT/none" || echo "status $?"
check-rows "$server" 'python3.*'
{ kill "$server"; wait "$server" || echo "server ended with $?"; } 2> /dev/null
