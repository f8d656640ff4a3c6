"""The documents, for views and for commands that print them."""

from typing import Any

from pipeline.media.cues import join
from videos import selectors
from videos.api.meaning import serializers
from videos.models import Video


def chapters(video: Video) -> dict[str, Any]:
    """Return `{"chapters"}`."""
    found = selectors.chapter_list(video=video)
    return {"chapters": serializers.ChapterSerializer(found, many=True).data}


def summary(video: Video) -> dict[str, Any]:
    """Return `{"text", "sentences"}`."""
    found = list(selectors.summary_sentence_list(video=video))
    return {
        "text": join([sentence.text for sentence in found]) if found else "",
        "sentences": serializers.SummarySentenceSerializer(found, many=True).data,
    }


def keywords(video: Video) -> dict[str, Any]:
    """Return `{"keywords"}`."""
    found = selectors.keyword_list(video=video)
    return {"keywords": serializers.KeywordSerializer(found, many=True).data}


def entities(video: Video) -> dict[str, Any]:
    """Return `{"entities"}`."""
    found = selectors.entity_list(video=video)
    context = {"cue_ids": selectors.cue_ids(video=video) if found else []}
    return {"entities": serializers.EntitySerializer(found, many=True, context=context).data}
