# SPDX-License-Identifier: BSD-2-Clause
"""Puts the .def lists into a shell's completion of poolmon.

Usage: completion.py IN OUT DEPFILE COMPILER...
The line "@bash" or "@zsh" of IN is replaced by the lists in that shell's language.
"""

import sys

import lists

# What an option's argument is completed with; a tuple is the words themselves.
OPERANDS = {
    "run": "'*::command:_normal'", "check": "'*::command:_normal'", "snap": "'1:file:_files'",
    "diff": "'1:before:_poolmon_sides' '2:after:_poolmon_sides'",
}


def kind_of(option, found):
    """pids, files, directories, columns, settings, text, or the possible words."""
    if option.name == "group":
        return " ".join(g.name for g in found.groups)
    if option.name == "sort":
        return " ".join(c.name for c in found.columns)
    if option.name == "value":
        return " ".join(v.name for v in found.values)
    if option.name == "view":
        return " ".join(v.name for v in found.views)
    return {
        "stacks": "exact sampled", "states": "running crashed all", "theme": "dark light mono", "columns": "columns", "pid": "pids", "dir": "directories",
        "debug-dir": "directories", "option": "settings",
    }.get(option.name, "files" if option.argument in ("F", "[=FILE]") else "text")


def long_options(options):
    return [f"--{o.name}{'=' if o.argument and o.argument[0] != '[' else ''}" for o in options if o.name]


def letters(found, command):
    short = [f"-{letter}" for o in found.options_of(command) for letter in o.letters]
    return short + ([f"-{c.key}" for c in found.columns if c.key] if not command else [])


def bash(found):
    names = [c.name for c in found.commands]
    optional = sorted({f"--{o.name}" for o in found.options if o.argument.startswith("[=")})
    out = [
        f"_poolmon_commands='{' '.join(filter(None, names))}'",
        f"_poolmon_columns='{' '.join(c.name for c in found.columns)}'",
        f"_poolmon_settings='{' '.join(o.name for o in found.library_options)}'",
        "# Options whose argument can only follow in the same word.",
        f"_poolmon_optional='{' '.join(optional)}'",
        "", "_poolmon_options() {", "    case $1 in",
    ]
    for name in names:
        words = " ".join(long_options(found.options_of(name)) + letters(found, name))
        out.append(f"    '{name}') printf '%s' '{words}' ;;")
    out += ["    esac", "}", "", "# What completes the argument of an option of a command.",
            "_poolmon_argument() {", "    case $1:$2 in"]
    for name in names:
        for option in found.options_of(name):
            if option.argument and option.name:
                out.append(f"    {name}:--{option.name}) printf '%s' '{kind_of(option, found)}' ;;")
            elif option.argument.startswith(" ["):
                out += [f"    {name}:-{letter}) printf '%s' files ;;" for letter in option.letters]
    return out + ["    esac", "}"]


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def bracketed(text):
    return "[" + text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:") + "]"


def zsh_action(option, found):
    kind = kind_of(option, found)
    return {
        "pids": "_poolmon_pids", "files": "_files", "directories": "_files -/",
        "columns": "_poolmon_columns", "settings": "_poolmon_settings", "text": " ",
    }.get(kind, f"({kind})")


def zsh_specs(found, option):
    """The specifications of one option for _arguments."""
    repeated = "*" if "repeated" in option.help or option.letters == "p" else ""
    help = bracketed(option.help)
    argument = f":{option.argument.replace(':', chr(92) + ':')}:{zsh_action(option, found)}"
    if option.argument.startswith("[="):
        yield quoted(f"{repeated}--{option.name}=-{help}::FILE:_files")
    elif option.name and option.argument:
        yield quoted(f"{repeated}--{option.name}={help}{argument}")
    elif option.name:
        yield quoted(f"--{option.name}{help}")
    for letter in option.letters:
        if option.argument.startswith(" ["):
            yield quoted(f"-{letter}{help}::FILE:_files")
            continue
        yield quoted(f"{repeated}-{letter}{'-' + help + argument if option.argument else help}")


def zsh(found):
    def pairs(name, items):
        return [f"_poolmon_{name}=("] + [
            "    " + quoted(key.replace(":", "\\:") + mark + text) for key, mark, text in items] + [")"]

    out = pairs("command", [(c.name, ":", c.help) for c in found.commands if c.name])
    out += pairs("column", [(c.name, "", bracketed(c.help)) for c in found.columns])
    out += pairs("library", [(o.name, "", bracketed(o.help)) for o in found.library_options])
    out += ["", "_poolmon_options() {", "    case $1 in"]
    for command in found.commands:
        specs = [s for o in found.options_of(command.name) for s in zsh_specs(found, o)]
        if not command.name:
            specs += [quoted(f"-{c.key}{bracketed('sort by ' + c.heading)}") for c in found.columns if c.key]
        if command.name in OPERANDS:
            specs.append(OPERANDS[command.name])
        out += [f"    '{command.name}')", "        _arguments -S \\" if command.name in ("run", "check") else "        _arguments \\"]
        out += [f"            {spec} \\" for spec in specs[:-1]] + [f"            {specs[-1]}", "        ;;"]
    return out + ["    esac", "}"]


def main():
    source, target, depfile, *compiler = sys.argv[1:]
    found = lists.Lists(compiler, depfile, target)
    generators = {"@bash": bash, "@zsh": zsh}
    out = []
    with open(source, encoding="utf-8") as file:
        for line in file.read().splitlines():
            out += generators[line](found) if line in generators else [line]
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


main()
