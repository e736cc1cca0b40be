"""A stack."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator, Mapping

from botocore import exceptions as aws_faults

from account import Account, Fault, reason_of, say

# A stack that has neither this tag nor a description that begins so is somebody else's.
TAG = {"Key": "project", "Value": "cognito-pinpoint"}
DESCRIPTION = "cognito-pinpoint:"
POLL_SECONDS = 2


@dataclass
class Stack:
    account: Account
    name: str
    # Empty if there is no such stack.
    id: str = ""
    status: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = True

    @classmethod
    def find(cls, account: Account, name: str) -> Stack:
        try:
            found = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        except aws_faults.ClientError as refused:
            if "does not exist" in reason_of(refused):
                return cls(account, name)
            raise
        parameters = {it["ParameterKey"]: it["ParameterValue"] for it in found.get("Parameters", [])}
        is_ours = TAG in found.get("Tags", []) or found.get("Description", "").startswith(DESCRIPTION)
        return cls(account, name, found["StackId"], found["StackStatus"], parameters, is_ours)

    @property
    def was_made(self) -> bool:
        """If anything was ever in it: a stack in review is a name and a change set that nobody has executed."""
        return self.status not in ("", "REVIEW_IN_PROGRESS")

    @property
    def has_worked(self) -> bool:
        """If there is something to bring up to date."""
        return self.was_made and self.status != "ROLLBACK_COMPLETE"

    def check_deployable(self) -> None:
        self.check_free()
        if self.status == "UPDATE_ROLLBACK_FAILED":
            mend = (
                f"aws cloudformation continue-update-rollback --stack-name {self.name} --region {self.account.region}"
            )
            raise Fault(f"{self.name} is {self.status}: run `{mend}`, then the same again")
        if self.status.endswith("FAILED"):
            raise Fault(f"{self.name} is {self.status}: `make destroy STACK={self.name}` first; it keeps the data")

    def check_free(self) -> None:
        """Refuses somebody else's stack, and one that something is happening to."""
        if not self.was_made:
            return
        if not self.is_ours:
            raise Fault(f"the stack {self.name} in {self.account.region} is somebody else's: name ours with STACK=…")
        if self.status.endswith("_IN_PROGRESS"):
            raise Fault(f"{self.name} is busy ({self.status}): wait until that is over, then run the same again")

    def describe(self) -> dict[str, Any]:
        return self.account.client("cloudformation").describe_stacks(StackName=self.id)["Stacks"][0]

    def apply(self, template: str, of_template: Iterable[str], given: dict[str, str]) -> bool:
        """Makes the stack what the template at a URL says; false if it is. Of its parameters, one that is not given keeps its
        value."""
        names = of_template if self.was_made else ()
        kept = [name for name in names if name in self.parameters and name not in given]
        values = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        cloudformation = self.account.client("cloudformation")
        made = cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=f"deploy-{time.time_ns()}",
            ChangeSetType="UPDATE" if self.was_made else "CREATE",
            TemplateURL=template,
            Parameters=values + [{"ParameterKey": name, "UsePreviousValue": True} for name in kept],
            Capabilities=["CAPABILITY_IAM"],
            Tags=[TAG],
            # Tables and logs that an earlier stack of this name has left.
            **({} if self.was_made else {"ImportExistingResources": True}),
        )
        change_set, is_new = made["Id"], not self.id
        self.id = made["StackId"]
        changes = self.wait_for_change_set(change_set, is_new)
        if not changes:
            return False
        imported = sum(change["Action"] == "Import" for change in changes)
        again = f", {imported} of them imported" if imported else ""
        say(f"{'changing' if self.was_made else 'making'} {self.name}: {len(changes)} resources{again}")
        self.watch(lambda: cloudformation.execute_change_set(ChangeSetName=change_set), len(changes))
        return True

    def wait_for_change_set(self, change_set: str, is_new: bool) -> list[dict[str, Any]]:
        """The changes that it comes to; none of it is left if there are none, or if it fails."""
        cloudformation = self.account.client("cloudformation")
        while True:
            made = cloudformation.describe_change_set(ChangeSetName=change_set)
            if made["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
                break
            time.sleep(POLL_SECONDS)
        if made["Status"] == "CREATE_COMPLETE":
            pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
            return [change["ResourceChange"] for page in pages for change in page["Changes"]]
        reason = made.get("StatusReason", "CloudFormation does not say why")
        if "EarlyValidation" in reason:
            reason = "\n".join([reason, *self.validation_faults(change_set)])
        cloudformation.delete_change_set(ChangeSetName=change_set)
        if is_new:
            cloudformation.delete_stack(StackName=self.id)
        if "didn't contain changes" in reason or "No updates are to be performed" in reason:
            return []
        raise Fault(f"CloudFormation refuses the change, and nothing was changed: {reason}")

    def validation_faults(self, change_set: str) -> list[str]:
        """What CloudFormation found by trying nothing yet."""
        events = self.account.client("cloudformation").describe_events(ChangeSetName=change_set)["OperationEvents"]
        failed = [event for event in events if event.get("ValidationStatus") == "FAILED"]
        return [f"  {event.get('LogicalResourceId')}: {event.get('ValidationStatusReason')}" for event in failed]

    def delete(self) -> None:
        """Deletes it and waits. What is retained stays."""
        cloudformation = self.account.client("cloudformation")
        if self.status == "REVIEW_IN_PROGRESS":
            # It has nothing in it, and is gone without an event.
            cloudformation.delete_stack(StackName=self.id)
            gone = cloudformation.get_waiter("stack_delete_complete")
            gone.wait(StackName=self.id, WaiterConfig={"Delay": POLL_SECONDS})
        else:
            self.delete_resources()
        self.id, self.status, self.parameters = "", "", {}

    def delete_resources(self) -> None:
        cloudformation = self.account.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.id)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
        there = sum(resource["ResourceStatus"] != "DELETE_COMPLETE" for resource in resources)
        say(f"deleting {self.name} in {self.account.place}" + (f": {there} resources" if there else ""))
        self.watch(lambda: cloudformation.delete_stack(StackName=self.id), there)

    def watch(self, begin: Callable[[], object], total: int) -> None:
        """Begins something, and reports what comes of it until it is over."""
        seen = {event["EventId"] for event in self.events(set())}
        begin()
        done: set[str] = set()
        failed: list[str] = []
        while True:
            for event in reversed(list(self.events(seen))):
                seen.add(event["EventId"])
                name, status = event["LogicalResourceId"], event["ResourceStatus"]
                if event.get("PhysicalResourceId") == self.id:
                    if not status.endswith("_IN_PROGRESS"):
                        return self.end(status, failed)
                    continue
                if status.endswith("_IN_PROGRESS"):
                    continue
                done.add(name)
                say(f"[{len(done):>2}/{max(total, len(done))}] {name} {status}")
                reason = event.get("ResourceStatusReason", "")
                # Those that were begun beside the one that failed.
                if status.endswith("_FAILED") and "cancelled" not in reason:
                    failed.append(f"  {name} ({event['ResourceType']}): {reason}")
            time.sleep(POLL_SECONDS)

    def events(self, seen: set[str]) -> Iterator[dict[str, Any]]:
        """The events since one that was seen, newest first."""
        pages = self.account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=self.id)
        for page in pages:
            for event in page["StackEvents"]:
                if event["EventId"] in seen:
                    return
                yield event

    def end(self, status: str, failed: list[str]) -> None:
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE"):
            return
        raise Fault("\n".join([f"{self.name} is {status}, because of", *(failed or ["  what only its events say"])]))
