# SPDX-License-Identifier: BSD-2-Clause
"""What conformance.def says of the tests: is each case there, and is it one of what it says?

A case is a function of a test. It counts when its text, or that of the helpers, tables and macros of
its file that it uses, names the routine; an error's or a raise's also the answer the entry begins
with; and a bug check's when a line that is compared with what the child printed begins with the
entry's codes. A routine that the function itself names stands in one statement with the answer.
Words in comments and in strings do not count.
"""

import collections
import functools
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "conformance.def")
KINDS = {"SUCCESS": "success", "ERROR": "error", "RAISE": "raise", "BUGCHECK": "bug check"}
PLURALS = {"success": "successes"}
Entry = collections.namedtuple("Entry", "routine kind what test case")
Elsewhere = collections.namedtuple("Elsewhere", "routine what why")
CONFORMS = re.compile(r'POOLTAG_CONFORMS\((\w+), (\w+), "([^"]*)", ([\w/]+), (\w+)\)$')
CANNOT = re.compile(r'POOLTAG_CANNOT\((\w+), "([^"]*)", "([^"]*)"\)$')
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
NOT_CODE = re.compile(r"/\*.*?\*/|//[^\n]*|" + LITERAL + r"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@functools.lru_cache(maxsize=None)
def entries():
    """The list's entries of both kinds, in its order, and its lines that are none."""
    found, bad = [], []
    for line in read(LIST).splitlines():
        if line.startswith(("POOLTAG_CONFORMS", "POOLTAG_CANNOT")):
            conforms, cannot = CONFORMS.match(line), CANNOT.match(line)
            if conforms:
                found.append(Entry(*conforms.groups()))
            elif cannot:
                found.append(Elsewhere(*cannot.groups()))
            else:
                bad.append(f"conformance.def: not an entry: {line}")
    return found, bad


def functions(text):
    """Functions and tables of C `text`, comments and strings of which are gone: name -> text"""
    found, depth, start, name = {}, 0, 0, None
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text)
    for match in re.finditer(r"[{};]", text):
        sign = match[0]
        if depth == 0 and sign != "}":
            head = text[start:match.start()]
            table = re.search(r"(\w+)\s*(?:\[\w*\]\s*)?=\s*$", head)
            heads = re.findall(r"(\w+)\s*\(", head)
            name = table[1] if table else heads[0] if sign == "{" and heads else None
            if sign == ";":
                start = match.end()
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth == 0 and sign == "}":
            if name:
                found[name] = text[start:match.end()]
            start = match.end()
    return found


def code(text):
    return NOT_CODE.sub(" ", text)


class Source:
    """A test: its functions as written and as preprocessed, its macros, what its strings say."""

    def __init__(self, path, flags):
        raw = read(path)
        done = subprocess.run(["gcc", "-std=gnu17", "-E", *flags, path], check=True,
                              stdout=subprocess.PIPE, text=True)
        self.expanded = self.own_lines(done.stdout)
        self.macros = {name: code(body) for name, body in MACRO.findall(raw)}
        self.written = plain = functions(code(MACRO.sub("", raw)))
        made = functions(code(self.expanded))
        # A function that a macro makes has the macro's words.
        makers = " ".join(re.findall(r"^([A-Z_]+)\(", raw, re.MULTILINE))
        self.functions = {name: plain.get(name, makers) + made.get(name, "")
                          for name in plain.keys() | made.keys()}

    @staticmethod
    def own_lines(text):
        """What the preprocessor says of files in tests/, without the headers."""
        ours, kept = False, []
        for line in text.splitlines():
            marker = re.match(r'# \d+ "([^"]*)"', line)
            if marker:
                ours = "tests/" in marker[1]
            elif ours:
                kept.append(line)
        return "\n".join(kept)

    @functools.lru_cache(maxsize=None)  # pylint: disable=method-cache-max-size-none
    def words(self, case):
        """All identifiers of a function and of what it uses of this file."""
        seen, wanted, words = set(), [case], set()
        while wanted:
            name = wanted.pop()
            if name in seen:
                continue
            seen.add(name)
            text = self.functions.get(name, "") + self.macros.get(name, "")
            here = set(re.findall(r"\w+", text))
            words |= here
            # A variable may be called like another test's function.
            wanted += [word for word in here if word in self.macros or word in self.functions
                       and not re.search(rf"\w[ \t]+\**{word}\s*[=;,\[]", text)]
        return words

    def statements(self, case, routine):
        """
        The words of each of a function's statements, as written, that names the routine; of a table
        of answers, which a later statement compares, those of the function.
        """
        text = self.written.get(case, "")
        parts = [text if re.search(r"\[\]\s*=\s*\{[^;]*$", part) else part for part in text.split(";")
                 if re.search(rf"\b{routine}\b", part)]
        return [set(re.findall(r"\w+", part)) for part in parts]

    def lines(self, case):
        """The lines that what a bug check prints is compared with."""
        pattern = rf"\b{case}\s*,((?:\s*{LITERAL}|\s*,)+)"
        texts = []
        for arguments in re.findall(pattern, self.expanded):
            for argument in re.findall(rf"(?:{LITERAL}\s*)+", arguments):
                text = "".join(part[1:-1] for part in re.findall(LITERAL, argument))
                texts += text.split("\\n")
        return texts


