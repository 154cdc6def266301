# SPDX-License-Identifier: BSD-2-Clause
"""Difficult lives of a process under the library, and what poolmon shows of them.

Usage: run.py CASE DIRECTORY; DIRECTORY holds the built hosts. Called by meson, once per case.
Each case is a function case_NAME below; `-` in the name of a case is `_` in its function.
"""

import collections
import functools
import os
import random
import re
import select
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness

FULL = os.environ.get("POOLTAG_TEST_FULL") == "1"
NOBODY = 65534
NOTE = r"pooltag: [ -~]{10,}"  # one clear line: nothing unprintable, and more than a word
LIVE, EXITED, EXECED = 1, 2, 3

SMALL = ":segment_max=4m"  # a segment that is quickly copied

hosts = None  # the directory of the built hosts

Expect = collections.namedtuple("Expect", "pid function counts")


def host(name):
    return os.path.join(hosts, name)


def expectations(out):
    """The `expect` lines of a host's output."""
    found = []
    for line in out.decode().splitlines():
        words = line.split()
        if words and words[0] == "expect":
            found.append(Expect(int(words[1]), words[2], tuple(map(int, words[3:]))))
    if not found:
        harness.fail(f"the host printed no expectation:\n{out.decode(errors='replace')}")
    return found


@functools.lru_cache(None)
def symbols(module):
    """The functions of a built host or plugin as sorted [(start, name)]."""
    output = harness.run(["nm", "--defined-only", host(module)]).out.decode()
    found = re.findall(r"^([0-9a-f]+) [tT] (\w+)$", output, re.MULTILINE)
    return sorted((int(start, 16), name) for start, name in found)


def function_of(row):
    """The function of a row of group `site`: named by poolmon, or by us when the library cannot."""
    if row.get("function"):
        return row["function"]
    match = re.fullmatch(r"(.+)\+0x([0-9a-f]+)", row["place"])
    if not match or not os.path.exists(host(match[1])):
        return None
    before = [name for start, name in symbols(match[1]) if start <= int(match[2], 16)]
    return before[-1] if before else None


def counts(row):
    return tuple(row[key] for key in ("allocs", "frees", "alloc_bytes", "free_bytes"))


def compare(segments, expected, state=None):
    """Fails unless poolmon shows exactly what the host expects. Returns the last document."""
    complaints = []
    document = None
    for expect in expected:
        document = harness.poolmon_json(
            "--dir", segments, "--pid", expect.pid, "--group", "site"
        )
        complaints += harness.check_rows(document)
        rows = [counts(r) for r in document["rows"] if function_of(r) == expect.function]
        got = tuple(map(sum, zip(*rows))) if rows else None
        if got != expect.counts:
            complaints.append(
                f"{expect.function} of {expect.pid} (allocs, frees, alloc_bytes, free_bytes):\n"
                f"    poolmon: {got}\n    host:    {expect.counts}"
            )
        found = harness.processes(document)
        states = {process["state"] for process in found}
        if state and states != {state}:
            complaints.append(f"process {expect.pid} is {states}, not {state}")
        for process in found:
            if process["dropped"]:
                complaints.append(f"process {expect.pid} dropped {process['dropped']}")
    if complaints:
        harness.fail("\n".join(complaints))
    print(f"{len(expected)} expectations hold")
    return document


