"""Deploying."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Iterable

from botocore import exceptions as aws_faults

from account import Account, Fault, code_of, reason_of, say
from cloudformation import Stack
from names import CODE, FUNCTIONS, MACHINES, TABLES, TEMPLATE
from names import configuration_path, configurations, key_attributes, own_bucket

# The parameters that the options set.
SET_BY_OPTIONS = {
    "Architecture": "--architecture",
    "AnalyticsConfig": "--config",
    "AnalyticsConfigParameter": "--config",
}
# A function's environment holds 4 KB in all, an SSM parameter 8 KB.
INLINE_BYTES = 3000
PARAMETER_BYTES = 8192

FIRST_TIME = (
    "say which app clients report where: CONFIG=analytics-config.json, which `cognito-pinpoint config import` writes"
)

Parameters = dict[str, str]


def deploy(args: argparse.Namespace) -> None:
    """Everything is looked at before anything is changed; with --check, nothing is."""
    if not args.check:
        check_code(FUNCTIONS, args.architecture)
    account = Account.here()
    stack = Stack.find(account, args.stack)
    config = Configuration.read(args.config, args.stack) if args.config else None
    given = known(account, dict(args.parameters))
    stack.check_deployable()
    if not stack.has_worked:
        if config is None:
            raise Fault(FIRST_TIME, status=2)
        check_tables(account, stack.name)
    bucket = find_bucket(account, args.stack, args.bucket)
    if args.check:
        say(f"{stack.name} can be deployed to {account.region} of the account {account.id}")
        return

    if stack.was_made and not stack.has_worked:
        say(f"{stack.name} is {stack.status}: it has never worked, and is deleted first")
        stack.delete()
    make_bucket(account, bucket)
    template = package(account, bucket, args.stack)
    if config:
        config.store(account)
        given = {**config.parameters(), **given}
    if stack.apply(template, {**given, "Architecture": args.architecture}):
        forget_configurations(account, stack)
    else:
        check_functions(account, stack.name)
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


def known(account: Account, given: Parameters) -> Parameters:
    """The parameters that were given, if the template has them and leaves them to be given."""
    summary = account.client("cloudformation").validate_template(TemplateBody=TEMPLATE.read_text("utf-8"))
    names = {parameter["ParameterKey"] for parameter in summary["Parameters"]}
    for name in given:
        if name in SET_BY_OPTIONS:
            raise Fault(f"{name} is what {SET_BY_OPTIONS[name]} sets", status=2)
        if name not in names:
            free = ", ".join(sorted(names - set(SET_BY_OPTIONS)))
            raise Fault(f"the template has no parameter {name}; it has {free}", status=2)
    return given


def check_tables(account: Account, stack: str) -> None:
    """CloudFormation would take in a table of this name, whoever made it."""
    for name, attributes in TABLES.items():
        there = key_attributes(account, f"{stack}-{name}")
        if there is not None and there != attributes:
            raise Fault(f"there is a table {stack}-{name} of somebody else's: give the stack another name with STACK=…")


def check_functions(account: Account, stack: str) -> None:
    """CloudFormation sees no change where something was deleted behind its back."""
    functions = account.client("lambda")
    missing = []
    for function in (f"{stack}-{name}" for name in FUNCTIONS):
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


@dataclass(frozen=True)
class Configuration:
    """Which app clients report where. `cognito-pinpoint config check` knows if it is right."""

    text: str
    role_arns: list[str]
    # The SSM parameter that holds it, if the functions' environment does not.
    ssm_name: str | None

    @classmethod
    def read(cls, path: Path, stack: str) -> Configuration:
        try:
            config = json.loads(path.read_text("utf-8"))
        except ValueError as fault:
            raise Fault(f"{path} is not JSON: {fault}")
        try:
            clients = [*config.get("Clients", {}).values(), config.get("Default") or {}]
            roles = {client["RoleArn"] for client in clients if client.get("RoleArn")}
        except (AttributeError, TypeError):
            raise Fault(f"{path} is no configuration: `cognito-pinpoint config check {path}` says why")
        text = json.dumps(config, separators=(",", ":"))
        if len(text) > PARAMETER_BYTES:
            raise Fault(
                f"{path} is too long: {len(text):,} bytes of {PARAMETER_BYTES:,}; most app clients may be Default"
            )
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        ssm_name = f"{configuration_path(stack)}/{version}" if len(text) > INLINE_BYTES else None
        return cls(text, sorted(roles), ssm_name)

    def store(self, account: Account) -> None:
        """Named by what it holds: the functions keep the one that they have until CloudFormation gives them this."""
        if self.ssm_name:
            say(f"writing the configuration to the SSM parameter {self.ssm_name}")
            account.client("ssm").put_parameter(
                Name=self.ssm_name, Value=self.text, Type="String", Tier="Intelligent-Tiering", Overwrite=True
            )

    def parameters(self) -> Parameters:
        return {
            "AnalyticsConfig": "" if self.ssm_name else self.text,
            "AnalyticsConfigParameter": self.ssm_name or "",
            "RoleArns": ",".join(self.role_arns),
        }


def forget_configurations(account: Account, stack: Stack) -> None:
    """Deletes what is neither the stack's now nor was before: a rollback by hand may want the one before."""
    now = Stack.find(account, stack.name)
    kept = {it.parameters.get("AnalyticsConfigParameter", "") for it in (stack, now)}
    if len(kept) == 1:
        return
    try:
        for name in configurations(account, stack.name):
            if name not in kept:
                account.client("ssm").delete_parameter(Name=name)
    except aws_faults.ClientError as refused:
        say(f"older configurations are left in SSM: {reason_of(refused)}")


