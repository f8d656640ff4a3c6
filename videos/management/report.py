"""How far a video's analysis is and what was found in it, on a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.models import StageRun
from pipeline.selectors import Outlook
from videos.models import Media, Video
from videos.selectors import (
    SharedSpan,
    analysis_outlook,
    analysis_stages,
    chapter_list,
    cue_list,
    duplicate_list,
    entity_list,
    eta_s,
    face_counts,
    face_list,
    keyword_list,
    nudity_list,
    object_list,
    progress,
    screen_text_list,
    shot_list,
    sound_list,
    speaker_list,
    summary_sentence_list,
    turn_list,
)

_STYLES = {Video.Status.COMPLETED: "green", Video.Status.FAILED: "red"}


def print_report(video: Video, console: Console) -> None:
    """Print facts, stages with their timings and waits, and what was found of each kind."""
    ahead = analysis_outlook([video])
    style = _STYLES.get(Video.Status(video.status), "yellow")
    console.print()
    console.print(
        Text.assemble((video.title, "bold"), "  ", (video.status, style), _left(video, ahead))
    )
    if video.status_reason:
        console.print(Text(f"{video.status_reason['message']} ({video.status_reason['code']})"))
    if hasattr(video, "media"):
        console.print(Text(_facts(video.media)))
    console.print()
    console.print(_stages(analysis_stages(video), ahead))
    for part in _PARTS:
        if (table := part(video)).row_count:
            console.print(table)


def answer_lines(answer: dict[str, Any]) -> str:
    """Return the answer to a question with what it rests on, or why there is none."""
    cited = [
        f"  {clock(one['start_ms'])}  {one['kind']}  {one['text']}" for one in answer["citations"]
    ]
    said = answer["answer"] or answer["reason"]["message"]
    return "\n".join([f"“{said}”" if answer["quoted"] else said, *cited])


def clock(ms: int) -> str:
    """Return a position as people read it: 83450 → "1:23.450"."""
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:06.3f}"
    return f"{hours}:{minutes:02}:{seconds}" if hours else f"{minutes}:{seconds}"


def _facts(media: Media) -> str:
    facts = [clock(media.duration_ms), media.container]
    if stream := media.video_stream:
        facts.append(f"{stream['width']}×{stream['height']} {stream['codec']}")
        facts.append(f"{stream['frame_rate']} frames/s")
    facts += [
        f"{s['codec']} {s['sample_rate_hz']} Hz ×{s['channels']}" for s in media.audio_streams
    ]
    facts += [
        f"subtitles {s['codec']} {s['language'] or ''}".strip() for s in media.subtitle_streams
    ]
    return " · ".join(facts)


def counted(count: int, thing: str) -> str:
    """Return "1 shot", "2 shots"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        # Times and numbers line up at the right, words at the left.
        left = column in {"speaker", "stage", "status", "reason", "text", "doubts", "thing"}
        table.add_column(
            column,
            justify="left" if left else "right",
            no_wrap=column not in {"reason", "text", "video"},
        )
    return table


def _left(video: Video, ahead: Outlook) -> str:
    """Return how far a running analysis is; nothing of one that has ended."""
    if not ahead.stages:
        return ""
    left_s = eta_s(video, ahead)
    about = "" if left_s is None else f", about {left_s:.0f} s left"
    return f"  {progress(video):.0%}{about}"


def _stages(stages: list[StageRun], ahead: Outlook) -> Table:
    table = _table("Stages", "stage", "status", "seconds", "reason")
    for stage in stages:
        took = ""
        if stage.begun_at and stage.finished_at and not stage.reused:
            took = f"{(stage.finished_at - stage.begun_at).total_seconds():.2f}"
        status = stage.status.lower()
        if stage.status not in StageRun.ENDED and stage.overall_progress:
            status += f" {stage.overall_progress:.0%}"
        waiting = ahead.waiting_for(stage)
        reasons = [f"{why['code']}: {why['message']}" for why in (waiting, stage.reason) if why]
        table.add_row(stage.name, status, took, Text(" ".join(reasons)))
    return table


def _summary(video: Video) -> Table:
    table = _table("\nSummary", "start", "end", "text")
    for sentence in summary_sentence_list(video=video):
        table.add_row(clock(sentence.start_ms), clock(sentence.end_ms), Text(sentence.text))
    return table


def _keywords(video: Video) -> Table:
    table = _table("\nKeywords", "score", "text")
    for keyword in keyword_list(video=video):
        table.add_row(f"{keyword.score:.2f}", Text(keyword.text))
    return table


