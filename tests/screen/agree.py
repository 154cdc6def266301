# SPDX-License-Identifier: BSD-2-Clause
"""Are the numbers on the screen those in JSON?  agree.py POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY

Prints the same segments as a table and as JSON, in every view and group and with all columns, and
compares number by number: rows, totals, and the two lines about the machine. Then does so of a screen:
the figures stand still, what is on it is read off a terminal, and saved as JSON by its key.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

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


def columns_of(directory, group):
    """The columns with numbers that rows of a group have, as JSON has them."""
    row = json.loads(run(directory, "--json", "--group", group))["rows"][0]
    known = {"module", "function", "symbol", "place", "tag", "type", "state", "file", "line", "stack",
             "inlined", "note", "sampled", "share", "history", "thread", "tid", "threads",
             "estimated", "mapped_driver"}
    return [name for name in row if name not in known]


def rows_agree(directory, group, *options):
    names = columns_of(directory, group)
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


class Screen:
    """poolmon on a terminal of 250 columns."""

    def __init__(self, directory, *options):
        self.socket = f"poolmon-agree-{os.getpid()}"
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "250", "-y", "60",
                 " ".join([poolmon, "--dir", directory, "--config=", *options]))

    def run(self, *words):
        return subprocess.run(["tmux", "-L", self.socket, *words], stdout=subprocess.PIPE, text=True,
                              check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout

    def lines(self):
        return self.run("capture-pane", "-p").splitlines()

    def see(self, text):
        """The screen, once it holds `text`."""
        for _ in range(200):
            lines = self.lines()
            if any(text in line for line in lines):
                return lines
            time.sleep(0.05)
        sys.exit(f"agree.py: {text!r} does not come: {lines}")

    def press(self, *keys):
        self.run("send-keys", *keys)

    def save(self, path):
        """What is on the screen, and the JSON of it."""
        self.press("w")
        self.see("Save to")
        self.press(*["BSpace"] * 40)
        self.press("-l", path)
        self.press("Enter")
        lines = self.see(f"{path}: saved")
        with open(path, encoding="utf-8") as file:
            return lines, json.load(file)


def figures(pattern, text):
    found = re.search(pattern, text)
    return [int(n) for n in found.groups()] if found else f"no {pattern} in {text}"


def kilobytes(*sizes):
    return [int(size / 1024) for size in sizes]


def header_agrees(lines, data):
    host = data["host"]
    first = figures(r"^ Memory: *(\d+)K Avail: *(\d+)K  PageFlts: *(\d+)   InRam Krnl: *(\d+)K P: *(\d+)K$", lines[0])
    second = figures(r"^ Commit: *(\d+)K Limit: *(\d+)K Peak: *(\d+)K +Pool N: *(\d+)K P: *(\d+)K$", lines[1])
    wanted = [host[name] for name in ("memory", "available", "page_faults", "kernel_resident", "paged_resident")]
    ok(first == wanted, "the screen's first line", first, wanted)
    wanted = [host[name] for name in ("commit", "commit_limit", "commit_peak", "nonpaged", "paged")]
    ok(second == wanted, "its second line", second, wanted)
    states = [process["state"] for process in data["processes"]]
    wanted = [len([state for state in states if state in ("live", "unknown")]), states.count("crashed")]
    counts = figures(r"(\d+) processes, (\d+) crashed$", lines[2])
    ok(counts == wanted, "how many processes run and crashed", counts, wanted)


def memory_agrees(lines, data):
    line = next(line for line in lines if line.startswith(" Pools"))
    memory = data["memory"]
    got = figures(r"^ Pools *(\d+)K Rss *(\d+)K Pss *(\d+)K Swap *(\d+)K Unattributed *(-?\d+)K: "
                  r"anonymous (-?\d+)K files (\d+)K shared (\d+)K  \((\d+) processes not readable\)$", line)
    wanted = kilobytes(*(memory[name] for name in (
        "pools", "rss", "pss", "swap", "unattributed", "unattributed_anonymous", "pss_file", "pss_shared")))
    ok(got == wanted + [memory["processes_missing"]], "the line of memory", got, wanted)
    ok(memory["unattributed"] == memory["pss"] + memory["swap"] - memory["pools"]
       == memory["unattributed_anonymous"] + memory["pss_file"] + memory["pss_shared"],
       "what is unattributed is what its parts add up to", memory)
    ok(memory["rss"] >= memory["pss"] > 0 and memory["pools"] > 0, "and all of it is there", memory)


def table_agrees(lines, data):
    names = ("allocs", "allocs_delta", "frees", "frees_delta", "diff", "bytes", "bytes_delta", "per_alloc", "waste_percent")
    rows = [line for line in lines[5:] if re.match(r" .{4} (Paged|Nonp ) ", line)]
    got = [numbers(line.split("%")[0][11:]) for line in rows]
    wanted = [[row[name] for name in names] for row in data["rows"]]
    wanted += [[data["totals"][pool][name] for name in names] for pool in ("Nonp", "Paged")]
    ok(got == wanted, "every figure of every row, and of the totals", got, wanted)
    ok(any(row["allocs_delta"] for row in data["rows"]), "some of which have changed")


def graphs_agree(lines, data):
    line = next(line for line in lines if line.startswith(" to "))
    pools = [data["totals"][pool]["history"] for pool in ("Nonp", "Paged")]
    biggest = data["rows"][0]["history"]
    got = figures(r"^ to (\d+)K: both pools, last .* to (\d+)K: ", line)
    wanted = kilobytes(max(map(sum, zip(*pools))), max(biggest))
    ok(got == wanted, "what the upper edges of the graphs stand for", got, wanted)


def screen_agrees(directory, scratch):
    mine = os.path.join(scratch, "mine.seg")
    with open(mine, "w", encoding="utf-8") as file:
        file.write("process 1.1 mine /usr/bin/mine\nmodule /usr/bin/mine\nsite mine Paged 0 main 0x10\n"
                   "shard 0\ncell 0 0 10 100000 120000 3 30000 36000\n")
    with subprocess.Popen([make_segments, mine, directory, "--stay"]) as process:
        screen = Screen(directory, "--memory", "-e", "-b", "--interval=60")
        try:
            screen.see("Unattributed")
            screen.press("Space")
            screen.see("PAUSED")
            subprocess.run([make_segments, os.path.join(fixtures, "two-later.seg"), directory], check=True)
            screen.press("F5")
            screen.see("( 971)")
            screen.press("o")
            screen.see("both pools")
            lines, data = screen.save(os.path.join(scratch, "screen.json"))
        finally:
            screen.run("kill-server")
            process.terminate()
    header_agrees(lines, data)
    memory_agrees(lines, data)
    table_agrees(lines, data)
    graphs_agree(lines, data)


with tempfile.TemporaryDirectory(prefix="poolmon-agree-") as directory:
    os.chmod(directory, 0o700)
    subprocess.run([make_segments, os.path.join(fixtures, "two.seg"), directory], check=True)
    for name in ("tag", "module", "function", "site", "size", "process"):
        rows_agree(directory, name)
        rows_agree(directory, name, "--reverse", "--sort", "bytes")
    rows_agree(directory, "tag", "--states=crashed")
    rows_agree(directory, "tag", "--states=all", "--filter", "s")
    with tempfile.TemporaryDirectory(prefix="poolmon-agree-") as drilled:
        subprocess.run([make_segments, os.path.join(fixtures, "drill.seg"), drilled], check=True)
        for name in ("stack", "thread"):
            rows_agree(drilled, name)
    for name in ("pools", "changes", "growth", "suspects", "waste", "peaks", "tree"):
        views_agree(name)
    machine_agrees()
    if shutil.which("tmux"):
        with tempfile.TemporaryDirectory(prefix="poolmon-agree-") as scratch:
            screen_agrees(directory, scratch)
print(f"1..{count}")
