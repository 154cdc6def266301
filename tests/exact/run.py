# SPDX-License-Identifier: BSD-2-Clause
"""Counts of `poolmon run` against valgrind's "total heap usage": equal to the last call and byte.

Usage: run.py NAME [EXECUTABLE]; called by meson, once per program. Ours pass their executable.

Both sides run with environments of the same names and lengths, because some programs copy theirs
into the heap. A difference that remains is listed in DIFFERENCES with its cause, exactly.
"""

import collections
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

SQL = """
CREATE TABLE t(id INTEGER PRIMARY KEY, k TEXT, v REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO t SELECT i, printf('key%05d', i * 7919 % 3000), i / 3.0 FROM n;
CREATE INDEX tk ON t(k);
SELECT substr(k, 1, 5) p, count(*), round(avg(v), 3) FROM t GROUP BY p ORDER BY p;
SELECT group_concat(k) FROM (SELECT k FROM t ORDER BY k LIMIT 50);
"""
PERL = r"""
my %h; $h{"k" . $_ * 7919 % 500} .= chr(97 + $_ % 26) for 1 .. 5000;
my $text = join ",", map { "$_=$h{$_}" } sort keys %h;
my $n = () = $text =~ /([aeiou])([^aeiou,]+)\1/g;
print length($text), " $n\n";
"""
LUA = """
local t = {}
for i = 1, 5000 do t["k" .. i * 7919 % 700] = (t["k" .. i * 7919 % 700] or "") .. i end
local n = 0
for _, v in pairs(t) do n = n + #v end
print(n, #string.rep("x", 10000), select("#", table.unpack({1, 2, 3})))
"""
BASH = """
declare -A seen
for ((i = 0; i < 2000; i++)); do seen[k$((i * 7919 % 97))]+="$i "; done
text=${seen[*]}
text=${text//1/one}
echo ${#seen[@]} ${#text} "${text:0:40}"
"""
AWK = "{ n[$1 % 97] = n[$1 % 97] $2; s += length($0) } END { for (k in n) t += length(n[k]); print s, t }"

# A real program: what it is called with (@input: a file of 5000 lines) and Debian's package.
Command = collections.namedtuple("Command", "package argv stdin")
COMMANDS = {
    "sqlite3": Command("sqlite3", ["/usr/bin/sqlite3", "-batch", ":memory:"], SQL),
    "perl": Command("perl", ["/usr/bin/perl", "-e", PERL], ""),
    "xz": Command("xz-utils", ["/usr/bin/xz", "-T1", "-6", "-k", "-c", "@input"], ""),
    "find": Command("findutils", ["/usr/bin/find", "/usr/share/doc", "-name", "c*", "-printf", "%p %s\\n"], ""),
    "bash": Command("bash", ["/usr/bin/bash", "--norc", "-c", BASH], ""),
    "jq": Command("jq", ["/usr/bin/jq", "-n", "[range(2000)|{a:., b:tostring}]|map(.b)|add|length"], ""),
    "lua": Command("lua5.4", ["/usr/bin/lua5.4", "-e", LUA], ""),
    "mawk": Command("mawk", ["/usr/bin/mawk", AWK, "@input"], ""),
    "sort": Command("coreutils", ["/usr/bin/sort", "-S", "1M", "--parallel=1", "-k2", "@input"], ""),
    "bc": Command("bc", ["/usr/bin/bc", "-ql"], "scale=200\na(1)*4\n2^2000\n"),
    "sed": Command("sed", ["/usr/bin/sed", "-E", "s/([0-9]+) (.*)/\\2 \\1/;1~3d", "@input"], ""),
    "grep": Command("grep", ["/usr/bin/grep", "-nE", "(l|m)ine [0-9]*7[0-9]{2}$", "@input"], ""),
    "openssl": Command("openssl", ["/usr/bin/openssl", "dgst", "-sha256", "@input"], ""),
}

# (allocs, frees, bytes) by which pooltag's counts exceed valgrind's, and why.
DIFFERENCES = {
    # For each new thread stack libc allocates a vector of one 16-byte entry per module with
    # thread-local variables. The library is one such module more: 6 stacks x 16 bytes in `threads`,
    # whose later threads reuse the stacks, and 1 x 16 in `containers`, which starts one thread.
    "threads": (0, 0, 96),
    "containers": (0, 0, 16),
}

BASE = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "PERL_HASH_SEED": "0",
}
VALGRIND = ["/usr/bin/valgrind", "--run-libc-freeres=no", "--run-cxx-freeres=no"]


def valgrind(space, argv, env, stdin):
    """Runs `argv` under valgrind; (result, (allocs, frees, bytes))."""
    log = space.join("valgrind.log")
    result = harness.run([*VALGRIND, f"--log-file={log}", *argv], env, 300, stdin, space.path)
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    match = re.search(
        r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes allocated", text
    )
    if not match:
        harness.fail(f"no heap summary from valgrind:\n{text}")
    return result, tuple(int(number.replace(",", "")) for number in match.groups())


