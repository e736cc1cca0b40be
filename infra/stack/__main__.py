"""Deploys the stack, and destroys it again: what `make deploy` and `make destroy` run.

A deployment puts the functions' code, the configuration and the template into a bucket of the stack's own
(NAME-code-ACCOUNT-REGION), and the stack makes a layer of the configuration. It attaches nothing to a user pool. The
tables and the logs outlive the stack: a later deployment of the same name takes them back in.

Credentials and Region come from where boto3 finds them. Progress and faults go to standard error.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from botocore import exceptions as aws_faults

from account import Fault, explained, reason_of, say
from deploy import deploy, function
from destroy import destroy
from names import FUNCTIONS, MACHINES

# A function's name has 64 characters at most, and the longest of ours ends in these.
STACK_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,%d}" % (63 - len("-pre-token-generation")))


def main() -> int:
    args = arguments()
    try:
        args.run(args)
        return 0
    except Fault as fault:
        say(f"error: {fault}")
        return fault.status
    except aws_faults.ClientError as refused:
        say(f"error: {reason_of(refused)}")
    except (aws_faults.BotoCoreError, aws_faults.HTTPClientError) as fault:
        say(f"error: {explained(fault)}")
    except OSError as fault:
        say(f"error: {fault.filename or 'the system'}: {fault.strerror or fault}")
    except KeyboardInterrupt:
        say(f"\ninterrupted: what CloudFormation has begun on {args.stack} goes on; run the same again afterwards")
        return 130
    return 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Deploys the stack of cognito-pinpoint, and destroys it again.")
    commands = parser.add_subparsers(required=True, metavar="deploy|function|destroy")

    to_deploy = commands.add_parser("deploy", help="make the stack, or bring it up to date")
    to_deploy.add_argument("--stack", required=True, type=stack_name, metavar="NAME", help="the stack's name")
    to_deploy.add_argument(
        "--architecture", required=True, choices=MACHINES.values(), help="what the functions were built for"
    )
    to_deploy.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="which app clients report where; left out, a stack that is there keeps what it has",
    )
    to_deploy.add_argument(
        "--bucket", metavar="NAME", help="the bucket for code and configuration, instead of one of the stack's own"
    )
    to_deploy.add_argument(
        "parameters",
        nargs="*",
        type=assignment,
        metavar="Parameter=Value",
        help="other parameters of the template; those that are left out stay as they are",
    )
    to_deploy.add_argument(
        "--drop", action="store_true", help="drop what waits for destinations that the configuration names no more"
    )
    to_deploy.add_argument("--check", action="store_true", help="look at everything but the code, and change nothing")
    to_deploy.set_defaults(run=deploy)

    of_function = commands.add_parser("function", help="print what one function runs on")
    of_function.add_argument("--stack", required=True, type=stack_name, metavar="NAME", help="the stack's name")
    of_function.add_argument("--built", action="store_true", help="refuse code that was built for another machine")
    of_function.add_argument("function", choices=FUNCTIONS, metavar="FUNCTION", help=", ".join(FUNCTIONS))
    of_function.set_defaults(run=function)

    to_destroy = commands.add_parser("destroy", help="delete the stack")
    to_destroy.add_argument("--stack", required=True, type=stack_name, metavar="NAME", help="the stack's name")
    to_destroy.add_argument(
        "--data",
        choices=["keep", "delete"],
        default="keep",
        help="what becomes of tables, logs, configuration and code (default: keep)",
    )
    to_destroy.add_argument("--yes", action="store_true", help="delete data without asking")
    to_destroy.set_defaults(run=destroy)
    return parser.parse_args()


def stack_name(text: str) -> str:
    if not STACK_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a letter and then 42 letters, digits and hyphens at most")
    return text


def assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} does not look like LogLevel=debug")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
