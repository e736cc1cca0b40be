"""Destroying."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Iterator

from account import Account, Fault, exists, say
from cloudformation import Stack
from names import FUNCTIONS, TABLES, TRIGGERS, key_attributes, own_bucket
from queues import messages_in, queues

COGNITO = "cognito-idp.amazonaws.com"


def destroy(args: argparse.Namespace) -> None:
    account = Account.here()
    stack = Stack.find(account, args.stack)
    stack.check_free()
    was_made = stack.was_made
    rest = left_by(account, stack.name, was_made)
    if not (stack.status or rest):
        raise Fault(
            f"there is no stack {stack.name} in {account.place}, nor anything that one has left: "
            "see STACK= and AWS_REGION"
        )
    if stack.status:
        check_detached(account, stack.name)
    if stack.status and args.data == "keep":
        check_emptied(account, stack.name)
    if args.data == "delete" and not args.yes:
        confirm(account, stack, rest)
    if stack.status:
        stack.delete()
        say(f"the stack {stack.name} is deleted")
        rest = left_by(account, stack.name, was_made)
    else:
        say(f"there is no stack {stack.name} in {account.region}; this is what one has left")
    if args.data == "delete":
        for thing in rest:
            say(f"deleting the {thing}")
            thing.delete()
        if rest:
            print("deleted, with all data; DynamoDB keeps a backup of each table for 35 days")
    elif rest:
        print("\n".join(["kept:", *(f"  {thing}" for thing in rest)]))
        print(
            f"`make deploy STACK={stack.name} CONFIG=…` takes tables and logs back in; "
            f"`make destroy STACK={stack.name} DATA=delete` deletes all of it"
        )


def confirm(account: Account, stack: Stack, rest: list[Thing]) -> None:
    """Asks before anything is deleted; refuses where there is nobody to ask."""
    things = [*([f"stack {stack.name}"] if stack.status else []), *map(str, rest)]
    say("\n  ".join([f"to be deleted from {account.place}, for good:", *things]))
    if not sys.stdin.isatty():
        raise Fault("nothing was deleted: there is no terminal to ask at; YES=1 deletes without asking")
    print(f"Type the stack's name, {stack.name}, to delete all of it: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != stack.name:
        raise Fault("nothing was deleted")


def check_emptied(account: Account, stack: str) -> None:
    """Refuses while something waits in a queue, which goes with the stack: nothing else knows of it."""
    ways_out = {
        f"{stack}-not-published": f"`cognito-pinpoint redrive --stack {stack}` first",
        f"{stack}-deliver-": "wait until they are delivered, or take the destination out and deploy that with DROP=1",
    }
    waiting = [
        f"{count} messages wait in the queue {url.rsplit('/', 1)[-1]}, which goes with the stack: {way_out}, or DATA=delete"
        for prefix, way_out in ways_out.items()
        for url in queues(account, prefix)
        if (count := messages_in(account, url))
    ]
    if waiting:
        raise Fault("\n".join(waiting))


def check_detached(account: Account, stack: str) -> None:
    """Refuses while Cognito may invoke a trigger: nobody can sign in to a pool whose trigger is gone."""
    functions = account.client("lambda")
    allowed = [
        (function, *statement)
        for trigger in TRIGGERS
        for function in with_aliases(functions, f"{stack}-{trigger}")
        for statement in cognito_may_invoke(functions, function)
    ]
    if not allowed:
        return
    pools = sorted({pool for _, _, pool in allowed if pool})
    lines = [
        "nobody could sign in any more: Cognito may invoke",
        *(f"  {function} (statement {sid}) for {pool or 'any user pool'}" for function, sid, pool in allowed),
        "detach first:",
        *(f"  cognito-pinpoint detach --user-pool-id {pool} --stack {stack}" for pool in pools or ["ID"]),
        "or, where the user pool is gone already, or has an alias for its trigger:",
        *(
            f"  aws lambda remove-permission --region {account.region} --function-name {function} --statement-id {sid}"
            for function, sid, _ in allowed
        ),
    ]
    raise Fault("\n".join(lines))


def with_aliases(functions: Any, function: str) -> Iterator[str]:
    """It, and each of its aliases as Lambda names that: a permission is for the one that was named."""
    yield function
    try:
        for page in functions.get_paginator("list_aliases").paginate(FunctionName=function):
            yield from (f"{function}:{alias['Name']}" for alias in page["Aliases"])
    except functions.exceptions.ResourceNotFoundException:
        return


def cognito_may_invoke(functions: Any, function: str) -> Iterator[tuple[str, str | None]]:
    """The statements that let Cognito invoke it, and the user pools that they are for."""
    try:
        policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return
    for statement in policy["Statement"]:
        principal = statement["Principal"]
        service = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement["Effect"] == "Allow" and COGNITO in ([service] if isinstance(service, str) else service):
            arns = re.findall(r"userpool/([\w-]+)", json.dumps(statement.get("Condition", {})))
            yield statement.get("Sid", ""), arns[0] if arns else None


@dataclass(frozen=True)
class Thing:
    """What outlives the stack."""

    kind: str
    name: str
    delete: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def left_by(account: Account, stack: str, was_there: bool) -> list[Thing]:
    """What is there of it. Others' things may have such names: without the stack, our tables prove that it was."""
    dynamodb, logs, s3 = (account.client(service) for service in ("dynamodb", "logs", "s3"))
    ours = {f"{stack}-{name}": attributes for name, attributes in TABLES.items()}
    tables = [table for table, attributes in ours.items() if key_attributes(account, table) == attributes]
    if not (tables or was_there):
        return []
    things = []
    for group in (f"/aws/lambda/{stack}-{name}" for name in FUNCTIONS):
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if any(other["logGroupName"] == group for other in found):
            things.append(Thing("log group", group, partial(logs.delete_log_group, logGroupName=group)))
    bucket = own_bucket(account, stack)
    if exists(partial(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner=account.id), "403", "404", "NoSuchBucket"):
        things.append(Thing("bucket", bucket, partial(delete_bucket, account, bucket)))
    # Last: an interrupted deletion can still say what it was about.
    return things + [Thing("table", table, partial(delete_table, dynamodb, table)) for table in tables]


def delete_table(dynamodb: Any, table: str) -> None:
    dynamodb.delete_table(TableName=table)
    dynamodb.get_waiter("table_not_exists").wait(TableName=table)


def delete_bucket(account: Account, name: str) -> None:
    bucket = account.session.resource("s3", region_name=account.region).Bucket(name)
    bucket.object_versions.delete()
    bucket.delete()
