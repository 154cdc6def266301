#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What breaks other preloaded allocators: each pitfall is run without and with the library.

Usage: run.py CASE DIRECTORY-OF-THE-HOSTS [FORKS]; FORKS are for fork-storm and fork-race, which make
more of them in a full run, and as many as one likes by hand.
Output and exit status must be the same; stderr too, but for a note where the case says which; and
what poolmon shows of it must be consistent. `expect` says which counters a case pins down.
"""

import os
import pwd
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

FULL = os.environ.get("POOLTAG_TEST_FULL") == "1"
HOSTS = sys.argv[2]
FORKS = sys.argv[3] if len(sys.argv) > 3 else ""
NOT_SEEN = r"pooltag: cannot .*; the program runs on, but poolmon does not see it.*"
TWO_ALLOCATORS = (
    r"pooltag: this program is built with a sanitizer \({}\) that must be its allocator; "
    r"run it without libpooltag.so, or build it without the sanitizer"
)


def host(name):
    return os.path.join(HOSTS, name)


def need_root():
    if os.geteuid() != 0:
        harness.skip("needs root")


def run(command, segments=None, before="", options="keep=1", **more):
    env = harness.environment()
    if segments:
        env = harness.preloaded(env, f"dir={segments}:{options}")
    if before:
        env["LD_PRELOAD"] = before + (":" + env["LD_PRELOAD"] if segments else "")
    return harness.run(command, env, **more)


def show(result):
    return (
        f"status {result.status}{', timed out' if result.timed_out else ''}\n"
        f"{result.out.decode(errors='backslashreplace')}"
        f"--- stderr\n{result.err.decode(errors='backslashreplace')}"
    )


def same(space, command, note=None, timeout=120, clean=lambda: None, **more):
    """Runs `command` both ways and compares; returns poolmon's documents of the second run."""
    segments = space.segments()
    bare = run(command, timeout=timeout, **more)
    clean()
    ours = run(command, segments, timeout=timeout, **more)
    notes = [
        line
        for line in ours.err.decode(errors="backslashreplace").splitlines()
        if not (note and re.fullmatch(note, line))
    ]
    if bare.timed_out or bare.status not in (0, -signal.SIGKILL):
        harness.fail(f"{command} fails without the library: {show(bare)}")
    if (bare.status, bare.out, bare.err.decode().splitlines()) != (ours.status, ours.out, notes):
        harness.fail(f"{command}\nwithout the library: {show(bare)}\nwith it: {show(ours)}")
    return documents(segments)


def documents(segments):
    """What poolmon says of each process that left a segment; fails if that is inconsistent."""
    found = [
        harness.poolmon_json("--dir", segments, "--pid", pid, "--group", "site")
        for pid in sorted({header.pid for header in harness.read_headers(segments)})
    ]
    for document in found:
        complaints = harness.check_rows(document)
        if complaints:
            harness.fail("\n".join(complaints))
    return found


def counter(found, name):
    """A process counter, over all processes."""
    return sum(p["counters"][name] for d in found for p in harness.processes(d))


def processes(space, command, **more):
    found = same(space, [host("processes"), *command], **more)
    if not found or not any(document["rows"] for document in found):
        harness.fail("no process was counted")
    return found


def code(space, *command, **more):
    return same(space, [host("code"), *command], **more)



    return {p["pid"]: p for p in document["processes"]}


# --- processes -----------------------------------------------------------------------------------


def case_fork_storm(space):
    """Forks at any moment of four threads that allocate."""
    forks = FORKS or ("20000" if FULL else "500")
    same(space, [host("processes"), "fork-storm", forks], timeout=7200, options="")


def case_fork_race(space):
    """Forks in many threads at once."""
    forks = FORKS or ("100000" if FULL else "5000")
    same(space, [host("processes"), "fork-race", forks], timeout=7200, options="")


def case_raw_fork(space):
    """Children in which no handler of fork ran count for themselves, from their first operation."""
    found = processes(space, ["raw-fork"])
    sizes = sum(20000 * (i + 1) if i % 10 == 0 else i * 30 + 1 for i in range(100))
    freed = sum(20000 * (i + 1) if i % 10 == 0 else i * 30 + 1 for i in range(50))
    got = sorted(
        tuple(map(sum, zip(*(
            (row["allocs"], row["frees"], row["alloc_bytes"], row["free_bytes"])
            for row in document["rows"] if row["function"] == "raw_fork"
        ))))
        for document in found
    )
    wanted = 6 * [(100, 50, sizes, freed)] + [(100, 100, sizes, sizes)]
    if got != wanted:
        harness.fail(f"blocks and bytes of six children and the parent: {got}, not {wanted}")


def case_clone_vm(space):
    processes(space, ["clone-vm"])


def case_daemonise(space):
    path = space.join("daemon")
    processes(space, ["daemonise", path], clean=lambda: os.unlink(path))


