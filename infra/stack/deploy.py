"""Deploying."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Iterable, Mapping

import package
import parameters
import template
from account import Account, Fault, say
from cloudformation import Stack
from configuration import Configuration
from names import CODE, CONSOLE, FUNCTIONS, MACHINES, NO_DESTINATION, TABLES, TEMPLATE, delivery_queue, key_attributes
from queues import messages_in, queues

FIRST_TIME = (
    "say which app clients report where: CONFIG=analytics-config.json, which `cognito-pinpoint config import` writes"
)


def deploy(args: argparse.Namespace) -> None:
    """Everything is looked at before anything is changed; with --check, nothing is."""
    read = template.read(TEMPLATE)
    given = dict(args.parameters)
    parameters.check_given(read, given)
    config = Configuration.read(args.config) if args.config else None
    if not args.check:
        check_code(FUNCTIONS, args.architecture)
    account = Account.here()
    stack = Stack.find(account, args.stack)
    stack.check_deployable()
    kept = stack.parameters if stack.has_worked else {}
    if config is None and "AnalyticsConfigKey" not in kept:
        raise Fault(FIRST_TIME, status=2)
    parameters.check_whole(read, given, kept)
    if config:
        check_queues(stack.name, config)
        if not args.drop:
            check_delivered(account, stack.name, going(kept, config))
        given = {**config.parameters, **given}
    body = template.body(read, stack.name, {**kept, **given})
    if not stack.has_worked:
        check_tables(account, stack.name)
    bucket = package.Bucket.find(account, args.stack, args.bucket or kept.get("CodeBucket"))
    if args.check:
        say(f"{stack.name} can be deployed to {account.place}")
        return

    if stack.was_made and not stack.has_worked:
        say(f"{stack.name} is {stack.status}: it has never worked, and is deleted first")
        stack.delete()
    bucket.make()
    made = package.upload_code(bucket) | (package.upload_configuration(bucket, config) if config else {})
    made |= {**given, "Architecture": args.architecture}
    if not stack.apply(package.upload_template(bucket, body), read["Parameters"], made):
        check_functions(account, stack.name, deployed({**kept, **made}))
        say(f"nothing to change: {stack.name} is as it should be")
    print_next_steps(account, stack, args.config or Path("analytics-config.json"))


def function(args: argparse.Namespace) -> None:
    """Prints what one function of the stack runs on; with --built, refuses code that was built for another machine."""
    account = Account.here()
    functions = account.client("lambda")
    name = f"{args.stack}-{args.function}"
    try:
        found = functions.get_function_configuration(FunctionName=name)
    except functions.exceptions.ResourceNotFoundException:
        raise Fault(f"there is no function {name} in {account.region}: `make deploy STACK={args.stack} CONFIG=…` makes all")
    architecture = found.get("Architectures", ["x86_64"])[0]
    if args.built:
        check_code([args.function], architecture)
    print(architecture)


def check_code(functions: Iterable[str], architecture: str) -> None:
    for function in functions:
        program = CODE / function / "bootstrap"
        if not program.is_file():
            raise Fault(f"there is no {program}: run `make build ARCH={architecture}` first")
        with program.open("rb") as file:
            header = file.read(20)
        machine = MACHINES.get(int.from_bytes(header[18:20], "little"), "another machine")
        if header.startswith(b"\x7fELF") and machine != architecture:
            raise Fault(f"{program} was built for {machine}: run `make build ARCH={architecture}`")


def check_tables(account: Account, stack: str) -> None:
    """CloudFormation would take in a table of this name, whoever made it."""
    for name, attributes in TABLES.items():
        there = key_attributes(account, f"{stack}-{name}")
        if there is not None and there != attributes:
            raise Fault(f"there is a table {stack}-{name} of somebody else's: give the stack another name with STACK=…")


def check_queues(stack: str, config: Configuration) -> None:
    """SQS takes no longer names."""
    for name in config.destinations:
        queue = delivery_queue(stack, name)
        if len(queue) > 80:
            raise Fault(f"the queue {queue} would have more than 80 characters: shorten the name of the destination")


def going(kept: Mapping[str, str], config: Configuration) -> set[str]:
    """The destinations that the stack has, and that the configuration does not name any more."""
    named = set(kept.get("DestinationNames", NO_DESTINATION).split(","))
    return named - {NO_DESTINATION, *config.destinations}


def check_delivered(account: Account, stack: str, destinations: set[str]) -> None:
    """Refuses while something waits for a destination that goes: its queue goes with it."""
    names = {delivery_queue(stack, destination): destination for destination in destinations}
    there = {url.rsplit("/", 1)[-1]: url for name in sorted(names) for url in queues(account, name)}
    waiting = [
        f"{count} messages wait in the queue {name}, which goes with the destination {names[name]}: leave it in a client's "
        "Destinations until they are delivered, or DROP=1"
        for name, url in there.items()
        if name in names and (count := messages_in(account, url))
    ]
    if waiting:
        raise Fault("\n".join(waiting))


def deployed(values: Mapping[str, str]) -> list[str]:
    """The functions of a stack with these parameters."""
    absent = set()
    if not all(values.get(it) for it in CONSOLE):
        absent.add("console")
    if values.get("DestinationNames", NO_DESTINATION) == NO_DESTINATION:
        absent.add("deliver-events")
    return [name for name in FUNCTIONS if name not in absent]


def check_functions(account: Account, stack: str, names: list[str]) -> None:
    """CloudFormation sees no change where something was deleted behind its back."""
    functions = account.client("lambda")
    missing = []
    for function in (f"{stack}-{name}" for name in names):
        try:
            functions.get_function_configuration(FunctionName=function)
        except functions.exceptions.ResourceNotFoundException:
            missing.append(function)
    if missing:
        raise Fault(
            f"somebody has deleted {', '.join(missing)}, and CloudFormation sees nothing to change: "
            f"`cognito-pinpoint detach` each user pool, `make destroy STACK={stack}`, which keeps the data, "
            f"`make deploy STACK={stack} CONFIG=…`, and attach again"
        )


def print_next_steps(account: Account, stack: Stack, config: Path) -> None:
    outputs = sorted((output["OutputKey"], output["OutputValue"]) for output in stack.describe().get("Outputs", []))
    width = max((len(key) for key, _ in outputs), default=0)
    for key, value in outputs:
        print(f"{key:<{width}}  {value}")
    print(f"""
{stack.name} is deployed to {account.region}; the user pools are as they were. Next, with the ids of yours:

export AWS_REGION={account.region}
cognito-pinpoint attach --user-pool-id ID --stack {stack.name} --dry-run
cognito-pinpoint attach --user-pool-id ID --stack {stack.name}
cognito-pinpoint doctor --user-pool-id ID --stack {stack.name}
cognito-pinpoint sync --user-pool-id ID --stack {stack.name} --config {config} --dry-run
cognito-pinpoint metrics --stack {stack.name}""")