def check_case(entry, source):
    what = f"{entry.routine}, {entry.kind}, {entry.test} {entry.case}"
    if entry.case == "main" or entry.case not in source.functions:
        return [f"{what}: no such function"]
    words = source.words(entry.case)
    complaints = []
    if entry.routine not in words:
        complaints.append(f"{what}: the case does not call the routine")
    if entry.kind in ("ERROR", "RAISE"):
        answer = re.match(r"(\w+): ", entry.what)
        if not answer:
            complaints.append(f"{what}: the text begins with the answer and a colon")
        elif not any(answer[1] in near or answer[1] == "FALSE" for near
                     in source.statements(entry.case, entry.routine) or [words]):
            complaints.append(f"{what}: the case does not know {answer[1]}")
    if entry.kind == "RAISE" and not words & {"RAISED", "__except"}:
        complaints.append(f"{what}: the case catches nothing")
    if entry.kind == "BUGCHECK":
        codes = re.match(r"((?:0x[0-9A-F]+, )*0x[0-9A-F]+): ", entry.what)
        if not codes:
            complaints.append(f"{what}: the text begins with the codes and a colon")
        elif not any(re.match(rf"(?:pooltag: )?[A-Z_0-9]+ \({codes[1]}[,)]", line)
                     for line in source.lines(entry.case)):
            complaints.append(f"{what}: no line with {codes[1]} is compared")
    return complaints


def check(routines, flags):
    """What is wrong with the list; `routines` are those of routines.def, in order."""
    found, complaints = entries()
    complaints = list(complaints)
    present = {routine.name: place for place, routine in enumerate(routines)
               if routine.status != "ABSENT"}
    order = list(KINDS) + ["CANNOT"]
    sources, last, keys = {}, (-1, 0), set()
    for entry in found:
        kind = getattr(entry, "kind", "CANNOT")
        if entry.routine not in present or kind not in order:
            complaints.append(f"conformance.def: no such routine or kind: {entry.routine}, {kind}")
            continue
        place = (present[entry.routine], order.index(kind))
        if place < last:
            complaints.append(f"conformance.def: {entry.routine}, {kind} is not in the order of "
                              "routines.def; routines.py --update")
        last = place
        # One behaviour twice, or by one case twice.
        new = {(entry.routine, kind, entry.what)}
        if kind != "CANNOT":
            new.add((entry.routine, kind, entry.what.split(":")[0], entry.test, entry.case))
        if new & keys:
            complaints.append(f"conformance.def: twice: {entry}")
        keys |= new
        if kind == "CANNOT":
            continue
        if entry.test not in sources:
            path = os.path.join(HERE, entry.test + ".c")
            sources[entry.test] = Source(path, flags) if os.path.exists(path) else None
        source = sources[entry.test]
        complaints += check_case(entry, source) if source else [f"no test {entry.test}"]
    return complaints


def missing(routines):
    """Routines none of whose successes has a case."""
    have = {entry.routine for entry in entries()[0] if getattr(entry, "kind", "") == "SUCCESS"}
    return [f"conformance.def: no success of {routine.name}" for routine in routines
            if routine.status != "ABSENT" and routine.name not in have]


def sort(routines):
    """Writes the list in the order of routines.def, entries that are twice the same once."""
    place = {routine.name: number for number, routine in enumerate(routines)}
    order = list(KINDS) + ["CANNOT"]
    lines = read(LIST).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("POOLTAG_"))
    last = max(n for n, line in enumerate(lines) if line.startswith("POOLTAG_"))
    body = dict.fromkeys(line for line in lines[first:last + 1] if line.startswith("POOLTAG_"))

    def key(line):
        match = CONFORMS.match(line) or CANNOT.match(line)
        kind = match[2] if match and match.re is CONFORMS else "CANNOT"
        known = match and match[1] in place and kind in order
        return (place[match[1]], order.index(kind)) if known else (len(place), 0)

    with open(LIST, "w", encoding="utf-8") as file:
        file.write("\n".join(lines[:first] + sorted(body, key=key) + lines[last + 1:]) + "\n")
    entries.cache_clear()


def counts(routine):
    """What the table says of a routine's cases, such as: 1 success, 2 bug checks"""
    kinds = [entry.kind for entry in entries()[0]
             if isinstance(entry, Entry) and entry.routine == routine.name]
    said = []
    for kind, name in KINDS.items():
        number = kinds.count(kind)
        if number:
            said.append(f"{number} {name if number == 1 else PLURALS.get(name, name + 's')}")
    return ", ".join(said)


def elsewhere():
    """The table of what Microsoft documents and cannot happen here."""
    rows = [f"| `{entry.routine}` | {entry.what} | {entry.why} |\n" for entry in entries()[0]
            if isinstance(entry, Elsewhere)]
    return "".join(["| routine | documented | here |\n|---|---|---|\n", *rows]) if rows else ""
