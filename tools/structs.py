# SPDX-License-Identifier: BSD-2-Clause
"""The structs and enums of include/pooltag/segment.h with their comments, for its manual page.

Reads the plain style of that header: one member per line, its comment behind it or none. Offsets
are computed by the rules of the x86-64 ABI; tests/doc compares them with the compiler's.
"""

import collections
import functools
import os
import re

import lists

HEADER = os.path.join(lists.ROOT, "include", "pooltag", "segment.h")
Field = collections.namedtuple("Field", "offset size name comment")
SIZES = {"char": 1, "uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8}
MEMBER = re.compile(r"^\t([\w ]+?) (\w+)(?:\[(\d+)\])?;[ \t]*(?:/\*(.*?)\*/)?", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"\b(POOLTAG_\w+)\s*=\s*([^,]+?),[ \t]*(?:/\*(.*?)\*/)?", re.DOTALL)

with open(HEADER, encoding="utf-8") as _file:
    TEXT = _file.read()


def tidy(comment):
    return " ".join((comment or "").replace("*/", "").split())


def body(kind, name):
    found = re.search(rf"^{kind} {name} {{(.*?)}};", TEXT, re.MULTILINE | re.DOTALL)
    if not found:
        raise SystemExit(f"structs.py: segment.h has no {kind} {name}")
    return found[1]


@functools.lru_cache
def counters_of(name):
    """The counters that a struct takes from counters.def, by the macro it defines for it."""
    macro = re.search(r"#define POOLTAG_(\w+)\(", body("struct", name))
    if not macro:
        return []
    return [c for c in lists.Lists().counters if c.scope == macro[1].lower()]


def alignment_and_size(kind):
    if kind in SIZES:
        return SIZES[kind], SIZES[kind]
    fields = layout(kind.removeprefix("struct "))
    return 8, fields[-1].offset + fields[-1].size


def layout(name):
    """The fields of a struct, in order."""
    fields = []
    at = 0
    for counter in counters_of(name):
        fields.append(Field(at, 8, counter.name, counter.help))
        at += 8
    for kind, member, count, comment in MEMBER.findall(body("struct", name)):
        alignment, size = alignment_and_size(kind)
        at = (at + alignment - 1) // alignment * alignment
        fields.append(Field(at, size * int(count or 1), member, tidy(comment)))
        at += size * int(count or 1)
    return fields


def enum(name):
    """(name, value, comment) of each constant."""
    return [(constant, eval(value.replace("u ", " "), {"__builtins__": {}}), tidy(comment))  # pylint: disable=eval-used
            for constant, value, comment in ENTRY.findall(body("enum", name) + ",")]
