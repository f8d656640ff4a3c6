"""What searches answer."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ID = "0b6f3f0e-4f0c-4f0e-9d3b-6f1f5f2f7a10"
_VIDEO = {"id": _ID, "title": "harbour"}
_HIT: dict[str, Any] = {
    "video": _VIDEO,
    "kind": "cue",
    "language": "en",
    "start_ms": 5100,
    "end_ms": 6900,
    "text": "Ships leave the harbour.",
    "highlight": "<mark>Ships</mark> leave the harbour.",
    "score": 0.97,
    "matched_by": ["lexical", "semantic"],
    "thumbnail_url": f"http://127.0.0.1:8000/api/v1/videos/{_ID}/shots/1.jpg",
}
_PLAIN: dict[str, Any] = {
    "searched_by": ["lexical", "semantic"],
    "corrected": None,
    "reason": None,
    "facets": None,
}

MOMENTS = [
    OpenApiExample("One moment", {"results": [_HIT], **_PLAIN}),
    OpenApiExample(
        "A mistyped word, with facets",
        {
            "results": [_HIT],
            **_PLAIN,
            "corrected": "ships",
            "facets": {
                "kinds": [{"value": "cue", "count": 1}],
                "languages": [{"value": "en", "count": 1}],
                "labels": [],
                "videos": [{"video": _VIDEO, "count": 1}],
            },
        },
    ),
]
VIDEOS = [
    OpenApiExample(
        "One video",
        {"results": [{"video": _VIDEO, "score": 0.97, "found": 1, "hits": [_HIT]}], **_PLAIN},
    )
]
SIMILAR = [
    OpenApiExample(
        "One moment",
        {
            "results": [
                _HIT | {"highlight": _HIT["text"], "score": 0.62, "matched_by": ["semantic"]}
            ]
        },
    )
]
