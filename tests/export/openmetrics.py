# SPDX-License-Identifier: BSD-2-Clause
"""A strict reader of OpenMetrics 1.0 text: what the specification forbids is a ValueError.

Callers: the scripts of this folder. Only what poolmon may write: gauges and counters without
timestamps and exemplars.
"""

import collections
import re

Family = collections.namedtuple("Family", "name type unit help samples")
Sample = collections.namedtuple("Sample", "name labels value")

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
DESCRIPTOR = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?[0-9]+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')


def unescaped(text):
    return re.sub(r'\\(["\\n])', lambda found: "\n" if found[1] == "n" else found[1], text)


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        if not found or (found[3] == "," and found.end() == len(text)):
            raise ValueError(f"bad labels: {text}")
        if found[1] in labels:
            raise ValueError(f"label twice: {text}")
        labels[found[1]] = unescaped(found[2])
        at = found.end()
    return labels


def check_help(text):
    if re.search(r'\\(?![\\n"])|(?<!\\)"', re.sub(r"\\\\", "", text)):
        raise ValueError(f"bad escape in HELP: {text}")


def check_family(family, seen):
    suffix = "_total" if family.type == "counter" else ""
    if family.type not in ("counter", "gauge"):
        raise ValueError(f"{family.name}: type {family.type}")
    if not family.help:
        raise ValueError(f"{family.name}: no HELP")
    if family.name.endswith("_total"):
        raise ValueError(f"{family.name}: a family does not end in _total")
    if family.unit and not family.name.endswith("_" + family.unit):
        raise ValueError(f"{family.name}: does not end in its unit {family.unit}")
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        if sample.name != family.name + suffix:
            raise ValueError(f"{sample.name}: not of family {family.name} ({family.type})")
        if key in seen:
            raise ValueError(f"series twice: {key}")
        if family.type == "counter" and sample.value < 0:
            raise ValueError(f"negative counter: {key}")
        seen.add(key)


def parse(text):
    """The families by name."""
    if not text.endswith("# EOF\n"):
        raise ValueError("does not end in '# EOF' and a newline")
    families, seen, current = {}, set(), None
    for line in text.split("\n")[:-2]:
        found = DESCRIPTOR.fullmatch(line)
        if found:
            kind, name, rest = found.groups()
            if current is None or current["name"] != name:
                if name in families:
                    raise ValueError(f"{name}: its lines are not together")
                current = {"name": name, "samples": []}
                families[name] = current
            if kind.lower() in current or current["samples"]:
                raise ValueError(f"{line}: twice, or after its samples")
            if kind == "HELP":
                check_help(rest)
            current[kind.lower()] = rest
            continue
        found = SAMPLE.fullmatch(line)
        if not found or current is None:
            raise ValueError(f"neither a descriptor nor a sample: {line!r}")
        current["samples"].append(Sample(found[1], labels_of(found[2] or ""), int(found[3])))
    result = {}
    for name, parts in families.items():
        result[name] = Family(name, parts.get("type", "unknown"), parts.get("unit", ""),
                              parts.get("help", ""), parts["samples"])
        check_family(result[name], seen)
    return result


def series(families, name, **labels):
    """The values of a family's samples that have these labels."""
    return [sample.value for sample in families[name].samples
            if labels.items() <= sample.labels.items()]
