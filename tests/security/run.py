#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Users who attack each other, or root, through segments; names that attack terminals; hardening.

Usage: run.py CASE BUILD-DIRECTORY
docs/threat-model.md says which threat each case stands for.
"""

import json
import os
import pwd
import re
import select
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

NOBODY = pwd.getpwnam("nobody")
EVIL = "\x1b]0;gotcha\x07\x1b[2J\x9b31m\r\n"


def need_root():
    if os.geteuid() != 0:
        harness.skip("needs root")


def crashed_segment(directory, user=None):
    """Leaves a segment of a process of `user` that was killed; returns its path."""
    env = harness.preloaded(harness.environment(), f"dir={directory}")
    result = harness.run(["sh", "-c", "kill -9 $$"], env, user=user)
    names = os.listdir(directory)
    if result.status != -9 or len(names) != 1:
        harness.fail(f"status {result.status}, {names}: {result.err}")
    return os.path.join(directory, names[0])


def poolmon(*arguments):
    result = harness.run([harness.poolmon(), *arguments], harness.environment(TERM="dumb"))
    if result.timed_out:
        harness.fail(f"poolmon {arguments} hangs")
    return result


def case_remove(space):
    """reap removes nothing through a directory that its user has swapped."""
    need_root()
    mine = space.segments(NOBODY)
    segment = crashed_segment(mine, NOBODY)
    other = space.directory("other")
    name = os.path.join(other, os.path.basename(segment))
    with open(name, "w", encoding="ascii") as file:
        file.write("precious")
    result = harness.run([os.path.join(sys.argv[2], "remove_test"), mine, other])
    print(result.out.decode())
    if result.status != 0 or not os.path.exists(name) or os.path.exists(segment):
        harness.fail(f"status {result.status}: {os.listdir(other)}, {os.listdir(mine)}")


def hostile_files(directory, good):
    """What a user may put where root's poolmon looks, by name: the reason to refuse it."""
    with open(good, "rb") as file:
        bytes_of = file.read(1 << 20)

    def path(name):
        return os.path.join(directory, name)

    os.symlink("/etc/shadow", path("101.1"))
    os.mkfifo(path("102.1"))
    os.mkdir(path("103.1"))
    os.mknod(path("104.1"), 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    with open(path("105.1"), "wb") as file:
        file.write(bytes_of[:100])
    with open(path("106.1"), "wb") as file:
        file.write(b"\0" * 4096)
        file.truncate(1 << 45)
    os.link("/etc/hostname", path("107.1")) if same_device(directory) else None
    with open(path("108.1"), "wb") as file:  # another user's file
        file.write(bytes_of)
    os.chown(path("108.1"), 0, 0)
    for name in ("102.1", "104.1", "105.1", "106.1"):
        os.chown(path(name), NOBODY.pw_uid, NOBODY.pw_gid)
    return {
        "101.1": "a symbolic link",
        "102.1": "mode 10",
        "103.1": "mode 4",
        "104.1": "mode 20",
        "105.1": "the header alone",
        "106.1": "the first 8 bytes",
        "108.1": "instead of",
    }


def same_device(directory):
    return os.stat(directory).st_dev == os.stat("/etc/hostname").st_dev


def case_files(space):
    """root reads a user's directory: links, pipes, devices, holes, others' files. None is obeyed."""
    need_root()
    mine = space.segments(NOBODY)
    good = crashed_segment(mine, NOBODY)
    wanted = hostile_files(mine, good)
    result = poolmon("list", "--dir", mine)
    text = (result.out + result.err).decode(errors="backslashreplace")
    for name, reason in wanted.items():
        lines = [line for line in text.splitlines() if f"/{name} " in line]
        if len(lines) != 1 or reason not in lines[0]:
            harness.fail(f"{name}: wanted one line with {reason!r}, got {lines}\n{text}")
    if "root:" in text or "sh" not in text:
        harness.fail(f"the good one is not shown, or too much is: {text}")
    for arguments in (["--once", "--json"], ["--once"], ["reap"]):
        result = poolmon(*arguments, "--dir", mine)
        if result.status not in (0, 1):
            harness.fail(f"{arguments}: status {result.status}: {result.err}")
    left = set(os.listdir(mine))
    if not set(wanted) <= left or os.path.exists(good):
        harness.fail(f"reap removes what is gone, and nothing else; left: {left}")


def case_names(space):
    """Files, threads and directories whose names are commands to a terminal."""
    segments = space.segments()
    program = space.join(f"evil{EVIL}program")
    shutil.copy("/usr/bin/python3", program)
    script = (
        "import ctypes, sys, threading\n"
        "ctypes.CDLL(None).prctl(15, b'\\x1b[2Jthread', 0, 0, 0)\n"
        "threading.Thread(target=lambda: bytearray(100000)).start()\n"
        "print('up', flush=True)\n"
        "sys.stdin.read()\n"
    )
    env = harness.preloaded(harness.environment(), f"dir={segments}")
    outputs = (
        ["--once"], ["--once", "--group", "process"], ["--once", "--group", "module"],
        ["--once", "--group", "site"], ["--once", "--group", "thread"], ["--once", "--group", "stack"],
        ["--once", "--csv"], ["--once", "--openmetrics"], ["--once", "--folded"], ["list"],
        ["--once", "--json"],
    )
    with subprocess.Popen(
        [program, "-c", script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        if not select.select([child.stdout], [], [], 30)[0]:
            child.kill()
            harness.fail("the host does not start")
        for arguments in outputs:
            result = poolmon(*arguments, "--dir", segments)
            text = result.out.decode("utf-8")  # fails when it is not valid UTF-8
            if "--csv" in arguments:
                text = text.replace("\r\n", "\n")  # as RFC 4180 ends its lines
            bad = re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
            if result.status != 0 or bad:
                harness.fail(f"{arguments}: status {result.status}, control characters {bad}")
        if "gotcha" not in json.dumps(json.loads(text)):
            harness.fail("the program is not named at all")
        child.communicate(timeout=30)


def readelf(*arguments):
    return subprocess.run(
        ["readelf", "-W", *arguments], check=True, capture_output=True, text=True
    ).stdout


def writable_functions(path):
    """What, outside the pages closed after relocation, points to a function; jemalloc's aside."""
    match = re.search(r"GNU_RELRO +\S+ (\S+) \S+ \S+ (\S+)", readelf("-l", path))
    closed = range(int(match[1], 16), int(match[1], 16) + int(match[2], 16))
    match = re.search(r"LOAD +\S+ (\S+) \S+ \S+ (\S+) R E", readelf("-l", path))
    code = range(int(match[1], 16), int(match[1], 16) + int(match[2], 16))
    found = set()
    names = []
    for words in map(str.split, subprocess.run(
        ["nm", "-S", path], check=True, capture_output=True, text=True
    ).stdout.splitlines()):
        if len(words) == 4:
            start = int(words[0], 16)
            names.append((range(start, start + int(words[1], 16)), words[3]))
    for words in map(str.split, readelf("-r", path).splitlines()):
        if len(words) < 4 or words[2] != "R_X86_64_RELATIVE":
            continue
        at, to = int(words[0], 16), int(words[3], 16)
        if at not in closed and to in code:
            found |= {name for span, name in names if at in span}
    return {name for name in found if not name.startswith("je_")}


def case_hardened(space):
    """Read-only after relocation, bound at start, no executable stack, nothing writable is code."""
    if writable_functions(harness.library()):
        harness.fail(f"writable pointers to functions: {writable_functions(harness.library())}")
    for path in (harness.library(), harness.poolmon()):
        segments = readelf("-l", path)
        dynamic = readelf("-d", path)
        complaints = []
        if "GNU_RELRO" not in segments:
            complaints.append("no RELRO")
        if "NOW" not in dynamic:
            complaints.append("not bound at start")
        if not re.search(r"GNU_STACK .* RW +0x", segments):
            complaints.append("executable stack")
        if re.search(r"LOAD .* RWE ", segments) or "TEXTREL" in dynamic:
            complaints.append("writable code")
        if " EXEC " in readelf("-h", path):
            complaints.append("not position-independent")
        if complaints:
            harness.fail(f"{path}: {complaints}")


def case_sealed(space):
    """What the library decides by is read-only once it runs."""
    symbols = {}
    for line in subprocess.run(
        ["nm", harness.library()], check=True, capture_output=True, text=True
    ).stdout.splitlines():
        words = line.split()
        if len(words) == 3:
            symbols[words[2]] = int(words[0], 16)
    result = harness.run(
        ["cat", "/proc/self/maps"],
        harness.preloaded(harness.environment(), f"dir={space.segments()}"),
    )
    maps = []
    for line in result.out.decode().splitlines():
        match = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ +(.*)", line)
        if match:
            start, end, mode, offset, path = match.groups()
            maps.append((int(start, 16), int(end, 16), mode, int(offset, 16), path))
    base = min(start for start, _, _, _, path in maps if path == harness.library())
    for name in ("base_options", "heap_header_secret", "heap_map_window"):
        address = base + symbols[name]
        modes = [mode for start, end, mode, _, _ in maps if start <= address < end]
        if modes != ["r--p"]:
            harness.fail(f"{name} at {address:#x} is {modes}")
    if any(mode.startswith("rwx") for _, _, mode, _, _ in maps):
        harness.fail("memory is writable and executable")


def case_directories(space):
    """The directory of segments is another user's, a link, or open to others: it is not used."""
    need_root()
    for number, prepare in enumerate((
        lambda path: (os.mkdir(path, 0o755), os.chown(path, 1, 1)),
        lambda path: os.symlink(space.directory("target"), path),
        lambda path: (os.mkdir(path), os.chmod(path, 0o1777)),
        lambda path: os.mkfifo(path),
    )):
        path = space.join(f"place{number}")
        prepare(path)
        result = harness.run(["ls", "/"], harness.preloaded(harness.environment(), f"dir={path}"))
        err = result.err.decode()
        if result.status != 0 or not harness.one_line(
            r"pooltag: (refusing|cannot) .*; the program runs on, but poolmon does not see it.*", err
        ):
            harness.fail(f"place {number}: status {result.status}: {err}")
        if os.path.isdir(path) and os.listdir(path):
            harness.fail(f"place {number} is used: {os.listdir(path)}")


def main():
    case = globals()["case_" + sys.argv[1]]
    with harness.Workspace() as space:
        case(space)


main()
