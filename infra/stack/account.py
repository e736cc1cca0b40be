"""The account that all of it is in, what goes wrong with it, and what people are shown."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, Callable

import boto3
from botocore import exceptions as aws_faults
from botocore.config import Config

CREDENTIALS = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class Fault(Exception):
    """What is wrong and what to do about it, for people."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Account:
    """Where all of it is."""

    session: boto3.Session
    id: str
    region: str

    @classmethod
    def here(cls) -> Account:
        # boto3 reads AWS_DEFAULT_REGION only.
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
        if session.get_credentials() is None:
            raise Fault(f"there are no credentials: {CREDENTIALS}")
        if not session.region_name:
            raise Fault("there is no Region: set AWS_REGION to the user pool's, such as eu-west-1")
        identity = client_of(session, "sts").get_caller_identity()
        return cls(session, identity["Account"], session.region_name)

    @property
    def place(self) -> str:
        return f"{self.region} of the account {self.id}"

    def client(self, service: str) -> Any:
        return client_of(self.session, service)


@cache
def client_of(session: boto3.Session, service: str) -> Any:
    patience = Config(connect_timeout=10, retries={"mode": "standard", "total_max_attempts": 5})
    try:
        return session.client(service, config=patience)
    except ValueError as fault:
        raise Fault(f"{fault} (look at AWS_REGION and AWS_ENDPOINT_URL)")


def exists(look: Callable[[], object], *not_there: str) -> bool:
    """Whether it can be seen, where these codes say that it is not there."""
    try:
        look()
    except aws_faults.ClientError as refused:
        if code_of(refused) in not_there:
            return False
        raise
    return True


def code_of(refused: aws_faults.ClientError) -> str:
    return refused.response["Error"]["Code"]


def reason_of(refused: aws_faults.ClientError) -> str:
    """What was refused, why, and what to do."""
    code = code_of(refused)
    message = f"{refused.operation_name}: {refused.response['Error'].get('Message') or code}"
    if "Expired" in code or code in ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"):
        return f"{message} ({code}): these credentials are not right, or have expired"
    if "AccessDenied" in code or code in ("UnauthorizedOperation", "403"):
        return f"{message} ({code}): these credentials may not do this"
    if "Throttl" in code or code in ("RequestLimitExceeded", "TooManyRequestsException"):
        return f"{message} ({code}): wait a minute, then run the same again"
    return message


def explained(fault: Exception) -> str:
    """A fault between here and AWS."""
    if isinstance(fault, (aws_faults.EndpointConnectionError, aws_faults.HTTPClientError)):
        return f"AWS cannot be reached: {fault} (look at AWS_ENDPOINT_URL, AWS_REGION and the network)"
    if isinstance(fault, (aws_faults.NoCredentialsError, aws_faults.PartialCredentialsError)):
        return f"{fault}: {CREDENTIALS}"
    return str(fault)
