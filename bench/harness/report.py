"""Prints the results: tables of ratios, and the goals with what was reached.

Results are a dictionary: `rows` is a list of {name, section, samples: {configuration: [sample]}},
plus what the run was (see bench/run). Everything printed is computed from it here.
"""
import textwrap

from harness.measure import geomean, median, ratio
from harness.micro import LeakScan

FIRST = 17  # columns of the name
WIDE = 16  # of a ratio with its spread
NARROW = 11  # of a ratio


class Results:
    """The samples of a run and the questions the tables and goals ask of them."""

    def __init__(self, data, configs):
        self.data = data
        self.configs = [c.name for c in configs]

    def section(self, name):
        return [r for r in self.data["rows"] if r["section"] == name]

    def row(self, name, section):
        return next((r for r in self.section(section) if r["name"] == name), None)

    def ratio(self, row, config, base, figure):
        return ratio(row["samples"].get(config), row["samples"].get(base), figure) if row else None

    def mean(self, rows, config, base, figure):
        return geomean(self.ratio(r, config, base, figure) for r in rows)

    def median(self, name, section, config, figure):
        row = self.row(name, section)
        return median(row["samples"].get(config), figure) if row else None

    def measured(self, rows):
        """Configurations that have samples in `rows`, in the order they were given."""
        return [c for c in self.configs if any(any(r["samples"].get(c, [])) for r in rows)]


def cell(value):
    """A ratio with its spread."""
    if not value:
        return "-"
    digits = 2 if value[2] < 9.995 else 1 if value[2] < 99.95 else 0
    return f"{value[0]:.{digits}f} {value[1]:.{digits}f}-{value[2]:.{digits}f}"


def short(value, form="{:.2f}"):
    return form.format(value) if value is not None else "-"


def line(first, cells, width=WIDE):
    return (first.ljust(FIRST) + "".join(c.rjust(width) for c in cells)).rstrip()


def ratio_table(results, title, rows, figure, unit, scale=1, spread=True, mean=True):
    """A table of ratios to plain glibc, whose own column is in `unit` (samples times `scale`)."""
    base = "glibc"
    width = WIDE if spread else NARROW
    configs = [c for c in results.measured(rows) if c != base]
    if not rows or not configs:
        return []
    out = ["", title, line("", [f"{base} {unit}"] + configs, width)]
    for row in rows:
        own = median(row["samples"].get(base), figure)
        own = own and own * scale
        ratios = [results.ratio(row, c, base, figure) for c in configs]
        out.append(line(row["name"], [short(own, "{:#.3g}" if own and own < 99.95 else "{:.0f}")] +
                        [cell(r) if spread else short(r and r[0]) for r in ratios], width))
    if mean:
        means = [short(results.mean(rows, c, base, figure)) for c in configs]
        out.append(line("geomean", [""] + means, width))
    return out


def lifecycle_table(results):
    """Milliseconds added to small programs, CPU time and wall time, against plain glibc."""
    rows = results.section("lifecycle")
    configs = [c for c in results.measured(rows) if c != "glibc"]
    if not rows or not configs:
        return []
    out = ["", "start and exit: milliseconds added to plain glibc's (medians)",
           line("", ["glibc ms"] + configs, NARROW)]
    for row in rows:
        for figure in ("wall", "cpu", "start", "exit"):
            own = median(row["samples"].get("glibc"), figure)
            if not own:
                continue
            values = [median(row["samples"].get(c), figure) for c in configs]
            out.append(line(f"{row['name']} {figure}", [f"{own * 1e3:.2f}"] + [
                short(None if v is None else (v - own) * 1e3, "{:+.2f}") for v in values], NARROW))
    return out


def segment_table(results):
    sizes = results.data["segments"]
    if not sizes:
        return []
    return ["", "segments left by one run (KiB of shared memory, all processes of the program)"] + \
        [line(name, [f"{size // 1024}"]) for name, size in sizes.items()]


