# SPDX-License-Identifier: BSD-2-Clause
"""A reader of profile.proto, strict: unknown fields and dangling references are a ValueError.

Callers: the scripts of this folder.
"""

import gzip

# Message -> field number -> (name, kind); kinds: number, numbers, text (string), or a message.
MESSAGES = {
    "profile": {
        1: ("sample_type", "type"), 2: ("sample", "sample"), 3: ("mapping", "mapping"),
        4: ("location", "location"), 5: ("function", "function"), 6: ("string", "bytes"),
        9: ("time_nanos", "number"), 11: ("period_type", "type"), 12: ("period", "number"),
        13: ("comment", "numbers"), 14: ("default_sample_type", "number"),
    },
    "type": {1: ("type", "number"), 2: ("unit", "number")},
    "sample": {1: ("location", "numbers"), 2: ("value", "numbers"), 3: ("label", "label")},
    "label": {1: ("key", "number"), 2: ("str", "number"), 3: ("num", "number")},
    "mapping": {
        1: ("id", "number"), 2: ("start", "number"), 3: ("limit", "number"),
        4: ("offset", "number"), 5: ("file", "number"), 6: ("build_id", "number"),
    },
    "location": {1: ("id", "number"), 2: ("mapping", "number"), 3: ("address", "number"),
                 4: ("line", "line")},
    "line": {1: ("function", "number"), 2: ("line", "number")},
    "function": {1: ("id", "number"), 2: ("name", "number"), 3: ("system_name", "number")},
}
REPEATED = {"sample_type", "sample", "mapping", "location", "function", "string", "label", "line"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            if value >= 1 << 64:
                raise ValueError("a varint of more than 64 bits")
            return value, at


def message(kind, data):
    fields, result, at = MESSAGES[kind], {}, 0
    for name, what in fields.values():
        repeated = what == "numbers" or (name in REPEATED and what != "number")
        result[name] = [] if repeated else 0 if what == "number" else None
    while at < len(data):
        key, at = varint(data, at)
        if key >> 3 not in fields:
            raise ValueError(f"{kind}: unknown field {key >> 3}")
        name, what = fields[key >> 3]
        if (key & 7) != (0 if what == "number" else 2):
            raise ValueError(f"{kind}.{name}: wire type {key & 7}")
        number, at = varint(data, at)
        if what == "number":
            result[name] = number
            continue
        piece, at = data[at:at + number], at + number
        if len(piece) != number:
            raise ValueError(f"{kind}.{name}: cut off")
        if what == "numbers":
            inside = 0
            while inside < len(piece):
                value, inside = varint(piece, inside)
                result[name].append(value)
        else:
            value = piece.decode() if what == "bytes" else message(what, piece)
            if isinstance(result[name], list):
                result[name].append(value)
            else:
                result[name] = value
    return result


def by_id(items):
    table = {item["id"]: item for item in items}
    if len(table) != len(items) or 0 in table:
        raise ValueError("an id that is 0 or not unique")
    return table


def load(data):
    """The profile as {"types", "default", "period", "comments", "samples", "mappings"}, names
    instead of numbers. A sample is (frames innermost first, values, labels); a frame is
    (file, address, function)."""
    raw = message("profile", gzip.decompress(data))
    strings = raw["string"]
    if not strings or strings[0] != "":
        raise ValueError("string 0 is not empty")
    mappings, locations, functions = (by_id(raw[k]) for k in ("mapping", "location", "function"))

    def frame(number):
        location = locations[number]
        mapping = mappings[location["mapping"]] if location["mapping"] else None
        if mapping and not mapping["start"] <= location["address"] < mapping["limit"]:
            raise ValueError(f"location {number} is outside its mapping")
        lines = [strings[functions[line["function"]]["name"]] for line in location["line"]]
        return (strings[mapping["file"]] if mapping else "", location["address"],
                lines[0] if lines else "")

    def labels(sample):
        return {strings[label["key"]]: strings[label["str"]] if label["str"] else label["num"]
                for label in sample["label"]}

    for sample in raw["sample"]:
        if len(sample["value"]) != len(raw["sample_type"]) or not sample["location"]:
            raise ValueError("a sample without a stack or with other values than types")
    return {
        "types": [f'{strings[t["type"]]}/{strings[t["unit"]]}' for t in raw["sample_type"]],
        "default": strings[raw["default_sample_type"]],
        "period": raw["period"],
        "time_nanos": raw["time_nanos"],
        "comments": [strings[number] for number in raw["comment"]],
        "samples": [([frame(n) for n in s["location"]], s["value"], labels(s))
                    for s in raw["sample"]],
        "mappings": [(strings[m["file"]], m["start"], m["limit"], m["offset"],
                      strings[m["build_id"]]) for m in raw["mapping"]],
    }


def text(profile):
    """A profile as lines, without what changes from run to run."""
    lines = ["types " + " ".join(profile["types"]), "default " + profile["default"],
             f'period {profile["period"]}']
    lines += ["comment " + comment for comment in profile["comments"]]
    lines += [f"mapping {f} {s:#x}-{e:#x} at {o} {b or '-'}"
              for f, s, e, o, b in profile["mappings"]]
    for frames, values, labels in profile["samples"]:
        lines.append("sample " + " ".join(map(str, values)) + " "
                     + " ".join(f"{key}={value}" for key, value in labels.items()))
        lines += [f"    {address:#x} {file or '-'} {function or '-'}"
                  for file, address, function in frames]
    return "\n".join(lines) + "\n"