def run_host(space, *command, options="keep=1", timeout=60, preexec=None):
    """Runs a host to its end with its segments in a new directory: (result, directory)."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}:{options}")
    result = harness.run(
        [host(command[0]), *command[1:]], env, timeout, cwd=space.path, preexec=preexec
    )
    if result.timed_out or result.status != 0 or result.err:
        harness.fail(
            f"{' '.join(command)}: status {result.status}, timed out: {result.timed_out}, "
            f"stderr: {result.err.decode(errors='replace')}\n{result.out.decode()}"
        )
    return result, segments


def exact_life(space, *command, **options):
    result, segments = run_host(space, *command, **options)
    expected = expectations(result.out)
    compare(segments, expected, "exited")
    return expected, segments


def started(command, env):
    """Starts a host and waits until it has printed its first line: (child, line)."""
    child = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if not select.select([child.stdout], [], [], 30)[0]:
        child.kill()
        harness.fail(f"{' '.join(command)} says nothing for 30 seconds")
    return child, child.stdout.readline()


# --- lives ---------------------------------------------------------------------------------------


def case_threads(space):
    """Eight threads, exact to the last block of every function."""
    expected, _ = exact_life(space, "threads", "10" if FULL else "2", timeout=60)
    if len(expected) != 4:
        harness.fail("four functions allocate")


def case_close_all(space):
    exact_life(space, "lives", "close-all")


def case_signal(space):
    exact_life(space, "lives", "signal")


def case_spawn(space):
    exact_life(space, "lives", "spawn")


def case_fork(space):
    expected, segments = exact_life(space, "lives", "fork")
    flags = {header.pid: header.flags & 1 for header in harness.read_headers(segments)}
    wanted = {expected[0].pid: 1, expected[1].pid: 0}
    if flags != wanted:
        harness.fail(f"flag 'forked' by pid: {flags}, not {wanted}")


def case_fork_deep(space):
    """The figures at the fork pass through children that never allocate themselves."""
    exact_life(space, "lives", "fork-deep")


def case_exec(space):
    """Every generation has its own segment; poolmon --pid shows them all, summed."""
    result, segments = run_host(space, "lives", "exec", "3")
    expected = expectations(result.out)
    states = sorted(
        header.state for header in harness.read_headers(segments) if "lives" in header.exe
    )
    if states != [EXITED, EXECED, EXECED, EXECED]:
        harness.fail(f"states of the four generations: {states}")
    total = tuple(map(sum, zip(*(expect.counts for expect in expected))))
    compare(segments, [Expect(expected[0].pid, "host_allocate", total)])


def case_dlopen(space):
    result, segments = run_host(space, "lives", "dlopen", host("plugin.so"))
    document = compare(segments, expectations(result.out), "exited")
    modules = {r["module"] for r in document["rows"] if function_of(r) == "plugin_allocate"}
    if modules != {"plugin.so"}:
        harness.fail(f"module of the unloaded plugin's blocks: {modules}")


def case_ends(space):
    """Constructors, destructors, atexit, thread_local objects and thread keys."""
    exact_life(space, "ends")


def case_limit(space):
    """ulimit -v: 256 MiB of address space are enough."""
    exact_life(space, "lives", "limit", "256")


def case_fork_limit(space):
    """A fork child without any address space for its own counters."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1")
    result = harness.run([host("lives"), "fork-limit"], env)
    err = result.err.decode(errors="backslashreplace")
    if result.status != 0 or (err and not harness.one_line(NOTE, err)):
        harness.fail(f"status {result.status}, stderr: {err}")
    compare(segments, expectations(result.out), "exited")


def case_preloaded_twice(space):
    """A list of preloads that names the library twice, and another library after it."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1")
    env["LD_PRELOAD"] = f"{harness.library()}:{harness.library()}:libm.so.6"
    result = harness.run([host("lives"), "work"], env)
    if result.status != 0 or result.err:
        harness.fail(f"status {result.status}: {result.err.decode()}")
    compare(segments, expectations(result.out), "exited")


def case_default_directory(space):
    """Without dir= the segment is in /dev/shm/pooltag-<euid>, and gone after a normal exit."""
    env = harness.preloaded(harness.environment())
    child, line = started([host("lives"), "wait"], env)
    directory = f"/dev/shm/pooltag-{os.geteuid()}"
    names = [n for n in os.listdir(directory) if n.startswith(f"{child.pid}.")]
    mode = os.stat(directory).st_mode & 0o7777
    document = harness.poolmon_json("--pid", child.pid, "--group", "site")
    _, err = child.communicate(timeout=20)
    left = [n for n in os.listdir(directory) if n.startswith(f"{child.pid}.")]
    got = [counts(r) for r in document["rows"] if function_of(r) == "host_allocate"]
    wanted = [expectations(line)[0].counts]
    if (len(names), mode, got, left, err) != (1, 0o700, wanted, [], b""):
        harness.fail(
            f"files {names}, mode {mode:o}, counts {got} (wanted {wanted}), left {left}, "
            f"stderr {err!r}"
        )


# --- deaths --------------------------------------------------------------------------------------


def crashed(space, options=""):
    """A segment directory with one process killed at rest: (directory, expectations)."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}{options}")
    child, line = started([host("lives"), "wait"], env)
    child.kill()
    child.communicate()
    return segments, expectations(line)


def case_kill(space):
    """kill -9 at rest: the last figures are there, exactly, and the process is `crashed`."""
    segments, expected = crashed(space)
    compare(segments, expected, "crashed")


