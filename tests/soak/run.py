#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Servers under load for an hour's worth of requests, with poolmon attached and snapshots taken.

Usage: run.py redis|nginx|postgres
An hour is taken as 1000 requests (postgres: 100 transactions) a second; with POOLTAG_TEST_FULL=1 all
of them are made, as fast as they go, else a sixtieth. Rounds are alike, so that:
  * every snapshot is consistent, and no counter in it is behind the one before;
  * the server's memory is flat from the first third of the rounds on, and so is poolmon's;
  * at the end every block the counters say is in use is one that a scan of the heap finds, and no
    figure was dropped.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

FULL = os.environ.get("POOLTAG_TEST_FULL") == "1"
ROUNDS = 60 if FULL else 12
HOUR = 3600 * 1000 if FULL else 60 * 1000
FLAT = 1.10  # what memory may grow by, and SOME bytes: the noise of one allocator's caches
SOME = 4 << 20
PER_PROCESS = 128 << 10  # what poolmon may keep of one
POSTGRES = "/usr/lib/postgresql/15/bin"


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=f"{harness.PATH}:{POSTGRES}"):
            harness.skip(f"{program} is not installed")


def fail_unless(condition, text):
    if not condition:
        harness.fail(text)


def port():
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def call(*command, **more):
    """Runs a client, without the library; its output."""
    result = harness.run([str(word) for word in command], harness.environment(PATH=f"{harness.PATH}:{POSTGRES}"),
                         timeout=3600, **more)
    if result.status != 0:
        harness.fail(f"{command}: status {result.status}: {result.err.decode()}{result.out.decode()}")
    return result.out.decode()


