# SPDX-License-Identifier: BSD-2-Clause
"""Prints what came of a `meson test`: failed and skipped tests by name, then one line of totals.

Usage: summary.py TESTLOG.json; called by ./run-tests. Exits 1 if a test failed or none ran.
"""

import json
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def skip_reasons(stdout):
    """Why a test, or single cases of a TAP test, were skipped."""
    return re.findall(r"^SKIP: (.*)", stdout, re.MULTILINE) + [
        " ".join(match) for match in re.findall(r"^(?:ok \d+ - |1\.\.0)(.*?) ?# SKIP(.*)", stdout, re.MULTILINE)
    ]


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    lines = []
    with open(sys.argv[1], encoding="utf-8") as file:
        for record in map(json.loads, file):
            result, name = record["result"], record["name"]
            reasons = skip_reasons(record.get("stdout") or "")
            if result in SKIPPED:
                counts["skipped"] += 1
                lines.append(f"skipped: {name}: {'; '.join(reasons) or 'no reason given'}")
                continue
            lines += [f"skipped in {name}: {reason}" for reason in reasons]
            if result in PASSED:
                counts["passed"] += 1
            else:
                counts["failed"] += 1
                lines.append(f"failed: {name} ({result})")
    for line in sorted(lines, reverse=True):
        print(line)
    total = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        total += f", {counts['skipped']} skipped"
    print(total)
    return 1 if counts["failed"] or not counts["passed"] else 0


sys.exit(main())
