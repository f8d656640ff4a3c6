"""What was found in a video, as tables that stay small."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pipeline.models import StageRun
from pipeline.selectors import outlook
from videointel import display
from videos import selectors
from videos.models import Video

# A long video has thousands of findings; the console and the API show them all.
MOST_ROWS = 100


def stages(rows: list[StageRun]) -> SafeString:
    """Return the stages of a run."""
    headings = ["stage", "status", "progress", "attempt", "took", "worker", "model"]
    ahead = outlook(rows)
    return display.table(
        [*headings, "waiting for", "reason"],
        [
            (
                stage.name,
                display.status(stage),
                f"{stage.overall_progress:.0%}",
                f"{stage.attempt} of {stage.max_attempts}",
                "reused" if stage.reused else display.took(stage.begun_at, stage.finished_at),
                stage.worker or display.EMPTY,
                stage.model or display.EMPTY,
                display.reason(ahead.waiting_for(stage)),
                display.reason(stage.reason),
            )
            for stage in rows
        ],
    )


def shots(video: Video) -> SafeString:
    """Return the first shots."""
    return _table(selectors.shot_list(video=video), "index", "transition")


def cues(video: Video) -> SafeString:
    """Return the first cues."""
    return _table(selectors.cue_list(video=video).defer("words"), "text", "doubts")


def screen_texts(video: Video) -> SafeString:
    """Return the first texts seen in the pictures."""
    return _table(selectors.screen_text_list(video=video), "text")


def objects(video: Video) -> SafeString:
    """Return the first things that were followed."""
    return _table(selectors.object_list(video=video).defer("boxes"), "label")


def faces(video: Video) -> SafeString:
    """Return the first faces that were followed."""
    return _table(selectors.face_list(video=video).defer("boxes"), "label")


def nudity(video: Video) -> SafeString:
    """Return the first spans of nudity."""
    return _table(selectors.nudity_list(video=video), "score")


def sounds(video: Video) -> SafeString:
    """Return the first sound events."""
    return _table(selectors.sound_list(video=video), "label", "score")


def chapters(video: Video) -> SafeString:
    """Return the first chapters."""
    return _table(selectors.chapter_list(video=video), "shown_title", "sentiment")


def summary(video: Video) -> SafeString:
    """Return the sentences of the summary."""
    return _table(selectors.summary_sentence_list(video=video), "text")


def keywords(video: Video) -> SafeString:
    """Return the keywords, the best first."""
    found = selectors.keyword_list(video=video)
    rows = [(keyword.text, f"{keyword.score:.2f}") for keyword in found]
    return display.table(["text", "score"], rows)


def turns(video: Video) -> SafeString:
    """Return the first turns of speakers."""
    return _table(selectors.turn_list(video=video), "speaker")


def entities(video: Video) -> SafeString:
    """Return the most frequent names."""
    found = selectors.entity_list(video=video)
    rows = [(entity.text, entity.label, len(entity.mentions)) for entity in found[:MOST_ROWS]]
    return display.table(["text", "label", "times"], rows, left_out=len(found) - len(rows))


def duplicates(video: Video) -> SafeString:
    """Return where other videos show the same."""
    found = selectors.duplicate_list(video=video)
    rows = [
        (
            display.clock(span.start_ms),
            display.clock(span.end_ms),
            display.clock(span.other_start_ms),
            format_html(
                '<a href="{}">{}</a>',
                reverse("admin:videos_video_change", args=[span.video.id]),
                span.video.title,
            ),
            "same file" if span.identical else "mirrored" if span.mirrored else display.EMPTY,
            f"{span.confidence:.2f}",
        )
        for span in found[:MOST_ROWS]
    ]
    headings = ["start", "end", "there", "video", "seen", "confidence"]
    return display.table(headings, rows, left_out=len(found) - len(rows))


def renditions(video: Video) -> SafeString:
    """Return the files made of a video."""
    rows = [
        (file.kind, file.content_type, file.size_bytes)
        for file in video.renditions.all()
        if file.path
    ]
    return display.table(["kind", "type", "bytes"], rows)


def _table(found: QuerySet[Any], *fields: str) -> SafeString:
    rows = [
        (
            display.clock(row.start_ms),
            display.clock(row.end_ms),
            *(display.EMPTY if (v := getattr(row, f)) is None else v for f in fields),
            display.EMPTY if row.confidence is None else f"{row.confidence:.2f}",
        )
        for row in found[:MOST_ROWS]
    ]
    left_out = found.count() - len(rows) if len(rows) == MOST_ROWS else 0
    return display.table(["start", "end", *fields, "confidence"], rows, left_out=left_out)
