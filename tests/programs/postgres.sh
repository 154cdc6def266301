# requires: psql=postgresql-client-15
# files: /usr/lib/postgresql/15/bin/initdb=postgresql-15 /usr/lib/postgresql/15/bin/pgbench=postgresql-15
# user: postgres
# exe: postgres initdb pgbench psql
# timeout: 180
set -eu
PATH=/usr/lib/postgresql/15/bin:$PATH
export PGPORT="$PORT" PGHOST=127.0.0.1 PGUSER=tester PGDATABASE=postgres
initdb -D data -A trust -U tester -N --locale=C > initdb.log
pg_ctl -D data -w -t 60 -l server.log -o "-k '' -c listen_addresses=127.0.0.1 -c fsync=off" start > start.log
pgbench -q -i -s 1 > init.log 2>&1
# Transactions per second are not output to compare; failed ones are.
pgbench -n -T 10 -c 2 -j 2 > bench.log 2>&1
grep 'failed transactions' bench.log
psql -At <<'SQL'
CREATE TABLE t AS SELECT i, md5(i::text) h FROM generate_series(1, 20000) i;
CREATE INDEX ON t(h);
SELECT count(*), min(h), max(h) FROM t;
SELECT string_agg(h, ',' ORDER BY h) FROM t WHERE i % 1000 = 0;
SELECT a.i FROM t a JOIN t b ON a.h = md5((b.i + 1)::text) WHERE b.i < 20 ORDER BY 1;
SELECT 1 / 0;
SELECT count(*) FROM pgbench_accounts;
SQL
check-rows "$(head -n 1 data/postmaster.pid)" postgres
pg_ctl -D data -w -m fast stop
