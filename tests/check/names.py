# SPDX-License-Identifier: BSD-2-Clause
"""When `poolmon check` looks names up, and that it makes no difference but the time it takes.

Usage: names.py LEAKS; writes TAP. Who opens a file is asked of inotify: a kept segment is checked, so
that it can only have been poolmon.
"""

import ctypes
import json
import os
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

CLEAN, LEAKS = 0, 23
IN_OPEN = 0x20


class Opens:
    """How often a file is opened while a with block lasts."""

    libc = ctypes.CDLL(None, use_errno=True)

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.descriptor = self.libc.inotify_init1(os.O_NONBLOCK)
        if self.descriptor < 0 or self.libc.inotify_add_watch(
                self.descriptor, os.fsencode(self.path), IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self.count = 0
        return self

    def __exit__(self, *unused):
        # The same events in a row are told once: what counts is whether there were any.
        try:
            self.count = len(os.read(self.descriptor, 4096)) // struct.calcsize("iIII")
        except BlockingIOError:
            pass
        os.close(self.descriptor)


class Names:
    def __init__(self, tap, space, leaks):
        self.tap, self.space, self.leaks = tap, space, leaks
        self.segments = space.segments()

    def check(self, *words):
        result = harness.run([harness.poolmon(), "check", "--dir", self.segments, *words],
                             harness.environment(POOLTAG_LIBRARY=harness.library()), 60)
        self.status, self.out, self.err = result.status, result.out.decode(), result.err.decode()

    def copy(self, name):
        """The program under another name."""
        path = os.path.join(self.space.directory("programs", 0o755), name)
        shutil.copy(self.leaks, path)
        return path

    def file(self, name, text):
        path = self.space.join(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def suppressed(self):
        """Suppressions that matched, in the order of the report: pattern and blocks."""
        return [(pattern, int(blocks)) for blocks, pattern in
                re.findall(r"^  used +\d+ bytes +(\d+) blocks  leak:(\S+)  ", self.err, re.M)]

    def matches(self, wanted, what, *words, status=CLEAN):
        self.check(*words)
        self.tap.ok(self.status == status and self.suppressed() == wanted, what,
                    f"status {self.status}, {self.suppressed()}, not {wanted}\n{self.err}")


def owners(names):
    """A built-in line of the program's comes before one of a function; the user's come before both."""
    git = names.copy("git")
    words = ("--", git, "definite", "3", "quark")

    names.matches([("^g_quark_*$", 1)], "a function of a program that is nobody's", "--", names.leaks,
                  "definite", "3", "quark", status=LEAKS)
    names.matches([("^git$", 4)], "all of a program whose leaks are its own", *words)
    supp = names.file("supp", "leak:^leak_definite$\n")
    names.matches([("^leak_definite$", 3), ("^git$", 1)], "a function that the user names",
                  f"--suppressions={supp}", *words)
    supp = names.file("supp", "leak:^nowhere$\nleak:*/programs/git$\nleak:^leak_definite$\n")
    names.matches([("*/programs/git$", 4)], "a module that the user names before a function",
                  f"--suppressions={supp}", *words)
    supp = names.file("supp", "leak:^leak_definite$\nleak:*/programs/git$\n")
    names.matches([("^leak_definite$", 3), ("*/programs/git$", 1)], "and behind it",
                  f"--suppressions={supp}", *words)
    supp = names.file("supp", "leak:^leak_definite$ until=2001-01-01\nleak:^main$ max_blocks=3\n")
    names.matches([], "functions that the user names in vain", f"--suppressions={supp}", *words,
                  status=LEAKS)
    names.tap.ok(re.search(r"^  exceeded +\d+ bytes +4 blocks  leak:\^main\$ ", names.err, re.M),
                 "keep their limits", names.err)


def inlined(names):
    """A function that was inlined is a frame of its own, and can be suppressed."""
    names.check("--", names.leaks, "inlined")
    names.tap.ok(names.status == LEAKS and re.search(
        r"\n    #0 make_block at .*\n    #1 make_inlined at .*leaks\.c:\d+ .*\n    #2 leak_inlined at "
        r".*leaks\.c:\d+ ", names.err), "an inlined function is shown", names.err)
    supp = names.file("supp", "leak:^make_inlined$\n")
    names.matches([("^make_inlined$", 1)], "and suppressed", f"--suppressions={supp}", "--",
                  names.leaks, "inlined")


def opened(names):
    """Files are opened only for names that are needed."""
    git = names.copy("git")

    names.check("--keep", "--json=-", "--", git, "definite", "3", "possible", "keep")
    pid = json.loads(names.out)["processes"][0]["pid"]
    needed = [
        (False, (), "for what is suppressed by its module"),
        (False, ("--show=reachable", "--markdown=-"), "for what does not count, if the process knew its function"),
        (True, ("--json=-",), "for a report that shows what is suppressed"),
        (True, ("--no-builtin",), "for what counts"),
        (True, (f"--suppressions={names.file('supp', 'leak:^nowhere$')}",),
         "for a suppression that may mean a function"),
        (False, (f"--suppressions={names.file('two', 'leak:/git$')}",),
         "for one that the module's name matches"),
    ]
    for wanted, words, what in needed:
        with Opens(git) as opens:
            names.check(f"--pid={pid}", *words)
        names.tap.ok((opens.count > 0) == wanted,
                     f"the program's file is {'' if wanted else 'not '}opened {what}",
                     f"{opens.count} times\n{names.err}")


def separate(names):
    """Names that only a debug file has, which the process itself could not know."""
    tools = ("objcopy", "strip", "readelf")
    if not all(map(shutil.which, tools)):
        names.tap.skip("debug files", f"none of {tools} may be missing")
        return
    program = names.copy("stripped")
    notes = subprocess.run(["readelf", "-n", program], capture_output=True, check=True).stdout.decode()
    build_id = re.search(r"Build ID: (\w+)", notes).group(1)
    debug = names.space.directory("debug", 0o755)
    folder = os.path.join(debug, ".build-id", build_id[:2])
    os.makedirs(folder)
    subprocess.run(["objcopy", "--only-keep-debug", program,
                    os.path.join(folder, build_id[2:] + ".debug")], check=True)
    subprocess.run(["strip", program], check=True)
    words = ("--", program, "definite", "1", "possible")

    names.check("--no-builtin", *words)
    names.tap.ok("make_block" not in names.err and "(stripped+0x" in names.err,
                 "a stripped program says little", names.err)
    names.check("--no-builtin", f"--debug-dir={debug}", *words)
    names.tap.ok(re.search(r"^definite: .*\n    #0 make_block at .*leaks\.c:\d+ ", names.err, re.M) and
                 re.search(r"^Not counted:\n  possible: .*, by stripped!make_block$", names.err, re.M),
                 "its debug file has all names, also of what does not count", names.err)
    baseline = names.space.join("baseline")
    names.check("--no-builtin", f"--debug-dir={debug}", f"--baseline={baseline}", "--update-baseline",
                *words)
    with open(baseline, encoding="utf-8") as file:
        text = file.read()
    names.tap.ok(re.search(r"^definite .* stripped!make_block$", text, re.M), "also in a baseline", text)


def main():
    tap = harness.Tap()
    with harness.Workspace() as space:
        names = Names(tap, space, sys.argv[1])
        owners(names)
        inlined(names)
        opened(names)
        separate(names)
    tap.done()


main()