def case_kill_threads(space):
    """kill -9 in the middle of eight busy threads: the figures stand still and are consistent."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}")
    child, _ = started([host("threads"), "1", "forever"], env)
    seen = []
    end = time.monotonic() + (10 if FULL else 2)
    while time.monotonic() < end or len(seen) < 3:
        document = harness.poolmon_json("--dir", segments, "--pid", child.pid)
        complaints = harness.check_rows(document)
        if complaints:
            harness.fail("live: " + "\n".join(complaints[:5]))
        seen.append(harness.sums(document))
    child.kill()
    child.communicate()
    for _ in range(2):
        document = harness.poolmon_json("--dir", segments, "--pid", child.pid)
        complaints = harness.check_rows(document)
        states = [process["state"] for process in harness.processes(document)]
        if complaints or states != ["crashed"]:
            harness.fail("dead: " + "\n".join([f"states: {states}"] + complaints[:5]))
        seen.append(harness.sums(document))
    steps = list(zip(seen, seen[1:]))
    if any(new[i] < old[i] for old, new in steps for i in range(3)) or seen[-1] != seen[-2]:
        harness.fail(f"counters went back, or moved after death: {seen}")
    if seen[0][0] >= seen[-1][0]:
        harness.fail(f"counters stood still while eight threads worked: {seen}")
    print(f"{len(seen)} snapshots, {seen[-1][0]} allocations")


# --- bad places ----------------------------------------------------------------------------------


def life_in_bad_place(directory, options="", wanted=NOTE):
    """The program runs with the right output, and the library says one clear line, no more."""
    plain = harness.run([host("lives"), "work"])
    env = harness.preloaded(harness.environment(), f"dir={directory}{options}")
    result = harness.run([host("lives"), "work"], env, 30)
    pid = r"expect \d+ "
    same = re.sub(pid, "", result.out.decode()) == re.sub(pid, "", plain.out.decode())
    err = result.err.decode(errors="backslashreplace")
    if result.timed_out or result.status != 0 or not same:
        harness.fail(f"status {result.status}, same output: {same}, stderr: {err}")
    if not harness.one_line(wanted, err):
        harness.fail(f"stderr is not one line like {wanted}:\n{err}")
    print(err, end="")


def poolmon_survives(directory):
    """poolmon neither crashes nor hangs: exit status 0, 1 or 2, and a line on stderr if not 0."""
    command = [harness.poolmon(), "--once", "--json", "--dir", directory]
    result = harness.run(command, harness.environment(), 20)
    err = result.err.decode(errors="backslashreplace")
    if result.timed_out or result.status not in (0, 1, 2):
        harness.fail(f"poolmon: status {result.status}, timed out: {result.timed_out}\n{err}")
    if result.status != 0 and not err.startswith("poolmon: "):
        harness.fail(f"poolmon: status {result.status} without a reason: {err!r}")
    return result


def need_root():
    if os.geteuid() != 0:
        harness.skip("not root")


class Mount:
    """A tmpfs of the given options at a directory of the workspace."""

    def __init__(self, space, options):
        self.path = space.directory("mount")
        self.options = options

    def __enter__(self):
        need_root()
        command = ["mount", "-t", "tmpfs", "-o", self.options, "pooltag-test", self.path]
        result = harness.run(command)
        if result.status != 0:
            harness.skip(f"cannot mount a tmpfs here: {result.err.decode().strip()}")
        return self

    def __exit__(self, *unused):
        # The segment of a process that ends just now may still be mapped.
        for _ in range(50):
            if harness.run(["umount", self.path]).status == 0:
                return
            time.sleep(0.1)
        harness.fail(f"cannot unmount {self.path}")


def case_full_directory(space):
    """A tmpfs with hardly any room: no SIGBUS, one line, and the figures that fit."""
    with Mount(space, "size=64k,mode=0700") as mount:
        life_in_bad_place(mount.path)
        poolmon_survives(mount.path)


def case_no_room_directory(space):
    """A tmpfs that is full to the last page."""
    with Mount(space, "size=64k,mode=0700") as mount:
        with open(os.path.join(mount.path, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        life_in_bad_place(mount.path)
        poolmon_survives(mount.path)


def case_filling_directory(space):
    """Room for a while, then none: threads go on counting where nobody can see it, and say so."""
    with Mount(space, "size=300k,mode=0700") as mount:
        env = harness.preloaded(harness.environment(), f"dir={mount.path}")
        result = harness.run([host("threads"), "1"], env, 30)
        err = result.err.decode(errors="backslashreplace")
        if result.status != 0 or len(expectations(result.out)) != 4:
            harness.fail(f"status {result.status}: {err}")
        if err and not harness.one_line(NOTE, err):
            harness.fail(f"stderr is not one clear line:\n{err}")
        poolmon_survives(mount.path)


def case_read_only_directory(space):
    with Mount(space, "size=1m,mode=0700") as mount:
        result = harness.run(["mount", "-o", "remount,ro", mount.path])
        if result.status != 0:
            harness.skip(f"cannot remount: {result.err.decode().strip()}")
        life_in_bad_place(mount.path)
        poolmon_survives(mount.path)


def case_foreign_directory(space):
    """Somebody else's directory could be read, and swapped, by somebody else."""
    need_root()
    path = space.directory("foreign")
    os.chown(path, NOBODY, NOBODY)
    life_in_bad_place(path)
    if os.listdir(path):
        harness.fail(f"a segment was made there: {os.listdir(path)}")