def _entities(video: Video) -> Table:
    table = _table("\nNames", "times", "text", "thing")
    for entity in entity_list(video=video):
        table.add_row(str(len(entity.mentions)), Text(entity.text), entity.label)
    return table


def _chapters(video: Video) -> Table:
    table = _table("\nChapters", "start", "end", "text")
    for chapter in chapter_list(video=video):
        table.add_row(clock(chapter.start_ms), clock(chapter.end_ms), Text(chapter.shown_title))
    return table


def _shots(video: Video) -> Table:
    shots = list(shot_list(video=video))
    table = _table(
        f"\n{counted(len(shots), 'shot')}", "shot", "start", "end", "seconds", "begins with"
    )
    for shot in shots:
        seconds = f"{(shot.end_ms - shot.start_ms) / 1000:.2f}"
        begins = shot.transition or ""
        table.add_row(str(shot.index), clock(shot.start_ms), clock(shot.end_ms), seconds, begins)
    return table


def _cues(video: Video) -> Table:
    cues = list(cue_list(video=video))
    language = video.transcript.language if cues else ""
    table = _table(f"\nTranscript ({language})", "start", "end", "text", "doubts")
    for cue in cues:
        table.add_row(clock(cue.start_ms), clock(cue.end_ms), Text(cue.text), cue.doubts)
    return table


def _texts(video: Video) -> Table:
    texts = list(screen_text_list(video=video))
    table = _table("\nText on screen", "start", "end", "sure", "text")
    for text in texts:
        sure = f"{text.confidence:.2f}" if text.confidence is not None else ""
        table.add_row(clock(text.start_ms), clock(text.end_ms), sure, Text(text.text))
    return table


def _objects(video: Video) -> Table:
    objects = list(object_list(video=video).defer("boxes"))
    table = _table(f"\n{counted(len(objects), 'object')}", "start", "end", "sure", "thing")
    for track in objects:
        sure = f"{track.confidence:.2f}" if track.confidence is not None else ""
        table.add_row(clock(track.start_ms), clock(track.end_ms), sure, track.label)
    return table


def _faces(video: Video) -> Table:
    faces = list(face_list(video=video).defer("boxes"))
    most = max((run.count for run in face_counts(video=video)), default=0)
    table = _table(f"\n{counted(len(faces), 'face')}, up to {most} at once", "start", "end", "sure")
    for face in faces:
        sure = f"{face.confidence:.2f}" if face.confidence is not None else ""
        table.add_row(clock(face.start_ms), clock(face.end_ms), sure)
    return table


def _nudity(video: Video) -> Table:
    spans = list(nudity_list(video=video))
    table = _table("\nNudity", "start", "end", "score")
    for span in spans:
        table.add_row(clock(span.start_ms), clock(span.end_ms), f"{span.score:.2f}")
    return table


def _sounds(video: Video) -> Table:
    events = list(sound_list(video=video))
    table = _table("\nSounds", "start", "end", "score", "thing")
    for event in events:
        score = f"{event.score:.2f}"
        table.add_row(clock(event.start_ms), clock(event.end_ms), score, event.label)
    return table


def _speakers(video: Video) -> Table:
    count = len(speaker_list(video=video))
    table = _table(f"\n{count} speakers", "start", "end", "sure", "speaker")
    for turn in turn_list(video=video):
        sure = f"{turn.confidence:.2f}"
        table.add_row(clock(turn.start_ms), clock(turn.end_ms), sure, Text(str(turn.speaker)))
    return table


def _duplicates(video: Video) -> Table:
    return duplicates(duplicate_list(video=video))


def duplicates(found: list[SharedSpan]) -> Table:
    """Return spans that other videos show as well."""
    table = _table("\nAlso in other videos", "start", "end", "there", "sure", "video", "seen")
    for span in found:
        seen = "same file" if span.identical else "mirrored" if span.mirrored else ""
        table.add_row(
            clock(span.start_ms),
            clock(span.end_ms),
            clock(span.other_start_ms),
            f"{span.confidence:.2f}",
            Text(f"{span.video.title} ({span.video.id})"),
            seen,
        )
    return table


_PARTS = (
    *(_summary, _keywords, _entities, _chapters),
    *(_shots, _cues, _texts, _objects, _faces, _nudity, _sounds, _speakers, _duplicates),
)
"""In the order in which they are printed."""
