"""The real programs: each with input that is made at run time and is the same in every run.

A program has a name, the Debian packages it needs, prepare() and sample(). Its work is meant for
0.5 to 3 seconds at scale 100 (percent).
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import time

from harness.measure import Failed


class Program:
    """A command that runs to its end; its output must be the same under every configuration."""
    section = "programs"
    package = ()
    turns = 1  # samples in each repetition
    fixed_output = True
    plain_preload = None  # what to preload where the configuration preloads nothing
    environment = ()  # variables of its own; never by env(1), which some trackers stay behind in
    sources = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "programs")

    def __init__(self, bench):
        self.bench = bench
        self.folder = os.path.join(bench.work, self.name)
        self.output = None

    @property
    def scale(self):
        """
        Percentage of the work; less under trackers, some of which take 50 times as long, and more under
        a check, whose goal is for runs of more than a second.
        """
        if self.section == "trackers":
            return max(10, self.bench.scale // 5)
        return 2 * self.bench.scale if self.section == "checks" else self.bench.scale

    def amount(self, at_full_scale):
        """A quantity of work at the scale of this run."""
        return max(1, at_full_scale * self.scale // 100)

    def path(self, name):
        return os.path.join(self.folder, name)

    def source(self, name):
        return os.path.join(self.sources, name)

    def setup(self):
        os.makedirs(self.folder, exist_ok=True)
        self.prepare()

    def prepare(self):
        """Makes the input in self.folder."""

    def make(self, *command, **options):
        """Runs a command that makes input."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, check=False,
                              env=self.bench.launcher.environment, **options)
        if done.returncode != 0:
            message = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
            raise Failed(f"{command[0]}: {(message.strip().splitlines() or [''])[-1]}")
        return done.stdout

    def command(self):
        raise NotImplementedError

    def stdin(self):
        return None

    def owner(self):
        """Name of the user the program runs as, None for the caller's."""
        return None

    def variables(self, config):
        """The environment variables that put the program under `config`."""
        variables = dict(self.environment + config.variables)
        preload = config.preload or self.plain_preload
        if preload:
            variables["LD_PRELOAD"] = preload
        return variables

    def run(self, config, repeat=1):
        """Runs the program to its end under `config`; see Launcher.run."""
        return self.bench.launcher.run(list(config.prefix) + self.command(),
                                       self.variables(config), repeat, self.stdin())

    def sample(self, config):
        samples, digest, _ = self.run(config)
        if self.output is None:
            self.output = digest
        if self.fixed_output and digest != self.output:
            raise Failed("its output is not that of the other configurations")
        return samples[0]


class Server(Program):
    """A server that is measured while a client, which is not, asks a fixed number of requests."""
    stop = signal.SIGTERM

    def address(self):
        """Path of the socket, or (host, port)."""
        raise NotImplementedError(self.name)

    def client(self):
        """The client's command."""
        raise NotImplementedError

    def is_up(self):
        """Whether the server answers."""
        address = self.address()
        with socket.socket(socket.AF_UNIX if isinstance(address, str) else
                           socket.AF_INET) as attempt:
            return attempt.connect_ex(address) == 0

    def wait_until_up(self, process):
        """Returns when the server answers."""
        end = time.monotonic() + 20
        while not self.is_up():
            if process.poll() is not None or time.monotonic() > end:
                raise Failed("the server does not answer")
            time.sleep(0.01)

    def sample(self, config):
        launcher = self.bench.launcher
        with open(self.path("log"), "wb") as log:
            process = launcher.start(list(config.prefix) + self.command(),
                                     self.variables(config), stdin=subprocess.DEVNULL,
                                     stdout=log, stderr=log)
            try:
                self.wait_until_up(process)
                self.make(*self.client())
            except Failed:
                process.terminate()
                process.wait()
                raise
            return launcher.finish(process, self.stop)[0]


