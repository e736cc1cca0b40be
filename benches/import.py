"""Imports made-up records of Pinpoint's event stream in a process of its own, and prints how fast it was and how much memory
it took: first a quarter of them, so that memory which grows with the records shows; then all, into another store; then all
again, which counts nothing.

Usage: import.py COGNITO_PINPOINT RECORDS

The records are sessions, sign-ins, now and then a failure or a purchase, of one user for every hundred records, over ninety
days, in files of an hour each as a stream delivers them, compressed; the same at every run.
"""

import gzip
import json
import os
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone

from measured import measured

PROJECT = "00000000000000000000000000000000"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAYS = 90
TYPES = ["_session.start"] * 10 + ["_userauth.sign_in"] * 6 + ["_userauth.auth_fail"] * 2 + ["_userauth.sign_up", "purchase"]


def record(number, event_type, at):
    milliseconds = int(at.timestamp() * 1000)
    endpoint = {"ChannelType": "EMAIL", "EndpointStatus": "ACTIVE", "OptOut": "NONE", "User": {"UserId": f"user-{number}"}}
    return {
        "event_type": event_type,
        "event_timestamp": milliseconds,
        "arrival_timestamp": milliseconds + 900,
        "event_version": "3.1",
        "application": {"app_id": PROJECT, "sdk": {}, "version_name": f"2.{number % 5}.0"},
        "client": {"client_id": f"{number:08x}-0000-4000-8000-000000000000"},
        "device": {"locale": {"code": "en_US"}, "platform": {"name": ["ios", "android", "web"][number % 3]}},
        "session": {},
        "attributes": {},
        "metrics": {},
        "client_context": {"custom": {"endpoint": json.dumps(endpoint)}},
        "awsAccountId": "111122223333",
    }


def write(folder, count):
    chance = random.Random(1)
    users = max(count // 100, 1)
    step = timedelta(days=DAYS) / count
    file, hour = None, None
    for number in range(count):
        at = START + number * step
        if at.strftime("%Y/%m/%d/%H") != hour:
            hour = at.strftime("%Y/%m/%d/%H")
            os.makedirs(os.path.join(folder, hour), exist_ok=True)
            file = file and file.close()
            file = gzip.open(os.path.join(folder, hour, "events-1.gz"), "wt", compresslevel=1)
        file.write(json.dumps(record(chance.randrange(users), chance.choice(TYPES), at)) + "\n")
    file.close()


def run(name, command, count, counted):
    seconds, megabytes, report = measured(command)
    assert report["read"] == count and not report["rejected"], f"{name}: not every record was read"
    assert (report["outcomes"].get("imported", 0) > 0) == counted, f"{name}: {report['outcomes']}"
    print(
        f"{name:<12} {count:>9,} records  {seconds:8.1f} s  {count / seconds:>8,.0f} records/s  {megabytes:6.0f} MB at most"
    )


def main():
    command, count = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:

        def an_import(records, data):
            into = ["--user-pool-id", "eu-west-1_AAAA11111", "--data-dir", os.path.join(folder, data), "--format", "json"]
            return [command, "import", *into, os.path.join(folder, records)]

        write(os.path.join(folder, "quarter"), count // 4)
        write(os.path.join(folder, "records"), count)
        run("a quarter", an_import("quarter", "less"), count // 4, True)
        run("all", an_import("records", "data"), count, True)
        run("all again", an_import("records", "data"), count, False)


if __name__ == "__main__":
    main()
