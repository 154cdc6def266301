# SPDX-License-Identifier: BSD-2-Clause
"""A program to look at: keeps a small shop in dictionaries, JSON, SQLite, zlib and OpenSSL.

Usage: workload.py SECONDS, 0 for ever. Prints "ready" when its data stand. ./quickstart runs it under
the library; nothing in it knows of pooltag.
"""

import hashlib
import json
import re
import signal
import sqlite3
import sys
import time
import zlib

WORDS = re.compile(r"\w+")


def fill(database, count):
    database.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, detail TEXT)")
    database.executemany(
        "INSERT INTO item VALUES(?, ?, ?, ?)",
        ((i, f"item {i}", i * 0.99, json.dumps({"id": i, "words": ["a"] * (i % 9)})) for i in range(count)),
    )
    database.execute("CREATE INDEX by_price ON item(price)")


def work(database, orders, number):
    """One order: a query, some text, a receipt that stays for a while."""
    rows = database.execute(
        "SELECT name, detail FROM item WHERE price > ? ORDER BY price LIMIT 50", (number % 5000,)
    ).fetchall()
    text = json.dumps([json.loads(detail) for _, detail in rows]) + " ".join(n for n, _ in rows)
    words = {}
    for word in WORDS.findall(text):
        words[word] = words.get(word, 0) + 1
    packed = zlib.compress(text.encode())
    orders[number % 2000] = (hashlib.sha256(packed).hexdigest(), packed, words)
    database.execute("UPDATE item SET price = price + 0.01 WHERE id = ?", (number % 5000,))


def main():
    seconds = float(sys.argv[1])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    database = sqlite3.connect(":memory:")
    fill(database, 5000)
    orders = {}
    for number in range(300):
        work(database, orders, number)
    print("ready", flush=True)
    end = time.monotonic() + seconds
    number = 300
    while not seconds or time.monotonic() < end:
        work(database, orders, number)
        number += 1
        time.sleep(0.005)


main()
