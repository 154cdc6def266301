# SPDX-License-Identifier: BSD-2-Clause
"""Does the library stop each misuse with SIGABRT and with exactly the line that expect.txt has?

Usage: run.py PROGRAM SOURCE EXPECT; writes TAP, one case per stanza of the file EXPECT.

A stanza is a line `BUG`, with options of the library if there are any, and, indented, the wanted
stderr. <address> stands for any address, <calls> for the outer calls of a stack; nothing else varies.
An indented line `goes on` instead of an end by SIGABRT wants exit status 0. A bug of the program,
which SOURCE lists, without a stanza fails the test.
"""

import os
import re
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
import harness

PLACEHOLDERS = {"<address>": "0x[0-9a-f]+", "<calls>": "(?: < [^<\n]+)+"}
GOES_ON = "goes on\n"


def stanzas(path):
    """[(bug and options, wanted stderr)]"""
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
    program, source, expect = sys.argv[1:]
    tap = harness.Tap()
    with open(source, encoding="utf-8") as file:
        bugs = re.findall(r'^\s*\{"([a-z-]+)", \w+\},$', file.read(), re.MULTILINE)
    expected = stanzas(expect)
    tap.equal(sorted({bug.split()[0] for bug, _ in expected}), sorted(bugs), "every bug is expected")
    with harness.Workspace() as space:
        segments = space.segments()
        for bug, wanted in expected:
            name, *options = bug.split()
            env = harness.preloaded(
                harness.environment(), ":".join([f"dir={segments}", *options])
            )
            result = harness.run([program, name], env, 20)
            err = result.err.decode(errors="backslashreplace")
            end = (-signal.SIGABRT, b"")
            if wanted.endswith(GOES_ON):
                end = (0, b"not noticed\n")
                wanted = wanted[: -len(GOES_ON)]
            good = (
                (result.status, result.out) == end
                and re.fullmatch(pattern(wanted), err)
            )
            tap.ok(
                good,
                bug,
                f"status, stdout: {result.status, result.out}, wanted {end}\n"
                f"stderr: {err}wanted: {wanted}",
            )
    tap.done()


main()
