# SPDX-License-Identifier: BSD-2-Clause
# objects.py - JSON, dictionaries, lists and strings; argument: percentage of the work
import json
import sys

scale = int(sys.argv[1])
total = 0
for turn in range(4):
    records = [{"id": i, "name": f"name {i * 7919 % 50021}", "tags": [f"t{i % 7}", f"u{i % 11}"],
                "point": {"x": i / 8, "y": i * turn}} for i in range(300 * scale)]
    text = json.dumps(records)
    again = json.loads(text)
    index = {}
    for record in again:
        index.setdefault(record["name"][:6], []).append((record["id"], record["point"]["x"]))
    total += len(text) + sum(len(v) for v in index.values())
    words = " ".join(record["name"] for record in again).split()
    total += len(set(words)) + len(sorted(words, reverse=True))
print(total)
