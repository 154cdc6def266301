# SPDX-License-Identifier: BSD-2-Clause
"""The library's steps beside libunwind's in the stacks of real programs.

Usage: run.py NAME SAMPLER; SAMPLER is the built sampler.so. Called by meson, once per program.
"""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

ENDS = ("whole", "no-information", "not-followed", "they-stopped", "refused", "ended-early", "wrong")
FAILURES = ("refused", "ended-early", "wrong")
TIMES = 10 if os.environ.get("POOLTAG_TEST_FULL") == "1" else 1

PYTHON = """
import decimal, json, re, sqlite3, threading, zlib
def work():
    for i in range(%d):
        json.loads(json.dumps([list(range(50)), {"a": i}] * 20))
        re.findall("a.b", "xaxbacb" * 100)
        sorted((str(x) for x in range(2000)), key=lambda s: s[::-1])
        decimal.Decimal(i).sqrt()
        zlib.decompress(zlib.compress(bytes(range(256)) * 40))
        db = sqlite3.connect(":memory:")
        db.create_function("f", 1, lambda x: str(x) * 2)
        db.execute("create table t(a, b)")
        db.executemany("insert into t values(?, ?)", ((x, str(x)) for x in range(300)))
        db.execute("select f(b), count(*) from t group by a %% 7").fetchall()
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
work()
for thread in threads: thread.join()
"""

PERL = """
my %%h; my $n = %d;
for (1 .. $n) {
    $h{$_ %% 1000} .= join(',', map { $_ * 2 } 1 .. 5);
    delete $h{$_ %% 500} if $_ %% 7 == 0;
}
my @s = sort { $a <=> $b } keys %%h;
my $text = join(' ', map { "word$_" } 1 .. 5000);
$text =~ s/(\\w+)/<$1>/g;
eval { die { code => 1 } } for 1 .. 1000;
"""

SQL = """
create table t(a, b, c);
with recursive n(x) as (select 1 union all select x + 1 from n where x < %d)
insert into t select x, hex(x), printf('%%08d', x * 7919 %% 10007) from n;
create index i on t(c);
select count(*), max(length(g)) from (select group_concat(b) as g from t group by a %% 100);
select count(*) from t as p join t as q on p.c = q.c where p.a < 2000;
"""

SOURCE = """
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
template <int n> struct sum { static const int value = n + sum<n - 1>::value; };
template <> struct sum<0> { static const int value = 0; };
int main() { std::map<std::string, std::vector<int>> m; m["a"].push_back(+sum<400>::value);
std::cout << std::regex_match("a", std::regex("[ab]+")) << m.size(); }
"""

# What runs, how often an allocation is looked at, how many stacks of calls there must be at least.
PROGRAMS = {
    "python3": (lambda: ["/usr/bin/python3", "-c", PYTHON % (8 * TIMES)], 20, 2000),
    "perl": (lambda: ["perl", "-e", PERL % (60000 * TIMES)], 20, 2000),
    "sqlite3": (lambda: ["sqlite3", ":memory:", SQL % (60000 * TIMES)], 20, 2000),
    "g++": (lambda: ["g++", "-O2", "-x", "c++", "-", "-o", "program"], 40, 2000),
    "git": (lambda: ["sh", "-c", "git init -q . && cp -r /usr/include/linux . && git add . && "
                     "git -c user.name=a -c user.email=a@b commit -qm x && git gc -q && "
                     "git log --stat | wc -l"], 20, 1000),
    "jq": (lambda: ["jq", "-n", f"[range({20000 * TIMES}) | {{a: ., b: tostring}}] | "
                    "group_by(.a % 7) | map(length) | add"], 40, 2000),
    "node": (lambda: ["node", "-e", "let m = new Map(); for (let i = 0; i < 2e5; i++) "
                      "m.set('k' + i % 999, [i, {a: i}]); console.log([...m.values()]"
                      ".sort((a, b) => b[0] - a[0]).length)"], 20, 500),
}


def read_report(path):
    """[(program, {"calls": {end: stacks}, "interrupts": ...}, steps, what was worst)]"""
    found = []
    with open(path, encoding="utf-8", errors="backslashreplace") as file:
        for line in file:
            numbers, *worst = line.rstrip("\n").split("; ")
            words = numbers.split()
            values = list(map(int, words[-2 * (len(ENDS) + 1):]))
            name = " ".join(words[:-len(values)])
            half = len(values) // 2
            tallies = {
                "calls": dict(zip(ENDS, values[:half])),
                "interrupts": dict(zip(ENDS, values[half:])),
            }
            found.append((name, tallies, values[half - 1] + values[-1], worst))
    return found


def complaints_of(name, tallies, worst):
    """
    A wrong frame is never right. A stack may end where there is no frame information, and both
    may be at a loss; an interrupted instruction may have rules we do not follow, a call may not.
    """
    found = []
    for way, tally in tallies.items():
        bad = [end for end in FAILURES if tally[end]]
        if way == "calls" and tally["not-followed"]:
            bad.append("not-followed")
        if bad:
            found.append(f"{name}: {way} {', '.join(f'{tally[end]} {end}' for end in bad)}; {worst}")
    return found


def main():
    name, sampler = sys.argv[1], os.path.abspath(sys.argv[2])
    command, every, least = PROGRAMS[name]
    if shutil.which(command()[0], path=harness.PATH) is None:
        harness.skip(f"{command()[0]} is not installed")
    with harness.Workspace() as space:
        report = space.join("report")
        env = harness.environment(
            LD_PRELOAD=sampler, UNWIND_REPORT=report, UNWIND_EVERY=str(every)
        )
        plain = harness.run(command(), cwd=space.directory("plain"), stdin=SOURCE.encode())
        result = harness.run(
            command(), env, 300, cwd=space.directory("sampled"), stdin=SOURCE.encode()
        )
        same = (result.status, result.out) == (plain.status, plain.out)
        if result.timed_out or result.status != 0 or not same:
            harness.fail(f"status {result.status}, same output: {same}, stderr: {result.err!r}")
        found = read_report(report)
    complaints = []
    sums = {way: dict.fromkeys(ENDS, 0) for way in ("calls", "interrupts")}
    for program, tallies, _, worst in found:
        complaints += complaints_of(program, tallies, worst)
        for way, tally in tallies.items():
            for end in ENDS:
                sums[way][end] += tally[end]
    for way, tally in sums.items():
        print(f"{way}: " + ", ".join(f"{count} {end}" for end, count in tally.items() if count))
    if sum(sums["calls"].values()) < least:
        complaints.append(f"only {sum(sums['calls'].values())} stacks of calls, wanted {least}")
    if complaints:
        harness.fail("\n".join(complaints))
    print(f"{sum(steps for *_, steps, _ in found)} steps agree with libunwind's")


main()
