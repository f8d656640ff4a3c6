"""The transcript as captions: what was heard, set on the pictures."""

from pipeline.media.captions import Caption, show
from pipeline.results import Cue, Word
from videos.models import Shot, TranscriptImport, Video
from videos.selectors.findings import cue_list, shot_list
from videos.selectors.speakers import speakers_of


def transcript_import(*, video: Video) -> TranscriptImport | None:
    """Return what was imported for the video's transcript, without its content."""
    return TranscriptImport.objects.filter(video=video).defer("content").first()


def caption_list(*, video: Video, with_flagged: bool = True) -> list[Caption]:
    """Return the video's captions; without the cues that are not to be trusted if so wished."""
    rows = [
        cue for cue in cue_list(video=video).prefetch_related(None) if with_flagged or not cue.flags
    ]
    cues = [
        Cue(
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            text=cue.text,
            confidence=cue.confidence,
            words=tuple(Word(**word) for word in cue.words),
        )
        for cue in rows
    ]
    cuts = shot_list(video=video).filter(transition=Shot.Transition.CUT).prefetch_related(None)
    said = speakers_of(video=video, cues=rows)
    # Who speaks alone all the time need not be named.
    several = len(set(said.values())) > 1
    speakers = [str(said.get(cue.id, "")) for cue in rows] if several else []
    return show(cues, list(cuts.values_list("start_ms", flat=True)), speakers)
