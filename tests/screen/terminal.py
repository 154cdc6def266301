# SPDX-License-Identifier: BSD-2-Clause
"""terminal.py POOLMON MAKE-SEGMENTS SCREEN-DIRECTORY - the live view on terminals of many kinds.

poolmon runs as the job of a small shell on a terminal of the test's own. However it ends or stops,
the terminal has to be as it was: its modes, and for every sequence that poolmon sent to change it,
the one that takes it back.
"""

import contextlib
import curses
import fcntl
import os
import pty
import random
import re
import resource
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

poolmon, make_segments, fixtures = map(os.path.abspath, sys.argv[1:4])
tap = harness.Tap()
PATIENCE = 100  # seconds; only a failure takes that long
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:[34][0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
SEGMENT = "process 101.5 live /usr/bin/ma\u00f1ana\nmodule /usr/bin/ma\u00f1ana\n" \
    "site dict Paged 0 main 0x1c\nshard 1\ncell 0 0 1000 48000 64000 327 15696 20928\n"


def shell(slave, command, environment, orders, reports, before):
    """Runs the command as the foreground job of a session, and reports what becomes of it."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    before()
    for ignored in (signal.SIGTTOU, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
        for usual in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT):
            signal.signal(usual, signal.SIG_DFL)
        if not environment.get("HUP_IGNORED"):
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for target in range(3):
            os.dup2(slave, target)
        os.execve(command[0], command, environment)
    with contextlib.suppress(PermissionError):
        os.setpgid(job, job)
    os.write(reports, f"job {job}\n".encode())
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os.write(reports, f"end {os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
        os.tcsetpgrp(slave, os.getpgrp())
        os.write(reports, b"stopped\n")
        os.read(orders, 1)
        os.tcsetpgrp(slave, job)
        os.killpg(job, signal.SIGCONT)


class Terminal:
    """A terminal with poolmon on it."""

    def __init__(self, directory, *words, term="xterm-256color", rows=24, columns=80, before=lambda: None, **changes):
        self.term = term
        environment = {"PATH": os.environ["PATH"], "TERM": term, "LC_ALL": "C.UTF-8", **changes}
        environment = {name: value for name, value in environment.items() if value is not None}
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(self.slave)
        self.sent = b""
        self.seen = 0
        orders, self.orders = os.pipe()
        self.reports, reports = os.pipe()
        command = [poolmon, "--dir", directory, "--interval", "60", *words]
        self.shell = os.fork()
        if self.shell == 0:
            os.close(self.master)
            try:
                shell(self.slave, command, environment, orders, reports, before)
            finally:
                os._exit(99)
        os.close(orders)
        os.close(reports)
        self.job = int(self.report().split()[1])

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds):
        """Takes what poolmon has sent; returns whether there was anything."""
        ready = select.select([self.master], [], [], seconds)[0]
        if ready:
            self.sent += os.read(self.master, 65536)
        return bool(ready)

    def expect(self, text):
        """Waits until `text` is sent, after what was expected before."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            at = self.sent.find(text, self.seen)
            if at >= 0:
                self.seen = at + len(text)
                return True
            self.pump(0.1)
        return False

    def press(self, keys):
        os.write(self.master, keys)

    def kill(self, which):
        os.kill(self.job, which)

    def report(self):
        """The next line of the shell, while what poolmon sends is taken."""
        until = time.monotonic() + PATIENCE
        line = b""
        while not line.endswith(b"\n"):
            if time.monotonic() > until:
                return "nothing"
            if select.select([self.reports], [], [], 0.01)[0]:
                line += os.read(self.reports, 1)
            elif self.master is not None:
                self.pump(0)
        while self.master is not None and self.pump(0):
            continue
        return line.decode().strip()

    def resume(self):
        os.write(self.orders, b"x")

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = None

    def plain(self):
        """What is not as it was; empty when all is."""
        wrong = []
        if termios.tcgetattr(self.slave) != self.modes:
            wrong.append("modes")
        curses.setupterm(self.term)
        for on, off in (("smcup", "rmcup"), ("civis", "cnorm"), ("smkx", "rmkx"), ("rev", "sgr0"), ("bold", "sgr0")):
            changed, restored = (re.sub(rb"\$<[^>]*>", b"", curses.tigetstr(name) or b"") for name in (on, off))
            if changed and changed in self.sent and self.sent.rfind(restored) < self.sent.rfind(changed):
                wrong.append(off)
        return " ".join(wrong)

    def state(self):
        """What the kernel says of poolmon, for whoever asks why it does not end."""
        try:
            with open(f"/proc/{self.job}/status", encoding="utf-8") as file:
                return " ".join(line.strip() for line in file if re.match("State|Threads|Sig|Shd", line))
        except OSError:
            return ""

    def close(self):
        if self.report() == "nothing":
            os.kill(self.job, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.shell, 0)
        for file in (self.master, self.slave, self.orders, self.reports):
            if file is not None:
                os.close(file)


def finished(terminal, status, name):
    """Whether poolmon ended so, and the terminal is as it was."""
    report = terminal.report()
    state = terminal.state() if report == "nothing" else ""
    tap.ok(report == f"end {status}", f"{name}: ends with {status}", f"{report}\n{state}")
    if report == "nothing":
        os.kill(terminal.job, signal.SIGKILL)
    if terminal.master is not None:
        tap.ok(terminal.plain() == "", f"{name}: the terminal is as it was", terminal.plain() + repr(terminal.sent[-300:]))
    os.waitpid(terminal.shell, 0)
    for file in (terminal.master, terminal.slave, terminal.orders, terminal.reports):
        if file is not None:
            os.close(file)


def check_kinds(directory):
    for term in ("linux", "xterm-256color", "screen", "tmux-256color", "vt100"):
        for locale in ("C", "C.UTF-8"):
            for no_colour in (None, "", "1"):
                name = f"TERM={term} LC_ALL={locale} NO_COLOR={no_colour}"
                terminal = Terminal(directory, term=term, columns=100, LC_ALL=locale, NO_COLOR=no_colour)
                tap.ok(terminal.expect(b"q Quit"), f"{name}: is drawn", terminal.sent)
                terminal.press(b"q")
                finished(terminal, 0, name)
                unicode = "ma\u00f1ana!main".encode()
                tap.ok((unicode in terminal.sent) == (locale != "C") and (b"ma?ana!main" in terminal.sent) == (locale == "C")
                   and (locale != "C" or max(terminal.sent) < 0x80), f"{name}: what the locale can show", terminal.sent)
                tap.ok(bool(COLOUR.search(terminal.sent)) == (term != "vt100" and no_colour != "1"),
                   f"{name}: colours where they are wanted", terminal.sent)


def check_refusals(directory):
    for term, message in (
            ("dumb", "the terminal TERM=dumb cannot move its cursor; use --once or --batch"),
            ("no-such-terminal", "unknown terminal TERM=no-such-terminal; use --once or --batch"),
            ("", "TERM is not set; use --once or --batch"), (None, "TERM is not set; use --once or --batch")):
        terminal = Terminal(directory, term=term if term is not None else "xterm", TERM=term)
        tap.ok(terminal.report() == "end 2" and terminal.sent == f"poolmon: {message}\r\n".encode(),
           f"TERM={term}: one line, and nothing else", terminal.sent)
        tap.ok(termios.tcgetattr(terminal.slave) == terminal.modes, f"TERM={term}: the terminal is as it was")
        os.waitpid(terminal.shell, 0)
        for file in (terminal.master, terminal.slave, terminal.orders, terminal.reports):
            os.close(file)


def check_ends(directory):
    ends = [("q", b"q", 0), ("Esc", b"\x1b", 0), ("Ctrl-C", b"\x03", -signal.SIGINT), ("Ctrl-\\", b"\x1c", -signal.SIGQUIT)]
    ends += [(which.name, which, -which) for which in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT)]
    for term in ("xterm-256color", "linux", "screen", "vt100"):
        for name, how, status in ends:
            terminal = Terminal(directory, term=term, before=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
            terminal.expect(b"q Quit")
            if isinstance(how, bytes):
                terminal.press(how)
            else:
                terminal.kill(how)
            finished(terminal, status, f"{name} on {term}")
    # Only the shell is told by a signal, and this one keeps it to itself.
    terminal = Terminal(directory)
    terminal.expect(b"q Quit")
    terminal.hang_up()
    finished(terminal, 0, "a terminal that goes away")
    terminal = Terminal(directory, HUP_IGNORED="1")
    terminal.expect(b"q Quit")
    terminal.kill(signal.SIGHUP)
    terminal.press(b"b")
    tap.ok(terminal.expect(b"Bytes  every"), "SIGHUP is ignored where it was before", terminal.sent)
    terminal.press(b"q")
    finished(terminal, 0, "as under nohup")


def check_memory(directory, scratch):
    """The end of memory, with a message that must not be lost with the screen."""
    terminal = Terminal(directory)
    terminal.expect(b"q Quit")
    resource.prlimit(terminal.job, resource.RLIMIT_AS, (1, 1))
    path = os.path.join(scratch, "big.seg")
    with open(path, "w", encoding="ascii") as file:
        file.write("process 102.6 live /usr/bin/big\nmodule /usr/bin/big\n")
        file.writelines(f"site s{i % 1000:03} Paged 0 f{i} {i}\n" for i in range(20000))
        file.write("shard 1\n" + "".join(f"cell 0 {i} 1 8 16 0 0 0\n" for i in range(20000)))
    subprocess.run([make_segments, path, directory], check=True)
    terminal.press(b"\x0c")
    finished(terminal, 1, "no memory")
    left = terminal.sent.rfind(b"\x1b[?1049l")
    tap.ok(terminal.sent.find(b"poolmon: out of memory", left) > left > 0, "no memory: the message stays on the screen", terminal.sent)
    for entry in os.listdir(directory):
        if entry.startswith("102."):
            os.remove(os.path.join(directory, entry))


def check_stops(directory):
    for term in ("xterm-256color", "linux", "screen"):
        terminal = Terminal(directory, term=term)
        terminal.expect(b"q Quit")
        terminal.press(b"\x1a")
        tap.ok(terminal.report() == "stopped", f"Ctrl-Z on {term}: stops")
        tap.ok(terminal.plain() == "", f"Ctrl-Z on {term}: the terminal is as it was", terminal.plain())
        terminal.resize(30, 100)
        terminal.seen = len(terminal.sent)
        terminal.resume()
        tap.ok(terminal.expect(b"Mapped_Module"), f"on {term}: goes on, in the size there is now", terminal.sent[terminal.seen:])
        terminal.press(b"b")
        tap.ok(terminal.expect(b"Bytes  every"), f"on {term}: and takes keys", terminal.sent[terminal.seen:])
        terminal.press(b"\x1a")
        tap.ok(terminal.report() == "stopped", f"on {term}: and stops again")
        tap.ok(terminal.plain() == "", f"on {term}: with the terminal as it was", terminal.plain())
        terminal.seen = len(terminal.sent)
        terminal.resume()
        terminal.expect(b"Mapped_Module")
        terminal.press(b"q")
        finished(terminal, 0, f"a stop on {term}")

    terminal = Terminal(directory)
    terminal.expect(b"q Quit")
    terminal.kill(signal.SIGSTOP)
    tap.ok(terminal.report() == "stopped", "SIGSTOP stops")
    termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.modes)  # as a shell does
    terminal.seen = len(terminal.sent)
    terminal.resume()
    tap.ok(terminal.expect(b"System pool information"), "SIGCONT brings all back", terminal.sent)
    tap.ok(not termios.tcgetattr(terminal.slave)[3] & termios.ICANON, "the modes, too")
    terminal.press(b"q")
    finished(terminal, 0, "SIGSTOP")


