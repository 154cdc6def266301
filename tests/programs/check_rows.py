# SPDX-License-Identifier: BSD-2-Clause
"""check_rows.py SEGMENTS PID MODULE: does poolmon show plausible rows for a live server?

Called by the server scripts through the command `check-rows`. Prints nothing when all is well.
"""

import sys

import harness


def main():
    segments, pid, module = sys.argv[1:]
    document = harness.poolmon_json("--dir", segments, "--pid", pid, "--group", "site")
    complaints = harness.check_rows(document)
    states = [process["state"] for process in harness.processes(document)]
    if states != ["live"]:
        complaints.append(f"states of process {pid}: {states}, not one live process")
    own = [row for row in document["rows"] if row.get("module") == module]
    if not own:
        modules = sorted({row.get("module") or "?" for row in document["rows"]})
        complaints.append(f"no row of module {module}; there are: {' '.join(modules)}")
    if sum(row["allocs"] for row in own) <= 0:
        complaints.append(f"no allocation by {module}")
    if complaints:
        sys.exit("check-rows: " + "\n".join(complaints[:8]))


main()
