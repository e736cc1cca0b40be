"""Replays made-up events in a process of its own, and prints how fast it was and how much memory it took.

Usage: replay.py COGNITO_PINPOINT EVENTS

The events are a sign-in (pre- and post-authentication), a token refresh and now and then a sign-up or a wrong
password, of one user for every hundred events, over ninety days; the same at every run.
"""

import json
import os
import random
import sys
import tempfile
from datetime import datetime, timedelta, timezone

from measured import measured

PLATFORMS = ["iOS", "Android", "web"]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def event(source, number, metadata):
    request = {
        "userAttributes": {
            "sub": f"{number:08x}-0000-4000-8000-000000000000",
            "cognito:user_status": "CONFIRMED",
            "email_verified": "true",
            "email": f"user{number}@example.test",
        }
    }
    request["validationData" if source.startswith("Pre") else "clientMetadata"] = metadata
    return {
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_AAAA11111",
        "userName": f"user{number}",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
        "triggerSource": source,
        "request": request,
        "response": {},
    }


def write(path, count):
    chance = random.Random(1)
    users = max(count // 100, 1)
    step = timedelta(days=90) / count
    with open(path, "w") as file:
        written = 0
        while written < count:
            number = chance.randrange(users)
            metadata = {"platform": PLATFORMS[number % 3], "appVersion": f"2.{number % 5}.0", "locale": "en_US"}
            sources = ["PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_RefreshTokens"]
            if chance.random() < 0.1:
                sources = ["PreAuthentication_Authentication"]
            elif chance.random() < 0.05:
                sources = ["PostConfirmation_ConfirmSignUp"]
            for source in sources[: count - written]:
                at = (START + written * step).isoformat(timespec="milliseconds")
                file.write(json.dumps({"time": at, "event": event(source, number, metadata)}) + "\n")
                written += 1


def run(command, name, count):
    seconds, megabytes, report = measured(command)
    assert report["replayed"] == count and not report["rejected"], f"{name}: not every event was replayed"
    print(
        f"{name:<12} {count:>9,} events  {seconds:8.1f} s  {count / seconds:>8,.0f} events/s  {megabytes:6.0f} MB at most"
    )


def main():
    command, count = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        events = os.path.join(folder, "events.jsonl")
        write(events, count)
        replay = [command, "replay", "--format", "json"]
        run([*replay, events], "in memory", count)
        run([*replay, "--data-dir", os.path.join(folder, "data"), events], "--data-dir", count)


if __name__ == "__main__":
    main()
