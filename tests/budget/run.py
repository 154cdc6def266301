# SPDX-License-Identifier: BSD-2-Clause
"""Instructions that warm operations take inside the library, against the budgets in budgets.txt.

Usage: run.py count        every operation under callgrind; fails when one costs more than its budget
       run.py self-test    shows that the comparison can fail
       run.py --update     rewrites budgets.txt with what is measured, for a commit that means it
Called by meson, which sets POOLTAG_TEST_LIBRARY; the host is POOLTAG_TEST_BUDGET_HOST.

A count is that of two rounds' difference, so starting costs nothing. Only instructions of the library
itself count: memset and memcpy are libc's, which chooses them by the processor.
"""

import collections
import math
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

BUDGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budgets.txt")
HEADER = """\
# Instructions of the library per warm operation: what allocates, what frees. gcc 12, -O2.
# `run.py count` compares; to change this file on purpose (say why in the commit):
#   POOLTAG_TEST_LIBRARY=build/lib/libpooltag.so POOLTAG_TEST_BUDGET_HOST=build/tests/budget/budget-host \\
#       python3 tests/budget/run.py --update
"""
SLACK = 2  # instructions: another register allocation is no news
ROUNDS = 3  # of host.c, for each operation
COUNTS = (1000, 3000)  # operations in the two that are compared

# The options of the runs; each is a prefix of the operations' names. Sampling is random, so it is off.
RUNS = {"": "sample=0", "stack-8-": "sample=0:stack=8"}

FREES = {"free", "_ZdlPv", "_ZdlPvm"}

# self: instructions by function of the library. freeing: those of calls that free, with all below.
Profile = collections.namedtuple("Profile", "self freeing")
Cost = collections.namedtuple("Cost", "alloc free functions")


def parse(text, library):
    """One dump of callgrind, written with uncompressed names and positions."""
    own = collections.Counter()
    freeing = 0
    where = function = called = None
    called_where = None
    calls = False
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name in ("ob", "fn", "cob", "cfn", "calls"):
            if name == "ob":
                where = value
            elif name == "fn":
                function = value
            elif name == "cob":
                called_where = value
            elif name == "cfn":
                called = value
            else:
                calls = True
        elif re.match(r"[0-9]", line):
            cost = int(line.split()[1])
            if not calls:
                if where == library:
                    own[function] += cost
            elif (called_where or where) == library and where != library and called in FREES:
                freeing += cost
            if calls:
                calls = False
                called = called_where = None
    return Profile(own, freeing)


def difference(short, long):
    """The cost of one operation from the profiles of a short and a long round."""
    count = COUNTS[1] - COUNTS[0]
    functions = {name: (cost - short.self[name]) / count for name, cost in long.self.items()}
    functions = {name: round(cost, 2) for name, cost in functions.items() if cost >= 0.01}
    freeing = (long.freeing - short.freeing) / count
    total = (sum(long.self.values()) - sum(short.self.values())) / count
    return Cost(round(total - freeing, 2), round(freeing, 2), functions)


def measure(options, workspace):
    """Name -> Cost of every operation of the host."""
    out = workspace.directory("callgrind")
    library = os.path.realpath(harness.library())
    env = harness.preloaded(harness.environment(), f"{options}:dir={workspace.segments()}", library)
    command = ["setarch", "-R", "valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no"]
    command += ["--toggle-collect=host_round", "--dump-after=host_round", "--compress-strings=no"]
    command += ["--compress-pos=no", "--demangle=no", f"--callgrind-out-file={out}/out"]
    result = harness.run(command + [harness.required("POOLTAG_TEST_BUDGET_HOST")], env, timeout=300)
    if result.status != 0:
        harness.fail(f"{' '.join(command)}: status {result.status}\n{result.err.decode()}")
    names = result.out.decode().split()
    profiles = []
    for i in range(1, ROUNDS * len(names) + 1):
        with open(f"{out}/out.{i}", encoding="utf-8") as file:
            profiles.append(parse(file.read(), library))
    return {
        name: difference(*profiles[ROUNDS * i + 1 : ROUNDS * i + 3]) for i, name in enumerate(names)
    }


