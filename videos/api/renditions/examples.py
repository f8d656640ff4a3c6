"""Examples for the OpenAPI document."""

from typing import Any

_VIDEO = "http://127.0.0.1:8000/api/v1/videos/0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10"
_ID = "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a15"
_URL = f"{_VIDEO}/renditions/{_ID}"

REQUEST = {
    "kind": "redacted",
    "faces": True,
    "mute": ["6a1c8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a12"],
    "beep": False,
}

RENDITION: dict[str, Any] = {
    "id": _ID,
    "url": _URL,
    "kind": "redacted",
    "status": "ready",
    "progress": 1.0,
    "reason": None,
    "parameters": {
        "faces": True,
        "muted": [{"start_ms": 5100, "end_ms": 6900}],
        "beep": False,
    },
    "content_type": "video/mp4",
    "size_bytes": 3_120_448,
    "created_at": "2026-01-05T09:41:00.000000Z",
    "links": {"file": f"{_URL}/file", "video": _VIDEO},
}
