"""What a stack is made of, on its way to a bucket: the functions' code, the configuration, and the template.

Each object is named by what it holds. So what is there already is not sent again, a stack that is rolled back finds
what it had, and CloudFormation sees a change where there is one.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import partial
from typing import Callable

from botocore import exceptions as aws_faults

from account import Account, Fault, code_of, exists, say
from configuration import FILE, Configuration
from names import CODE, FUNCTIONS, own_bucket

# The least that a ZIP file can say: an archive of the same files is the same, whenever it is made.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bucket:
    account: Account
    name: str
    exists: bool

    @classmethod
    def find(cls, account: Account, stack: str, given: str | None) -> Bucket:
        """The bucket to use. Anybody could have made one of the stack's own name: then it is not used."""
        own = own_bucket(account, stack)
        name = given or own
        owner = {"ExpectedBucketOwner": account.id} if name == own else {}
        try:
            found = account.client("s3").head_bucket(Bucket=name, **owner)
        except aws_faults.ClientError as refused:
            # HEAD has no body, and so no better code than the status.
            if code_of(refused) in ("404", "NoSuchBucket"):
                return cls(account, name, exists=False)
            raise Fault(f"the bucket {name} is another account's, or hidden from you: name one of yours with BUCKET=…")
        region = found.get("BucketRegion", account.region)
        if region != account.region:
            raise Fault(f"the bucket {name} is in {region}: Lambda takes code only from its Region, {account.region}")
        return cls(account, name, exists=True)

    def make(self) -> None:
        if self.exists:
            return
        say(f"making the bucket {self.name} for code and configuration")
        s3 = self.account.client("s3")
        # The one Region that S3 wants not to be named.
        where = {} if self.account.region == "us-east-1" else {"LocationConstraint": self.account.region}
        s3.create_bucket(Bucket=self.name, **({"CreateBucketConfiguration": where} if where else {}))
        blocks = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
        s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))

    def put(self, key: str, content: Callable[[], bytes]) -> None:
        """Puts an object that is named by what it holds."""
        s3 = self.account.client("s3")
        if exists(partial(s3.head_object, Bucket=self.name, Key=key), "403", "404", "NoSuchKey"):
            return
        body = content()
        say(f"uploading {key} ({-(-len(body) // 1000):,} KB)")
        s3.put_object(Bucket=self.name, Key=key, Body=body)


@dataclass(frozen=True)
class File:
    """A file, in an archive of its own."""

    name: str
    content: bytes
    mode: int

    def archive(self) -> bytes:
        file = zipfile.ZipInfo(self.name, LONG_AGO)
        file.external_attr = self.mode << 16
        file.compress_type = zipfile.ZIP_DEFLATED
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(file, self.content)
        return packed.getvalue()


def upload_code(bucket: Bucket) -> dict[str, str]:
    """Uploads what `make build` left; the parameters that say where it is."""
    files = {name: File("bootstrap", (CODE / name / "bootstrap").read_bytes(), 0o755) for name in FUNCTIONS}
    prefix = f"code/{version(*files.values())}"
    say(f"the functions' code is {prefix} in the bucket {bucket.name}")
    for name, file in files.items():
        bucket.put(f"{prefix}/{name}.zip", file.archive)
    return {"CodeBucket": bucket.name, "CodePrefix": prefix}


def upload_configuration(bucket: Bucket, config: Configuration) -> dict[str, str]:
    """Uploads the configuration as a layer's content; the parameters that say where it is."""
    file = File(FILE, config.text.encode(), 0o644)
    key = f"config/{version(file)}.zip"
    bucket.put(key, file.archive)
    return {"AnalyticsConfigBucket": bucket.name, "AnalyticsConfigKey": key}


def upload_template(bucket: Bucket, body: str) -> str:
    """Uploads the template, which is longer than what CloudFormation takes in a request; its URL."""
    content = body.encode()
    key = f"template/{version(File('template.json', content, 0o644))}.json"
    bucket.put(key, lambda: content)
    return f"{bucket.account.client('s3').meta.endpoint_url}/{bucket.name}/{key}"


def version(*files: File) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.content).digest())
    return whole.hexdigest()[:16]
