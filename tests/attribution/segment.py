# SPDX-License-Identifier: BSD-2-Clause
"""Stacks in a segment, read as include/pooltag/segment.h says, for what poolmon does not print yet.

Callers: tests/attribution. Believes what it reads: only for segments of a program that has ended.
"""

import collections
import mmap
import struct

(MODULES, SITES, FRAMES, CHUNKS, CELLS, STRINGS, SAMPLES) = (3, 4, 5, 7, 8, 9, 10)
CHUNK_CELLS = 16

Site = collections.namedtuple(
    "Site", "tag address module function offset frames allocs frees alloc_bytes free_bytes"
)
Sample = collections.namedtuple("Sample", "site frames samples blocks bytes")
Module = collections.namedtuple("Module", "load_address path")
Frame = collections.namedtuple("Frame", "address module")


class Segment:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.raw = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        count, = struct.unpack_from("<I", self.raw, 44)
        directory, stride = struct.unpack_from("<QI", self.raw, 120)
        self.sections = {}
        for i in range(count):
            kind, size, offset, _, used = struct.unpack_from("<IIQII", self.raw, directory + i * stride)
            self.sections[kind] = (size, offset, used)
        self.modules = [
            Module(v[0], self.text(v[3])) for v in self.records(MODULES, "<QQQI")
        ]
        self.frames = [Frame(*v) for v in self.records(FRAMES, "<QI")]
        self.sites = self.read_sites()
        self.samples = [
            Sample(v[0], self.frames[v[1]:v[1] + v[2]], *v[4:])
            for v in self.records(SAMPLES, "<IIIIQQQ")
        ]

    def text(self, offset):
        start = self.sections[STRINGS][1] + offset
        return self.raw[start:self.raw.find(b"\0", start)].decode(errors="replace")

    def records(self, kind, form):
        size, offset, count = self.sections.get(kind, (0, 0, 0))
        return [struct.unpack_from(form, self.raw, offset + i * size) for i in range(count)]

    def read_sites(self):
        """The sites, with the sums over all shards of allocs, frees and requested bytes of both."""
        sums = collections.defaultdict(lambda: [0, 0, 0, 0])
        size, offset, _ = self.sections[CELLS]
        for number, (_, first) in enumerate(self.records(CHUNKS, "<II")):
            for i in range(CHUNK_CELLS):
                at = offset + number * size + i * size // CHUNK_CELLS
                cell = struct.unpack_from("<8Q", self.raw, at)
                for j, value in enumerate((cell[0], cell[3], cell[1], cell[4])):
                    sums[first + i][j] += value
        found = []
        for number, v in enumerate(self.records(SITES, "<4sBBHQIIII")):
            tag, _, _, depth, address, module, function, at, first = v
            frames = self.frames[first:first + depth] if depth else [Frame(address, module)]
            name = self.text(function) if function else ""
            found.append(
                Site(tag.decode("latin-1"), address, module, name, at, frames, *sums[number])
            )
        return found
