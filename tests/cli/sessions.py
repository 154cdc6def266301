# SPDX-License-Identifier: BSD-2-Clause
"""sessions.py POOLMON MAKE-SEGMENTS - a process in a login session of its own, as -s sees it.

The kernel gives a session number to a process whose login user is set, which is what login(1) does;
who may not do that skips this.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

poolmon, make_segments = map(os.path.abspath, sys.argv[1:3])
tap = harness.Tap()


def segment(space, tag):
    """A description of a process that lives, with one tag."""
    path = space.join(tag)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"process 1.1 mine /usr/bin/{tag}\nsite {tag} Paged - - 0x1\nshard 1\ncell 0 0 1 8 16 0 0 0\n")
    return path


def log_in():
    with open("/proc/self/loginuid", "w", encoding="ascii") as file:
        file.write(str(os.getuid()))


def session_of(child):
    with open(f"/proc/{child.pid}/sessionid", encoding="ascii") as file:
        number = int(file.read())
    return 0 if number == 2**32 - 1 else number


def tags(directory, *words):
    done = subprocess.run([poolmon, "--dir", directory, "--json", *words], stdout=subprocess.PIPE, text=True,
                          check=True, timeout=30)
    document = json.loads(done.stdout)
    return {row["tag"] for row in document["rows"]}, {p["pid"]: p["login_session"] for p in document["processes"]}


def check(space):
    directory = space.directory("s")
    children = []
    for tag, before in (("here", None), ("away", log_in)):
        try:
            child = subprocess.Popen([make_segments, segment(space, tag), directory, "--stay"], preexec_fn=before)
        except subprocess.SubprocessError:
            break
        children.append(child)
    try:
        if len(children) < 2:
            tap.skip("a process in a session of its own", "the login user cannot be set here")
            return
        for _ in range(500):  # until both have written their files
            if tags(directory)[0] == {"here", "away"}:
                break
        mine, other = map(session_of, children)
        both, numbers = tags(directory)
        tap.equal(both, {"here", "away"}, "without -s, both processes")
        tap.equal(numbers, {children[0].pid: mine, children[1].pid: other}, "each has its session's number in JSON")
        tap.equal(tags(directory, f"-s{other}")[0], {"away"}, "-sN is the one in that session")
        tap.equal(tags(directory, "-s")[0], {"away"} | ({"here"} if mine else set()), "-s is all in a session")
        tap.equal(tags(directory, f"/s{mine}")[0], {"here"}, "/s0 is the one in none")
    finally:
        for child in children:
            child.kill()
            child.wait()


with harness.Workspace() as space:
    check(space)
tap.done()
