"""A real S3 server of this test session's own: SeaweedFS, which checks signatures."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.processes import die_with_parent
from tests import throwaway
from tests.patience import until

ACCESS_KEY, SECRET_KEY = "videointel", "a-secret-of-the-tests"
BUCKET = "videos"
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port")
_RIGHTS = ["Admin", "Read", "Write", "List"]


class Server:
    """An S3 server; it starts once a session, since its second start takes a quarter of a minute."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "log"
        self._ports = {name: throwaway.free_port() for name in _ports()}
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir(parents=True)
        keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
        identity = {"name": "videointel", "credentials": keys, "actions": _RIGHTS}
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if self._process and self._process.poll() is None:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("weed"),
                    *("-logtostderr=true", "server", f"-dir={self._folder / 'data'}"),
                    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-master.telemetry=false"),
                    *(
                        "-s3.port.iceberg=0",
                        "-s3.port.lance=0",
                        "-s3.autoCreateBucket=false",
                        "-volume.max=50",
                    ),
                    *("-master.volumeSizeLimitMB=64", f"-s3.config={self._folder / 's3.json'}"),
                    f"-filer.localSocket={self._folder / 'filer.sock'}",
                    *(f"-{name}={port}" for name, port in self._ports.items()),
                ],
                stdout=log,
                stderr=log,
                preexec_fn=partial(die_with_parent, os.getpid()),
            )
        until(self._answers)

    def stop(self) -> None:
        """Stop it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        from pipeline.store.connection import client

        assert self._process and self._process.poll() is None, self._log.read_text()[-2000:]
        try:
            client().create_bucket(Bucket=BUCKET)
        except ClientError as error:
            return str(error.response["Error"]["Code"]).startswith("BucketAlready")
        except BotoCoreError:
            return False
        return True


class Line:
    """A line to the server that can be cut: `with Line(server) as line: … line.cut()`."""

    def __init__(self, server: Server) -> None:
        self._target = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        self._address = ("127.0.0.1", throwaway.free_port())
        self._listener = socket.create_server(self._address)
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._address[1]}"
        self.mend()

    def mend(self) -> None:
        """Have it carry what is sent."""
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(self._address)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse connections, and break those that there are."""
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was cut
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=ends, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


def _ports() -> list[str]:
    return [*_PORTS, *(f"{name}.grpc" for name in _PORTS)]
