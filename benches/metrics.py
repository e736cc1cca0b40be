"""Asks for a year's figures by five clients, each time in a process of its own, and prints how long that took.

Usage: metrics.py COGNITO_PINPOINT USERS RUNS

The store is made first, by replaying a sign-in and a wrong password of each of USERS users on every third day of a year;
with a hundred users and more, each row of the year is there in each of its shards. The first run, which reads the store
from the disk, is printed by itself.
"""

import json
import os
import statistics
import sys
import tempfile
from datetime import datetime, timedelta, timezone

from measured import measured

START = datetime(2025, 1, 1, 12, tzinfo=timezone.utc)
DAYS = 365
CLIENTS = 5


def event(source, number):
    return {
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_AAAA11111",
        "userName": f"user{number}",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": f"{number % CLIENTS}example23456789"},
        "triggerSource": source,
        "request": {
            "userAttributes": {"sub": f"{number:08x}-0000-4000-8000-000000000000", "cognito:user_status": "CONFIRMED"},
            "validationData" if source.startswith("Pre") else "clientMetadata": {"platform": "iOS", "locale": "en_US"},
        },
        "response": {},
    }


def write(path, users):
    sources = ["PreAuthentication_Authentication", "PreAuthentication_Authentication", "PostAuthentication_Authentication"]
    with open(path, "w") as file:
        for day in range(DAYS):
            for number in range(day % 3, users, 3):
                for step, source in enumerate(sources):
                    at = START + timedelta(days=day, minutes=number % 600, seconds=step)
                    file.write(json.dumps({"time": at.isoformat(), "event": event(source, number)}) + "\n")


def store(command, users, folder):
    """Replays that year into a store in the folder, and gives its path."""
    events, data = os.path.join(folder, "events.jsonl"), os.path.join(folder, "data")
    write(events, users)
    measured([command, "replay", "--format", "json", "--data-dir", data, events])
    return data


def main():
    command, users, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        data = store(command, users, folder)
        dates = ["--from", START.date().isoformat(), "--to", (START + timedelta(days=DAYS - 1)).date().isoformat()]
        metrics = [command, "metrics", "--data-dir", data, "--by", "client", "--format", "json", *dates]
        all_runs = [measured(metrics) for _ in range(runs + 1)]
    clients = {day["segment"]["client"] for day in all_runs[0].report}
    assert len(clients) == min(CLIENTS, users) and len(all_runs[0].report) == DAYS * len(clients), "days are missing"
    first, *others = [run.seconds * 1000 for run in all_runs]
    print(
        f"metrics --by client  {DAYS} days of {len(clients)} clients  {statistics.median(others):6.1f} ms, at most "
        f"{max(others):.1f} ms; the first {first:.1f} ms"
    )


if __name__ == "__main__":
    main()
