"""Rows that are not real programs: micro-benchmarks, start and exit, poolmon, the leak scan."""
import dataclasses
import os
import shutil
import statistics
import subprocess
import tempfile

from harness.measure import Failed
from harness.programs import Program

SHARED_MEMORY = "/dev/shm"


class Micro(Program):
    """One case of bench/micro: nanoseconds of CPU time and of wall time per operation."""
    def __init__(self, bench, name, section):
        self.name = name
        self.section = section
        super().__init__(bench)

    def command(self):
        return [self.bench.executable("micro"), self.name, str(self.scale)]

    def sample(self, config):
        samples, _, output = self.run(config)
        cpu, wall = map(float, output.split())
        return dict(samples[0], ns=cpu, ns_wall=wall)


class Lifecycle(Program):
    """Median of many starts of a small program; `start` and `exit` if it stamps its main."""
    section = "lifecycle"
    turns, starts = 8, 5  # few starts at a time: other work on the machine comes in bursts
    commands = {
        "true": ["/bin/true"],
        "small": ["once"],
        "2000-sites": ["resident", "2000", "16777216", "exit"],
    }

    def __init__(self, bench, name):
        self.name = name
        super().__init__(bench)

    def command(self):
        command = self.commands[self.name]
        if "/" not in command[0]:
            return [self.bench.executable(command[0])] + command[1:]
        return command

    def sample(self, config):
        samples, _, _ = self.run(config, repeat=self.starts)
        return {figure: statistics.median(s[figure] for s in samples) for figure in samples[0]}


class SegmentFolder:
    """A directory of segments of its own, for `owner`; removed at the end."""

    def __init__(self, owner=None):
        self.owner = owner

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="pooltag-bench-", dir=SHARED_MEMORY)
        if self.owner:
            shutil.chown(self.path, self.owner)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def segment_bytes(program, subject):
    """Memory of the segments that one more run of `program` leaves, all its processes together."""
    with SegmentFolder(program.owner()) as folder:
        options = f"dir={folder}:keep=1"
        program.sample(dataclasses.replace(subject, variables=(("POOLTAG_OPTIONS", options),)))
        return sum(entry.stat().st_blocks * 512 for entry in os.scandir(folder))


class Refresh(Program):
    """CPU time of one refresh of poolmon over 200 processes of 2,000 sites."""
    section = "viewer"
    name = "poolmon-refresh"
    processes, sites, refreshes = 200, 2000, 10

    def batch(self, folder, count):
        samples, _, _ = self.bench.launcher.run(
            [self.bench.poolmon, "--batch", "--interval", "0.2", "--count", str(count), "--dir",
             folder], {})
        return samples[0]

    def sample(self, config):
        hosts = []
        with SegmentFolder() as folder:
            variables = dict(self.variables(config), POOLTAG_OPTIONS=f"dir={folder}")
            try:
                for _ in range(self.processes):
                    host = subprocess.Popen(
                        [self.bench.executable("resident"), str(self.sites), "0", "wait"],
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        env=dict(self.bench.launcher.environment, **variables))
                    hosts.append(host)
                    if host.stdout.readline() != b"ready\n":
                        raise Failed("a process to look at did not start")
                first, more = self.batch(folder, 1), self.batch(folder, 1 + self.refreshes)
                return dict(more, refresh=(more["cpu"] - first["cpu"]) / self.refreshes)
            finally:
                for host in hosts:
                    host.communicate()


class LeakScan(Program):
    """
    Bytes of heap per second that a leak scan reads, and the memory it takes for itself in per cent of
    the heap, for heaps of several shapes.
    """
    section = "viewer"
    megabytes = 1024
    shapes = "table", "list", "buffers", "tree"

    def __init__(self, bench, shape):
        self.shape = shape
        self.name = f"leak-scan-{shape}"
        super().__init__(bench)

    def command(self):
        megabytes = max(self.megabytes * self.scale // 100, 64)
        return [self.bench.executable("leaks"), self.shape, str(megabytes)]

    def sample(self, config):
        samples, _, output = self.run(config)
        _, heap, nanoseconds, pages = output.split()
        return dict(samples[0], rate=int(heap) / int(nanoseconds) * 1e9,
                    own=int(pages) * 4096 / int(heap) * 100)
