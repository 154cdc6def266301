# requires: sqlite3
# exe: sqlite3
set -eu
cat > script.sql <<'SQL'
PRAGMA journal_mode=WAL;
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, v REAL, j TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
INSERT INTO t SELECT i, printf('key%05d', i * 7919 % 50000), i / 3.0,
	json_object('i', i, 'list', json_array(i, i + 1)) FROM n;
CREATE INDEX tk ON t(k);
SELECT count(*), sum(v), max(k) FROM t;
SELECT substr(k, 1, 5) p, count(*), round(avg(v), 3) FROM t GROUP BY p ORDER BY p;
SELECT a.k, b.v FROM t a JOIN t b ON b.id = a.id + 1 WHERE a.k BETWEEN 'key00100' AND 'key00120' ORDER BY 1;
SELECT sum(json_extract(j, '$.list[1]')) FROM t;
UPDATE t SET k = k || 'x' WHERE id % 3 = 0;
DELETE FROM t WHERE id % 5 = 0;
SELECT count(*), group_concat(k) FROM (SELECT k FROM t ORDER BY k LIMIT 50);
CREATE VIRTUAL TABLE f USING fts5(body);
INSERT INTO f SELECT k || ' ' || j FROM t LIMIT 3000;
SELECT count(*) FROM f WHERE f MATCH 'list';
PRAGMA integrity_check;
VACUUM;
SQL
sqlite3 -batch test.db < script.sql
sqlite3 test.db .dump | cksum