def check_storm(directory):
    chance = random.Random(4)
    terminal = Terminal(directory, "--interval", "0.1")
    terminal.expect(b"q Quit")
    for _ in range(400):
        terminal.resize(chance.choice((0, 1, 2, 7, 8, 24, 60, 200, 999)), chance.choice((0, 1, 39, 40, 80, 132, 250, 999)))
        if chance.random() < 0.3:
            terminal.press(chance.choice((b"b", b"e", b"p", b"\x1b[B", b"\x1b[6~", b"(", b"\r", b"\x7f", b"h")))
        while terminal.pump(0):
            continue
    terminal.resize(24, 80)
    terminal.press(b"\x1b[I")  # what terminals send unasked
    terminal.seen = len(terminal.sent)
    terminal.press(b"\x0c")
    terminal.press(b"q")
    finished(terminal, 0, "a storm of sizes")


def check_escapes(directory):
    """Sequences nobody knows are not Esc, which would end it."""
    terminal = Terminal(directory)
    terminal.expect(b"q Quit")
    for sequence in (b"\x1b[I", b"\x1b[O", b"\x1b[200~", b"\x1b[1;5P", b"\x1b[27;5;9~", b"\x1bx", b"\x1b\x1b[A"):
        terminal.press(sequence)
        for shown in (b"PAUSED", b"every 60s"):
            terminal.press(b" ")
            tap.ok(terminal.expect(shown), f"goes on after {sequence}: {shown}", terminal.sent[-300:])
    terminal.press(b"b")
    tap.ok(terminal.expect(b"Bytes  every"), "unknown sequences and Alt with a key end nothing", terminal.sent[-300:])
    terminal.press(b"q")
    finished(terminal, 0, "unknown sequences")