def case_open_directory(space):
    """A directory that others may write to is refused as well."""
    path = space.directory("open", 0o777)
    life_in_bad_place(path)
    if os.listdir(path):
        harness.fail(f"a segment was made there: {os.listdir(path)}")


def case_symlink_directory(space):
    target = space.directory("target")
    link = space.join("link")
    os.symlink(target, link)
    life_in_bad_place(link)
    if os.listdir(target):
        harness.fail(f"a segment was made behind a symbolic link: {os.listdir(target)}")


def case_file_as_directory(space):
    path = space.join("file")
    with open(path, "w", encoding="utf-8"):
        pass
    life_in_bad_place(path)
    poolmon_survives(path)


def case_missing_directory(space):
    """dir= that does not exist, below one that does not exist either."""
    path = space.join("missing", "deeper")
    life_in_bad_place(path)
    poolmon_survives(path)


def case_bad_options(space):
    """An unknown key and a bad value: one line each, and the default."""
    for options, word in ((":nosuchkey=1", "nosuchkey"), (":front_bytes=many", "front_bytes")):
        path = space.segments()
        life_in_bad_place(path, options, rf"pooltag: .*{word}.*")


def case_quiet(space):
    """quiet=1 takes the note away, not the fallback."""
    env = harness.preloaded(harness.environment(), f"dir={space.join('missing')}:quiet=1")
    result = harness.run([host("lives"), "work"], env)
    if result.status != 0 or result.err:
        harness.fail(f"status {result.status}, stderr {result.err!r}")


# --- bad segments --------------------------------------------------------------------------------


def case_stale_segment(space):
    """What dead processes and others have left in the directory disturbs nobody."""
    segments, expected = crashed(space)
    for name, content in (("garbage", b"?" * 5000), ("1.1", b""), ("99999999.7", b"POOLTAG\x1a")):
        with open(os.path.join(segments, name), "wb") as file:
            file.write(content)
    os.mkdir(os.path.join(segments, "4.4"))
    os.symlink("/dev/zero", os.path.join(segments, "5.5"))
    os.mkfifo(os.path.join(segments, "6.6"))
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1")
    result = harness.run([host("lives"), "work"], env)
    if result.status != 0 or result.err:
        harness.fail(f"status {result.status}, stderr {result.err!r}")
    compare(segments, expected, "crashed")
    compare(segments, expectations(result.out), "exited")


def case_truncated_segment(space):
    segments, _ = crashed(space, SMALL)
    path = harness.read_headers(segments)[0].path
    with open(path, "rb") as file:
        whole = file.read(1 << 20)
    size = os.path.getsize(path)
    os.unlink(path)
    steps = [0, 1, 8, 63, 64, 255, 256, 257, 500, 4095, 4096, 65536, size // 2, size - 1]
    for length in steps:
        with open(path, "wb") as file:
            file.write(whole[:length])
            file.truncate(length)
        poolmon_survives(segments)


def case_scrambled_segment(space):
    """Random bytes, seeded, in the parts that say where things are and how many."""
    segments, _ = crashed(space, SMALL)
    path = harness.read_headers(segments)[0].path
    whole = space.join("whole")
    shutil.copy(path, whole)
    numbers = random.Random(1)
    for round_number in range(400 if FULL else 80):
        shutil.copy(whole, path)
        with open(path, "r+b") as file:
            for _ in range(numbers.choice((1, 1, 4, 40))):
                end = numbers.choice((256, 1024, 1024, 65536))
                file.seek(numbers.randrange(end))
                file.write(bytes([numbers.choice((0, 1, 0x7F, 0x80, 0xFF, numbers.randrange(256)))]))
        result = poolmon_survives(segments)
        if result.status == 0:
            harness.parse_json(result.out.decode(errors="replace"), f"round {round_number}")


def main():
    global hosts
    name = sys.argv[1]
    hosts = os.path.abspath(sys.argv[2])
    case = globals()["case_" + name.replace("-", "_")]
    with harness.Workspace() as space:
        case(space)


main()
