# SPDX-License-Identifier: BSD-2-Clause
"""Programs of Debian are clean under `poolmon check`, with the built-in suppressions alone.

Usage: programs.py; writes TAP. What is suppressed is told in a comment, with its figures.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

BASH = """x=(1 2 3); declare -A m; m[a]=b
f() { local y=1; echo "${x[@]}"; }
f | cat; (echo sub); y=$(echo hi); for i in 1 2 3; do :; done; echo "$y"
"""
NGINX = """daemon off; pid {0}/nginx.pid; error_log {0}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log {0}/access.log; client_body_temp_path {0}/t1; proxy_temp_path {0}/t2;
fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
server {{ listen 127.0.0.1:{1}; root /etc; }} }}
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def answers(port):
    """Whether somebody listens, waiting for it some seconds."""
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


class Programs:
    def __init__(self, tap, space):
        self.tap, self.work = tap, space.directory("work")
        self.report = space.join("report.json")
        self.segments = space.segments()
        self.env = harness.environment(POOLTAG_LIBRARY=harness.library(), HOME=self.work,
                                       GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="A",
                                       GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="A",
                                       GIT_COMMITTER_EMAIL="a@example.org")

    def command(self, words):
        return [harness.poolmon(), "check", "--dir", self.segments, f"--json={self.report}", "--", *words]

    def judge(self, name, status, err):
        with open(self.report, encoding="utf-8") as file:
            report = json.load(file)
        os.unlink(self.report)
        self.tap.ok(status == 0 and report["counts"]["checked"] > 0, f"{name} is clean",
                    f"status {status}\n{err}")
        for line in report["suppressions"]:
            if line["places"]:
                print(f"#   suppressed: {line['found']} by leak:{line['pattern']}")

    def check(self, name, *words):
        if not shutil.which(words[0], path=harness.PATH):
            self.tap.skip(name, f"{words[0]} is not installed")
            return
        result = harness.run(self.command(words), self.env, 120, cwd=self.work)
        self.judge(name, result.status, result.err.decode())

    def serve(self, name, port, stop, *words):
        """A server that `stop` ends once it answers."""
        if not shutil.which(words[0], path=harness.PATH):
            self.tap.skip(name, f"{words[0]} is not installed")
            return
        with subprocess.Popen(self.command(words), env=self.env, cwd=self.work,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
            if answers(port):
                stop()
            else:
                server.kill()
            err = server.communicate(timeout=60)[1]
            self.judge(name, server.returncode, err)


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        programs = Programs(tap, space)
        work = programs.work
        programs.check("bash", "bash", "-c", BASH)
        programs.check("git init", "git", "init", "-q", ".")
        programs.check("git commit", "git", "commit", "--allow-empty", "-qm", "x")
        programs.check("git log", "git", "log", "--stat")
        programs.check("python3", "/usr/bin/python3", "-c",
                       "import json, re, threading; print(json.dumps({'a': [1, 2]}))")
        programs.check("perl", "perl", "-e", "my %h; $h{$_} = [1..10] for 1..100; print scalar keys %h")
        programs.check("sqlite3", "sqlite3", ":memory:",
                       "create table t(a); insert into t values(1),(2); select sum(a) from t;")
        programs.check("curl", "curl", "-s", "file:///etc/hostname")
        programs.check("openssl", "openssl", "genrsa", "1024")
        with open(os.path.join(work, "m.c"), "w", encoding="utf-8") as file:
            file.write("int main(void) { return 0; }\n")
        programs.check("gcc", "gcc", "-O1", "-o", "m", "m.c")
        port = free_port()
        programs.serve("redis-server", port, lambda: subprocess.run(
            ["redis-cli", "-p", str(port), "shutdown", "nosave"], check=False,
            stdout=subprocess.DEVNULL), "redis-server", "--port", str(port), "--save", "")
        web = free_port()
        with open(os.path.join(work, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(("" if os.geteuid() else "user root; ") + NGINX.format(work, web))

        def quit_nginx():
            with open(os.path.join(work, "nginx.pid"), encoding="utf-8") as file:
                os.kill(int(file.read()), signal.SIGQUIT)

        programs.serve("nginx", web, quit_nginx, "nginx", "-e", f"{work}/error.log", "-c",
                       f"{work}/nginx.conf")
    tap.done()


main()
