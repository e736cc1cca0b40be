"""The configuration: which app clients report where."""

from __future__ import annotations

import json
import os
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
    # What is sent to with the function's own role, and the secrets for that.
    own_arns: list[str]
    # The names of those that anything is sent to.
    destinations: list[str]

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters that it says."""
        return {
            "DestinationArns": ",".join(self.own_arns),
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
            definitions = list((config.get("Destinations") or {}).values())
            roles = {it["RoleArn"] for it in [*clients, *definitions] if it.get("RoleArn")}
            own_arns = {arn for it in definitions for arn in arns(it)}
            destinations = {name for client in clients for name in client.get("Destinations") or []}
        except (AttributeError, TypeError):
            raise Fault(f"{path} is no configuration: `cognito-pinpoint config check {path}` says why")
        check_destinations(config, path)
        text = json.dumps(config, separators=(",", ":"))
        return cls(text, sorted(roles), sorted(own_arns), sorted(destinations))


# Of each type of destination, the ARN of what it sends to, but for partition and Region, and the setting that names it.
SENT_TO = {
    "firehose": ("firehose:{region}:*:deliverystream/{name}", "DeliveryStreamName"),
    "kinesis": ("kinesis:{region}:*:stream/{name}", "StreamName"),
    "eventbridge": ("events:{region}:*:event-bus/{name}", "EventBusName"),
    # Secrets Manager adds six characters to a secret's name.
    "webhook": ("secretsmanager:{region}:*:secret:{name}-??????", "SecretName"),
}


def arns(definition: dict) -> list[str]:
    """What a destination needs of the function's own role: nothing, if it has a role of its own."""
    if definition.get("RoleArn") or definition.get("Type") not in SENT_TO:
        return []
    form, setting = SENT_TO[definition["Type"]]
    name = str(definition.get(setting))
    if name.startswith("arn:"):
        return [name]
    region = definition.get("Region") or "*"
    return [f"arn:{partition(region)}:{form.format(region=region, name=name)}"]


def partition(region: str) -> str:
    """Of the Region that is named, or of the one that is deployed to."""
    if region == "*":
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


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