def poolmon_run(space, argv, env, stdin):
    """Runs `argv` under `poolmon run`; (result, (allocs, frees, bytes), the number of the run)."""
    path = space.join("counts.json")
    command = [harness.poolmon(), "run", f"--json={path}", "--", *argv]
    result = harness.run(command, env, 120, stdin, space.path)
    if not os.path.exists(path):
        harness.fail(f"poolmon run wrote no JSON; status {result.status}\n{result.err.decode()}")
    with open(path, encoding="utf-8") as file:
        document = harness.parse_json(file.read(), path)
    os.unlink(path)
    complaints = harness.check_rows(document)
    processes = harness.processes(document)
    if len(processes) != 1:
        complaints.append(f"{len(processes)} processes, not one")
    if complaints:
        harness.fail("\n".join(complaints[:5]))
    return result, harness.sums(document), processes[0]["run"] if processes else ""


def environment_of(result):
    """The environment that `env -0` has printed."""
    return dict(entry.split("=", 1) for entry in result.out.decode().split("\0")[:-1])


def seen_by(space, for_valgrind, for_poolmon):
    """What a program sees of the two environments; the number of the run, whose length varies, as R."""
    probe = ["/usr/bin/env", "-0"]
    theirs, _ = valgrind(space, probe, for_valgrind, b"")
    ours, _, run = poolmon_run(space, probe, for_poolmon, b"")
    seen = environment_of(ours)
    seen["POOLTAG_OPTIONS"] = seen["POOLTAG_OPTIONS"].replace(f"run={run}", "run=R")
    return environment_of(theirs), seen


def equal_environments(space):
    """Environments for valgrind and poolmon run in which a program sees the same lengths."""
    theirs, ours = seen_by(space, BASE, BASE)
    for_valgrind = dict(BASE, **{k: v for k, v in ours.items() if k not in theirs})
    for_poolmon = dict(BASE, **{k: v for k, v in theirs.items() if k not in ours})
    # Both put LD_PRELOAD in front of what is there. The shorter gets libc, which is loaded anyway,
    # by a longer path.
    gap = len(theirs["LD_PRELOAD"]) - len(ours["LD_PRELOAD"])
    libc = "/lib/x86_64-linux-gnu/libc.so.6"
    for_poolmon["LD_PRELOAD"] = "/" * max(0, gap) + libc
    for_valgrind["LD_PRELOAD"] = "/" * max(0, -gap) + libc
    theirs, ours = seen_by(space, for_valgrind, for_poolmon)
    lengths = [{name: len(value) for name, value in env.items()} for env in (theirs, ours)]
    if lengths[0] != lengths[1]:
        harness.fail(f"environments differ:\nvalgrind:    {theirs}\npoolmon run: {ours}")
    return for_valgrind, for_poolmon


def write_input(path):
    with open(path, "w", encoding="utf-8") as file:
        for i in range(5000):
            file.write(f"{i} line {i * 7919 % 5000}\n")


def main():
    name = sys.argv[1]
    if not shutil.which(VALGRIND[0]):
        harness.skip("not installed: valgrind")
    if len(sys.argv) > 2:
        command = Command("", [os.path.abspath(sys.argv[2])], "")
    else:
        command = COMMANDS[name]
        if not os.path.exists(command.argv[0]):
            harness.skip(f"not installed: {command.package}")
    with harness.Workspace() as space:
        input_file = space.join("input")
        write_input(input_file)
        argv = [input_file if word == "@input" else word for word in command.argv]
        stdin = command.stdin.encode()
        for_valgrind, for_poolmon = equal_environments(space)
        ours, got, run = poolmon_run(space, argv, for_poolmon, stdin)
        options = for_valgrind["POOLTAG_OPTIONS"].replace("run=R", f"run={run}")
        theirs, wanted = valgrind(space, argv, dict(for_valgrind, POOLTAG_OPTIONS=options), stdin)
    if (theirs.status, theirs.out) != (ours.status, ours.out) or theirs.status != 0:
        harness.fail(
            f"status {theirs.status} under valgrind, {ours.status} under poolmon run; "
            f"same output: {theirs.out == ours.out}\n{ours.err.decode(errors='replace')}"
        )
    print(f"valgrind:    {wanted[0]} allocs, {wanted[1]} frees, {wanted[2]} bytes")
    print(f"poolmon run: {got[0]} allocs, {got[1]} frees, {got[2]} bytes")
    difference = DIFFERENCES.get(name, (0, 0, 0))
    if difference != (0, 0, 0):
        print(f"known:       {difference} of it is not the program's, see run.py")
    if tuple(g - w for g, w in zip(got, wanted)) != difference:
        harness.fail("the counts differ")


main()
