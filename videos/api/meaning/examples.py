"""Examples for the OpenAPI document."""

from typing import Any

CHAPTERS: dict[str, Any] = {
    "chapters": [
        {
            "id": "1a5e8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a21",
            "start_ms": 94_113,
            "end_ms": 139_024,
            "title": "Mortgage, interest",
            "title_source": {"stage": "split_chapters", "version": 1, "model": "minilm"},
            "sentiment": 0.285,
            "confidence": 0.784,
            "source": {"stage": "split_chapters", "version": 1, "model": "minilm"},
        }
    ]
}

_SENTENCE = "What you pay for it is the interest rate, and it decides almost everything."
SUMMARY: dict[str, Any] = {
    "text": _SENTENCE,
    "sentences": [
        {
            "id": "2b6f8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a22",
            "start_ms": 102_480,
            "end_ms": 107_130,
            "text": _SENTENCE,
            "citations": [{"start_ms": 102_480, "end_ms": 107_130}],
            "confidence": 0.94,
            "source": {"stage": "summarise", "version": 1, "model": "minilm"},
        }
    ],
}

KEYWORDS: dict[str, Any] = {
    "keywords": [
        {
            "id": "3c7a8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a23",
            "text": "immune system",
            "score": 1.0,
            "source": {"stage": "find_keywords", "version": 1, "model": "minilm"},
        }
    ]
}

ENTITIES: dict[str, Any] = {
    "entities": [
        {
            "text": "Galileo",
            "label": "person",
            "count": 1,
            "mentions": [
                {
                    "id": "4d8b8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a24",
                    "start_ms": 53_120,
                    "end_ms": 53_640,
                    "text": "Galileo",
                    "spans": [
                        {
                            "cue_id": "6a1c8f0e-0d3b-4f0e-9d3b-6f1f5f2f7a12",
                            "start": 0,
                            "end": 7,
                        }
                    ],
                    "source": {"stage": "find_entities", "version": 1, "model": "en-core-web-sm"},
                }
            ],
        }
    ]
}
