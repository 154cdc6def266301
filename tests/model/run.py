# SPDX-License-Identifier: BSD-2-Clause
"""The allocator at random against a model: content, alignment, zeroes, and every counter.

Usage: run.py DRIVER OPTIONS [OPERATIONS [SEED]]; writes TAP. See driver.c. The driver says how many
allocations and frees it made, and of how many bytes; the segment must say the same, and that nothing
is left. With POOLTAG_TEST_FULL=1 there are fifty times as many operations, and of the special pool,
where each is several system calls, five times.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

OPERATIONS = 1000000
FULL = 50
FULL_SPECIAL = 5
THREADS = 4
TIMEOUT = 3600


def main():
    driver, options, *rest = sys.argv[1:]
    operations = int(rest[0]) if rest else OPERATIONS
    if not rest and os.environ.get("POOLTAG_TEST_FULL") == "1":
        operations *= FULL_SPECIAL if "special" in options else FULL
    seed = rest[1] if len(rest) > 1 else "1"
    tap = harness.Tap()
    with harness.Workspace() as space:
        segments = space.segments()
        env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1:{options}")
        result = harness.run([driver, str(THREADS), str(operations), seed], env, TIMEOUT)
        err = result.err.decode(errors="replace")
        if not tap.ok(result.status == 0 and not err, f"{operations} operations, {options}",
                      f"status {result.status}, timed out: {result.timed_out}\n{err}"):
            tap.done()
        # Fork children have segments of their own, which inherit; the parent has no parent here.
        parent = [h.pid for h in harness.read_headers(segments) if not h.flags & 1]
        tap.equal(len(parent), 1, "one segment is not a fork child's")
        document = harness.poolmon_json("--dir", segments, "--pid", parent[0])
        rows = [row for row in document["rows"] if row["tag"] == "Modl"]
        counted = [sum(row[key] for row in rows) for key in ("allocs", "frees", "alloc_bytes")]
        tap.equal(counted, [int(word) for word in result.out.split()], "the counters are the model's")
        left = [row for row in rows if row["bytes"] or row["requested"]]
        tap.equal(left, [], "nothing is left")
        tap.equal(harness.processes(document)[0]["dropped"], 0, "nothing was dropped")
    tap.done()


main()
