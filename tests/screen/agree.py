# SPDX-License-Identifier: BSD-2-Clause
"""Are the numbers on the screen those in JSON?  agree.py POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY

Prints the same segments as a table and as JSON, in every view and group and with all columns, and
compares number by number: rows, totals, and the two lines about the machine.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

poolmon, make_segments, fixtures = sys.argv[1:4]
count = 0


def ok(passed, name, *notes):
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    for note in notes if not passed else ():
        print(f"# {note}")


def run(directory, *options):
    done = subprocess.run([poolmon, "--dir", directory, "--config=", "--once", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"agree.py: {options}: {done.stderr}")
    return done.stdout


def numbers(line):
    return [int(n) for n in re.findall(r"-?\d+", line)]


def columns_of(group):
    """The columns with numbers that rows of a group have, as JSON has them."""
    row = json.loads(run(directory, "--json", "--group", group))["rows"][0]
    known = {"module", "function", "symbol", "place", "tag", "type", "state", "file", "line", "stack",
             "inlined", "note", "sampled", "share", "history", "thread", "tid", "threads",
             "estimated", "mapped_driver"}
    return [name for name in row if name not in known]


def rows_agree(group, *options):
    names = columns_of(group)
    shown = ["--group", group, "--columns", ",".join(names), "-e", *options]
    lines = run(directory, *shown).splitlines()[5:]
    data = json.loads(run(directory, "--json", *shown))
    end = lines.index("")
    wanted = [[row[name] for name in names if name in row] for row in data["rows"]]
    got = [numbers(line) for line in lines[:end]]
    # Of sampled stacks most is not known, and a dash on the screen.
    ok(got == wanted, f"rows per {group} {' '.join(options)}", f"got {got}", f"wanted {wanted}")
    totals = [numbers(line) for line in lines[end + 1:end + 3]]
    wanted = [[data["totals"][pool][name] for name in names if name in data["totals"][pool]]
              for pool in ("Nonp", "Paged")]
    ok(totals == wanted, f"totals per {group} {' '.join(options)}", f"got {totals}", f"wanted {wanted}")


def views_agree(view):
    table = run(directory, "--view", view)
    data = json.loads(run(directory, "--view", view, "--json"))
    lines = [line for line in table.splitlines()[5:] if line]
    if not data["rows"]:
        ok("No leak suspects" in table, f"the view {view} says that it is empty")
        return
    wrong = []
    for line, row in zip(lines, data["rows"]):
        # The place may hold digits; it comes last.
        figures = numbers(line[6:].split("  " + row["place"])[0].replace(row["place"], ""))
        values = {value for value in row.values() if isinstance(value, int)}
        wrong += [(line, n) for n in figures if n not in values]
    ok(len(lines) == len(data["rows"]) and not wrong, f"the view {view}", wrong)


def machine_agrees():
    # Both are taken once, one after the other: what does not change must be the same.
    table = run(directory).splitlines()
    host = json.loads(run(directory, "--json"))["host"]
    memory = int(re.search(r"Memory: *(\d+)K", table[0])[1])
    limit = int(re.search(r"Limit: *(\d+)K", table[1])[1])
    pools = re.search(r"Pool N: *(\d+)K P: *(\d+)K", table[1])
    ok(memory == host["memory"], "the memory of the machine")
    ok(limit == host["commit_limit"], "the commit limit")
    ok([int(pools[1]), int(pools[2])] == [host["nonpaged"], host["paged"]], "the pools")
    ok(len(host) == 10, "all ten figures of the two lines are there")


with tempfile.TemporaryDirectory(prefix="poolmon-agree-") as directory:
    os.chmod(directory, 0o700)
    subprocess.run([make_segments, os.path.join(fixtures, "two.seg"), directory], check=True)
    for name in ("tag", "module", "function", "site", "size", "process"):
        rows_agree(name)
        rows_agree(name, "--reverse", "--sort", "bytes")
    rows_agree("tag", "--states=crashed")
    rows_agree("tag", "--states=all", "--filter", "s")
    for name in ("pools", "changes", "growth", "suspects", "waste", "peaks", "tree"):
        views_agree(name)
    machine_agrees()
print(f"1..{count}")
