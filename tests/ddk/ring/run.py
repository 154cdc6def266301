# SPDX-License-Identifier: BSD-2-Clause
"""run.py BUILD - the sample driver under load, while memory is short, with poolmon beside it.

A million requests of four threads, of which every place in the driver that asks for memory is
refused it once; nothing may leak, and poolmon has to show the driver's tags meanwhile. Then the log
of the places is used again: whole, and with lines missing.
"""

import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import run as ddk  # noqa: E402  pylint: disable=wrong-import-position
import harness  # noqa: E402  pylint: disable=wrong-import-position

SOURCES = [os.path.join(HERE, name) for name in ("ring.c", "host.c")]
REQUESTS = 1000000
SUMMARY = re.compile(r"(\d+) failed loads, (\d+) succeeded, (\d+) empty, (\d+) out of memory, "
                     r"(\d+) wrong")


class Ring:
    """One run of the host; paused between its summary and the driver's unload."""

    def __init__(self, program, requests, segments, options=""):
        env = harness.environment(POOLTAG_OPTIONS=f"dir={segments}{options}")
        self.process = subprocess.Popen([program, str(requests), "4", "wait"], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        found = SUMMARY.match(line)
        self.line = line.strip()
        self.figures = tuple(int(figure) for figure in found.groups()) if found else (0,) * 4 + (1,)

    def finish(self):
        """(exit status, the last line, stderr)"""
        out, err = self.process.communicate("\n", timeout=60)
        return self.process.returncode, out.strip(), err


def poolmon(segments, *arguments):
    out = subprocess.run([os.environ["POOLTAG_TEST_POOLMON"], *arguments, "--dir", segments],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out)


def check_end(tap, ring, name):
    status, last, err = ring.finish()
    tap.ok(status == 0 and last == "unloaded" and ring.figures[4] == 0 and err == "",
           f"{name}: every answer right, nothing left at the unload",
           f"status {status}, {ring.line!r}, {last!r}\n{err}")


def check_views(tap, segments):
    rows = {row["tag"]: row for row in poolmon(segments, "--once", "--json")["rows"]}
    wanted = {"Ring": "Nonp", "RngE": "Nonp", "RngC": "Nonp", "RngT": "Paged"}
    tap.ok(all(rows.get(tag, {}).get("type") == pool for tag, pool in wanted.items()),
           "poolmon shows the driver's tags in their pools", str(sorted(rows)))
    tap.ok(rows["Ring"]["diff"] == 1 and rows["RngC"]["diff"] == 0 and rows["RngE"]["diff"] > 0,
           "the table and entries are in use, no copy is", str(rows))
    lists = poolmon(segments, "lookaside", "--json")["lookasides"]
    tap.ok([one["tag"] for one in lists] == ["RngE"] and lists[0]["hit_rate"] > 99
           and lists[0]["allocates"] > REQUESTS / 3 and lists[0]["active"],
           "poolmon lookaside shows its list, and that it hits", str(lists))


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def check_faults(tap, program, space):
    log = space.join("faults")
    options = f":fault_log={log}:fault_site=program"
    segments = space.segments()
    ring = Ring(program, REQUESTS, segments, options)
    check_views(tap, segments)
    check_end(tap, ring, f"{REQUESTS} requests, every place refused memory once")
    failed, _, _, refused, _ = ring.figures
    lines = lines_of(log)
    tap.ok(len(lines) == len(set(lines)) == failed + refused and failed >= 5 and refused >= 5,
           f"each stack failed exactly once: {failed} loads, {refused} requests",
           f"{ring.line}\n" + "\n".join(lines))
    tap.ok(all(any(line.startswith(tag) for line in lines)
               for tag in ("Ring", "RngE", "RngC", "RngT", "ring", "IoSB", "Mdl")),
           "whatever the memory was for", "\n".join(lines))
    check_resume(tap, program, space, options, lines)


def check_resume(tap, program, space, options, lines):
    log = space.join("faults")
    ring = Ring(program, 20000, space.segments(), options)
    check_end(tap, ring, "the log says that all is done")
    tap.ok(ring.figures[0] == 0 and ring.figures[3] == 0 and lines_of(log) == lines,
           "so nothing fails", ring.line)
    with open(log, "w", encoding="utf-8") as file:
        file.write("\n".join(lines[::2]) + "\n")
    ring = Ring(program, 20000, space.segments(), options)
    check_end(tap, ring, "half of the log is missing")
    tap.ok(ring.figures[0] + ring.figures[3] == len(lines[1::2])
           and sorted(lines_of(log)) == sorted(lines),
           "the run goes on with that half", ring.line)


def check_verified(tap, program, space):
    """Memory that is short at random, and blocks that are checked and wait before they come back."""
    ring = Ring(program, 40000, space.segments(), ":fault_rate=50:fault_site=program:verify=2")
    tap.ok(ring.figures[3] > 100, "one allocation in 50 fails, at random", ring.line)
    check_end(tap, ring, "with that, and blocks verified")
    ring = Ring(program, 20000, space.segments(), ":special_tag=Rng?")
    check_end(tap, ring, "entries in special pool")


def main():
    flags = ddk.ddk_flags(sys.argv[1])
    tap = harness.Tap()
    with harness.Workspace() as space:
        program = space.join("program")
        for compiler in reversed(ddk.COMPILERS):
            done = ddk.build_program(compiler, "-O2", SOURCES, program, flags)
            if tap.ok(done.returncode == 0, f"{compiler}: built", done.stdout):
                check_end(tap, Ring(program, 20000, space.segments()), compiler)
        check_faults(tap, program, space)
        check_verified(tap, program, space)
    tap.done()


main()
