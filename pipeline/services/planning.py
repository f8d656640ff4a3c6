"""What a run of a video will compute, and what it takes over from the run before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from pipeline import registry, store
from pipeline.contract import Stage
from pipeline.models import StageRun
from pipeline.planner import Step, plan, preceded
from pipeline.selectors import with_parts
from videos.errors import VideosError
from videos.models import Rendition, TranscriptImport, Video

# The profile whose one stage brings the bytes.
_FETCH = "fetch"
# The profile that has what reads an imported transcript.
_IMPORTED, _READ = "imported", "read_subtitles"


# What listens for what the video and its workspace name.
_DECODE, _DETECT, _HEAR = "extract_audio", "detect_speech", "transcribe"


class UnknownStage(VideosError):
    """The video's profile has no such stage."""

    code = "unknown_stage"


@dataclass(frozen=True)
class Planned:
    """A stage of a run to be."""

    step: Step
    earlier: StageRun | None
    """The stage in the run before, whatever became of it."""
    why: str
    """Why it runs; empty: the earlier result is taken over."""
    fresh: bool
    """It must compute, even where another video's result would do."""
    parts: tuple[StageRun, ...]
    """Of a split stage that runs again: the earlier parts that are taken over."""

    @property
    def name(self) -> str:
        return self.step.stage.name


def plan_run(
    *,
    video: Video,
    rendition: Rendition | None = None,
    chosen: Collection[str] = (),
    is_first: bool = False,
) -> list[Planned]:
    """Plan a run in which the stages `chosen`, and all that depends on them, run again.

    It makes a rendition, or analyses the video. Where it `is_first` of its video no earlier one is
    looked for.

    Raises `UnknownStage` for one that the plan does not have.
    """
    steps = _steps(video, rendition, is_first=is_first)
    _check(chosen, [step.stage.name for step in steps], video.profile)
    newest = {} if is_first else _newest(video, rendition)
    planned: dict[str, Planned] = {}
    for step in steps:
        upstream = [planned[name] for name in (*step.needs, *step.wants)]
        name = step.stage.name
        planned[name] = _decide(step, newest.get(name), upstream, chosen=name in chosen)
    return list(planned.values())


def analysis(video: Video, *, is_first: bool = False) -> tuple[Stage, ...]:
    """Return the stages that analyse the video: those of its profile.

    Where a transcript was imported, what reads it takes the place of what would hear one. Where it
    `is_first`, nothing can have been.
    """
    stages = registry.profile(video.profile, _asked(video))
    wanted = ("checksum_sha256", "track", "language")
    imports = TranscriptImport.objects.filter(video=video)
    imported = None if is_first else imports.values(*wanted).first()
    if imported is None:
        return stages
    known = registry.profile(_IMPORTED, {_READ: imported})
    (reader,) = (stage for stage in known if stage.name == _READ)
    return tuple(reader if stage.produces is reader.produces else stage for stage in stages)


def _asked(video: Video) -> dict[str, dict[str, Any]]:
    """Return the parameters that the video and its workspace change, by stage."""
    workspace = video.workspace
    # The video's own come first: there is room for so many.
    vocabulary = list(dict.fromkeys([*video.vocabulary, *workspace.vocabulary]))
    glossary = sorted(map(list, dict(workspace.glossary).items()))
    asked: dict[str, dict[str, Any]] = {
        _HEAR: {"vocabulary": vocabulary, "glossary": glossary},
        _DECODE: {"track": video.audio_track, "language": video.language},
        _DETECT: {"language": video.language},
    }
    return {
        stage: {name: value for name, value in parameters.items() if value not in (None, [], "")}
        for stage, parameters in asked.items()
    }


def _steps(video: Video, rendition: Rendition | None, *, is_first: bool) -> tuple[Step, ...]:
    """Return the steps of a run; the first brings the video's bytes where they are elsewhere."""
    if rendition:
        profile = registry.profile(rendition.kind, rendition.parameters)
    else:
        profile = analysis(video, is_first=is_first)
    if video.has_bytes:
        return plan(profile, checksum=video.checksum_sha256)
    # Nothing is known that another video's results could be equal by.
    unknown = str(video.id)
    (fetch,) = plan(registry.profile(_FETCH), checksum=unknown)
    return preceded(plan(profile, checksum=unknown), by=fetch)


def _check(chosen: Collection[str], known: Sequence[str], profile: str) -> None:
    if unknown := sorted(set(chosen) - set(known)):
        message = (
            f"The {profile} profile has no stage {', '.join(unknown)}; it has: {', '.join(known)}."
        )
        raise UnknownStage(message, errors={"stages": [message]})


def _newest(video: Video, rendition: Rendition | None) -> dict[str, StageRun]:
    """Return each stage as the newest analysis had it, by name, with its parts.

    Of a rendition, as its own newest run had it, where that has such a stage.

    Only the newest counts: its rows are what is shown, and an older result would not be. What it
    did not have, as it was heard before a transcript was imported, is no earlier result.
    """
    rows = StageRun.objects.filter(
        Q(run__rendition=None) | Q(run__rendition=rendition), run__video=video
    )
    by_age = sorted(
        rows.select_related("run").order_by("position"),
        key=lambda row: (row.run.rendition_id is not None, row.run.created_at),
    )
    newest = {row.run.rendition_id: row.run_id for row in by_age}
    current = [row for row in by_age if row.run_id == newest[row.run.rendition_id]]
    return {row.name: row for row in with_parts(current)}


def _has_files(earlier: StageRun) -> bool:
    return not earlier.artefact or store.exists(store.absolute(earlier.artefact))


def _decide(
    step: Step, earlier: StageRun | None, upstream: Sequence[Planned], *, chosen: bool
) -> Planned:
    moving = next((one for one in upstream if one.why), None)
    finished = earlier is not None and earlier.finished
    # A wish to compute outlives the run that did not get to it.
    wished = earlier is not None and earlier.fresh and not finished
    if chosen:
        why = "chosen"
    elif moving:
        # Also where fingerprints are equal: it may have done without a failed input's result.
        why = f"downstream of {moving.name}"
    elif earlier is None:
        why = "no result yet"
    elif earlier.fingerprint != step.fingerprint:
        why = "changed parameters or version"
    elif finished:
        why = "" if _has_files(earlier) else "its files are gone"
    else:
        why = "failed before" if earlier.status == StageRun.Status.FAILED else "no result yet"
    fresh = chosen or wished or any(one.fresh for one in upstream)
    resumed = why and earlier and not chosen and not moving
    return Planned(
        step,
        earlier,
        why,
        fresh=fresh and bool(why),
        parts=_finished_parts(earlier, step) if earlier and resumed else (),
    )


def _finished_parts(earlier: StageRun, step: Step) -> tuple[StageRun, ...]:
    """Return the parts that the run before has computed of a stage it did not get to join."""
    if earlier.fingerprint != step.fingerprint:
        return ()
    succeeded = [part for part in earlier.parts if part.status == StageRun.Status.SUCCEEDED]
    return tuple(part for part in succeeded if _has_files(part))