def measure_all():
    with harness.Workspace() as workspace:
        return {
            prefix + name: cost
            for prefix, options in RUNS.items()
            for name, cost in measure(options, workspace).items()
        }


def read_budgets(text):
    budgets = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, alloc, free = line.split()
            budgets[name] = (float(alloc), float(free))
    return budgets


def compare(costs, budgets):
    """Complaints, each of them with what to do."""
    complaints = []
    for name in sorted(set(costs) ^ set(budgets)):
        which = "is in no line of budgets.txt" if name in costs else "is in budgets.txt, but not measured"
        complaints.append(f"{name} {which}; run.py --update rewrites the file")
    for name in (name for name in costs if name in budgets):
        for what, cost, budget in zip(("allocating", "freeing"), costs[name], budgets[name]):
            if cost > budget + SLACK:
                complaints.append(
                    f"{name}: {what} takes {cost:g} instructions, {cost - budget:g} more than its budget of "
                    f"{budget:g} (slack {SLACK}): {costs[name].functions}. Make it cheaper; or, if the price is "
                    f"meant, see budgets.txt for how to rewrite it, and say why in the commit."
                )
    return complaints


def written(costs):
    lines = [f"{name:<32} {math.ceil(cost.alloc):>7} {math.ceil(cost.free):>7}" for name, cost in costs.items()]
    return HEADER + "\n".join(lines) + "\n"


def count():
    costs = measure_all()
    with open(BUDGETS, encoding="utf-8") as file:
        complaints = compare(costs, read_budgets(file.read()))
    print(written(costs))
    print("\n".join(complaints) or "within budget")
    return 1 if complaints else 0


DUMP = """\
ob=/lib.so
fn=malloc
12 {malloc}
ob=/host
fn=host_round
3 7000
cob=/lib.so
cfn=malloc
calls=1000 12
4 {malloc}
cob=/lib.so
cfn=free
calls=1000 20
5 {free}
ob=/lib.so
fn=free
20 {free}
cob=/libc.so
cfn=memset
calls=1000 1
21 5555
"""


def self_test():
    """A made-up profile has the cost it was made with, and exceeds a budget as it should."""
    short = parse(DUMP.format(malloc=33000, free=20000), "/lib.so")
    long = parse(DUMP.format(malloc=93000, free=62000), "/lib.so")
    cost = difference(short, long)
    tap = harness.Tap()
    tap.equal(cost[:2], (30.0, 21.0), "costs of a profile")
    tap.equal(cost.functions, {"malloc": 30.0, "free": 21.0}, "functions of a profile")
    tap.equal(compare({"pair": cost}, read_budgets("# text\npair 30 21\n")), [], "at the budget")
    tap.equal(compare({"pair": cost}, {"pair": (30 - SLACK, 21)}), [], "within the slack")
    for budget in (29 - SLACK, 21), (30, 20 - SLACK):
        complaints = compare({"pair": cost}, {"pair": budget})
        tap.ok(len(complaints) == 1 and f"{1 + SLACK} more" in complaints[0], f"above {budget}", complaints)
    tap.equal(len(compare({"pair": cost}, {})), 1, "an operation without a budget")
    tap.equal(len(compare({}, {"pair": (1, 1)})), 1, "a budget without an operation")
    tap.equal(read_budgets(written({"pair": cost})), {"pair": (30.0, 21.0)}, "the file as it is written")
    tap.done()


def update():
    with open(BUDGETS, "w", encoding="utf-8") as file:
        file.write(written(measure_all()))
    return 0


sys.exit({"count": count, "self-test": self_test, "--update": update}[sys.argv[1]]())
