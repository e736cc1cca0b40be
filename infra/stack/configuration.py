"""The configuration: which app clients report where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from account import Fault
from names import NO_DESTINATION

# Its name in the layer, which Lambda unpacks into /opt.
FILE = "analytics-config.json"


@dataclass(frozen=True)
class Configuration:
    """`cognito-pinpoint config check` knows whether it is right."""

    text: str
    role_arns: list[str]
    # The names of those that anything is sent to.
    destinations: list[str]

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters that it says."""
        return {
            "DestinationNames": ",".join(self.destinations) or NO_DESTINATION,
            "RoleArns": ",".join(self.role_arns),
        }

    @classmethod
    def read(cls, path: Path) -> Configuration:
        try:
            # Editors on Windows may begin a file with a byte order mark.
            config = json.loads(path.read_text("utf-8-sig"))
        except ValueError as fault:
            raise Fault(f"{path} is not JSON: {fault}")
        try:
            clients = [*config.get("Clients", {}).values(), config.get("Default") or {}]
            definitions = (config.get("Destinations") or {}).values()
            roles = {it["RoleArn"] for it in [*clients, *definitions] if it.get("RoleArn")}
            destinations = {name for client in clients for name in client.get("Destinations") or []}
        except (AttributeError, TypeError):
            raise Fault(f"{path} is no configuration: `cognito-pinpoint config check {path}` says why")
        check_destinations(config, path)
        return cls(json.dumps(config, separators=(",", ":")), sorted(roles), sorted(destinations))


def check_destinations(config: dict, path: Path) -> None:
    """No function in Lambda can write a file that anybody reads."""
    destinations = config.get("Destinations")
    if not isinstance(destinations, dict):
        return
    files = [name for name, it in destinations.items() if isinstance(it, dict) and it.get("Type") == "file"]
    if files:
        faults = "".join(
            f'\nDestinations.{name}.Type: is "file", which is for this machine alone; send to firehose, which writes files to S3'
            for name in files
        )
        raise Fault(f"{path} cannot be deployed:{faults}")