def goal_lines(results):
    """(what, value as text, goal as text, met or None) for each goal."""
    programs, micro = results.section("programs"), results.section("micro")

    def case(name, base="glibc"):
        found = results.ratio(results.row(name, "micro"), "pooltag", base, "ns")
        return found and found[0]

    def difference(name, config, base_name, base):
        times = [results.median(name, "micro", config, "ns"),
                 results.median(base_name, "micro", base, "ns")]
        return None if None in times else times[0] - times[1]

    def at_most(what, value, bound, form="{:.2f}"):
        return what, short(value, form), "<= " + form.format(bound), \
            None if value is None else value <= bound

    def at_least(what, value, bound, form="{:.1f}"):
        return what, short(value, form), ">= " + form.format(bound), \
            None if value is None else value >= bound

    pairs = [r for r in micro if r["name"].startswith("pair-")]
    large = [r for r in pairs if r["name"] in ("pair-256k", "pair-4m")]
    small = [r for r in pairs if r not in large]
    lines = [
        at_most("programs, CPU: pooltag/glibc", results.mean(programs, "pooltag", "glibc", "cpu"),
                0.97),
        at_most("programs, CPU: pooltag/jemalloc",
                results.mean(programs, "pooltag", "jemalloc", "cpu"), 1.03),
        at_most("programs, RSS: pooltag/jemalloc",
                results.mean(programs, "pooltag", "jemalloc", "rss"), 1.06),
        at_most("pairs of 16 B to 16 KiB: pooltag/glibc",
                results.mean(small, "pooltag", "glibc", "ns"), 1.0),
        at_most("pairs of 256 KiB, 4 MiB: pooltag/glibc",
                results.mean(large, "pooltag", "glibc", "ns"), 1.0),
        at_most("cross-thread free: pooltag/glibc", case("cross-free"), 1.0),
        at_most("churn of 100k: pooltag/glibc", case("churn-100k"), 1.0),
        at_most("ns a pair of 64 B takes over jemalloc's",
                difference("pair-64", "pooltag", "pair-64", "jemalloc"), 3.0),
        at_most("ns two allocation wrappers add",
                difference("wrapped-2", "pooltag", "calls-2", "pooltag"), 8.0),
        at_least("overhead, heaptrack/pooltag stack=32",
                 overhead(results, "heaptrack", "stack=32"), 3.0),
        at_least("overhead, least of all trackers/pooltag", least_overhead(results), 3.0),
    ]
    added = [results.median("small", "lifecycle", c, "wall") for c in ("pooltag", "glibc")]
    lines.append(at_most("ms added to a program that allocates once",
                         None if None in added else (added[0] - added[1]) * 1e3, 2.0))
    for what, many, few in (("1 to 64 threads", "scale-64", "scale-1"),
                            ("60k sites", "sites-60k-64t", "sites-60k")):
        grown = [case(name, "jemalloc") for name in (many, few)]
        lines.append(at_most(f"growth, {what}: pooltag/jemalloc",
                             None if None in grown else grown[0] / grown[1], 1.1))
    checks = [results.ratio(r, "check", "glibc", "wall") for r in results.section("checks")]
    lines.append(at_most("poolmon check, wall: check/plain, the worst",
                         max((c[0] for c in checks if c), default=None), 1.2))
    refresh = results.median("poolmon-refresh", "viewer", "pooltag", "refresh")
    lines.append(at_most("poolmon refresh, ms of CPU (2 % at 1 s)", refresh and refresh * 1e3, 20.0,
                         "{:.0f}"))
    for shape in LeakScan.shapes:
        name = f"leak-scan-{shape}"
        rate = results.median(name, "viewer", "pooltag", "rate")
        lines.append(at_least(f"leak scan throughput, GB/s: {shape}",
                              rate and rate / 1e9, 1.0))
        own = results.median(name, "viewer", "pooltag", "own")
        lines.append(at_most(f"leak scan memory, % of heap: {shape}", own, 5.0))
    return lines


def overhead(results, config, subject):
    """How many times as much CPU time `config` adds as `subject`; None if not measured.

    Times of the programs are summed, and less than 1 % added counts as 1 %: what adds nothing
    has no ratio."""
    added = {}
    for name in (config, subject):
        pairs = [(median(r["samples"].get(name), "cpu"), median(r["samples"].get("glibc"), "cpu"))
                 for r in results.section("trackers")]
        if not pairs or any(None in pair for pair in pairs):
            return None
        least = sum(b for _, b in pairs) / 100
        added[name] = max(sum(a - b for a, b in pairs), least)
    return added[config] / added[subject]


