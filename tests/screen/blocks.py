# SPDX-License-Identifier: BSD-2-Clause
"""blocks.py HOLDER MAKE-SEGMENTS: the largest blocks of a process, asked for with `poolmon blocks`.

A host says where its blocks are, and what they take; poolmon has to list exactly those. Then there
are processes that do not answer, cannot, or lie.
"""

import contextlib
import json
import mmap
import os
import re
import shutil
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import harness  # noqa: E402

holder, make_segments = map(os.path.abspath, sys.argv[1:3])
tap = harness.Tap()
SCAN, BLOCKS = 11, 16
REQUEST, QUESTION, ABOUT, ERROR, LISTED = 160, 184, 208, 232, 236  # offsets in the record SCAN
IMPOSSIBLE = 26
PREFIX = 54  # characters of a line before the place


def blocks(segments, pid, *options):
    done = subprocess.run([harness.poolmon(), "blocks", f"--dir={segments}", f"--pid={pid}", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def running(space, what, *more):
    """A holder, its segments, and its blocks by tag: (address, requested, charge), the largest first."""
    segments = space.segments()
    env = harness.preloaded(harness.environment(), ":".join([f"dir={segments}", *more]))
    with subprocess.Popen([holder, what], env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            held = {}
            for line in process.stdout:
                if line == "ready\n":
                    break
                tag, address, requested, charge = line.split()
                held.setdefault(tag, []).append((address, int(requested), int(charge)))
            for list_of_tag in held.values():
                list_of_tag.sort(key=lambda block: (-block[1], block[0]))
            yield segments, process.pid, held
        finally:
            process.kill()


def check_table(space):
    with running(space, "busy") as (segments, pid, held):
        big = held["Big"]
        status, out, err = blocks(segments, pid, "--tag=Big")
        lines = out.splitlines()
        tap.equal((status, err), (0, ""), "the process answers")
        sums = f"{sum(block[1] for block in big)} bytes requested, {sum(block[2] for block in big)} charged"
        tap.equal(lines[0], f" Big in holder ({pid}): 7 blocks, {sums}", "what all of the tag's blocks sum up to")
        tap.equal(lines[1], "        Address    Requested       Charge Tag  Type   Site", "the headings")
        places = [line[PREFIX:] for line in lines[2:]]
        tap.equal([line[:PREFIX] for line in lines[2:]],
                  [f" {address:>14} {requested:12} {charge:12} Big  Paged  " for address, requested, charge in big],
                  "every block, the largest first; none that was freed or moved away")
        tap.ok(all(re.fullmatch(r"holder!hold_all\+0x[0-9a-f]+", place) for place in places) and
               len(set(places)) == 2, "and the two places that asked for them", places)
        status, out, err = blocks(segments, pid, "--tag=Big", "--min=4k", "--count=2", "--pool=Paged")
        tap.equal((status, len(out.splitlines()), out.splitlines()[0].split(",")[0]),
                  (0, 4, f" Big Paged in holder ({pid}): 4 blocks of 4096 bytes and more"), "the larger ones, two of them")
        tap.equal(blocks(segments, pid, "--pool=Nonp"),
                  (0, f" Nonp in holder ({pid}): 0 blocks, 0 bytes requested, 0 charged\n", ""), "a pool without blocks")
        status, out, err = blocks(segments, pid, "--tag=Many", "--count=256", "--json")
        many = json.loads(out)
        tap.equal([(block["address"], block["requested"], block["bytes"]) for block in many["blocks"]],
                  held["Many"][:256], "in JSON, the 256 largest of 300")
        tap.equal((many["count"], many["requested"], many["bytes"]),
                  (300, sum(block[1] for block in held["Many"]), sum(block[2] for block in held["Many"])),
                  "and the sums of all of them")
        tap.ok(many["duration_ns"] > 0 and many["blocks"][0]["tag"] == "Many" and many["blocks"][0]["type"] == "Paged",
               "with their tag and pool", many["blocks"][0])
        wrong = [out for out in (blocks(segments, pid, "--tag=Big")[1] for _ in range(20)) if out.splitlines() != lines]
        tap.equal(wrong, [], "asked twenty times while it allocates, it says the same")
        check_crowd(segments, pid, lines)
    status, out, err = blocks(segments, pid)
    tap.equal((status, out, err), (IMPOSSIBLE, "", f"poolmon: blocks: process {pid} has ended: only one that runs can be asked\n"),
              "a process that was killed")


def check_crowd(segments, pid, lines):
    """Several ask at once: each gets its own answer, or is told to try again."""
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(blocks(segments, pid, "--tag=Big", "--wait=2")))
              for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    busy = f"poolmon: blocks: process {pid}: somebody else asked at the same time; try again\n"
    none = f"poolmon: blocks: process {pid}: no answer: "
    strange = [answer for answer in answers if answer[1].splitlines() != lines
               and answer[2] != busy and not answer[2].startswith(none)]
    tap.equal(strange, [], "six ask at once: nobody gets another answer than the right one")
    tap.ok(any(answer[0] == 0 for answer in answers), "and somebody gets one", answers)


def check_quiet(space):
    with running(space, "asleep") as (segments, pid, _):
        began = time.monotonic()
        tap.equal(blocks(segments, pid, "--wait=0.3"), (IMPOSSIBLE, "",
                  f"poolmon: blocks: process {pid}: no answer: it looks now and then when it allocates, "
                  "or at the signal of its option leak_signal=\n"), "a process that sleeps does not answer")
        tap.ok(time.monotonic() - began < 30, "and nobody waits for ever")
    with running(space, "asleep", "leak_signal=40") as (segments, pid, held):
        status, out, err = blocks(segments, pid, "--tag=Big", "--json")
        tap.equal((status, err, [block["address"] for block in json.loads(out)["blocks"]] if out else []),
                  (0, "", [block[0] for block in held["Big"]]), "unless a signal wakes it")
    with running(space, "confined") as (segments, pid, _):
        tap.equal(blocks(segments, pid), (IMPOSSIBLE, "",
                  f"poolmon: blocks: process {pid}: a system call filter confines it, so it cannot look\n"),
                  "a confined process says that it may not")


class Segment:
    """A segment to look into and write to."""

    def __init__(self, path):
        with open(path, "r+b") as file:
            self.raw = mmap.mmap(file.fileno(), 0)
        offset, stride = struct.unpack_from("<QI", self.raw, 120)
        self.entries = {}
        for i in range(struct.unpack_from("<I", self.raw, 44)[0]):
            at = offset + i * stride
            self.entries[struct.unpack_from("<I", self.raw, at)[0]] = at

    def section(self, kind):
        return struct.unpack_from("<Q", self.raw, self.entries[kind] + 8)[0]

    def word(self, offset):
        """A word of the record SCAN."""
        return struct.unpack_from("<I", self.raw, self.section(SCAN) + offset)[0]


def check_hostile(space):
    """Whoever may write to the segment may ask what he likes; the process is none the worse for it."""
    with running(space, "busy") as (segments, pid, held):
        segment = Segment(os.path.join(segments, os.listdir(segments)[0]))
        scan = segment.section(SCAN)
        for number, question in enumerate(((0, 7, 0, 0), (0, 0, 0xffffffff, 0), (0, 0, 0, 2**64 - 1),
                                           (0xffffffff, 0xffffffff, 0, 0)), 0xfffffffc):
            struct.pack_into("<IIIIQ", segment.raw, scan + QUESTION, number, *question)
            struct.pack_into("<I", segment.raw, segment.entries[BLOCKS] + 20, 0xffffffff)
            struct.pack_into("<I", segment.raw, scan + REQUEST, segment.word(REQUEST) + 1)
            until = time.monotonic() + 20
            while segment.word(ABOUT) != number and time.monotonic() < until:
                time.sleep(0.001)
            tap.equal((segment.word(ABOUT), segment.word(ERROR), segment.word(LISTED)), (number, 0, 0),
                      f"the question {question} is about no block")
        status, out, _ = blocks(segments, pid, "--tag=Big")
        tap.equal((status, len(out.splitlines())), (0, len(held["Big"]) + 2), "and the next one is answered as ever")


def check_screen(space):
    """The key in the live view."""
    if not shutil.which("tmux"):
        tap.skip("the key #", "tmux is not installed")
        return
    with running(space, "busy") as (segments, pid, held):
        tmux = ["tmux", "-L", f"poolmon-blocks-{os.getpid()}"]
        subprocess.run([*tmux, "-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "20",
                        f"{harness.poolmon()} --dir {segments} --config= '-iBig*' --interval=60"], check=True)

        def see(text):
            lines = []
            for _ in range(200):
                lines = subprocess.run([*tmux, "capture-pane", "-p"], stdout=subprocess.PIPE, text=True,
                                       check=True).stdout.splitlines()
                if any(text in line for line in lines):
                    break
                time.sleep(0.05)
            return lines

        try:
            see(" Big  Paged")
            subprocess.run([*tmux, "send-keys", "#"], check=True)
            lines = see("Esc closes")
            tap.ok(lines[0].startswith(f" Big Paged in holder ({pid}): {len(held['Big'])} blocks, "), "the key #", lines)
            tap.equal([line.split()[0] for line in lines[2:9]], [block[0] for block in held["Big"]],
                      "lists the blocks of the line")
            subprocess.run([*tmux, "send-keys", "Escape"], check=True)
            tap.ok(any(line.startswith(" Big  Paged") for line in see("h Help")), "and Esc leads back")
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)


class Liar(Segment):
    """A segment whose process is real, and whose answers are the test's."""

    def __init__(self, space):
        self.segments = space.segments()
        description = space.join("liar.seg")
        with open(description, "w", encoding="utf-8") as file:
            file.write("process 1.1 mine /usr/bin/liar\nmodule /usr/bin/liar\nsite some Paged 0 main 0x10\n"
                       "shard 0\ncell 0 0 10 1000 1280 1 100 128\nscan none\n")
        self.process = subprocess.Popen([make_segments, description, self.segments, "--stay"])  # pylint: disable=R1732
        while not os.listdir(self.segments):
            time.sleep(0.01)
        time.sleep(0.1)  # until all of it is written
        super().__init__(os.path.join(self.segments, os.listdir(self.segments)[0]))

    def answer(self, error=0, listed=0, count=0, tag=None, block=b""):
        """Waits for a question and answers it so."""
        scan = self.section(SCAN)
        before = self.word(QUESTION)
        until = time.monotonic() + 10
        while self.word(QUESTION) == before and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.01)  # for the rest of the question
        question = self.raw[scan + QUESTION:scan + QUESTION + 24]
        self.raw[self.section(BLOCKS):self.section(BLOCKS) + len(block)] = block
        struct.pack_into("<I", self.raw, self.entries[BLOCKS] + 20, count)
        struct.pack_into("<IIQQQQ", self.raw, scan + ERROR, error, listed, 2**64 - 1, 2**64 - 1, 2**64 - 1, 0)
        self.raw[scan + ABOUT + 4:scan + ABOUT + 24] = question[4:]
        if tag is not None:
            struct.pack_into("<I", self.raw, scan + ABOUT + 4, tag)
        self.raw[scan + ABOUT:scan + ABOUT + 4] = question[:4]

    def ask(self, *options, **answer):
        liar = threading.Thread(target=self.answer, kwargs=answer)
        liar.start()
        said = blocks(self.segments, self.process.pid, *options)
        liar.join()
        struct.pack_into("<I", self.raw, self.entries[BLOCKS] + 20, 0)  # a segment that can be read again
        return said

    def end(self):
        self.process.kill()
        self.process.wait()