def check_pipes(directory):
    batch = [poolmon, "--dir", directory, "--batch", "--interval", "0.1"]
    for ignored, status, message in ((False, -signal.SIGPIPE, ""), (True, 1, "poolmon: cannot write: Broken pipe\n")):
        def before(ignored=ignored):
            signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignored else signal.SIG_DFL)
        for words in (batch, [poolmon, "--dir", directory, "--csv", "--batch", "--interval", "0.1"], [poolmon, "--help"]):
            read, write = os.pipe()
            if words[-1] == "--help":
                os.close(read)
            process = subprocess.Popen(words, stdout=write, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                                       preexec_fn=before, restore_signals=False)
            os.close(write)
            if words[-1] != "--help":
                os.read(read, 1)
                os.close(read)
            errors = process.communicate(timeout=PATIENCE)[1]
            tap.ok(process.returncode == status and errors == message,
               f"{' '.join(words[3:] or words[1:])} into a closed pipe, SIGPIPE ignored: {ignored}", f"{process.returncode} {errors}")
    master, slave = pty.openpty()
    done = subprocess.run([poolmon, "--dir", directory], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "TERM": "xterm"}, check=False, timeout=PATIENCE)
    tap.ok(done.returncode == 2 and done.stderr.startswith("poolmon: standard input is no terminal"), "no keyboard is told", done)
    os.close(slave)
    os.close(master)


def main():
    with tempfile.TemporaryDirectory(prefix="poolmon-terminal-") as scratch:
        directory = os.path.join(scratch, "s")
        os.mkdir(directory, 0o700)
        path = os.path.join(scratch, "name.seg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SEGMENT)
        subprocess.run([make_segments, path, directory], check=True)
        check_kinds(directory)
        check_refusals(directory)
        check_ends(directory)
        check_memory(directory, scratch)
        check_stops(directory)
        check_storm(directory)
        check_escapes(directory)
        check_pipes(directory)
    tap.done()


main()