def least_overhead(results):
    """The least of the overheads of trackers that count every allocation, as `overhead` has it."""
    found = [overhead(results, name, "pooltag")
             for name in ("heaptrack", "gperftools", "massif", "memcheck")]
    return min((o for o in found if o is not None), default=None)


def reasons(results, text):
    """What `text`, of REASONS.md, has to say of each goal, headed by what was reached.

    `text` is sections "## GOAL"; one whose goal there is none of is an error."""
    goals = {what: (value, goal, met) for what, value, goal, met in goal_lines(results)}
    out = []
    for section in text.split("\n## ")[1:]:
        what, _, said = section.partition("\n")
        if what not in goals:
            raise ValueError(f"REASONS.md speaks of a goal that there is none of: {what}")
        value, goal, met = goals[what]
        out += [f"### {what}: {value} ({goal}, {VERDICTS[met]})", said.strip(), ""]
        del goals[what]
    for what, (value, goal, met) in goals.items():
        if met is False:
            out += [f"### {what}: {value} ({goal}, MISSED)", "REASONS.md does not say why.", ""]
    return "\n".join(out)


VERDICTS = {True: "met", False: "MISSED", None: "not measured"}


def goals_table(results):
    out = ["", "goals".ljust(44) + "reached".rjust(10) + "goal".rjust(10)]
    for what, value, goal, met in goal_lines(results):
        out.append(what.ljust(44) + value.rjust(10) + goal.rjust(10) + "  " + VERDICTS[met])
    return out


def render(results):
    """The whole report as text."""
    data = results.data
    programs, micro, trackers = map(results.section, ("programs", "micro", "trackers"))
    out = [f"pooltag benchmarks, {data['date']}: {data['repetitions']} interleaved repetitions, "
           f"scale {data['scale']} %",
           data["machine"],
           textwrap.fill(", ".join(f"{name} {version}" for name, version in
                                   data["versions"].items()), 98,
                         break_on_hyphens=False),
           "Ratios are medians of per-repetition ratios, then the least and the largest; below 1 "
           "is less."]
    out += ratio_table(results, "programs: CPU time of all processes", programs, "cpu", "s")
    out += ratio_table(results, "programs: largest resident set of any one process", programs,
                       "rss", "MiB", 2**-20)
    out += ratio_table(results, "programs: wall time (medians)", programs, "wall", "s",
                       spread=False)
    out += ratio_table(results, "micro-benchmarks: CPU time per operation", micro, "ns", "ns",
                       mean=False)
    out += ratio_table(results, "curves: CPU time per operation", results.section("scaling"),
                       "ns", "ns", mean=False)
    out += against_jemalloc(results, programs + micro + results.section("scaling"))
    out += ratio_table(results, "trackers on short runs: CPU time (medians)", trackers, "cpu", "s",
                       spread=False)
    out += ratio_table(results, "trackers on short runs: largest resident set (medians)", trackers,
                       "rss", "MiB", 2**-20, spread=False)
    out += ratio_table(results, "programs under poolmon check: wall time", results.section("checks"),
                       "wall", "s")
    out += lifecycle_table(results) + segment_table(results) + goals_table(results)
    if data["notes"]:
        out += ["", "notes"] + [f"  {note}" for note in data["notes"]]
    return "\n".join(out) + "\n"


def against_jemalloc(results, rows):
    """The subject against untracked jemalloc: CPU time (programs) or ns (micro), and memory."""
    shown = [r for r in rows if results.ratio(r, "pooltag", "jemalloc", "cpu")]
    if not shown:
        return []
    out = ["", "pooltag against untracked jemalloc", line("", ["CPU", "RSS"])]
    for row in shown:
        figure = "cpu" if row["section"] == "programs" else "ns"
        out.append(line(row["name"], [cell(results.ratio(row, "pooltag", "jemalloc", f))
                                      for f in (figure, "rss")]))
    return out
