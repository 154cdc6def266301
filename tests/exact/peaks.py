# SPDX-License-Identifier: BSD-2-Clause
"""The peaks of call sites against what the program itself knows of them.

Usage: peaks.py EXECUTABLE; called by meson. What was found did occur: it is never more than the true
peak, which is never more than the bound. Where one thread did it alone, both are near.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

RULES = "NPgd/Nonp - peaks!peak_of_nonpaged - as the driver kit's blocks\n"
STEPS = 16 * 1024  # bytes that a look may come late where little is in use
SHARE = 16  # or this part of the peak


def measure(executable, options):
    """{function: row} and the program's lines."""
    with tempfile.TemporaryDirectory() as work:
        rules = os.path.join(work, "rules")
        report = os.path.join(work, "report.json")
        with open(rules, "w") as file:
            file.write(RULES)
        command = [harness.poolmon(), "run", f"--json={report}", "--group=function", f"--rules={rules}"]
        command += [f"--option={option}" for option in options]
        result = harness.run(command + ["--", executable], env=harness.environment(), timeout=300)
        if result.status != 0:
            harness.fail(f"exit status {result.status}: {result.err.decode()}")
        with open(report) as file:
            document = json.load(file)
        rows = {row.get("function"): row for row in document["rows"]}
    return rows, [line.split() for line in result.out.decode().splitlines()]


def check(name, row, peak, alone, failures):
    found, most = row["peak"], row["peak_most"]
    if not found <= peak <= most:
        failures.append(f"{name}: found {found}, true {peak}, at most {most}")
    near = peak // SHARE + STEPS
    if alone and (found + near < peak or most > peak + near):
        failures.append(f"{name}: found {found}, true {peak}, at most {most}: not near")


def main(executable):
    failures = []
    for options in ([], ["sample=4k"], ["stack=4"]):
        rows, lines = measure(executable, options)
        if len(lines) != 8:
            harness.fail(f"{len(lines)} lines: {lines}")
        for name, peak, alone in lines:
            check(f"{options} {name}", rows[name], int(peak), alone == "1", failures)
        # The child's own peak is 1.5 times its parent's, and 3 of 5 parts of the two.
        row = rows["peak_of_parent_and_child"]
        if row["peak"] < int(lines[-1][1]) * 3 // 5 * 15 // 16:
            failures.append(f"{options}: of the child {row['peak']} was found: {lines[-1]}")
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