def resident(pid):
    """Bytes of memory of its own that the process and its children have."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            own = re.search(r"RssAnon:\s+(\d+)", file.read())
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return 0  # a backend that has just ended
    # One that has ended and is not yet waited for has no memory.
    return (int(own[1]) * 1024 if own else 0) + sum(resident(int(child)) for child in children)


def wait_for(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    harness.fail(f"{what} does not come up")


@contextlib.contextmanager
def server(command, **more):
    """The server, which does not outlive a test that fails."""
    with subprocess.Popen(command, **more) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGQUIT)
                try:
                    child.wait(10)
                except subprocess.TimeoutExpired:
                    child.kill()


class Attached:
    """poolmon beside the server, and the snapshots."""

    def __init__(self, space, segments):
        self.segments = segments
        self.output = open(space.join("poolmon.txt"), "wb")  # pylint: disable=consider-using-with
        self.poolmon = subprocess.Popen(  # pylint: disable=consider-using-with
            [harness.poolmon(), "--batch", "--interval", "0.5", "--dir", segments],
            env=harness.environment(TERM="dumb"), cwd=space.path, stdout=self.output,
            stderr=subprocess.STDOUT,
        )
        self.before = {}
        self.memory = []
        self.own = []
        self.known = []

    def look(self, server):
        document = harness.poolmon_json("--dir", self.segments, "--group", "tag")
        complaints = harness.check_rows(document)
        fail_unless(not complaints, "\n".join(complaints))
        self.memory.append(resident(server))
        self.own.append(resident(self.poolmon.pid))
        self.known.append(len(document["processes"]))
        for process in document["processes"]:
            fail_unless(process["dropped"] == 0, f"dropped figures: {process}")
        snapshot = harness.poolmon_json("--dir", self.segments, "--pid", server)
        for row in snapshot["rows"]:
            key = (row["tag"], row["type"])
            now = (row["allocs"], row["frees"], row["alloc_bytes"], row["free_bytes"])
            old = self.before.get(key, (0, 0, 0, 0))
            fail_unless(all(a >= b for a, b in zip(now, old)), f"{key} went from {old} to {now}")
            self.before[key] = now

    def end(self):
        fail_unless(self.poolmon.poll() is None, "poolmon has ended before the server")
        self.poolmon.send_signal(signal.SIGTERM)
        self.poolmon.wait(30)
        self.output.close()
        # poolmon knows what every process had, of those that have ended as well.
        more = PER_PROCESS * (self.known[-1] - self.known[0])
        for name, memory, room in (("the server", self.memory, 0), ("poolmon", self.own, more)):
            third = len(memory) // 3
            # Not the most: a process that has come to tidy up is there in one round or two.
            early, late = int(statistics.median(memory[1 : third + 1])), int(statistics.median(memory[-third:]))
            print(f"{name}: {early >> 10} K in the first rounds, {late >> 10} K in the last")
            fail_unless(late <= early * FLAT + SOME + room, f"{name} grows: {memory}")


def scan_of(path):
    """(state, blocks, requested bytes) of the leak scan in a segment."""
    with open(path, "rb") as file:
        header = file.read(256)
        (count,) = struct.unpack_from("<I", header, 44)
        offset, stride = struct.unpack_from("<QI", header, 120)
        sections = {}
        for i in range(count):
            file.seek(offset + i * stride)
            kind, step, start, _, records = struct.unpack("<IIQII", file.read(24))
            sections[kind] = (step, start, records)
        step, start, _ = sections[11]
        file.seek(start)
        state, _, _, _, _, _, blocks = struct.unpack("<IIQQQQQ", file.read(48))
        step, start, records = sections[12]
        found = 0
        for i in range(records):
            file.seek(start + i * step + 8 + 5 * 8)
            found += sum(struct.unpack("<5Q", file.read(40)))
        return state, blocks, found


def check_end(segments, least):
    """Every process that ended by itself has a scan that agrees with its counters."""
    scanned = 0
    for header in harness.read_headers(segments):
        document = harness.poolmon_json("--dir", segments, "--pid", header.pid, "--group", "site")
        fail_unless(not harness.check_rows(document), "inconsistent rows at the end")
        state, blocks, found = scan_of(header.path)
        if state != 2:  # POOLTAG_SCAN_COMPLETE: the others ended by _exit or exec
            continue
        diff = sum(row["diff"] for row in document["rows"])
        requested = sum(row["requested"] for row in document["rows"])
        fail_unless(
            (blocks, found) == (diff, requested),
            f"{header.exe} ({header.pid}): {diff} blocks of {requested} bytes are counted, "
            f"{blocks} of {found} found",
        )
        scanned += 1
    fail_unless(scanned >= least, f"{scanned} processes were scanned at their end, not {least}")
    print(f"{scanned} processes end with every block found that is counted")


def environment(segments, **more):
    return harness.preloaded(
        harness.environment(PATH=f"{harness.PATH}:{POSTGRES}", **more),
        f"dir={segments}:keep=1:leak_check=1",
    )


def case_redis(space):
    need("redis-server", "redis-benchmark", "redis-cli")
    segments, at = space.segments(), port()
    with server(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(at), "--dir", space.path,
         "--appendonly", "no", "--save", ""],
        env=environment(segments), cwd=space.path, stdout=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: harness.run(["redis-cli", "-p", str(at), "ping"]).status == 0, "redis")
        attached = Attached(space, segments)
        for _ in range(ROUNDS):
            call("redis-benchmark", "-p", at, "-n", HOUR // ROUNDS // 6, "-c", "20", "-P", "8", "-q",
                 "-r", "10000", "-t", "set,get,lpush,lpop,sadd,hset")
            call("redis-cli", "-p", at, "del", "mylist", "myset", "myhash")
            attached.look(process.pid)
        attached.end()
        harness.run(["redis-cli", "-p", str(at), "shutdown", "nosave"])
        fail_unless(process.wait(60) == 0, f"redis ended with {process.returncode}")
    check_end(segments, 1)


def case_nginx(space):
    need("nginx", "ab")
    segments, at = space.segments(), port()
    root = space.directory("root", 0o755)
    with open(os.path.join(root, "numbers"), "w", encoding="ascii") as file:
        file.writelines(f"{i}\n" for i in range(2000))
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = " ".join(
        f"{name}_temp_path {space.path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    with open(space.join("nginx.conf"), "w", encoding="ascii") as file:
        file.write(
            f"daemon off; pid {space.path}/nginx.pid; error_log {space.path}/error.log; {user}\n"
            "worker_processes 2; events { worker_connections 64; }\n"
            f"http {{ access_log off; {temporary} gzip on; gzip_types *;\n"
            f"server {{ listen 127.0.0.1:{at}; root {root}; keepalive_requests 1000000;\n"
            f"location /again/ {{ proxy_pass http://127.0.0.1:{at}/; }} }} }}\n"
        )
    with server(
        ["nginx", "-e", space.join("error.log"), "-c", space.join("nginx.conf")],
        env=environment(segments), cwd=space.path,
    ) as process:
        url = f"http://127.0.0.1:{at}"
        wait_for(lambda: harness.run(["ab", "-q", "-n", "1", f"{url}/numbers"]).status == 0, "nginx")
        attached = Attached(space, segments)
        for _ in range(ROUNDS):
            each = HOUR // ROUNDS // 10
            for count, path in ((8 * each, "/numbers"), (each, "/again/numbers")):
                out = call("ab", "-q", "-k", "-n", count, "-c", "8", url + path)
                fail_unless(re.search(r"Failed requests: +0\n", out), out)
            call("ab", "-q", "-n", each, "-c", "8", "-H", "Accept-Encoding: gzip", url + "/numbers")
            attached.look(process.pid)
        attached.end()
        process.send_signal(signal.SIGQUIT)
        fail_unless(process.wait(60) == 0, f"nginx ended with {process.returncode}")
    check_end(segments, 3)


def case_postgres(space):
    need("pgbench", "initdb", "pg_ctl", "postgres")
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    segments, at = space.segments(user), port()
    data = space.directory("data", 0o700, user)
    call("initdb", "-D", data, "-A", "trust", "-U", "tester", "-N", "--locale=C", user=user)

    def own():
        if user:
            harness.become(user)

    client = ("-h", "127.0.0.1", "-p", at, "-U", "tester")
    with server(
        [f"{POSTGRES}/postgres", "-D", data, "-k", "", "-p", str(at), "-c", "fsync=off"],
        env=environment(segments), cwd=space.path, stderr=subprocess.DEVNULL, preexec_fn=own,
    ) as process:
        wait_for(lambda: harness.run([f"{POSTGRES}/pg_isready", *map(str, client)]).status == 0, "postgres")
        call("pgbench", "-q", "-i", *client, "postgres")
        attached = Attached(space, segments)
        for _ in range(ROUNDS):
            call("pgbench", "-n", "-c", "2", "-t", HOUR // ROUNDS // 20, *client, "postgres")
            attached.look(process.pid)
        attached.end()
        process.send_signal(signal.SIGINT)
        fail_unless(process.wait(60) == 0, f"postgres ended with {process.returncode}")
    check_end(segments, 2 * ROUNDS)


def main():
    with harness.Workspace() as space:
        globals()["case_" + sys.argv[1]](space)


main()
