"""Upload a file with tuspy, or go on with it: endpoint, token, file, and where uploads are noted."""

import sys

from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage


def main(endpoint: str, token: str, path: str, notes: str) -> None:
    client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
    uploader = client.uploader(
        path,
        chunk_size=1_000_000,
        retries=20,
        retry_delay=0.2,
        store_url=True,
        url_storage=FileStorage(notes),  # type: ignore[no-untyped-call]  # tuspy gives it no types
        metadata={"filename": "film.mp4"},
        upload_checksum=True,
    )
    uploader.upload()
    print(uploader.url)


main(*sys.argv[1:])