def check_lies(space):
    liar = Liar(space)
    prefix = f"poolmon: blocks: process {liar.process.pid}: "
    damaged = (IMPOSSIBLE, "", prefix + "its answer is damaged\n")
    tap.equal(liar.ask(listed=4294967295, count=4294967295), damaged, "more blocks than there is room for")
    tap.equal(liar.ask(listed=257, count=257), damaged, "more than are ever listed")
    tap.equal(liar.ask(listed=2, count=1), damaged, "more than are there")
    tap.equal(liar.ask(tag=1), (IMPOSSIBLE, "", prefix + "somebody else asked at the same time; try again\n"),
              "the answer to another question")
    tap.equal(liar.ask(error=12), (IMPOSSIBLE, "", prefix + "it had no memory to look through its heap\n"),
              "a process without memory")
    most = 2**64 - 1
    status, out, err = liar.ask("--tag=some", listed=2, count=2,
                                block=struct.pack("<QQQIIQQQII", most, most, most, 0xffffffff, 0, 1, 1, 1, 0, 0))
    tap.equal((status, out.splitlines()[2:], err), (0, [
        f" 0xffffffffffffffff {most} {most} some Paged  [a site not read yet]",
        "            0x1            1            1 some Paged  liar!main+0x10"], ""),
        "numbers that cannot be are shown, and nothing is looked up by them")
    struct.pack_into("<I", liar.raw, liar.entries[SCAN] + 4, QUESTION)  # the stride of an older library
    tap.equal(blocks(liar.segments, liar.process.pid),
              (IMPOSSIBLE, "", prefix + "its pooltag library is older than this question\n"), "an older library")
    liar.end()


def check_usage():
    for words, said in (((), "blocks: give --pid once: the process to ask"),
                        (("--pid=1", "--tag=abcde"), "--tag: 'abcde' is not a tag of one to four characters"),
                        (("--pid=1", "--pool=paged"), "--pool: 'paged' is neither Paged nor Nonp"),
                        (("--pid=1", "--min=big"), "--min: 'big' is not a number of bytes such as 100, 4k, 2m or 1g"),
                        (("--pid=1", "--count=257"), "--count: '257' is not a number from 1 to 256")):
        done = subprocess.run([harness.poolmon(), "blocks", *words], stderr=subprocess.PIPE, text=True, check=False)
        tap.equal((done.returncode, done.stderr.splitlines()[0]), (2, f"poolmon: {said}; see poolmon --help"), said)


with harness.Workspace() as workspace:
    check_table(workspace)
    check_quiet(workspace)
    check_hostile(workspace)
    check_screen(workspace)
    check_lies(workspace)
    check_usage()
tap.done()
