# SPDX-License-Identifier: BSD-2-Clause
"""check_rows.py SEGMENTS PID MODULE-REGEX: does poolmon show plausible rows for a live server?

Called by the server scripts through the command `check-rows`. Prints nothing when all is well.
"""

import re
import sys

import harness


def main():
    segments, pid, module = sys.argv[1:]
    document = harness.poolmon_json("--dir", segments, "--pid", pid, "--group", "site")
    complaints = harness.check_rows(document)
    states = [process["state"] for process in harness.processes(document)]
    # What it was before exec (the script's shell) is shown beside what it is.
    if sorted(set(states)) not in (["live"], ["execed", "live"]) or states.count("live") != 1:
        complaints.append(f"states of process {pid}: {states}, not one live one")
    own = [row for row in document["rows"] if re.fullmatch(module, row.get("module", ""))]
    if not own:
        modules = sorted({row.get("module") or "?" for row in document["rows"]})
        complaints.append(f"no row of module {module}; there are: {' '.join(modules)}")
    if sum(row["allocs"] for row in own) <= 0:
        complaints.append(f"no allocation by {module}")
    if complaints:
        sys.exit("check-rows: " + "\n".join(complaints[:8]))


main()
