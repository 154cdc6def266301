# SPDX-License-Identifier: BSD-2-Clause
"""Programs of many threads whose totals are known to the byte.

Usage: run.py HOST [ARGUMENTS]; the host prints `expect FUNCTION ALLOCS FREES ALLOC_BYTES FREE_BYTES`
for what poolmon must show. Called by meson.
"""

import collections
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

KEYS = ("allocs", "frees", "alloc_bytes", "free_bytes")
SHARDS_MAX = 64  # of some sixteen threads at a time: those that are gone leave theirs to the next


def main():
    host, *arguments = sys.argv[1:]
    with harness.Workspace() as space:
        report = space.join("report.json")
        command = [
            harness.poolmon(), "run", f"--json={report}", "--group=function",
            "--dir", space.segments(), "--", os.path.abspath(host), *arguments,
        ]
        result = harness.run(command, timeout=280)
        if result.timed_out or result.status != 0 or result.err:
            harness.fail(f"status {result.status}, timed out: {result.timed_out}: {result.err!r}")
        with open(report, encoding="utf-8") as file:
            document = harness.parse_json(file.read(), report)
    rows = collections.defaultdict(lambda: [0] * len(KEYS))
    for row in document["rows"]:
        for i, key in enumerate(KEYS):
            rows[row.get("function")][i] += row[key]
    complaints = harness.check_rows(document)
    expected = [line.split()[1:] for line in result.out.decode().splitlines()]
    for function, *numbers in expected:
        if rows.get(function) != list(map(int, numbers)):
            complaints.append(f"{function} {KEYS}: got {rows.get(function)}, wanted {numbers}")
    (process,) = harness.processes(document)
    counters = process["counters"]
    if process["dropped"] or counters["shards_lost"] or counters["cells_lost"]:
        complaints.append(f"something was lost: {process}")
    if counters["shards"] > SHARDS_MAX:
        complaints.append(f"{counters['shards']} shards: they are not taken over")
    if complaints or not expected:
        harness.fail("\n".join(complaints))
    print(f"{len(expected)} functions are right; {counters['threads']} threads in "
          f"{counters['shards']} shards")


main()