class Sqlite(Program):
    """In-memory tables: inserts, an index, joins, aggregates, strings."""
    name = "sqlite"
    package = ("sqlite3",)

    def prepare(self):
        rows = self.amount(150000)
        with open(self.path("load.sql"), "w", encoding="ascii") as sql:
            sql.write("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, kind INT, v REAL);\n"
                      "CREATE TABLE kind(id INTEGER PRIMARY KEY, title TEXT);\nBEGIN;\n")
            for i in range(500):
                sql.write(f"INSERT INTO kind VALUES({i},'kind {i * 7919 % 500}');\n")
            for i in range(rows):
                key = i * 7919 % rows
                sql.write(f"INSERT INTO item VALUES({i},'item number {key}',{key % 500},"
                          f"{key * 0.37:.2f});\n")
            sql.write("COMMIT;\nCREATE INDEX item_name ON item(name);\n"
                      "SELECT k.title, count(*), round(sum(v), 2), max(i.name) FROM item i "
                      "JOIN kind k ON k.id = i.kind GROUP BY k.title ORDER BY 3 DESC LIMIT 20;\n"
                      "SELECT length(group_concat(upper(name), ',')) FROM item;\n"
                      "SELECT count(DISTINCT substr(name, 5)) FROM item WHERE name LIKE '%7%';\n")

    def command(self):
        return ["/usr/bin/sqlite3", ":memory:"]

    def stdin(self):
        return self.path("load.sql")


class Python(Program):
    """JSON, dictionaries, lists and strings, every object from malloc."""
    name = "python"
    package = ("python3",)
    environment = (("PYTHONMALLOC", "malloc"), ("PYTHONHASHSEED", "1"))

    def command(self):
        return ["/usr/bin/python3", "-S", self.source("objects.py"), str(self.scale)]


class Perl(Program):
    """Hashes of arrays of strings, split, join, sort."""
    name = "perl"
    package = ("perl",)
    environment = (("PERL_HASH_SEED", "1"),)

    def command(self):
        return ["/usr/bin/perl", self.source("hashes.pl"), str(self.scale)]


class Lua(Program):
    """Binary trees made and dropped, tables, string building."""
    name = "lua"
    package = ("lua5.4",)

    def command(self):
        return ["/usr/bin/lua5.4", self.source("trees.lua"), str(self.scale)]


class Compiler(Program):
    """The C++ compiler proper on a preprocessed file."""
    name = "cc1plus"
    package = ("g++",)

    def prepare(self):
        headers = ["map", "string", "vector", "regex", "iostream", "algorithm", "functional",
                   "unordered_map", "memory", "thread", "future", "random"]
        with open(self.path("unit.cpp"), "w", encoding="ascii") as unit:
            unit.writelines(f"#include <{h}>\n" for h in headers)
            for i in range(self.amount(8)):
                unit.write(f"struct key{i} {{ int v; bool operator<(const key{i} &o) const "
                           "{ return v < o.v; } };\n"
                           f"int use{i}(int n) {{ std::map<key{i}, std::vector<std::string>> m; "
                           f"m[key{i}{{n}}].push_back(std::to_string(n)); "
                           f"std::vector<key{i}> s(n); std::sort(s.begin(), s.end()); "
                           f"std::function<int(key{i})> f = [n](key{i} k) {{ return k.v + n; }}; "
                           "return f(s[0]) + (int)m.size(); }\n")
        self.make("g++", "-std=c++17", "-E", "unit.cpp", "-o", "unit.ii")
        self.cc1plus = self.make("g++", "-print-prog-name=cc1plus").decode().strip()

    def command(self):
        return [self.cc1plus, "-quiet", "-fpreprocessed", "-std=c++17", "-O0",
                self.path("unit.ii"), "-o", "/dev/null"]


