"""What a stack is made of, on its way to a bucket: the functions' code, and the configuration.

Each object is named by what it holds. So what is there already is not sent again, a stack that is rolled back finds
what it had, and CloudFormation sees a change where there is one.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import partial

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
        name = given or own_bucket(account, stack)
        owner = {} if given else {"ExpectedBucketOwner": account.id}
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

    def put(self, key: str, content: bytes) -> None:
        """Puts an object that is named by what it holds."""
        s3 = self.account.client("s3")
        if exists(partial(s3.head_object, Bucket=self.name, Key=key), "403", "404", "NoSuchKey"):
            return
        say(f"uploading {key} ({-(-len(content) // 1000):,} KB)")
        s3.put_object(Bucket=self.name, Key=key, Body=content)


def upload_code(bucket: Bucket) -> dict[str, str]:
    """Uploads what `make build` left; the parameters that say where it is."""
    say(f"packing the functions' code for the bucket {bucket.name}")
    programs = {function: (CODE / function / "bootstrap").read_bytes() for function in FUNCTIONS}
    archives = {function: archive("bootstrap", program, mode=0o755) for function, program in programs.items()}
    prefix = f"code/{version(*archives.values())}"
    for function, content in archives.items():
        bucket.put(f"{prefix}/{function}.zip", content)
    return {"CodeBucket": bucket.name, "CodePrefix": prefix}


def upload_configuration(bucket: Bucket, config: Configuration) -> dict[str, str]:
    """Uploads the configuration as a layer's content; the parameters that say where it is."""
    content = archive(FILE, config.text.encode(), mode=0o644)
    key = f"config/{version(content)}.zip"
    bucket.put(key, content)
    return {
        "AnalyticsConfigBucket": bucket.name,
        "AnalyticsConfigKey": key,
        "RoleArns": ",".join(config.role_arns),
    }


def archive(name: str, content: bytes, mode: int) -> bytes:
    file = zipfile.ZipInfo(name, LONG_AGO)
    file.external_attr = mode << 16
    file.compress_type = zipfile.ZIP_DEFLATED
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr(file, content)
    return packed.getvalue()


def version(*contents: bytes) -> str:
    whole = hashlib.sha256()
    for content in contents:
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]
