# SPDX-License-Identifier: BSD-2-Clause
"""tutorial.py POOLMON [--print] - does docs/tutorial.md show what its commands print?

The example is built, run under the library with and without its leak, and the lines about it in
the blocks behind "<!-- exact: NAME -->" have to be those that poolmon prints now. --print prints
the blocks, to be put into the page.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "docs", "examples")
COLUMNS = "--columns=tag,type,allocs,frees,diff,bytes,place"
NEEDED = ("gcc", "patch")

poolmon = os.path.abspath(sys.argv[1])


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=60, **options)
    if done.returncode:
        sys.exit(f"FAIL: {' '.join(command)} ends with {done.returncode}: {done.stdout}")
    return done.stdout


class Server:
    """lookupd under poolmon run, in a directory of its own."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [poolmon, "run", "--dir", "segments", *options, "--", "./lookupd", "./socket"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
        for _ in range(200):
            time.sleep(0.05)
            if os.path.exists("socket"):
                return
        sys.exit("FAIL: lookupd does not listen")

    def load(self, *words):
        run(sys.executable, os.path.join(EXAMPLES, "lookup-load.py"), "./socket", *words)

    def end(self):
        """Ends it; what poolmon run printed."""
        out = self.process.communicate(timeout=30)[0]
        if self.process.returncode:
            sys.exit(f"FAIL: poolmon run ends with {self.process.returncode}: {out}")
        return out


def report():
    server = Server("--report", "--sort=bytes", "--group=site", COLUMNS)
    server.load("20000", "QUIT")
    return server.end()


def difference():
    server = Server()
    server.load("10000")
    run(poolmon, "snap", "--dir", "segments", "before.json")
    server.load("20000")
    run(poolmon, "snap", "--dir", "segments", "after.json")
    server.load("1", "QUIT")
    server.end()
    return run(poolmon, "diff", "before.json", "after.json")


def table(text):
    """The heading of a table and the lines about the example."""
    lines = [line.rstrip() for line in text.splitlines()]
    first = next(i for i, line in enumerate(lines) if re.match(r" ?tag +type", line, re.I))
    return "\n".join([lines[first], *(l for l in lines[first + 1:] if re.match(r" ?(main|cach) Paged", l))])


def scenario():
    shutil.copy(os.path.join(EXAMPLES, "lookupd.c"), ".")
    os.mkdir("segments", 0o700)
    run("gcc", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "lookupd", "lookupd.c")
    yield "leak", table(report())
    yield "diff", table(difference())
    run("patch", "-s", "lookupd.c", os.path.join(EXAMPLES, "lookupd.patch"))
    run("gcc", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-o", "lookupd", "lookupd.c")
    yield "fixed", table(report())
    yield "fixed-diff", table(difference())


def main():
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        print(f"SKIP: not installed: {' '.join(missing)}")
        return 77
    with open(os.path.join(ROOT, "docs", "tutorial.md"), encoding="utf-8") as file:
        page = file.read()
    failed = False
    with tempfile.TemporaryDirectory(prefix="pooltag-tutorial.") as directory:
        os.chdir(directory)
        for name, wanted in scenario():
            if "--print" in sys.argv:
                print(f"<!-- exact: {name} -->\n```\n{wanted}\n```\n")
            elif f"<!-- exact: {name} -->\n```\n{wanted}\n```\n" not in page:
                print(f"FAIL: docs/tutorial.md should show as {name}:\n{wanted}")
                failed = True
        os.chdir(ROOT)
    print("docs/tutorial.md shows what poolmon prints" if not failed else "")
    return int(failed)


sys.exit(main())