class Redis(Server):
    """Writes and reads of strings, lists, sets, hashes, sorted sets, pipelined."""
    name = "redis"
    package = ("redis-server", "redis-tools")

    # Debian links redis-server with jemalloc; glibc's allocator has to be put in front of it.
    plain_preload = "libc.so.6"

    def address(self):
        return self.path("socket")

    def command(self):
        return ["/usr/bin/redis-server", "--port", "0", "--unixsocket", self.path("socket"),
                "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", self.folder]

    def client(self):
        return ["/usr/bin/redis-benchmark", "-s", self.path("socket"), "-q", "-P", "32", "-d",
                "48", "-c", "20", "-n", str(self.amount(120000)), "-r", "100000", "-t",
                "set,get,lpush,sadd,hset,zadd,lrange_100"]


class Nginx(Server):
    """Small pages over kept-alive connections."""
    name = "nginx"
    package = ("nginx", "apache2-utils")

    def prepare(self):
        with open(self.path("index.html"), "w", encoding="ascii") as page:
            page.write("0123456789abcdef" * 64)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with open(self.path("conf"), "w", encoding="ascii") as conf:
            conf.write(f"daemon off; master_process off; pid {self.path('pid')}; "
                       f"error_log {self.path('error.log')};\n"
                       "events { worker_connections 256; }\n"
                       "http { access_log off; gzip on; gzip_min_length 1; gzip_types *;\n"
                       "keepalive_requests 100;\n" + "".join(
                           f"{kind}_temp_path {self.path(kind)};\n" for kind in
                           ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) +
                       f"server {{ listen 127.0.0.1:{self.port}; root {self.folder}; }} }}\n")

    def address(self):
        return ("127.0.0.1", self.port)

    def command(self):
        return ["/usr/sbin/nginx", "-c", self.path("conf")]

    def client(self):
        return ["/usr/bin/ab", "-q", "-k", "-c", "16", "-n", str(self.amount(80000)), "-H",
                "Accept-Encoding: gzip", f"http://127.0.0.1:{self.port}/index.html"]


class Git(Program):
    """Packs a generated history, deltas computed anew."""
    name = "git"
    package = ("git",)
    fixed_output = False

    def prepare(self):
        generator = random.Random(1)
        lines = [f"line {i} {generator.random()}" for i in range(400)]
        stream = []
        for commit in range(self.amount(300)):
            stream.append("commit refs/heads/main\ncommitter A <a@example.org> "
                          f"{1700000000 + commit} +0000\ndata 2\nc\n")
            for number in range(6):
                lines[generator.randrange(400)] = f"line {generator.random()}"
                text = "\n".join(lines[number * 40:number * 40 + 160]) + "\n"
                stream.append(f"M 100644 inline d{commit % 20}/f{number}.c\n"
                              f"data {len(text)}\n{text}\n")
        self.make("git", "init", "-q", "--bare", "r.git")
        self.make("git", "-C", "r.git", "fast-import", "--quiet", input="".join(stream).encode())

    def command(self):
        return ["/usr/bin/git", "-C", self.path("r.git"), "-c", "pack.threads=1", "pack-objects",
                "--all", "--no-reuse-delta", "--no-reuse-object", "--window=20", "--stdout", "-q"]


