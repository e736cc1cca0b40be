"""The queues of a stack, and what waits in them."""

from __future__ import annotations

from typing import Iterator

from account import Account


def queues(account: Account, prefix: str) -> Iterator[str]:
    """The URLs of the queues whose names begin so."""
    for page in account.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
        yield from page.get("QueueUrls", [])


def messages_in(account: Account, url: str) -> int:
    """About how many there are, those that are being delivered included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(map(int, found["Attributes"].values()))
