# SPDX-License-Identifier: BSD-2-Clause
"""The project's .def lists, for what is generated from them or compared with them.

The C preprocessor reads them, so that a list which includes another, or has arguments made by a
macro, is seen as the compiler sees it. Callers: tools/manpage.py, tools/completion.py, tests/doc.
"""

import ast
import collections
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

Command = collections.namedtuple("Command", "name operands help")
Option = collections.namedtuple("Option", "id name letters argument commands help")
Column = collections.namedtuple("Column", "id heading name key help")
Group = collections.namedtuple("Group", "id name heading help")
View = collections.namedtuple("View", "name help")
Key = collections.namedtuple("Key", "label help")
Class = collections.namedtuple("Class", "name help")
Reason = collections.namedtuple("Reason", "name text")
LibraryOption = collections.namedtuple("LibraryOption", "name type default help")
Counter = collections.namedtuple("Counter", "scope name unit pair help")
Value = collections.namedtuple("Value", "name help")

SOURCE = r"""
#define CMD_COMMAND(id, name, operands, help) ROW("commands", #id, name, operands, help)
#include "poolmon/cmd/commands.def"
#define CMD_OPTION(id, name, letters, argument, commands, help) \
	ROW("options", #id, name, letters, argument, #commands, help)
#include "poolmon/cmd/options.def"
#define MODEL_COLUMN(id, heading, json, key, kind, narrow, wide, rank, change, groups, help) \
	ROW("columns", #id, heading, json, #key, help)
#include "poolmon/model/columns.def"
#define MODEL_GROUP(id, name, heading, next, help) ROW("groups", #id, name, heading, help)
#include "poolmon/model/groups.def"
#define VIEW_PRESET(id, name, group, sort, only, columns, help) ROW("views", name, help)
#include "poolmon/view/presets.def"
#define VIEW_KEY(id, characters, special, label, help, act) ROW("keys", label, help)
#include "poolmon/view/keys.def"
#define CHECK_CLASS(id, name, fails, shown, help) ROW("classes", name, help)
#include "poolmon/check/classes.def"
#define READER_REASON(id, name, text) ROW("reasons", name, text)
#include "poolmon/reader/reasons.def"
#define POOLTAG_OPTION(name, type, default, min, max, help) \
	ROW("library_options", #name, #type, #default, help)
#include "include/pooltag/options.def"
#define POOLTAG_CELL(name, unit, pair, help) ROW("counters", "cell", #name, #unit, #pair, help)
#define POOLTAG_SHARD(name, unit, pair, help) ROW("counters", "shard", #name, #unit, #pair, help)
#define POOLTAG_PROCESS(name, unit, help) ROW("counters", "process", #name, #unit, "none", help)
#include "include/pooltag/counters.def"
#if __has_include("poolmon/export/values.def")
#define EXPORT_VALUE(id, name, unit, plus, minus, weight, help) ROW("values", name, help)
#include "poolmon/export/values.def"
#endif
"""

KINDS = {
    "commands": lambda id, name, operands, help: Command(name, operands, help),
    "options": lambda id, name, letters, argument, commands, help: Option(
        id, name, letters, argument, commands_of(commands), help),
    "columns": lambda id, heading, name, key, help: Column(
        id, heading, name, "" if key == "0" else ast.literal_eval(key), help),
    "groups": Group,
    "keys": Key,
    "views": View,
    "classes": Class,
    "reasons": Reason,
    "library_options": lambda name, kind, default, help: LibraryOption(
        name, kind, default_of(kind, default), help),
    "counters": Counter,
    "values": Value,
}


def commands_of(bits):
    """The ids in "CMD_IN(SHOW) | CMD_IN(RUN)"; None for all commands."""
    return None if "CMD_IN_ALL" in bits else re.findall(r"CMD_IN\((\w+)\)", bits)


def default_of(kind, text):
    """A default as it would be written in POOLTAG_OPTIONS; they are products and shifts in C."""
    if kind == "TEXT":
        return text.strip('"')
    value = eval(re.sub(r"(?<=\d)u?ll", "", text), {"__builtins__": {}})  # pylint: disable=eval-used
    for letter, shift in (("g", 30), ("m", 20), ("k", 10)):
        if value and value % (1 << shift) == 0:
            return f"{value >> shift}{letter}"
    return str(value)


class Lists:
    """All lists: attributes named as the keys of KINDS, each a list in the order of its file."""

    def __init__(self, compiler=("cc",), depfile=None, target=None):
        command = [*compiler, "-E", "-P", "-x", "c", "-I", ROOT, "-I", os.path.join(ROOT, "poolmon")]
        if depfile:
            command += ["-MD", "-MF", depfile, "-MT", target]
        done = subprocess.run([*command, "-"], input=SOURCE, stdout=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode:
            sys.exit("lists.py: the C preprocessor cannot read the lists")
        for kind in KINDS:
            setattr(self, kind, [])
        for row in re.findall(r"^ROW(\(.*\))$", done.stdout, re.MULTILINE):
            kind, *fields = ast.literal_eval(row)
            getattr(self, kind).append(KINDS[kind](*fields))
        # The command without a name comes first.
        self.command_ids = dict(re.findall(r'^ROW\("commands", "(\w+)", "(\w*)"', done.stdout,
                                           re.MULTILINE))
        for kind in KINDS:
            if not getattr(self, kind) and kind != "values":
                sys.exit(f"lists.py: no {kind} found")

    def options_of(self, command):
        """The options of a command, by its name; "" for the live view."""
        for id, name in self.command_ids.items():
            if name == command:
                return [o for o in self.options if o.commands is None or id in o.commands]
        raise KeyError(command)
