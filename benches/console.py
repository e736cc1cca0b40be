"""Serves a year's figures with the console, and prints how long its answers take, over one connection.

Usage: console.py COGNITO_PINPOINT USERS RUNS

The store is that of metrics.py: made by replaying a sign-in and a wrong password of each of USERS users on every third day
of a year. The first answer, which reads the store from the disk, is printed by itself.
"""

import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta

from metrics import DAYS, START, store

FIRST, LAST = START.date(), (START + timedelta(days=DAYS - 1)).date()
SPAN = f"from={FIRST}&to={LAST}"
ADDRESSES = {
    "days, whole": f"/api/v1/days?{SPAN}",
    "days, by client": f"/api/v1/days?{SPAN}&by=client",
    "the page": f"/?{SPAN}&by=client",
}


def timed(connection, address):
    began = time.monotonic()
    connection.request("GET", address)
    reply = connection.getresponse()
    body = reply.read()
    assert reply.status == 200, f"{address}: {reply.status} {body[:500]}"
    return (time.monotonic() - began) * 1000, len(body)


def report(port, runs):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for name, address in ADDRESSES.items():
        (first, size), *others = [timed(connection, address) for _ in range(runs + 1)]
        times = [milliseconds for milliseconds, _ in others]
        print(
            f"{name:16} {DAYS} days  {statistics.median(times):7.1f} ms, at most {max(times):.1f} ms; "
            f"the first {first:.1f} ms; {size / 1024:.0f} KB"
        )


def main():
    command, users, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        serve = [command, "console", "--data-dir", store(command, users, folder), "--port", "0"]
        console = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        try:
            port = re.search(r"http://127\.0\.0\.1:(\d+)/", console.stdout.readline()).group(1)
            report(int(port), runs)
        finally:
            console.terminate()
            console.wait()


if __name__ == "__main__":
    main()