def case_seccomp_strict(space):
    """Only read, write and exit are left: a new call site opens nothing."""
    processes(space, ["seccomp-strict"])


def case_seccomp_filter(space):
    for how in ("prctl", "syscall"):
        (document,) = processes(space, ["seccomp-filter", how])
        allocs = sum(row["allocs"] for row in document["rows"])
        if allocs < 804:
            harness.fail(f"804 blocks were allocated behind the filter, {allocs} counted")


def case_chroot(space):
    need_root()
    processes(space, ["chroot", space.directory("empty")], note=NOT_SEEN)


def case_nobody(space):
    """A server gives up root; its children may not write the directory any more."""
    need_root()
    processes(space, ["nobody"], note=NOT_SEEN)


def case_environment(space):
    processes(space, ["environment"])


def case_out_of_memory(space):
    failures = counter(processes(space, ["out-of-memory"]), "failures")
    if failures < 102:
        harness.fail(f"102 allocations failed, {failures} were counted")


def case_huge_pages(space):
    processes(space, ["huge-pages"])


def need_locks(megabytes):
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        capable = int(re.search(r"CapEff:\s+(\w+)", file.read())[1], 16) >> 14 & 1  # CAP_IPC_LOCK
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if not capable and limit != resource.RLIM_INFINITY and limit < megabytes << 20:
        harness.skip(f"{limit} bytes may be locked (ulimit -l), and CAP_IPC_LOCK is not had")


def types(document):
    return {row["type"] for row in document["rows"]}


def wait_until_shown(frames, text):
    for _ in range(600):
        with open(frames, encoding="ascii") as file:
            if text in file.read():
                return
        time.sleep(0.05)
    harness.fail(f"poolmon never shows {text}")


def case_lock_all(space):
    """mlockall takes what the program has, not our tables; all of it is nonpaged, until unlocked."""
    need_locks(256)
    segments, frames = space.segments(), space.join("frames")
    command = [host("locks"), "lock-all"]
    bare = run(command, stdin=b"\n\n")
    watch = [harness.poolmon(), "--batch", "--interval", "0.1", "--dir", segments]
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1")
    with open(frames, "wb") as out, \
            subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child, \
            subprocess.Popen(watch, env=harness.environment(TERM="dumb"), stdout=out) as poolmon:
        first = child.stdout.readline()
        kinds = sorted(map(types, documents(segments)), key=str)
        wait_until_shown(frames, " Nonp ")
        child.stdin.write(b"\n")
        child.stdin.flush()
        wait_until_shown(frames, " Paged ")
        rest = child.communicate(b"\n", timeout=60)[0]
        poolmon.send_signal(signal.SIGTERM)
    unlocked = harness.poolmon_json("--dir", segments, "--pid", child.pid)
    if (bare.status, bare.out) != (child.returncode, first + rest):
        harness.fail(f"without the library: {show(bare)}\nwith it: {child.returncode} {first + rest}")
    # A fork child inherits no locks.
    if kinds != [{"Nonp"}, {"Paged"}] or types(unlocked) != {"Paged"}:
        harness.fail(f"locked {kinds}, unlocked {types(unlocked)}")


def case_lock_limited(space):
    need_locks(8)
    same(space, [host("locks"), "lock-limited"])


def case_lock_some(space):
    need_locks(256)
    same(space, [host("locks"), "lock-some"])


def nonpaged(space, case, *more, options):
    need_locks(4)
    rules = space.join("rules.txt")
    with open(rules, "w", encoding="ascii") as file:
        file.write("Lock/Nonp - locks!nonpaged - never swapped\n")
    found = same(space, [host("locks"), case, *more], options=f"keep=1:rules={rules}:{options}")
    for document in found:
        rows = [(row["allocs"], row["alloc_bytes"], row["type"]) for row in document["rows"]
                if row["tag"] == "Lock"]
        if rows != [(100, 100000, "Nonp")]:
            harness.fail(f"100 nonpaged blocks of 1000 bytes are {rows}")
    return found


def case_keep_locked(space):
    """munlock, munlockall and fork leave the nonpaged pool locked; what a child may not lock is counted."""
    found = nonpaged(space, "keep-locked", options="sample=0")
    unlocked = counter(found, "nonpaged_unlocked")
    if (len(found), unlocked) != (3, 0):
        harness.fail(f"{unlocked} bytes were not locked in {len(found)} processes")
    found = nonpaged(space, "keep-locked", "unlockable", options="sample=0")
    unlocked = counter(found, "nonpaged_unlocked")
    if len(found) != 2 or unlocked < 100000 or unlocked % 4096:
        harness.fail(f"{unlocked} bytes were not locked in {len(found)} processes")


