# SPDX-License-Identifier: BSD-2-Clause
"""`poolmon export`: paths, types, errors, ends, and clients that misbehave."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time

import openmetrics
from common import ENV, HERE, harness, poolmon, running, segments

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
tap = harness.Tap()


@contextlib.contextmanager
def exporter(directory, *options):
    """An exporter on a free port of the loopback: (child, port)."""
    command = [harness.poolmon(), "export", "--dir", directory, *options]
    if not options:
        command.append("--listen=127.0.0.1:0")
    with running(command, "metrics at http://") as (child, line):
        yield child, int(re.search(r":(\d+)/metrics$", line)[1])


def ask(port, path, method="GET", headers="", family=socket.AF_INET, host="127.0.0.1", body=b""):
    """(status, headers in lower case, body) of one request."""
    with socket.socket(family) as connection:
        connection.settimeout(10)
        connection.connect((host, port))
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}"
                           f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        data = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                break
            data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), fields, rest


def check_paths(directory, port):
    status, fields, body = ask(port, "/metrics")
    tap.equal((status, fields["content-type"]), (200, TYPE), "/metrics: status and type")
    tap.equal(body, poolmon("--openmetrics", "--dir", directory).out, "as --openmetrics prints it")
    openmetrics.parse(body.decode())
    status, fields, rest = ask(port, "/metrics", "HEAD")
    tap.equal((status, fields["content-type"], rest), (200, TYPE, b""), "HEAD")
    tap.equal(int(fields["content-length"]), len(body), "its length")
    tap.equal(ask(port, "/metrics?x=1")[0], 200, "a query changes nothing")
    tap.equal(ask(port, "/")[::2], (200, b"poolmon export: see /metrics\n"), "the index")
    tap.equal(ask(port, "/nope")[::2], (404, b"not found: see /metrics\n"), "404")
    status, fields, _ = ask(port, "/metrics", "POST", body=b"x" * 100000)
    tap.equal((status, fields.get("allow")), (405, "get, head"), "405")
    accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n"
    tap.equal(ask(port, "/metrics", headers=accept)[1]["content-type"], TYPE, "as Prometheus asks")
    status, fields, body = ask(port, "/metrics", headers="Accept: text/plain\r\n")
    tap.equal((status, fields["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"),
              "the older format, to those who ask for it")
    tap.ok(b"# EOF" not in body and b"# UNIT" not in body
           and b"# TYPE pooltag_allocs_total counter\n" in body, "is the older format")
    try:
        result = harness.run(["promtool", "check", "metrics"], ENV, stdin=body)
        tap.equal((result.status, result.out, result.err), (0, b"", b""), "promtool finds no fault")
    except FileNotFoundError:
        tap.skip("promtool finds no fault", "not installed: prometheus")


def check_clients(port):
    """Clients that open connections and say nothing, half a request, or read nothing."""
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    for number, connection in enumerate(idle):
        if number % 2:
            connection.sendall(b"GET /metr")
        elif number % 4 == 0:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    started = time.monotonic()
    for _ in range(20):
        if ask(port, "/metrics")[0] != 200:
            tap.ok(False, "200 slow clients stop nobody")
            break
    else:
        took = time.monotonic() - started
        tap.ok(took < 5, "200 slow clients stop nobody", f"{took:.1f} s for 20 requests")
    threads = len(os.listdir(f"/proc/{server.pid}/task"))
    tap.ok(threads <= 3, "and make no threads", f"{threads} threads")
    for connection in idle:
        connection.close()


def ends(child, number, name):
    child.send_signal(number)
    tap.equal(child.wait(10), 0, name)


def refused(message, *arguments, directory):
    result = poolmon("export", "--dir", directory, *arguments)
    tap.equal((result.status, result.out, result.err.decode()),
              (2, b"", f"poolmon: export: {message}\n"), message)


def check_refusals(directory, port):
    taken = f"127.0.0.1:{port}"
    refused(f"cannot listen on {taken}: Address already in use", "--listen", taken,
            directory=directory)
    refused("cannot listen on 192.0.2.1:9870: Cannot assign requested address", "--listen",
            "192.0.2.1:9870", directory=directory)
    for bad in ("9870", "localhost:9870", "127.0.0.1:", "127.0.0.1:99999", "::1:9870", "[::1:9870",
                "127.0.0.1:80x"):
        refused(f"'{bad}' is not ADDR:PORT, such as 127.0.0.1:9870, [::1]:9870 or :9870",
                f"--listen={bad}", directory=directory)
    result = poolmon("export", "--dir", directory + "/none")
    tap.equal((result.status, result.err.decode()),
              (2, f"poolmon: directory {directory}/none: No such file or directory\n"),
              "a directory that is not there")
    if os.geteuid() == 0:
        result = harness.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                              "--bounding-set=-all", "--", harness.poolmon(), "export",
                              "--dir", "/tmp", "--listen=127.0.0.1:81"], ENV)
        limit = int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii").read())
        if limit > 81:
            tap.equal((result.status, result.err.decode()),
                      (2, "poolmon: export: cannot listen on 127.0.0.1:81: Permission denied\n"),
                      "no permission")


def check_library(work, directory):
    """A library that serves is loaded by who serves, and by nobody else."""
    path = os.path.join(work.directory("broken", 0o755), "libmicrohttpd.so.12")
    env = dict(ENV, LD_LIBRARY_PATH=os.path.dirname(path))
    for content, why in [(b"", f"{path}: file too short"),
                         (open("/lib64/ld-linux-x86-64.so.2", "rb").read(),
                          f"{path}: undefined symbol: MHD_add_response_header")]:
        with open(path, "wb") as file:
            file.write(content)
        result = harness.run([harness.poolmon(), "list", "--dir", directory], env)
        tap.equal((result.status, result.err), (0, b""), "a broken libmicrohttpd keeps nobody from work")
        result = harness.run([harness.poolmon(), "export", "--dir", directory, "--listen=:0"], env)
        tap.equal((result.status, result.out, result.err.decode()),
                  (2, b"", "poolmon: export: serving needs libmicrohttpd.so.12 (Debian package "
                           f"libmicrohttpd12): {why}\n"), f"but from serving: {why[len(path) + 2:]}")


with harness.Workspace() as work:
    check_library(work, segments(work, "stacks", os.path.join(HERE, "stacks.seg")))
    stacks = segments(work, "stacks", os.path.join(HERE, "stacks.seg"))
    with exporter(stacks) as (server, number):
        check_paths(stacks, number)
        check_clients(number)
        check_refusals(stacks, number)
        os.rename(stacks, stacks + ".gone")
        tap.equal(ask(number, "/metrics")[0], 500, "a directory that went away is an error")
        os.rename(stacks + ".gone", stacks)
        tap.equal(ask(number, "/metrics")[0], 200, "and may come back")
        ends(server, signal.SIGTERM, "SIGTERM")
    with exporter(stacks, f"--listen=:{number}", "--pid=202") as (server, again):
        tap.equal(again, number, "the port is free at once; without ADDR, the loopback")
        families = openmetrics.parse(ask(number, "/metrics")[2].decode())
        tap.equal({s.labels["pid"] for s in families["pooltag_allocs"].samples}, {"202"}, "--pid")
        ends(server, signal.SIGINT, "SIGINT")
    if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6") \
            and os.path.getsize("/proc/net/if_inet6") >= 0 \
            and "00000000000000000000000000000001" in open("/proc/net/if_inet6",
                                                           encoding="ascii").read():
        with exporter(stacks, "--listen=[::1]:0") as (server, number):
            tap.equal(ask(number, "/", family=socket.AF_INET6, host="::1")[0], 200, "IPv6")
tap.done()
