# requires: nginx ab=apache2-utils curl
# exe: nginx ab curl
# timeout: 120
set -eu
mkdir root
seq 1 20000 > root/numbers
echo hello > root/index.html
cat > nginx.conf <<CONF
daemon off;
pid $PWD/nginx.pid;
error_log $PWD/error.log;
$(test "$(id -u)" != 0 || echo 'user root;')
worker_processes 1;
events { worker_connections 64; }
http {
	access_log $PWD/access.log;
	client_body_temp_path $PWD/t1; proxy_temp_path $PWD/t2; fastcgi_temp_path $PWD/t3;
	uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5;
	gzip on; gzip_types *;
	server { listen 127.0.0.1:$PORT; root $PWD/root;
		location /again/ { proxy_pass http://127.0.0.1:$PORT/; } }
}
CONF
nginx -e "$PWD/error.log" -c "$PWD/nginx.conf" &
master=$!
for i in $(seq 1 100); do
	curl -fs "http://127.0.0.1:$PORT/" > /dev/null && break
	sleep 0.1
done
ab -q -n 2000 -c 8 -k "http://127.0.0.1:$PORT/" 2>&1 | grep -E '^(Complete|Failed|HTML|Document Length)'
ab -q -n 200 -c 4 -H 'Accept-Encoding: gzip' "http://127.0.0.1:$PORT/numbers" 2>&1 |
	grep -E '^(Complete|Failed)'
curl -fs "http://127.0.0.1:$PORT/again/numbers" | cksum
worker=$(cut -d ' ' -f 1 "/proc/$master/task/$master/children")
check-rows "$master" nginx
check-rows "$worker" nginx
kill -HUP "$master"
sleep 0.5
curl -fs "http://127.0.0.1:$PORT/"
kill -QUIT "$master"
wait "$master"
echo "nginx ended with $?"
grep -vE '\[(notice|info)\]' error.log || true
