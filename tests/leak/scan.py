# SPDX-License-Identifier: BSD-2-Clause
"""Reads what a leak scan left in a segment, straight from the format in segment.h."""

import collections
import mmap
import os
import struct

CLASSES = ("definite", "indirect", "possible", "reachable", "ignored")
STATES = {0: "none", 1: "running", 2: "complete", 3: "failed", 4: "off"}
SITES, STRINGS, MODULES, SCAN, LEAKS = 4, 9, 3, 11, 12

Amount = collections.namedtuple("Amount", "blocks bytes")
Site = collections.namedtuple("Site", "function module classes pool")  # classes: name -> Amount
Scan = collections.namedtuple("Scan", "path pid state threads missed reason trigger duration sites "
                              "heap_bytes root_bytes suppressions end")

# POOLTAG_STATE_*: how the process itself ended.
EXECED = 3


def read(path):
    """The scan of one segment."""
    with open(path, "rb") as file:
        # Sparse, and a gigabyte long.
        raw = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    pid, sections = struct.unpack_from("<II", raw, 40)
    offset, stride = struct.unpack_from("<QI", raw, 120)
    directory = {}
    for i in range(sections):
        kind, size, start, _, count = struct.unpack_from("<IIQII", raw, offset + i * stride)
        directory[kind] = (start, size, count)

    def text(at):
        start = directory[STRINGS][0] + at
        return raw[start:raw.find(b"\0", start)].decode(errors="replace")

    def record(kind, number, form):
        start, size, _ = directory[kind]
        return struct.unpack_from(form, raw, start + number * size)

    scan = record(SCAN, 0, "<IIQQQQQII96sII")
    sites = []
    for i in range(directory[LEAKS][2]):
        leak = record(LEAKS, i, "<II5Q5Q")
        site = record(SITES, leak[0], "<IBBHQII")
        module = text(record(MODULES, site[5], "<QQQI")[3]) if site[5] != 0xFFFFFFFF else ""
        amounts = {name: Amount(leak[2 + n], leak[7 + n]) for n, name in enumerate(CLASSES)}
        sites.append(Site(text(site[6]), os.path.basename(module), amounts, site[1]))
    return Scan(path, pid, STATES[scan[0]], scan[7], scan[8],
                scan[9].split(b"\0")[0].decode(), scan[10], scan[3], sites, scan[5], scan[4],
                text(scan[11]), struct.unpack_from("<I", raw, 24)[0])


def read_all(directory):
    return [read(os.path.join(directory, name)) for name in sorted(os.listdir(directory))
            if not name.startswith(".")]


def total(scan, name):
    """Blocks and bytes of one class, over all sites."""
    return Amount(sum(site.classes[name].blocks for site in scan.sites),
                  sum(site.classes[name].bytes for site in scan.sites))


def ask(path):
    """Asks the process of a segment for a scan, as poolmon does; returns a function: 1 when served."""
    with open(path, "r+b") as file:
        raw = mmap.mmap(file.fileno(), 0)
    offset, stride = struct.unpack_from("<QI", raw, 120)
    for i in range(struct.unpack_from("<I", raw, 44)[0]):
        kind, _, start = struct.unpack_from("<IIQ", raw, offset + i * stride)
        if kind == SCAN:
            break
    wanted = struct.unpack_from("<I", raw, start + 160)[0] + 1
    struct.pack_into("<I", raw, start + 160, wanted)
    signal = struct.unpack_from("<I", raw, start + 168)[0]
    return signal, lambda: struct.unpack_from("<I", raw, start + 164)[0] == wanted
