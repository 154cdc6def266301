# SPDX-License-Identifier: BSD-2-Clause
"""A real Prometheus (Debian package prometheus) scrapes a real process under the library.

It runs with the configuration of docs/monitoring, and every query of the dashboard there must be
answered by it.
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import openmetrics
from common import ENV, GROW, harness, poolmon, running

DOCS = os.path.join(harness.SOURCE, "docs", "monitoring")
tap = harness.Tap()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def query(port, expression):
    """What Prometheus answers to an instant query: a list of (labels, value)."""
    url = (f"http://127.0.0.1:{port}/api/v1/query?"
           + urllib.parse.urlencode({"query": expression}))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            document = json.load(response)
    except urllib.error.HTTPError as error:
        harness.fail(f"{expression}: {error.read().decode()}")
    return [(item["metric"], float(item["value"][1])) for item in document["data"]["result"]]


def wait_for(port, expression, wanted, seconds=40):
    """Asks until the answer's first value passes `wanted`; the last answer."""
    answer = []
    for _ in range(seconds * 4):
        try:
            answer = query(port, expression)
        except OSError:
            pass  # not yet up
        if answer and wanted(answer[0][1]):
            break
        time.sleep(0.25)
    return answer


def dashboard():
    with open(os.path.join(DOCS, "grafana-dashboard.json"), encoding="utf-8") as file:
        return json.load(file)


def expressions(document):
    """(panel, expression) with the dashboard's variables filled in."""
    for panel in document["panels"]:
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in {"$instance": ".*", "$exe": ".*", "$growth": "1m",
                                "$__rate_interval": "1m"}.items():
                text = text.replace(name, value)
            yield panel["title"], text


def configuration(space, port):
    """The repository's configuration, with another port and a shorter interval."""
    with open(os.path.join(DOCS, "prometheus.yml"), encoding="utf-8") as file:
        text = file.read()
    changed = text.replace("127.0.0.1:9870", f"127.0.0.1:{port}").replace("15s", "1s")
    tap.ok(changed.count(str(port)) == 1 and changed.count("1s") == 1,
           "the configuration scrapes poolmon's default address")
    path = space.join("prometheus.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)
    return path


def check_documents():
    result = harness.run(["promtool", "check", "config", os.path.join(DOCS, "prometheus.yml")], ENV)
    tap.ok(result.status == 0, "promtool accepts the configuration", result.out + result.err)
    with open(os.path.join(DOCS, "README.md"), encoding="utf-8") as file:
        rules = re.search(r"```yaml\n(.*?)```", file.read(), re.DOTALL)[1]
    result = harness.run(["promtool", "check", "rules", "/dev/stdin"], ENV, stdin=rules.encode())
    tap.ok(result.status == 0, "promtool accepts the rules in the documentation",
           result.out + result.err)
    titles = {panel["title"] for panel in dashboard()["panels"]}
    tap.ok({"Bytes by tag", "Allocation rate by tag", "Growth, top 10", "Waste",
            "Processes"} <= titles, "the dashboard has its panels", titles)


def check_names(directory):
    """Every metric that the documents name is served."""
    families = openmetrics.parse(poolmon("--openmetrics", "--dir", directory).out.decode())
    served = {sample.name for family in families.values() for sample in family.samples}
    with open(os.path.join(DOCS, "README.md"), encoding="utf-8") as file:
        text = file.read() + json.dumps(dashboard())
    names = set(re.findall(r"\bpooltag_[a-z_]*[a-z]\b(?!\.|\*)", text))
    missing = {name for name in names
               if name not in served and name not in families
               and not any(other.startswith(name + "_") for other in served)}
    tap.ok(names and not missing, "every metric the documents name is served", missing)


def check_figures(port, child, directory):
    document = harness.poolmon_json("--pid", child.pid, "--dir", directory)
    wanted = sum(row["bytes"] for row in document["rows"])
    expression = f'sum(pooltag_in_use_bytes{{pid="{child.pid}"}})'
    answer = wait_for(port, expression, lambda value: value == wanted)
    tap.equal([value for _, value in answer], [float(wanted)], "Prometheus has poolmon's figures")
    child.stdin.write("\n" * 3)
    child.stdin.flush()
    answer = wait_for(port, expression, lambda value: value > 3.9 * wanted)
    tap.ok(answer and answer[0][1] > 3.9 * wanted, "and follows", answer)
    answer = wait_for(port, f'sum(rate(pooltag_allocs_total{{pid="{child.pid}"}}[1m]))',
                      lambda value: value > 0)
    tap.ok(answer and answer[0][1] > 0, "counters have rates", answer)
    labels = query(port, f'pooltag_in_use_bytes{{pid="{child.pid}"}}')[0][0]
    tap.ok(labels["exe"].endswith("/grow") and len(labels["tag"]) >= 4
           and labels["pool"] == "Paged" and labels["job"] == "pooltag", "labels", labels)


def check_dashboard(port):
    for title, expression in expressions(dashboard()):
        answer = query(port, expression)
        tap.ok(answer, f"dashboard: {title}: {expression}", answer)


def scrape(space, directory, child):
    command = [harness.poolmon(), "export", "--dir", directory, "--listen=127.0.0.1:0"]
    with running(command, "metrics at http://") as (_, line):
        config = configuration(space, int(re.search(r":(\d+)/metrics$", line)[1]))
        port = free_port()
        command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={space.path}/db",
                   f"--web.listen-address=127.0.0.1:{port}", "--log.level=info"]
        with running(command, "ready to receive web requests") as (prometheus, _):
            check_figures(port, child, directory)
            tap.equal([value for _, value in query(port, 'up{job="pooltag"}')], [1.0],
                      "the scrape is without fault")
            check_dashboard(port)
            prometheus.terminate()
            prometheus.wait(20)


try:
    subprocess.run(["promtool", "--version"], env=ENV, capture_output=True, check=True)
except FileNotFoundError:
    print("1..0 # SKIP not installed: prometheus")
    sys.exit(0)
with harness.Workspace() as work:
    check_documents()
    segments = work.segments()
    env = harness.preloaded(ENV, f"dir={segments}")
    with running([GROW], "ready", env, subprocess.PIPE) as (grown, _):
        check_names(segments)
        scrape(work, segments, grown)
tap.done()
