"""Examples for the OpenAPI document."""

from typing import Any

_ID = "0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10"
_URL = f"http://127.0.0.1:8000/api/v1/videos/{_ID}"

PREVIEW = {
    "would_run": [{"name": "read_text", "reason": "chosen", "predicted_s": 12.5}],
    "would_reuse": [{"name": "sample_frames", "status": "SUCCEEDED"}],
}

VIDEO: dict[str, Any] = {
    "id": _ID,
    "url": _URL,
    "title": "harbour",
    "filename": "harbour.mp4",
    "source_url": None,
    "size_bytes": 2_483_112,
    "checksum_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "status": "COMPLETED",
    "status_reason": None,
    "progress": 1.0,
    "eta_s": None,
    "language": "en",
    "priority": 5,
    "profile": "standard",
    "vocabulary": ["Northpier", "MS Albatros"],
    "audio_track": None,
    "metadata": {"camera": "north pier"},
    "media": {
        "duration_ms": 31_240,
        "container": "mov",
        "bit_rate": 635_881,
        "start_ms": 0,
        "video": {
            "codec": "h264",
            "width": 1280,
            "height": 720,
            "rotation": 0,
            "frame_rate": "25/1",
            "variable_frame_rate": False,
            "frames": 781,
        },
        "audio": [
            {
                "index": 1,
                "codec": "aac",
                "channels": 2,
                "sample_rate_hz": 48_000,
                "language": "eng",
                "title": None,
                "default": True,
                "aside": False,
            }
        ],
        "subtitles": [
            {
                "index": 2,
                "codec": "mov_text",
                "language": "eng",
                "title": None,
                "readable": True,
            }
        ],
    },
    "stages": [
        {
            "name": "probe",
            "status": "SUCCEEDED",
            "progress": 1.0,
            "parts": None,
            "attempt": 1,
            "max_attempts": 3,
            "reason": None,
            "waiting_for": None,
            "reused": False,
            "queued_at": "2026-01-05T09:30:00.100000Z",
            "started_at": "2026-01-05T09:30:00.200000Z",
            "finished_at": "2026-01-05T09:30:00.250000Z",
            "duration_ms": 50,
            "coverage": None,
        }
    ],
    "created_at": "2026-01-05T09:30:00.000000Z",
    "updated_at": "2026-01-05T09:30:24.000000Z",
    "completed_at": "2026-01-05T09:30:24.000000Z",
    "links": {
        "timeline": f"{_URL}/timeline",
        "transcript": f"{_URL}/transcript",
        "transcript_vtt": f"{_URL}/transcript.vtt",
        "shots": f"{_URL}/shots",
        "texts": f"{_URL}/texts",
        "objects": f"{_URL}/objects",
        "faces": f"{_URL}/faces",
        "nudity": f"{_URL}/nudity",
        "sounds": f"{_URL}/sounds",
        "summary": f"{_URL}/summary",
        "chapters": f"{_URL}/chapters",
        "chapters_vtt": f"{_URL}/chapters.vtt",
        "keywords": f"{_URL}/keywords",
        "speakers": f"{_URL}/speakers",
        "entities": f"{_URL}/entities",
        "duplicates": f"{_URL}/duplicates",
        "media": f"{_URL}/media",
        "renditions": f"{_URL}/renditions",
        "poster": f"{_URL}/poster.jpg",
        "storyboard": f"{_URL}/storyboard.jpg",
        "storyboard_vtt": f"{_URL}/storyboard.vtt",
    },
}
