# SPDX-License-Identifier: BSD-2-Clause
"""poolsnap.py POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY - snapshots of -n, read as their readers do.

Programs that collect such files read them in two ways: by a pattern for a row, which wants blanks
at its end, or by columns. Both readers are here, and both also read the narrow layout of older
PoolMons; what they read has to be what poolmon says in JSON.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

poolmon, make_segments, fixtures = map(os.path.abspath, sys.argv[1:4])
tap = harness.Tap()


# A row: blank, four characters, a word, five numbers of either sign, blanks to the end.
ROW = re.compile(r"^ (.{4}) (\w+)" + r"\s+(-?\d+)" * 5 + r"\s+$")
DATE = re.compile(r"^===== (.{22}) =====$")
# Where the fields end, by the heading's second gap: (narrow, wide).
NARROW = (21, 31, 41, 50, 61)
WIDE = (30, 49, 67, 82, 99)
HEAD = (re.compile(r"^ Memory: *(\d+)K Avail: *(\d+)K  PageFlts: *(\d+)   InRam Krnl: *(\d+)K P: *(\d+)K$"),
        re.compile(r"^ Commit: *(\d+)K Limit: *(\d+)K Peak: *(\d+)K            Pool N: *(\d+)K P: *(\d+)K$"))
HEADING = " Tag  Type     Allocs            Frees               Diff            Bytes                 Per Alloc"


def by_pattern(text):
    """The data sets of a file: a list of {(tag, type): figures}, and the dates between them."""
    sets, dates = [], []
    for line in text.split("\n"):
        if DATE.match(line):
            dates.append(DATE.match(line)[1])
        elif line.startswith(" Memory:"):
            sets.append({})
        elif ROW.match(line):
            tag, kind, *figures = ROW.match(line).groups()
            sets[-1][tag, kind] = [int(f) for f in figures]
    return sets, dates


def by_columns(text):
    sets, ends = [], None
    for line in text.split("\n"):
        if line.startswith(" Memory:"):
            sets.append({})
            ends = None
        elif line.startswith(" Tag  Type"):
            ends = WIDE if len(line) > 80 else NARROW
        elif ends and line.strip() and not DATE.match(line):
            starts = (11, *ends)
            sets[-1][line[1:5], line[6:11].strip()] = [
                int(line[start:end]) for start, end in zip(starts, ends)]
    return sets


def run(*words, cwd, status=0):
    done = subprocess.run([poolmon, *words, "--dir", os.path.join(cwd, "s")], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          check=False, timeout=30)
    tap.ok(done.returncode == status and not done.stdout, f"{' '.join(words)}: status {status}, no output",
       f"{done.returncode} {done.stdout} {done.stderr}")
    return done.stderr


def expected(cwd, *words):
    """What JSON says, in the form of the readers."""
    text = subprocess.run([poolmon, "--json", *words, "--dir", os.path.join(cwd, "s")], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=30).stdout
    rows = {}
    for row in json.loads(text)["rows"]:
        tag = re.sub(r"\\x..", ".", row["tag"])
        rows[tag, row["type"]] = [row[key] for key in ("allocs", "frees", "diff", "bytes", "per_alloc")]
    return rows


def content(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def check_narrow():
    """The readers themselves: the layout of older PoolMons."""
    text = (" Memory: 2095536K Avail: 1018640K  PageFlts:400263915   InRam Krnl:12672K P:935188K\n"
            " Commit:1234567K Limit:7654321K Peak:2345678K            Pool N:88888K P:99999K\n\n"
            " Tag  Type     Allocs         Frees    Diff   Bytes    Per Alloc\n\n"
            + " %4.4s %-5s %9u %9u %9u %8u %10u        \n" % ("Io", "Nonp", 1021112, 1020985, 127, 91912, 723)
            + " %4.4s %-5s %9u %9u %9d %8d %10d        \n" % ("Dh 1", "Paged", 34, 36, -2, -128, 64))
    # %4.4s pads on the left; tags are padded on the right.
    text = text.replace("   Io Nonp", " Io   Nonp")
    rows = {("Io  ", "Nonp"): [1021112, 1020985, 127, 91912, 723], ("Dh 1", "Paged"): [34, 36, -2, -128, 64]}
    tap.ok(by_pattern(text)[0] == [rows], "the reader by pattern reads the narrow layout", by_pattern(text))
    tap.ok(by_columns(text) == [rows], "the reader by columns reads the narrow layout", by_columns(text))


def check_snapshots(cwd):
    run("-n", cwd=cwd)
    log = os.path.join(cwd, "poolsnap.log")
    lines = content(log).split("\n")
    head = [pattern.match(line) for pattern, line in zip(HEAD, lines)]
    tap.ok(all(head), "the machine's two lines", lines[:2])
    tap.ok(lines[2:5] == ["", HEADING, ""], "heading between empty lines", lines[2:5])
    rows = expected(cwd)
    tap.ok(len(rows) == 6 and by_pattern(content(log))[0] == [rows], "its rows are those of JSON, by pattern",
       content(log))
    tap.ok(by_columns(content(log)) == [rows], "and by columns", content(log))
    with open("/proc/vmstat", encoding="ascii") as file:
        faults = int(re.search(r"^pgfault (\d+)$", file.read(), re.MULTILINE)[1])
    tap.ok(0.9 * faults < int(head[0][3]) <= faults, "page faults are those since boot", f"{head[0][3]} of {faults}")
    exact = [" %4.4s %-5s %18u %18u %17u %14u %16u " % (*key, *figures) for key, figures in
             by_columns(content(log))[0].items()]
    tap.ok(lines[5:] == [*exact, ""], "rows are printed as PoolMon prints them", lines[5:])

    with open(log, "a", encoding="ascii") as file:
        now = datetime.datetime(2026, 11, 21, 14, 5, 9).strftime("%m/%d/%Y %I:%M:%S %p")
        file.write(f"===== {now} =====\n")
    first = content(log)
    run("/n", "poolsnap.log", "/r", "/b", "/id*", "/iSSL?", "/xSSL*", cwd=cwd)
    tap.ok(content(log).startswith(first), "a second snapshot is appended")
    sets, dates = by_pattern(content(log))
    tap.ok(dates == [now] and len(sets) == 2, "both are found, and the date between them", dates)
    tap.ok(list(sets[1]) == [("dict", "Paged")], "with the rows that were asked for", sets[1])
    run("-n", "sorted.log", "-b", "-p", "-p", cwd=cwd)
    order = [figures[3] for figures in by_pattern(content(os.path.join(cwd, "sorted.log")))[0][0].values()]
    tap.ok(len(order) == 5 and order == sorted(order, reverse=True), "sorted by bytes, one pool", order)


def check_files(cwd):
    path = os.path.join(cwd, "slash.log")
    run("/n", path, cwd=cwd)
    tap.ok(os.path.exists(path), "a path behind /n is no option")
    run("/n", "/b", cwd=cwd)
    tap.ok(len(by_pattern(content(os.path.join(cwd, "poolsnap.log")))[0]) == 3, "an option behind /n is no path")
    with open(os.path.join(cwd, "pooltag.txt"), "w", encoding="ascii") as file:
        file.write("dict - redis.sys    - hash tables\n")
    run("-n", "owners.log", "-g", cwd=cwd)
    text = content(os.path.join(cwd, "owners.log"))
    tap.ok(f"{HEADING}  Mapped_Driver\n" in text, "Mapped_Driver in the heading", text)
    tap.ok(" 64 [redis.sys    - hash tables]\n" in text and " 128 Unknown Driver\n" in text, "and behind the rows",
       text)
    tap.ok(by_columns(text) == [expected(cwd)], "which can be read as before")
    message = run("-n", "/nonexistent/file", cwd=cwd, status=1)
    tap.ok(message == "poolmon: -n: /nonexistent/file: No such file or directory\n", "a file that cannot be", message)
    if os.path.exists("/dev/full"):
        message = run("-n", "/dev/full", cwd=cwd, status=1)
        tap.ok(message == "poolmon: -n: /dev/full: No space left on device\n", "a full disk is told", message)


def main():
    check_narrow()
    with tempfile.TemporaryDirectory(prefix="poolsnap-") as cwd:
        os.mkdir(os.path.join(cwd, "s"), 0o700)
        subprocess.run([make_segments, os.path.join(fixtures, "two.seg"), os.path.join(cwd, "s")], check=True)
        check_snapshots(cwd)
        check_files(cwd)
    tap.done()


main()
