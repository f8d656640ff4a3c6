"""Makes files that are no video, or not as whole as they say.

Every maker writes one file to the path it is given.
"""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from tests.clips import RATE, no_sound, scene, write


def no_pictures(path: Path) -> None:
    """A video track that holds no picture at all."""
    write(path, [])


def empty(path: Path) -> None:
    """No byte."""
    path.write_bytes(b"")


def text(path: Path) -> None:
    """Prose that calls itself a video."""
    path.write_text("This is no video.\n" * 500)


def impossible_box(path: Path) -> None:
    """An mp4 box that claims 2^64 - 1 bytes."""
    path.write_bytes(b"\0\0\0\1free" + b"\xff" * 64)


def playlist(path: Path) -> None:
    """A concat script that names another file."""
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")


def still(path: Path) -> None:
    """A PNG picture that calls itself a video."""
    done, data = cv2.imencode(".png", scene(0, 0))
    assert done
    path.write_bytes(data.tobytes())


def vast_picture(path: Path) -> None:
    """A PNG picture in QuickTime, a few bytes long, whose headers claim 16000 × 16000."""
    drawn = [np.ascontiguousarray(scene(0, 0)[:16, :16])]
    write(path, drawn, codec="png", pixels="rgb24")
    side = 16_000
    data = bytearray(path.read_bytes())
    entry = data.index(b"stsd") + 12  # the sample entry's size and kind, six more, … (QTFF)
    data[entry + 32 : entry + 36] = struct.pack(">HH", side, side)
    header = data.index(b"IHDR")
    data[header + 4 : header + 12] = struct.pack(">II", side, side)
    data[header + 17 : header + 21] = struct.pack(">I", zlib.crc32(data[header : header + 17]))
    path.write_bytes(bytes(data))


def cut_off_index(path: Path) -> None:
    """The first half of an mp4 whose index comes last: nothing can be found in it."""
    no_sound(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def cut_off_end(path: Path) -> None:
    """The first half of an mp4 whose index comes first: it promises what isn't there."""
    drawn = (scene(i // 10, i) for i in range(100))
    write(path, drawn, options={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def damaged(path: Path) -> None:
    """MPEG-TS with noise written over a tenth of its middle."""
    write(path, (scene(i // 10, i) for i in range(100)))
    data = bytearray(path.read_bytes())
    middle = slice(len(data) // 2, len(data) // 2 + len(data) // 10)
    noise = np.random.default_rng(3).integers(0, 256, middle.stop - middle.start, np.uint8)
    data[middle] = noise.tobytes()
    path.write_bytes(bytes(data))


def undecodable(path: Path) -> None:
    """An mp4 whose pictures are overwritten with noise; its index is whole."""
    no_sound(path)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    stop = data.index(b"moov") - 4
    noise = np.random.default_rng(3).integers(0, 256, stop - start, np.uint8)
    data[start:stop] = noise.tobytes()
    path.write_bytes(bytes(data))


def encrypted(path: Path) -> None:
    """An mp4 under Common Encryption (AES-CTR), as shops sell them."""
    key = {"encryption_key": "0" * 31 + "1", "encryption_kid": "0" * 31 + "2"}
    options = {"encryption_scheme": "cenc-aes-ctr", **key}
    write(path, (scene(0, i) for i in range(RATE)), options=options)


def lying_duration(path: Path) -> None:
    """Two seconds of MKV whose header states ten hours."""
    no_sound(path)
    data = bytearray(path.read_bytes())
    duration = data.index(b"\x44\x89\x88") + 3  # element Duration, eight bytes: double, ms
    data[duration : duration + 8] = struct.pack(">d", 36_000_000.0)
    path.write_bytes(bytes(data))
