"""Examples for the OpenAPI document."""

from typing import Any

from videos.api.meaning.examples import CHAPTERS

_ID = "0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10"

SHOTS: dict[str, Any] = {
    "shots": [
        {
            "id": "5f0c8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a11",
            "index": 1,
            "start_ms": 4200,
            "end_ms": 9880,
            "keyframe_ms": 7040,
            "keyframe_url": f"http://127.0.0.1:8000/api/v1/videos/{_ID}/shots/1.jpg",
            "transition": "dissolve",
            "transition_ms": 640,
            "confidence": 0.93,
            "source": {"stage": "detect_shots", "version": 4, "model": None},
        }
    ]
}

TRANSCRIPT: dict[str, Any] = {
    "language": "en",
    "imported": None,
    "cues": [
        {
            "id": "6a1c8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a12",
            "start_ms": 5100,
            "end_ms": 6900,
            "text": "Ships leave the harbour.",
            "language": "en",
            "confidence": 0.91,
            "flags": [],
            "speaker": "S1",
            "words": [
                {"start_ms": 5100, "end_ms": 5480, "text": "Ships", "probability": 0.96},
                {"start_ms": 5480, "end_ms": 5790, "text": "leave", "probability": 0.94},
                {"start_ms": 5790, "end_ms": 5910, "text": "the", "probability": 0.97},
                {"start_ms": 5910, "end_ms": 6900, "text": "harbour.", "probability": 0.77},
            ],
            "source": {"stage": "transcribe", "version": 1, "model": "whisper-base"},
        }
    ],
}

TEXTS: dict[str, Any] = {
    "texts": [
        {
            "id": "7b2c8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a13",
            "start_ms": 4200,
            "end_ms": 8000,
            "text": "NORTH PIER",
            "confidence": 0.98,
            "box": [0.08, 0.81, 0.31, 0.07],
            "source": {"stage": "read_text", "version": 4, "model": "ppocr-v6-small"},
        }
    ]
}

OBJECTS: dict[str, Any] = {
    "tracks": [
        {
            "id": "8c3d8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a14",
            "label": "bottle",
            "start_ms": 4200,
            "end_ms": 9880,
            "confidence": 0.81,
            "boxes": [
                {"at_ms": 4200, "box": [0.41, 0.32, 0.06, 0.21], "confidence": 0.79},
                {"at_ms": 4360, "box": [0.42, 0.32, 0.06, 0.21], "confidence": 0.83},
            ],
            "source": {"stage": "find_objects", "version": 1, "model": "yolox-nano"},
        }
    ]
}

FACES: dict[str, Any] = {
    "tracks": [
        {
            "id": "8c3d8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a16",
            "label": "face",
            "start_ms": 4200,
            "end_ms": 9880,
            "confidence": 0.91,
            "boxes": [
                {"at_ms": 4200, "box": [0.34, 0.09, 0.18, 0.41], "confidence": 0.93},
                {"at_ms": 4520, "box": [0.34, 0.08, 0.18, 0.41], "confidence": 0.92},
            ],
            "source": {"stage": "find_faces", "version": 2, "model": "centerface"},
        },
        {
            "id": "8c3d8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a17",
            "label": "face",
            "start_ms": 6120,
            "end_ms": 9880,
            "confidence": 0.84,
            "boxes": [{"at_ms": 6120, "box": [0.71, 0.22, 0.09, 0.19], "confidence": 0.84}],
            "source": {"stage": "find_faces", "version": 2, "model": "centerface"},
        },
    ],
    "counts": [
        {"start_ms": 4200, "end_ms": 6120, "count": 1},
        {"start_ms": 6120, "end_ms": 9880, "count": 2},
    ],
}

NUDITY: dict[str, Any] = {
    "spans": [
        {
            "id": "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a18",
            "start_ms": 12_400,
            "end_ms": 16_900,
            "score": 0.97,
            "confidence": 0.86,
            "source": {"stage": "screen_nudity", "version": 1, "model": "open-nsfw"},
        }
    ]
}

SOUNDS: dict[str, Any] = {
    "events": [
        {
            "id": "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a19",
            "label": "siren",
            "start_ms": 18_487,
            "end_ms": 27_127,
            "score": 0.98,
            "confidence": 0.82,
            "source": {"stage": "hear_events", "version": 3, "model": "yamnet"},
        }
    ]
}

SPEAKERS: dict[str, Any] = {
    "speakers": [
        {"label": "S1", "name": "Ada", "speech_ms": 3900},
        {"label": "S2", "name": "", "speech_ms": 2410},
    ],
    "turns": [
        {
            "id": "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a20",
            "speaker": "S1",
            "name": "Ada",
            "start_ms": 5100,
            "end_ms": 9000,
            "confidence": 0.83,
            "source": {"stage": "split_speakers", "version": 1, "model": "campplus"},
        },
        {
            "id": "9d4e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a21",
            "speaker": "S2",
            "name": "",
            "start_ms": 9340,
            "end_ms": 11_750,
            "confidence": 0.78,
            "source": {"stage": "split_speakers", "version": 1, "model": "campplus"},
        },
    ],
}

TIMELINE: dict[str, Any] = {
    "duration_ms": 31_240,
    "tracks": [
        {"kind": "shot", "items": SHOTS["shots"]},
        {"kind": "cue", "items": TRANSCRIPT["cues"]},
        {"kind": "text", "items": TEXTS["texts"]},
        {"kind": "object", "items": OBJECTS["tracks"]},
        {"kind": "face", "items": FACES["tracks"]},
        {"kind": "nudity", "items": NUDITY["spans"]},
        {"kind": "sound", "items": SOUNDS["events"]},
        {"kind": "chapter", "items": CHAPTERS["chapters"]},
        {"kind": "speaker", "items": SPEAKERS["turns"]},
    ],
}
