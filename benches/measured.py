"""Runs a command as a process of its own: how long it takes, how much memory, and the JSON that it prints."""

import json
import os
import subprocess
import time
from typing import Any, NamedTuple


class Measured(NamedTuple):
    seconds: float
    megabytes: float  # at most
    report: Any


def measured(command):
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    assert status == 0, f"{' '.join(command)}: exit status {status}"
    return Measured(seconds, usage.ru_maxrss / 1024, json.loads(printed))
