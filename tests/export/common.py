# SPDX-License-Identifier: BSD-2-Clause
"""What the scripts of this folder share. Arguments: MAKE-SEGMENTS SOURCE-DIRECTORY GROW [--update]"""

import contextlib
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

MAKE_SEGMENTS, HERE, GROW = map(os.path.abspath, sys.argv[1:4])
UPDATE = "--update" in sys.argv[4:]
ENV = harness.environment(TERM="dumb")


def poolmon(*arguments, **more):
    return harness.run([harness.poolmon(), *map(str, arguments)], ENV, **more)


def segments(space, name, description):
    """A directory with the segments of a description."""
    directory = space.directory(name)
    result = harness.run([MAKE_SEGMENTS, description, directory])
    if result.status != 0:
        harness.fail(result.err.decode())
    return directory


def golden(tap, name, got):
    """Whether `got` is the content of golden/NAME; --update writes it."""
    path = os.path.join(HERE, "golden", name)
    if UPDATE:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(got)
    with open(path, encoding="utf-8", newline="") as file:
        wanted = file.read()
    return tap.ok(got == wanted, f"golden/{name}", f"got:\n{got}")


@contextlib.contextmanager
def running(command, first, env=None, stdin=subprocess.DEVNULL):
    """A program in the background, once it has printed a line with `first` in it: (child, line)."""
    child = subprocess.Popen(command, env=env or ENV, stdin=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    try:
        line = ""
        for line in child.stdout:
            if first in line:
                break
        else:
            harness.fail(f"{command[0]} ended: {line}")
        yield child, line.strip()
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
