# requires: redis-server redis-benchmark=redis-tools redis-cli=redis-tools
# exe: redis-check-rdb|redis-server redis-benchmark redis-cli
# timeout: 120
set -eu
redis-server --bind 127.0.0.1 --port "$PORT" --dir . --appendonly no --save '' > server.log 2>&1 &
server=$!
for i in $(seq 1 100); do
	redis-cli -p "$PORT" ping > /dev/null 2>&1 && break
	sleep 0.1
done
redis-cli -p "$PORT" ping
# Rates and latencies are not output to compare; that every request was served is its status.
redis-benchmark -p "$PORT" -n 20000 -c 20 -P 4 -q -r 1000 -t set,get,lpush,lpop,sadd,hset,zadd,mset \
	> benchmark.log
redis-cli -p "$PORT" flushall
for i in $(seq 1 300); do
	echo "HSET h:$((i % 7)) f$i value$i"
	echo "ZADD z $i member$i"
done | redis-cli -p "$PORT" | sort | uniq -c
redis-cli -p "$PORT" hlen h:3
redis-cli -p "$PORT" zrange z 0 3 WITHSCORES
redis-cli -p "$PORT" eval "local t = {} for i = 1, 1000 do t[i] = i * i end return #t" 0
redis-cli -p "$PORT" bgsave
# Debian's redis-server is a symbolic link.
check-rows "$server" 'redis-(server|check-rdb)'
redis-cli -p "$PORT" shutdown nosave || true
wait "$server"
echo "server ended with $?"
