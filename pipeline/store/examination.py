"""Tries with a bucket all that is ever done with it, for whoever sets it up."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import uuid4

import urllib3
from django.conf import settings

from .connection import client, storage, telling

_CONTENT = b"probe"
_TIMEOUT = urllib3.Timeout(connect=5, read=10)


@dataclass(frozen=True)
class Examined:
    """How it went; `ahead_s` says by how much this machine's clock is ahead of the bucket's."""

    ahead_s: float
    public_trouble: str
    """Why clients do not get files where they are sent; empty: they do."""


def examine() -> Examined:
    """Put, list, read, hand out and delete an object. Raises `StorageUnavailable`."""
    bucket, key = settings.S3_BUCKET, f"{settings.S3_PREFIX}/probe/{uuid4()}".lstrip("/")
    with telling():
        put = client().put_object(Bucket=bucket, Key=key, Body=_CONTENT)
        now = datetime.now(UTC)
        try:
            client().list_objects_v2(Bucket=bucket, Prefix=key)
            client().get_object(Bucket=bucket, Key=key)["Body"].read()
            public_trouble = _public_trouble(key)
        finally:
            client().delete_object(Bucket=bucket, Key=key)
    theirs = parsedate_to_datetime(put["ResponseMetadata"]["HTTPHeaders"]["date"])
    return Examined((now - theirs).total_seconds(), public_trouble)


def _public_trouble(key: str) -> str:
    """Fetch the object as a client does."""
    public = storage(settings.S3_PUBLIC_ENDPOINT_URL).bucket.meta.client
    where = {"Bucket": settings.S3_BUCKET, "Key": key}
    url = public.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    try:
        answer = urllib3.request("GET", url, timeout=_TIMEOUT, retries=False)
    except urllib3.exceptions.HTTPError as error:
        return type(error).__name__
    return "" if answer.data == _CONTENT else f"answered {answer.status}"
