"""The bucket's client, and its failures as sentences."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as BucketConnectionError,
)
from django.conf import settings
from s3transfer.exceptions import RetriesExceededError
from s3transfer.manager import TransferConfig
from storages.backends.s3 import S3Storage

from .trouble import StorageUnavailable

_MIB = 1 << 20
# Larger objects go in parts; so many requests at once, and so many blocks of 256 KiB unwritten.
transfer_config = TransferConfig(
    multipart_threshold=64 * _MIB,
    multipart_chunksize=64 * _MIB,
    max_request_concurrency=8,
    max_io_queue_size=64,
)
_KEYS = "Check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY."
_SENTENCES = {
    "InvalidAccessKeyId": f"The bucket does not know our access key. {_KEYS}",
    "SignatureDoesNotMatch": f"The bucket refuses our signature. {_KEYS}",
    "AccessDenied": "The bucket refuses us. Check the keys, and the policy: it must allow to list "
    "the bucket, and to read, write and delete its objects.",
    "NoSuchBucket": "There is no such bucket. Make it, or correct its name. S3_BUCKET is the server's own.",
    "RequestTimeTooSkewed": "Our clock is too far from the bucket's. Set this machine's.",
}
_SENTENCES["403"] = _SENTENCES["AccessDenied"]
_MISSING = ("404", "NoSuchKey", "NotFound")


class NoKey(StorageUnavailable):
    """Neither the settings nor the machine have a key."""


def client() -> Any:
    """Return this process's client of buckets; threads may share it."""
    return storage(settings.S3_ENDPOINT_URL).bucket.meta.client


def storage(endpoint_url: str) -> S3Storage:
    """Return the bucket as it is reached by `endpoint_url`."""
    return _connected(
        endpoint_url,
        settings.S3_BUCKET,
        settings.S3_REGION,
        settings.S3_ACCESS_KEY_ID,
        settings.S3_SECRET_ACCESS_KEY,
    )


@cache
def _connected(
    endpoint_url: str, bucket: str, region: str, access_key: str, secret_key: str
) -> S3Storage:
    return S3Storage(
        bucket_name=bucket,
        endpoint_url=endpoint_url or None,
        region_name=region,
        access_key=access_key or None,
        secret_key=secret_key or None,
        security_token=None,
        client_config=Config(
            signature_version="s3v4",
            # A server of one's own rarely has a host name for every bucket.
            s3={"addressing_style": "path" if endpoint_url else "virtual"},
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=32,
            # The newer checksums in trailers are unknown to many servers that speak S3.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


# Connections that two processes use mix up their answers.
os.register_at_fork(after_in_child=_connected.cache_clear)


@contextmanager
def telling() -> Iterator[Callable[[str], NoReturn]]:
    """Raise the bucket's failures as `StorageUnavailable`, an object's absence as not found.

    Yields what raises the one with a given code.
    """
    try:
        yield _fail
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise FileNotFoundError(2, "The bucket does not have it") from None
        _fail(error.response["Error"]["Code"])
    except (NoCredentialsError, PartialCredentialsError):
        raise NoKey(f"There is no key for the bucket. {_KEYS}") from None
    except (BucketConnectionError, HTTPClientError) as error:
        raise StorageUnavailable(
            "The bucket's server does not answer. Start it, or correct S3_ENDPOINT_URL."
        ) from error
    except (BotoCoreError, RetriesExceededError) as error:
        raise StorageUnavailable(f"The bucket cannot be used: {error}.") from error


def _fail(code: str) -> NoReturn:
    raise StorageUnavailable(_SENTENCES.get(code, f"The bucket answers with {code}."))
