"""Runs commands under a configuration and turns repeated figures into ratios.

A sample is a dictionary of figures of one run: `cpu`, `wall` in seconds, `rss` in bytes, and what
else a row measures. None stands for a run that failed. Samples with the same index were taken in
the same repetition, one after the other, which is why ratios are formed per repetition.
"""
import hashlib
import math
import os
import signal
import statistics
import subprocess


class Failed(Exception):
    """A run that did not end as it must; the text says what happened."""


class Launcher:
    """Starts commands through bench/measure, which see for what is counted."""

    def __init__(self, program, work, cpus):
        self.program = program
        self.work = work
        self.cpus = cpus
        self.result = os.path.join(work, "result")
        self.environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": work,
            "LANG": "C.UTF-8",
        }

    def _command(self, command, variables, repeat):
        line = [self.program, "--result", self.result, "--repeat", str(repeat)]
        if self.cpus:
            line += ["--cpus", self.cpus]
        for name, value in variables.items():
            line += ["--env", f"{name}={value}"]
        return line + ["--"] + command

    def start(self, command, variables, **streams):
        """Starts `command` with more environment `variables`; ends with finish()."""
        return subprocess.Popen(self._command(command, variables, streams.pop("repeat", 1)),
                                env=self.environment, **streams)

    def finish(self, process, stop=None):
        """Waits, after sending the signal `stop` if given; returns the sample of each
        repetition."""
        if stop:
            process.send_signal(stop)
        try:
            process.wait(timeout=600)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait()
            raise Failed("still running after 600 s") from None
        samples = []
        with open(self.result, encoding="ascii") as lines:
            for line in lines:
                user, system, wall, rss, status, begin, end = map(int, line.split())
                if status != 0:
                    raise Failed(describe_status(status))
                samples.append({"cpu": (user + system) / 1e6, "wall": wall / 1e6,
                                "rss": rss * 1024, "start": begin / 1e6, "exit": end / 1e6})
        if not samples:
            raise Failed("not measured")
        return samples

    def run(self, command, variables, repeat=1, stdin=None):
        """Runs `command` to its end. Returns (samples, hash of its output, its output)."""
        output_path = os.path.join(self.work, "output")
        with open(output_path, "wb") as output, open(output_path + ".err", "wb") as errors, \
                open(stdin or os.devnull, "rb") as source:
            process = self.start(command, variables, repeat=repeat, stdin=source, stdout=output,
                                 stderr=errors)
            try:
                samples = self.finish(process)
            except Failed as failed:
                raise Failed(f"{failed}{last_line(output_path + '.err')}") from None
        digest = hashlib.sha256()
        with open(output_path, "rb") as output:
            start = output.read(65536)
            digest.update(start)
            while block := output.read(1 << 20):
                digest.update(block)
        return samples, digest.hexdigest(), start.decode("utf-8", "replace")


def describe_status(status):
    """A wait status in words."""
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit status {os.WEXITSTATUS(status)}"


def last_line(path):
    """': ' and the last line of a file of messages, or nothing."""
    with open(path, "rb") as lines:
        text = lines.read().decode("utf-8", "replace").strip().splitlines()
    return f": {text[-1][:160]}" if text else ""


def median(samples, figure):
    """Median of one figure over the runs that succeeded; None if none did."""
    values = [s[figure] for s in samples or [] if s and figure in s]
    return statistics.median(values) if values else None


def ratio(samples, base, figure):
    """(median, least, largest) of the per-repetition ratios, or None."""
    ratios = [a[figure] / b[figure] for a, b in zip(samples or [], base or [])
              if a and b and b.get(figure) and figure in a]
    if not ratios:
        return None
    return statistics.median(ratios), min(ratios), max(ratios)


def geomean(ratios):
    """Geometric mean of the medians of ratios, leaving out those that are None."""
    values = [r[0] for r in ratios if r and r[0] > 0]
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def interleave(row, configs, repetitions, note):
    """Runs every configuration once per repetition, in turn; which is first rotates.

    Returns {configuration name: [sample or None] * repetitions}. A configuration that failed is
    said through `note` and not tried again."""
    samples = {c.name: [] for c in configs}
    for repetition in range(repetitions):
        turn = repetition % len(configs)
        for config in configs[turn:] + configs[:turn]:
            taken = samples[config.name]
            if taken and (taken[-1] is None or config.once):
                taken.append(None)
                continue
            try:
                taken.append(row.sample(config))
            except Failed as failed:
                taken.append(None)
                note(f"{row.name} under {config.name}: {failed}")
    return samples