@dataclass(frozen=True)
class Bucket:
    name: str
    exists: bool


def find_bucket(account: Account, stack: str, given: str | None) -> Bucket:
    """The bucket for the code. Anybody could have made one of the stack's own name: then it is not used."""
    name = given or own_bucket(account, stack)
    owner = {} if given else {"ExpectedBucketOwner": account.id}
    try:
        found = account.client("s3").head_bucket(Bucket=name, **owner)
    except aws_faults.ClientError as refused:
        # HEAD has no body, and so no better code than the status.
        if code_of(refused) in ("404", "NoSuchBucket"):
            return Bucket(name, exists=False)
        raise Fault(f"the bucket {name} is another account's, or hidden from you: name one of yours with BUCKET=…")
    region = found.get("BucketRegion", account.region)
    if region != account.region:
        raise Fault(f"the bucket {name} is in {region}: Lambda takes code only from its own Region, {account.region}")
    return Bucket(name, exists=True)


def make_bucket(account: Account, bucket: Bucket) -> None:
    if bucket.exists:
        return
    say(f"making the bucket {bucket.name} for the functions' code")
    s3 = account.client("s3")
    # The one Region that S3 wants not to be named.
    where = {} if account.region == "us-east-1" else {"LocationConstraint": account.region}
    s3.create_bucket(Bucket=bucket.name, **({"CreateBucketConfiguration": where} if where else {}))
    blocks = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))


def package(account: Account, bucket: Bucket, stack: str) -> str:
    """Takes the code to the bucket; the template that names it there."""
    aws = Path(sys.executable).with_name("aws")
    if not aws.exists():
        raise Fault(f"there is no {aws}: run this by `make deploy`, which installs it")
    say(f"taking the functions' code to the bucket {bucket.name}")
    with tempfile.TemporaryDirectory() as folder:
        packaged = Path(folder, "template.json")
        command = [aws, "cloudformation", "package", "--use-json", "--region", account.region]
        command += ["--template-file", TEMPLATE, "--s3-bucket", bucket.name, "--output-template-file", packaged]
        run_packaging(command)
        template = json.loads(packaged.read_text("utf-8"))
    name_literally(template, stack)
    return json.dumps(template, separators=(",", ":"))


def run_packaging(command: list[Any]) -> None:
    """Its progress is a line for each percent or so: one for each upload is enough."""
    faults = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as packaging:
        for line in filter(None, map(str.strip, packaging.stderr or ())):
            if not line.startswith("Uploading to"):
                faults.append(line)
            elif line.endswith("(100.00%)"):
                say(line)
    if packaging.returncode:
        raise Fault(f"`aws cloudformation package` failed: {' '.join(faults)}")


def name_literally(template: dict[str, Any], stack: str) -> None:
    """Writes out the names of what outlives the stack: CloudFormation takes back in only what has a literal name."""
    for resource in template["Resources"].values():
        if resource.get("DeletionPolicy") == "Retain":
            for name, value in resource["Properties"].items():
                if name in ("TableName", "LogGroupName"):
                    resource["Properties"][name] = value["Fn::Sub"].replace("${AWS::StackName}", stack)


def print_next_steps(account: Account, stack: Stack, config: Path) -> None:
    outputs = sorted((output["OutputKey"], output["OutputValue"]) for output in stack.describe().get("Outputs", []))
    width = max((len(key) for key, _ in outputs), default=0)
    for key, value in outputs:
        print(f"{key:<{width}}  {value}")
    today = datetime.now(timezone.utc).date()
    print(f"""
{stack.name} is deployed to {account.region}; the user pools are as they were. Next, with the ids of yours:

export AWS_REGION={account.region}
cognito-pinpoint attach --user-pool-id ID --stack {stack.name} --dry-run
cognito-pinpoint attach --user-pool-id ID --stack {stack.name}
cognito-pinpoint doctor --user-pool-id ID --stack {stack.name}
cognito-pinpoint sync --user-pool-id ID --config {config} \\
  --event-log-table {stack.name}-event-log --users-table {stack.name}-users --dry-run
cognito-pinpoint metrics --table {stack.name}-metrics --project ID --from {today} --to {today}""")
