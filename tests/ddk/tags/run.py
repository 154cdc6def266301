# SPDX-License-Identifier: BSD-2-Clause
"""run.py BUILD - does poolmon show all memory of a driver, under its tags, and all of it gone again?

Blocks of the pool are charged their class; what is mapped is charged its whole pages.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
import run as ddk  # noqa: E402  pylint: disable=wrong-import-position
import harness  # noqa: E402  pylint: disable=wrong-import-position

# (tag, pool, blocks, bytes requested, bytes charged or None)
HELD = [
    ("Strg", "Paged", 1, 16, None),
    ("MmCm", "Nonp", 1, 5000, 8192),
    ("MmNc", "Nonp", 1, 3 * 4096, 3 * 4096),
    ("MmPg", "Nonp", 1, 2 * 4096, 2 * 4096),
    ("Mdl ", "Nonp", 2, 128, None),
    ("Hal ", "Nonp", 2, None, None),
    ("HalC", "Nonp", 1, 100, 4096),
    ("Sect", "Nonp", 1, None, None),
    ("Vad ", "Paged", 1, 65536, 65536),
    ("MmSm", "Paged", 1, 65536, 65536),
]


def rows_of(segments, pid):
    document = harness.poolmon_json("--dir", segments, "--pid", pid, "--group", "tag")
    return {(row["tag"], row["type"]): row for row in document["rows"]}


def main():
    build = sys.argv[1]
    tap = harness.Tap()
    with harness.Workspace() as space:
        segments, program = space.segments(), space.join("holder")
        done = ddk.build_program("gcc C", "-O0", [os.path.join(HERE, "holder.c")], program,
                                 ddk.ddk_flags(build))
        tap.ok(done.returncode == 0, "the driver is built", done.stdout)
        env = harness.environment(POOLTAG_OPTIONS=f"dir={segments}")
        with subprocess.Popen([program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as driver:
            tap.equal(driver.stdout.readline(), "holds\n", "it holds one of each")
            rows = rows_of(segments, driver.pid)
            for tag, pool, blocks, requested, charged in HELD:
                row = rows.get((tag, pool), {})
                tap.ok(row.get("diff") == blocks
                       and requested in (None, row.get("requested"))
                       and charged in (None, row.get("bytes"))
                       and row.get("bytes", 0) >= row.get("requested", 1),
                       f"{tag} {pool}: {blocks} held", f"{row}\n{sorted(rows)}")
            driver.stdin.write("\n")
            driver.stdin.flush()
            tap.equal(driver.stdout.readline(), "released\n", "and releases them")
            rows = rows_of(segments, driver.pid)
            for tag, pool, blocks, _, _ in HELD:
                row = rows.get((tag, pool), {})
                tap.ok((row.get("allocs"), row.get("frees"), row.get("bytes")) == (blocks, blocks, 0),
                       f"{tag} {pool}: all gone", row)
            driver.communicate("\n")
            tap.equal(driver.returncode, 0, "it ends")
    tap.done()


main()
