"""Brings a video from the address that its uploader named; then it is analysed like any other."""

from dataclasses import dataclass
from typing import ClassVar

from pipeline.contract import Context, Stage
from pipeline.errors import StageError, TransientError
from pipeline.results import Fetched

_FILE = "fetched"


@dataclass(frozen=True)
class Fetch(Stage):
    """Downloads over HTTP from addresses that the policy allows, resuming what broke off."""

    name: ClassVar[str] = "fetch"
    version: ClassVar[int] = 1
    produces: ClassVar[type] = Fetched
    queue: ClassVar[str] = "net"
    network: ClassVar[bool] = True
    preload: ClassVar[tuple[str, ...]] = ("pipeline.net.download",)
    weight: ClassVar[float] = 10
    # The largest file of the default limit at 200 kB/s; what an attempt brought the next goes on with.
    deadline_base_s: ClassVar[int] = 6 * 3600
    deadline_per_media_s: ClassVar[float] = 0

    max_bytes: int = 4_000_000_000
    allow: tuple[str, ...] = ()
    """Hosts and networks that may be reached though they are not on the public internet."""
    ports: tuple[int, ...] = (80, 443)
    """Ports of all other hosts that may be reached."""

    def run(self, ctx: Context) -> Fetched:
        """Raises `AddressRefused`, `StageError` or `TransientError` as `download` does."""
        from pipeline.net.addresses import Policy, read
        from pipeline.net.download import download
        from pipeline.net.part import Bound

        too_large = f"The file is over this server's limit of {self.max_bytes} bytes."
        bounds = [Bound(self.max_bytes, StageError("too_large", too_large))]
        if (quota := ctx.limits.quota_bytes) is not None:
            over = f"The workspace's quota leaves {quota} bytes. Delete videos, or ask for more."
            bounds.append(Bound(quota, StageError("quota_exceeded", over)))
        try:
            done = download(
                read(ctx.video.source_url),
                Policy(tuple(self.allow), tuple(self.ports)),
                to=ctx.workdir / _FILE,
                partial=ctx.partial or ctx.workdir,
                bounds=bounds,
                min_free_bytes=ctx.limits.min_free_bytes,
                report=ctx.report,
            )
        except OSError as error:
            message = f"The file could not be written: {error.strerror}."
            raise TransientError("io_error", message) from error
        return Fetched(_FILE, done.size_bytes, done.checksum_sha256, done.filename)
