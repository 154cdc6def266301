# SPDX-License-Identifier: BSD-2-Clause
"""Puts the tables of the .def lists and of segment.h into a manual page.

Usage: manpage.py IN OUT DEPFILE COMPILER...
A line "@name arguments" of IN is replaced; everything else stands as it is. mdoc(7) in, mdoc out.
"""

import re
import sys

import lists
import structs


def text(words):
    """Words as a text line, one per sentence: nothing in them is a macro or an escape."""
    words = words.replace("\\", "\\e").replace("`", "\\(oq").replace("'", "\\(aq")
    words = re.sub(r"(?<=[.?!]) (?=[A-Z])", "\n", words)
    return "\\&" + words if words[:1] in (".", "'") else words


def argument(word):
    """A word of a macro line: no macro, and one word."""
    return '"\\&' + text(word).replace('"', '""') + '"' if word else '""'


def table(rows, width):
    out = [f".Bl -tag -width {width} -compact"]
    for head, body in rows:
        out += [f".It {head}", text(body)]
    return out + [".El"]


def option_head(option):
    # A word of its own, or at once behind the letter; either may be left out.
    word = re.fullmatch(r"( ?)\[(\w+)\]", option.argument)
    if word:
        behind = f"{'' if word[1] else ' Ns'} Op Ar {word[2]}"
    else:
        behind = f" Ns Ar {argument(option.argument)}" if option.argument else ""
    heads = [f"Fl {letter}{behind}" for letter in map(argument, option.letters)]
    if option.name:
        bracketed = re.fullmatch(r"\[=(\w+)\]", option.argument)
        head = f"Fl -{option.name}"
        if bracketed:
            head += f" Ns Oo No = Ns Ar {bracketed[1]} Oc"
        elif option.argument:
            head += f" Ns = Ns Ar {argument(option.argument)}"
        heads.append(head)
    return " , ".join(heads)


def options(found, command=""):
    rows = [(option_head(option), option.help) for option in found.options_of(command)]
    if not command:
        rows += [(f"Fl {c.key}", f"sort by {c.heading}") for c in found.columns if c.key]
    return table(rows, "--interval=SX")


def command_options(found):
    """The options of the commands, but for those that have a page of their own."""
    out = []
    for command in found.commands:
        if command.name not in ("", "run", "check"):
            out += [f".Ss Of poolmon {command.name}", *options(found, command.name)]
    return out


def struct(name):
    out = [".Bl -column -compact 0000 0000 created_mono_nsX word", ".It Em offset Ta Em bytes Ta Em field Ta Em meaning"]
    for field in structs.layout(name):
        out.append(f".It {field.offset} Ta {field.size} Ta Va {field.name} Ta {text(field.comment) or '-'}")
    return out + [".El"]


def enum(name):
    return table([(f"Dv {n} Pq {value}", comment or "\\&") for n, value, comment in structs.enum(name)],
                 "12")


def counters(found, scope, offset="0"):
    rows = []
    for i, counter in enumerate(c for c in found.counters if c.scope == scope):
        pair = f"; less {counter.pair}: in use" if counter.pair != "none" else ""
        unit = "bytes" if counter.unit == "BYTES" else "a count"
        rows.append((f"Va {counter.name} Pq {int(offset) + 8 * i}", f"{unit}: {counter.help}{pair}"))
    return table(rows, "inherit_slack_blocksX")


def library_options(found):
    out = [".Bl -tag -width 4n"]
    for option in found.library_options:
        kind = {"TEXT": "text", "NUMBER": "number", "BOOL": "0 or 1"}[option.type]
        out += [f".It Cm {option.name} Ns = Ns Ar {argument(kind)}"
                + (f" Pq default {argument(option.default)}" if option.default else ""), text(option.help)]
    return out + [".El"]


GENERATORS = {
    "commands": lambda found: table(
        [(f"Nm poolmon {c.name}" + (f" Ar {argument(c.operands)}" if c.operands else ""), c.help)
         for c in found.commands if c.name], "4n"),
    "options": options,
    "columns": lambda found: table([(f"Cm {c.name}", c.help) for c in found.columns], "waste_percentX"),
    "groups": lambda found: table([(f"Cm {g.name}", g.help) for g in found.groups], "functionX"),
    "views": lambda found: table([(f"Cm {v.name}", v.help) for v in found.views], "suspectsX"),
    "keys": lambda found: table([(f"Ic {argument(k.label)}", k.help) for k in found.keys], "BackspaceX"),
    "classes": lambda found: table([(f"Cm {c.name}", c.help) for c in found.classes], "reachableX"),
    "reasons": lambda found: table([(f"Cm {r.name}", r.text) for r in found.reasons], "not_regularX"),
    "values": lambda found: table([(f"Cm {v.name}", v.help) for v in found.values], "alloc_objectsX"),
    "library_options": library_options,
    "command_options": command_options,
    "counters": counters,
    "plain_counters": lambda found, scope: table(
        [(f"Cm {c.name}", c.help) for c in found.counters if c.scope == scope], "inherit_slack_blocksX"),
    "struct": lambda found, name: struct(name),
    "enum": lambda found, name: enum(name),
}


def main():
    source, target, depfile, *compiler = sys.argv[1:]
    found = lists.Lists(compiler, depfile, target)
    out = []
    with open(source, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("@"):
                name, *arguments = line[1:].split()
                out += GENERATORS[name](found, *arguments)
            else:
                out.append(line)
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
