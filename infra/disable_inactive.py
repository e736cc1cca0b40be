"""Disables in Cognito whoever a list of `cognito-pinpoint users --inactive-for … --format csv` names.

It shows what it would do; with `--yes`, it does it. Users of other pools, those who are disabled already, and those who
are gone are left alone, so that it can be repeated. Who was never active since counting began (no `lastActive`) is left
alone too, unless `--never-active` is given. It needs cognito-idp:ListUsers and AdminDisableUser on the pool.

Credentials and Region come from the environment or where else boto3 finds them. What becomes of each user goes to standard output.
"""

from __future__ import annotations

import argparse
import collections
import csv
import os
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

COLUMNS = ("userPoolId", "sub", "lastActive")

# Cognito takes some 25 such requests a second, from everybody in the account: slower when it refuses.
PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 10})

# No `sub` looks otherwise, and a filter has no other way to say where a value ends.
SUB = re.compile(r"[0-9A-Za-z._:-]{1,128}")


def main() -> int:
    args = arguments()
    outcomes = collections.Counter()
    try:
        # boto3 itself does not look at AWS_REGION, which everything else here does.
        cognito = boto3.client("cognito-idp", region_name=os.environ.get("AWS_REGION") or None, config=PATIENT)
        for row in rows(args.list):
            outcome = disable(cognito, row, args)
            outcomes[outcome] += 1
            print(f"{row['sub']}  last active {row['lastActive'] or 'never'}: {outcome}", flush=True)
    except (BotoCoreError, ClientError, OSError, ValueError, csv.Error) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    print(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "nobody is listed")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user-pool-id", required=True, metavar="ID", help="disable users of this pool only")
    parser.add_argument("--never-active", action="store_true", help="also who was never active since counting began")
    parser.add_argument("--yes", action="store_true", help="disable them, instead of showing who would be")
    parser.add_argument("list", metavar="CSV", help="what cognito-pinpoint users --format csv printed")
    return parser.parse_args()


def rows(path: str):
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {missing[0]}: give what cognito-pinpoint users --format csv printed")
        for row in reader:
            if None in row or None in row.values():
                raise ValueError(f"{path}:{reader.line_num}: not as many columns as the first line: is the list complete?")
            yield row


def disable(cognito, row: dict[str, str], args: argparse.Namespace) -> str:
    if row["userPoolId"] != args.user_pool_id:
        return "of another pool"
    if not row["lastActive"] and not args.never_active:
        return "never active, left alone"
    user = find(cognito, args.user_pool_id, row["sub"])
    if user is None:
        return "not in the pool"
    if not user["Enabled"]:
        return "disabled already"
    if not args.yes:
        return "would be disabled"
    cognito.admin_disable_user(UserPoolId=args.user_pool_id, Username=user["Username"])
    return "disabled"


def find(cognito, pool: str, sub: str):
    """The user with this `sub`, which is not always the username."""
    if not SUB.fullmatch(sub):
        return None
    found = cognito.list_users(UserPoolId=pool, Filter=f'sub = "{sub}"', Limit=1)["Users"]
    return found[0] if found else None


if __name__ == "__main__":
    sys.exit(main())
