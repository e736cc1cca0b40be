"""What an installation is made of, and what its parts are called."""

from __future__ import annotations

from pathlib import Path

from account import Account

TEMPLATE = Path(__file__).resolve().parent.with_name("template.yaml")
CODE = TEMPLATE.parent.parent / "target" / "lambda"

TRIGGERS = ["pre-authentication", "post-authentication", "post-confirmation", "pre-token-generation"]
FUNCTIONS = [*TRIGGERS, "publish-events", "expire-attempts"]
# With the attributes of their keys, which tell them from somebody else's.
TABLES = {
    "event-log": {"user", "eventId"},
    "users": {"user", "dueShard", "dueAt"},
    "metrics": {"projectShard", "segmentDay"},
}
# The machine in an ELF header, as Lambda calls it.
MACHINES = {183: "arm64", 62: "x86_64"}


def key_attributes(account: Account, table: str) -> set[str] | None:
    """The attributes of a table's keys, if there is such a table."""
    dynamodb = account.client("dynamodb")
    try:
        found = dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return None
    return {attribute["AttributeName"] for attribute in found["AttributeDefinitions"]}


def own_bucket(account: Account, stack: str) -> str:
    end = f"-code-{account.id}-{account.region}"
    return stack.lower()[: 63 - len(end)] + end


def configurations(account: Account, stack: str) -> list[str]:
    """The SSM parameters that hold the configurations of now and before."""
    pages = account.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=configuration_path(stack))
    return [parameter["Name"] for page in pages for parameter in page["Parameters"]]


def configuration_path(stack: str) -> str:
    return f"/{stack}/analytics-config"
