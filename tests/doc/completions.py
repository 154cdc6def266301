# SPDX-License-Identifier: BSD-2-Clause
"""completions.py POOLMON BASH ZSH - do the shells offer what `poolmon --help` names?"""

import re
import shutil
import subprocess
import sys

poolmon, bash_file, zsh_file = sys.argv[1:]
failures = []


def output(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        failures.append(f"{command[0]} ends with {done.returncode}: {done.stdout}")
    return done.stdout


def told():
    """From --help: command ("": none) -> its options, and the lists of commands, columns, groups."""
    sections = re.split(r"^(?=\S)", output([poolmon, "--help"]), flags=re.M)
    options = {}
    words = {}
    for section in sections:
        head, _, body = section.partition("\n")
        terms = re.findall(r"^  (?! )(.+?)(?:  .*)?$", body, re.M)
        found = {re.split(r"[=\[]", name)[0] if name.startswith("--") else name[:2]
                 for term in terms for name in term.split(", ") if name.startswith("-")}
        if head.startswith("Options"):
            options[""] = found
        elif re.match(r"poolmon \w+:", head):
            options[head.split()[1][:-1]] = found
        else:
            words[head.split(",")[0].rstrip(":")] = {term.split()[0] for term in terms}
    return options, words


def compare(what, offered, wanted):
    if offered != wanted or not wanted:
        failures.append(f"{what}: only offered {sorted(offered - wanted)}, "
                        f"only in the help {sorted(wanted - offered)}")


def bash(*words):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _poolmon; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    return set(output(["bash", "--norc", "-c", script, "bash", bash_file, "poolmon", *words]).split())


def check_bash(options, words):
    compare("bash, commands", bash(""), words["Commands"])
    for command, wanted in options.items():
        offered = {name.rstrip("=") for name in bash(*filter(None, [command, "-"]))}
        compare(f"bash, options of '{command}'", offered, wanted)
    compare("bash, --group", bash("--group", "="), words["Groups"])
    compare("bash, --sort", bash("--sort", ""), words["Columns"])
    compare("bash, --columns a,b", bash("run", "--columns", "=", "tag,byt"),
            {"tag,bytes", "tag,bytes_delta", "tag,bytes_rate"})
    compare("bash, -g", bash("-g", "/et"), {"/etc"})
    compare("bash, --option", bash("run", "--option", "kee"), {"keep="})


def zsh(command):
    """What _arguments is told for a command: the option of each specification."""
    script = ('_poolmon() { : }; _arguments() { print -l -- "$@" }; words=(); CURRENT=1; '
              'source "$1" > /dev/null; _poolmon_options "$2"')
    specs = output(["zsh", "-f", "-c", script, "zsh", zsh_file, command]).splitlines()
    return {re.match(r"\*?(--[\w-]+|-.)", spec)[1] for spec in specs
            if re.match(r"\*?-", spec) and spec != "-S"}


def check_zsh(options, words):
    output(["zsh", "-f", "-n", zsh_file])
    for command, wanted in options.items():
        compare(f"zsh, options of '{command}'", zsh(command), wanted)
    script = ('_arguments() { : }; words=(); CURRENT=1; source "$1"; '
              'print -l -- ${_poolmon_command%%:*}; print; print -l -- ${_poolmon_column%%\\[*}')
    commands, columns = output(["zsh", "-f", "-c", script, "zsh", zsh_file]).split("\n\n")
    compare("zsh, commands", set(commands.split()), words["Commands"])
    compare("zsh, columns", set(columns.split()), words["Columns"])


def main():
    if not shutil.which("zsh"):
        print("SKIP: not installed: zsh")
        return 77
    options, words = told()
    check_bash(options, words)
    check_zsh(options, words)
    print("\n".join(failures) or f"{len(options)} commands in bash and zsh")
    return 1 if failures else 0


sys.exit(main())
