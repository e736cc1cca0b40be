"""What an installation is made of, and what its parts are called."""

from __future__ import annotations

from pathlib import Path

from account import Account

TEMPLATE = Path(__file__).resolve().parent.with_name("template.yaml")
CODE = TEMPLATE.parent.parent / "target" / "lambda"

TRIGGERS = ["pre-authentication", "post-authentication", "post-confirmation", "pre-token-generation"]
FUNCTIONS = [*TRIGGERS, "publish-events", "deliver-events", "expire-attempts", "gauge-active-users", "console"]
# The console is there if all of these are given.
CONSOLE = ["ConsoleUserPoolId", "ConsoleClientId", "ConsoleDomain", "ConsoleGroup"]
# What the template calls it that there is no destination: a list of CloudFormation's is never empty.
NO_DESTINATION = "none"
# With the attributes of their keys, which tell them from somebody else's.
TABLES = {
    "event-log": {"user", "eventId"},
    "users": {"user", "dueShard", "dueAt", "lastActiveShard", "lastActive"},
    "metrics": {"projectShard", "segmentDay"},
}
# The machine in an ELF header, as Lambda calls it.
MACHINES = {183: "arm64", 62: "x86_64"}


def delivery_queue(stack: str, destination: str) -> str:
    return f"{stack}-deliver-{destination}.fifo"


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