class Compression(Program):
    """A base for compressors: text that is the same in every run."""

    def prepare(self):
        generator = random.Random(2)
        words = [f"{generator.getrandbits(generator.randrange(8, 40)):x}" for _ in range(5000)]
        size = self.amount(self.words)
        with open(self.path("text"), "w", encoding="ascii") as text:
            for _ in range(size // 1000 + 1):
                text.write(" ".join(generator.choices(words, k=1000)) + "\n")

    def stdin(self):
        return self.path("text")


class Gzip(Compression):
    """Hardly allocates at all: what a preload costs such a program."""
    name = "gzip"
    package = ("gzip",)
    words = 2000000

    def command(self):
        return ["/usr/bin/gzip", "-6nc"]


class Xz(Compression):
    """A few very large blocks."""
    name = "xz"
    package = ("xz-utils",)
    words = 500000

    def command(self):
        return ["/usr/bin/xz", "-T1", "-4c"]


class Openssl(Program):
    """Reads a bundle of certificates: millions of small ASN.1 objects."""
    name = "openssl"
    package = ("openssl",)

    def prepare(self):
        self.make("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key",
                  "-out", "one.pem", "-days", "30", "-subj", "/C=XX/O=Example/CN=bench")
        with open(self.path("one.pem"), encoding="ascii") as one:
            certificate = one.read()
        with open(self.path("all.pem"), "w", encoding="ascii") as bundle:
            bundle.write(certificate * self.amount(8000))

    def command(self):
        return ["/usr/bin/openssl", "storeutl", "-noout", "-certs", self.path("all.pem")]


class Jq(Program):
    """Parses, groups and rewrites an array of objects."""
    name = "jq"
    package = ("jq",)

    def prepare(self):
        with open(self.path("in.json"), "w", encoding="ascii") as text:
            for i in range(self.amount(50000)):
                text.write(f'{{"id":{i},"name":"name {i * 7919 % 50021}","tags":["a{i % 7}",'
                           f'"b{i % 11}","c"],"v":{{"x":{i % 100},"y":{i / 8}}}}}\n')

    def command(self):
        return ["/usr/bin/jq", "-sc",
                'group_by(.v.x) | map({k: .[0].v.x, n: length, s: (map(.v.y) | add), '
                't: (map(.tags[]) | unique), l: (map(.name | ascii_upcase) | sort | .[0:3])})',
                self.path("in.json")]


class Postgres(Server):
    """A server of many processes under pgbench."""
    name = "postgres"
    package = ("postgresql-15", "postgresql-client-15", "util-linux")
    binaries = "/usr/lib/postgresql/15/bin"
    stop = signal.SIGINT

    def owner(self):
        return "postgres" if os.geteuid() == 0 else None

    def as_user(self):
        return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                "--"] if self.owner() else []

    def prepare(self):
        if self.owner():
            shutil.chown(self.folder, self.owner())
        self.make(*self.as_user(), f"{self.binaries}/initdb", "-N", "-A", "trust", "-U", "bench",
                  "-D", self.path("data"))
        with open(self.path("setup.log"), "wb") as log, subprocess.Popen(
                self.command(), env=self.bench.launcher.environment, stdout=log,
                stderr=log) as server:
            try:
                self.wait_until_up(server)
                self.make(f"{self.binaries}/createdb", "-h", self.folder, "-U", "bench", "bench")
                self.make(f"{self.binaries}/pgbench", "-h", self.folder, "-U", "bench", "-i",
                          "-q", "-s", "2", "bench")
            finally:
                server.send_signal(self.stop)

    def is_up(self):
        return subprocess.run([f"{self.binaries}/pg_isready", "-q", "-h", self.folder],
                              check=False).returncode == 0

    def command(self):
        return self.as_user() + [
            f"{self.binaries}/postgres", "-D", self.path("data"), "-k", self.folder, "-c",
            "listen_addresses=", "-c", "fsync=off", "-c", "autovacuum=off", "-c",
            "shared_buffers=32MB", "-c", "port=5432"]

    def client(self):
        return [f"{self.binaries}/pgbench", "-h", self.folder, "-U", "bench", "-S", "-n", "-c",
                "4", "-t", str(self.amount(6000)), "-M", "simple", "bench"]


class Containers(Program):
    """A C++ program of maps, strings, vectors and shared pointers in four threads."""
    name = "containers"

    def command(self):
        return [self.bench.executable("containers"), str(self.scale)]


ALL = (Sqlite, Python, Perl, Lua, Compiler, Redis, Nginx, Git, Gzip, Xz, Openssl, Jq, Postgres,
       Containers)
TRACKED = (Sqlite, Python, Perl, Containers)  # those that the trackers are compared on

# Those that run to their end by themselves.
CHECKED = (Sqlite, Python, Perl, Lua, Compiler, Git, Gzip, Xz, Openssl, Jq, Containers)
