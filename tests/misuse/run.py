# SPDX-License-Identifier: BSD-2-Clause
"""Does the library stop each misuse with SIGABRT and with exactly the line that expect.txt has?

Usage: run.py MISUSE-PROGRAM; writes TAP, one case per stanza of expect.txt.

A stanza is a line `BUG` and, indented, the wanted stderr. <address> stands for any address, <pid>
for any process id; nothing else varies. A bug of the program without a stanza fails the test.
"""

import os
import re
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import harness

PLACEHOLDERS = {"<address>": "0x[0-9a-f]+", "<pid>": "[0-9]+"}


def stanzas(path):
    """[(bug, wanted stderr)]"""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            if line.startswith("\t"):
                found[-1][1].append(line[1:])
            else:
                found.append((line.strip(), []))
    return [(bug, "".join(lines)) for bug, lines in found]


def pattern(wanted):
    parts = re.split("(" + "|".join(map(re.escape, PLACEHOLDERS)) + ")", wanted)
    return "".join(PLACEHOLDERS.get(part) or re.escape(part) for part in parts)


def main():
    program = sys.argv[1]
    tap = harness.Tap()
    with open(os.path.join(HERE, "misuse.c"), encoding="utf-8") as file:
        bugs = re.findall(r'^\s*\{"([a-z-]+)", \w+\},$', file.read(), re.MULTILINE)
    expected = stanzas(os.path.join(HERE, "expect.txt"))
    tap.equal(sorted(bug for bug, _ in expected), sorted(bugs), "every bug has one expectation")
    with harness.Workspace() as space:
        segments = space.segments()
        env = harness.preloaded(harness.environment(), f"dir={segments}")
        for bug, wanted in expected:
            result = harness.run([program, bug], env, 20)
            err = result.err.decode(errors="backslashreplace")
            good = (
                result.status == -signal.SIGABRT
                and result.out == b""
                and wanted
                and re.fullmatch(pattern(wanted), err)
            )
            tap.ok(
                good,
                bug,
                f"status {result.status}, wanted {-signal.SIGABRT} (SIGABRT)\n"
                f"stdout: {result.out!r}\nstderr: {err}wanted: {wanted}",
            )
    tap.done()


main()