def case_special_locked(space):
    """Nonpaged blocks of the special pool: each has a locked page, which children lock again."""
    found = nonpaged(space, "special", options="special_tag=Lock")
    if counter(found, "special_denied") or counter(found, "nonpaged_unlocked"):
        harness.fail("blocks were ordinary ones, or not locked")
    segments = space.segments()
    result = run([host("locks"), "special-overrun"], segments,
                 options=f"special_tag=Lock:rules={space.join('rules.txt')}")
    said = result.err.decode()
    if result.status != -signal.SIGABRT or not re.match(
            r"pooltag: PAGE_FAULT_BEYOND_END_OF_ALLOCATION \(0xCD\): .*, tag Lock, ", said):
        harness.fail(show(result))


def unshared(space, script, *more):
    """The life of `lives work` in mount namespaces of its own where `script` was run first."""
    need_root()
    command = ["unshare", "-m", *more, "sh", "-ec", script + ' ; exec "$@"', "sh"]
    return same(space, [*command, host("code"), "swapped-stacks"], note=NOT_SEEN)


def case_no_proc(space):
    unshared(space, "mount -t tmpfs none /proc")


def case_no_shared_memory(space):
    unshared(space, "mount -t tmpfs -o ro none /dev/shm")


def case_other_time(space):
    """A time namespace whose clocks are far ahead: ages are odd there, nothing else is."""
    unshared(space, "true", "-T", "--monotonic", "1000000", "--boottime", "1000000")


def case_file_capabilities(space):
    """A program that gains privileges on exec does not obey the environment of who starts it."""
    need_root()
    program = space.join("privileged")
    shutil.copy(host("code"), program)
    os.chmod(program, 0o4755)
    nobody = pwd.getpwnam("nobody")
    segments = space.segments(nobody)
    env = harness.preloaded(harness.environment(), f"dir={segments}:keep=1")
    result = harness.run([program, "swapped-stacks"], env, user=nobody)
    if result.status != 0 or result.out != b"320 blocks\n":
        harness.fail(show(result))
    if os.listdir(segments):
        harness.fail(f"a privileged program wrote {os.listdir(segments)}")


def memory_group():
    """A new memory cgroup of 64 MB, or the end of the test as skipped."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                        ("/sys/fs/cgroup", "memory.max")):
        group = os.path.join(root, f"pooltag-test-{os.getpid()}")
        try:
            os.mkdir(group)
            with open(os.path.join(group, limit), "w", encoding="ascii") as file:
                file.write(str(64 << 20))
            return group
        except OSError:
            if os.path.isdir(group):
                os.rmdir(group)
    harness.skip("no memory cgroup can be made here")


def case_memory_cgroup(space):
    """The kernel kills a process for its memory: what it had is in its segment."""
    need_root()
    group = memory_group()
    segments = space.segments()
    try:
        env = harness.preloaded(harness.environment(), f"dir={segments}")
        script = f"echo $$ > {group}/cgroup.procs; exec {host('code')} hoard"
        result = harness.run(["sh", "-c", script], env)
    finally:
        for _ in range(50):
            try:
                os.rmdir(group)
                break
            except OSError:
                time.sleep(0.1)
    if result.status != -signal.SIGKILL:
        harness.fail(f"the hoarder was not killed: {show(result)}")
    hoard = [r for d in documents(segments) for r in d["rows"] if r["function"] == "hoard"]
    if len(hoard) != 1 or not 30 << 20 < hoard[0]["bytes"] < 70 << 20:
        harness.fail(f"what the dead had: {hoard}")


def case_stopped(space):
    """A process that is stopped is read like any other, and goes on when it is continued."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), f"dir={segments}")
    with subprocess.Popen([host("code"), "profiled"], env=env, stdout=subprocess.PIPE) as child:
        for _ in range(20):
            child.send_signal(signal.SIGSTOP)
            document = harness.poolmon_json("--dir", segments)
            again = harness.poolmon_json("--dir", segments)
            child.send_signal(signal.SIGCONT)
            if harness.check_rows(document):
                harness.fail("\n".join(harness.check_rows(document)))
            if document["rows"] != again["rows"]:
                harness.fail("a stopped process has changing counters")
            time.sleep(0.01)
        out = child.communicate(timeout=60)[0]
    if child.returncode != 0 or out != b"done\n":
        harness.fail(f"status {child.returncode}, {out!r}")


def case_copied_segment(space):
    """A segment that is copied while it is written, as checkpoints do, reads as a segment."""
    segments = space.segments()
    copies = space.directory("copies")
    env = harness.preloaded(harness.environment(), f"dir={segments}")
    with subprocess.Popen([host("code"), "profiled"], env=env, stdout=subprocess.PIPE) as child:
        for number in range(10):
            names = os.listdir(segments)
            for name in names:
                subprocess.run(
                    ["cp", "--sparse=always", os.path.join(segments, name),
                     os.path.join(copies, name)], check=True)
            if not names:
                continue
            document = harness.poolmon_json("--dir", copies)
            # The copy is not one moment: a block's free may be in it and its allocation not.
            if not document["processes"]:
                harness.fail(f"copy {number} is not read")
        child.communicate(timeout=60)


