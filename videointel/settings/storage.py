"""Where the files of videos are kept: in a folder, or in an S3 bucket with a spool on each machine."""

from pathlib import Path
from urllib.parse import urlsplit

from .env import VAR_DIR, env

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))).resolve()

# Named: files are kept there, and MEDIA_ROOT is this machine's own, with copies of what it uses.
S3_BUCKET = env.str("S3_BUCKET", default="")
S3_PREFIX = env.str("S3_PREFIX", default="").strip("/")
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="")
# Where clients reach it, if that is elsewhere: the addresses they are sent to are signed for it.
S3_PUBLIC_ENDPOINT_URL = env.str("S3_PUBLIC_ENDPOINT_URL", default=S3_ENDPOINT_URL)
S3_REGION = env.str("S3_REGION", default="us-east-1")
# Unset: what boto3 finds on the machine, a role of its own for example.
S3_ACCESS_KEY_ID = env.str("S3_ACCESS_KEY_ID", default="")
S3_SECRET_ACCESS_KEY = env.str("S3_SECRET_ACCESS_KEY", default="")


def _origins() -> list[str]:
    """Return where clients may be sent for files: at Amazon a bucket has host names of its own."""
    if not S3_BUCKET:
        return []
    if not S3_PUBLIC_ENDPOINT_URL:
        hosts = ("s3", f"s3.{S3_REGION}")
        return [f"https://{S3_BUCKET}.{host}.amazonaws.com" for host in hosts]
    public = urlsplit(S3_PUBLIC_ENDPOINT_URL)
    return [f"{public.scheme}://{public.netloc}"]


S3_ORIGINS: list[str] = _origins()
SPOOL_BYTES = env.int("SPOOL_BYTES", default=20_000_000_000)
