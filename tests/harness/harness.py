# SPDX-License-Identifier: BSD-2-Clause
"""What the test scripts share: environments, children with a time-out, results, poolmon's JSON.

Callers: every run.py below tests/. Needs nothing but Python's standard library.
The paths of what is tested come from tests/meson.build through POOLTAG_TEST_*.
"""

import collections
import contextlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIP = 77  # the exit status meson takes for "skipped"
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"

# Who ends a script, as meson does when it takes too long, ends what it runs, too.
signal.signal(signal.SIGTERM, lambda *unused: sys.exit(128 + signal.SIGTERM))


def required(name):
    """The value of environment variable `name`, or a clear end of the script."""
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: run this through `meson test -C build`")
    return value


def library():
    return required("POOLTAG_TEST_LIBRARY")


def poolmon():
    return required("POOLTAG_TEST_POOLMON")


def skip(why):
    """Ends the script as skipped; `why` is what ./run-tests prints beside its name."""
    print(f"SKIP: {why}")
    sys.exit(SKIP)


def fail(message):
    print(f"FAIL: {message}")
    sys.exit(1)


def environment(**extra):
    """A small fixed environment: what a test does must not depend on who starts it."""
    env = {"PATH": PATH, "LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent"}
    env.update(extra)
    return env


def preloaded(env, options="", library_path=None):
    """`env` with the library in front and POOLTAG_OPTIONS set to `options`."""
    env = dict(env, LD_PRELOAD=library_path or library())
    if options:
        env["POOLTAG_OPTIONS"] = options
    return env


Result = collections.namedtuple("Result", "status out err timed_out")


def run(command, env=None, timeout=60, stdin=None, cwd=None, user=None, preexec=None):
    """Runs `command` in a process group of its own, of which nothing is left afterwards.

    After `timeout` seconds it is killed. `status` is the exit status, or minus the number of the
    signal that ended the command.
    """

    def before_exec():
        if user is not None:
            become(user)
        if preexec is not None:
            preexec()

    # Files, not pipes: a server that is left behind would hold a pipe open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
            tempfile.TemporaryFile() as given:
        given.write(stdin or b"")
        given.seek(0)
        child = subprocess.Popen(
            command,
            env=environment() if env is None else env,
            cwd=cwd,
            stdin=given,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=before_exec if user is not None or preexec is not None else None,
        )
        timed_out = False
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        out.seek(0)
        err.seek(0)
        return Result(child.returncode, out.read(), err.read(), timed_out)


def become(user):
    """In a child, before exec: continue as `user`, a struct passwd."""
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


class Workspace:
    """A temporary directory that other users may enter, gone when the with block ends."""

    SHARED_MEMORY = "/dev/shm"
    ROOM = 512 << 20  # bytes that hundreds of kept segments may take, and more

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pooltag-test.")
        os.chmod(self.path, 0o755)
        self.memory = None
        return self

    def __exit__(self, *unused):
        self.end_strays()
        shutil.rmtree(self.path, ignore_errors=True)
        if self.memory:
            shutil.rmtree(self.memory, ignore_errors=True)

    def segments(self, user=None):
        """An empty directory for segments: in /dev/shm, as usual, unless that is small."""
        room = os.statvfs(self.SHARED_MEMORY)
        if room.f_bavail * room.f_frsize < self.ROOM:
            return self.directory("segments", 0o700, user)
        if self.memory:
            shutil.rmtree(self.memory)
        self.memory = tempfile.mkdtemp(prefix="pooltag-test.", dir=self.SHARED_MEMORY)
        if user is not None:
            os.chown(self.memory, user.pw_uid, user.pw_gid)
        return self.memory

    def end_strays(self):
        """Kills what still has its working directory here: daemons that a failed script left."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if (os.readlink(f"/proc/{pid}/cwd") + "/").startswith(self.path + "/"):
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass  # gone meanwhile, or not ours to look at

    def join(self, *names):
        return os.path.join(self.path, *names)

    def directory(self, name, mode=0o700, user=None):
        """Makes an empty directory, owned by `user` if one is given."""
        path = self.join(name)
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        os.chmod(path, mode)
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
        return path


class Tap:
    """Writes TAP; `done` prints the plan and ends the script."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, condition, name, diagnosis=""):
        self.count += 1
        if condition:
            print(f"ok {self.count} - {name}", flush=True)
            return True
        self.failed += 1
        print(f"not ok {self.count} - {name}")
        for line in str(diagnosis).splitlines():
            print(f"#   {line}")
        sys.stdout.flush()
        return False

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f"got:    {got!r}\nwanted: {wanted!r}")

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def done(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


# The fields of struct pooltag_segment_header that tests look at without poolmon's help.
Header = collections.namedtuple("Header", "path state flags pid exe")


def read_headers(directory):
    """The headers of all segments in `directory`, whole ones only."""
    headers = []
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        with open(path, "rb") as file:
            raw = file.read(256)
        if len(raw) < 256 or raw[:8] != b"POOLTAG\x1a":
            continue
        state, flags = struct.unpack_from("<II", raw, 24)
        (pid,) = struct.unpack_from("<I", raw, 40)
        exe = raw[144:256].split(b"\0")[0].decode(errors="replace")
        headers.append(Header(path, state, flags, pid, exe))
    return headers


def poolmon_json(*arguments, timeout=60, user=None):
    """The document `poolmon --once --json ARGUMENTS` prints; fails the script if it prints none."""
    command = [poolmon(), "--once", "--json", *map(str, arguments)]
    result = run(command, environment(TERM="dumb"), timeout, user=user)
    if result.timed_out or result.status != 0:
        fail(
            f"{' '.join(command)}: "
            + ("hangs" if result.timed_out else f"exit status {result.status}")
            + f"\n{result.err.decode(errors='replace')}"
        )
    return parse_json(result.out.decode(), " ".join(command))


def parse_json(text, origin):
    try:
        document = json.loads(text)
    except ValueError as error:
        fail(f"{origin}: not JSON: {error}\n{text[:400]}")
    if document.get("schema") != "poolmon/1":
        fail(f"{origin}: schema is {document.get('schema')!r}, not 'poolmon/1'")
    return document


def processes(document):
    """The processes that the rows are about: the document lists the others of its directory too."""
    return [process for process in document["processes"] if process["shown"]]


def sums(document):
    """(allocs, frees, bytes ever requested) over all rows."""
    rows = document["rows"]
    return tuple(sum(row[key] for row in rows) for key in ("allocs", "frees", "alloc_bytes"))


def check_rows(document):
    """What must hold for the rows of any document; returns the complaints."""
    complaints = []
    for row in document["rows"]:
        if row["allocs"] - row["frees"] != row["diff"] or row["diff"] < 0:
            complaints.append(f"diff is not allocs - frees >= 0: {row}")
        if row["alloc_bytes"] - row["free_bytes"] != row["requested"] or row["requested"] < 0:
            complaints.append(f"requested is not alloc_bytes - free_bytes >= 0: {row}")
        if row["bytes"] < row["requested"]:
            complaints.append(f"charged less than requested: {row}")
    return complaints


def one_line(pattern, text):
    """Whether `text` is exactly one line that matches `pattern`."""
    return re.fullmatch(pattern + r"\n", text) is not None