# --- programs that are not for us ----------------------------------------------------------------


def unfit(space, program, why, status=0, first=None):
    """`poolmon run` says in one line why it counted nothing; the program's status stands.

    `first`: a pattern for the line before it, which is not poolmon's.
    """
    env = harness.environment(POOLTAG_LIBRARY=harness.library())
    command = [harness.poolmon(), "run", "--dir", space.segments(), "--", program]
    result = harness.run(command, env)
    wanted = f"poolmon: run: {program} left no segment: {why}"
    lines = result.err.decode(errors="backslashreplace").splitlines()
    if first and lines and re.fullmatch(first, lines[0]):
        lines = lines[1:]
    elif first:
        harness.fail(f"{show(result)}wanted first: {first}")
    if result.status != status or lines != [wanted]:
        harness.fail(f"{show(result)}wanted: {wanted}")


def built(space, name, *options):
    """A program that does nothing, built with `options`."""
    program = space.join(name)
    source = space.join(f"{name}.c")
    with open(source, "w", encoding="ascii") as file:
        file.write("int main(void) { return 0; }\n")
    subprocess.run(["gcc", *options, source, "-o", program], check=True)
    return program


def case_unfit(space):
    """Static programs, other machines, privileged programs and scripts of such."""
    for option in ("-static", "-static-pie"):
        program = built(space, f"program{option}", option)
        unfit(space, program,
              f"{program} is statically linked, so nothing can be preloaded into it")
    script = space.join("script")
    with open(script, "w", encoding="ascii") as file:
        file.write(f"#! {program} -x\n")
    os.chmod(script, 0o755)
    unfit(space, script, f"{program} is statically linked, so nothing can be preloaded into it")
    source, small = space.join("small.s"), space.join("small")
    with open(source, "w", encoding="ascii") as file:
        file.write(".globl _start\n_start: mov $1, %eax\nxor %ebx, %ebx\nint $0x80\n")
    subprocess.run(["as", "--32", source, "-o", small + ".o"], check=True)
    subprocess.run(["ld", "-m", "elf_i386", small + ".o", "-o", small], check=True)
    unfit(space, small, f"{small} is a 32-bit program, and libpooltag.so a 64-bit library")


def case_sanitizers(space):
    """Programs whose allocator must be a sanitizer's end with one line that says so."""
    for option, said, name in (
        ("address", r"==\d+==ASan runtime does not come first in initial library list.*",
         "AddressSanitizer"),
        ("thread", TWO_ALLOCATORS.format("libtsan.so.2"), "ThreadSanitizer"),
        ("leak", TWO_ALLOCATORS.format("liblsan.so.0"), "LeakSanitizer"),
    ):
        program = built(space, option, f"-fsanitize={option}")
        unfit(space, program, f"{program} is built with {name}, which must be its allocator",
              1, said)


# --- code ----------------------------------------------------------------------------------------


def case_dl_errors(space):
    code(space, "dl-errors")


def case_wrapper(space):
    """Another preloaded library before ours, which looks the allocator up with dlsym."""
    code(space, "dl-errors", before=host("wrapper.so"))
    code(space, "tls-module", host("plugin.so"), before=host("wrapper.so"))


def case_deepbind(space):
    foreign = counter(code(space, "deepbind", host("plugin.so")), "foreign_frees")
    if foreign < 500:
        harness.fail(f"500 blocks of libc's allocator were freed here, {foreign} were counted")


def case_other_namespace(space):
    code(space, "other-namespace", host("plugin.so"))


def case_tls_module(space):
    code(space, "tls-module", host("plugin.so"))


def case_long_jumps(space):
    code(space, "long-jumps")


def case_swapped_stacks(space):
    code(space, "swapped-stacks")


def case_generated_sites(space):
    """100,000 call sites in generated code; each is counted for itself."""
    count = 100000
    (document,) = code(space, "generated-sites", str(count))
    rows = [row for row in document["rows"] if row["allocs"] == 2 and row["frees"] == 2]
    if len(rows) < count:
        harness.fail(f"{len(rows)} sites with two blocks each, not {count}")


def case_many_threads(space):
    code(space, "many-threads", "10000")


def case_profiled(space):
    for options in ("keep=1", "keep=1:stack=16"):
        code(space, "profiled", options=options)


def case_cancelled(space):
    code(space, "cancelled")


def case_exceptions(space):
    same(space, [host("exceptions")])


def main():
    case = globals()["case_" + sys.argv[1].replace("-", "_")]
    with harness.Workspace() as space:
        case(space)


main()
