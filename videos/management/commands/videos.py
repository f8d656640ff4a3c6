from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from videos.api.answers.serializers import AnswerSerializer
from videos.api.duplicates import documents
from videos.api.renditions.serializers import RenditionSerializer
from videos.api.speakers.serializers import SpeakerSerializer
from videos.api.videos.serializers import VideoSerializer
from videos.api.videos.stages import PreviewSerializer
from videos.errors import VideosError
from videos.management import actions, changes, renditions, subtitles
from videos.management.export import as_json, export
from videos.management.report import answer_lines, duplicates, print_report
from videos.models import Rendition, Speaker, Video
from videos.selectors import (
    duplicate_list,
    progress,
    rendition_get,
    rendition_list,
    skipped_stages,
    speaker_get,
    speaker_list,
    video_get,
    video_list,
    workspace_for,
)
from videos.services import (
    question_ask,
    redaction_request,
    rendition_delete,
    speaker_rename,
    video_cancel,
    video_delete,
    video_reprocess,
    video_reprocess_preview,
    video_retry,
    video_update,
)


class Command(BaseCommand):
    help = "Work with videos. Examples: manage.py videos list --json; manage.py videos retry ID"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions.add(parser)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "list":
            self._list(options)
            return
        if action == "reprocess" and bool(options["id"]) == bool(options["skipped"]):
            raise CommandError("Name either a video's ID or --skipped CODE.")
        if action == "reprocess" and options["skipped"]:
            self._reprocess_skipped(options)
            return
        try:
            self._act(action, options)
        except Video.DoesNotExist:  # or no longer
            raise CommandError(f"There is no video {options['id']}: see videos list.") from None

    def _act(self, action: str, options: dict[str, Any]) -> None:
        video = video_get(workspace=workspace_for(AnonymousUser()), video_id=options["id"])
        by_name: dict[str, Callable[[Video, bool], None]] = {
            "show": self._show,
            "retry": self._retry,
            "reprocess": partial(self._reprocess, options),
            "change": partial(self._update, options),
            "cancel": self._cancel,
            "delete": self._delete,
            "duplicates": self._duplicates,
            "speaker": partial(self._speaker, options),
            "ask": partial(self._ask, options),
            "export": self._export,
            "renditions": partial(self._renditions, options),
            "redact": partial(self._redact, options),
            "subtitles": partial(self._subtitles, options),
        }
        by_name[action](video, options["json"])

    def _list(self, options: dict[str, Any]) -> None:
        found = video_list(workspace=workspace_for(AnonymousUser())).order_by("-created_at", "id")
        if options["status"]:
            found = found.filter(status=options["status"])
        videos = found[: options["limit"]]
        if options["json"]:
            self.stdout.write(as_json(VideoSerializer(videos, many=True).data))
            return
        for video in videos:
            self.stdout.write(
                f"{video.id}  {video.status:<10} {progress(video):>4.0%}  {video.title}"
            )

    def _show(self, video: Video, json: bool) -> None:
        if json:
            self.stdout.write(as_json(VideoSerializer(video).data))
        else:
            print_report(video, self._console())

    def _retry(self, video: Video, json: bool) -> None:
        self._change(video_retry, video, json)

    def _reprocess(self, options: dict[str, Any], video: Video, json: bool) -> None:
        stages = [name.strip() for name in options["stages"].split(",") if name.strip()]
        if not options["dry_run"]:
            self._change(partial(video_reprocess, stages=stages), video, json)
            return
        try:
            plan = video_reprocess_preview(video=video, stages=stages)
        except VideosError as error:
            raise CommandError(error.message) from error
        if json:
            self._tell(PreviewSerializer(plan).data, json)
            return
        for one in plan.would_run:
            took = "" if one.predicted_s is None else f", about {one.predicted_s:g} s"
            self.stdout.write(f"run    {one.name}: {one.reason}{took}")
        for kept in plan.would_reuse:
            self.stdout.write(f"reuse  {kept.name}")

    def _reprocess_skipped(self, options: dict[str, Any]) -> None:
        """Run what was skipped for a reason again, video by video; what is refused is told."""
        workspace = workspace_for(AnonymousUser())
        again = []
        for video, stages in skipped_stages(workspace=workspace, code=options["skipped"]):
            try:
                if not options["dry_run"]:
                    video_reprocess(video=video, stages=stages)
            except VideosError as error:
                self.stderr.write(f"{video.id}: {error.message}")
                continue
            again.append({"id": str(video.id), "stages": stages})
        if options["json"]:
            self._tell(again, True)
            return
        for one in again:
            self._tell(f"{one['id']} {', '.join(one['stages'])}", False)
        self._tell(f"{len(again)} {'video' if len(again) == 1 else 'videos'}", False)

    def _update(self, options: dict[str, Any], video: Video, json: bool) -> None:
        asked = changes.changes(options)
        self._change(partial(video_update, changes=asked), video, json)
        if changes.bear_on_hearing(asked) and not json:
            self._tell(
                "To have it heard so, once the analysis has ended: "
                f"videos reprocess {video.id} --stages transcribe",
                json,
            )

    def _cancel(self, video: Video, json: bool) -> None:
        self._change(video_cancel, video, json)

    def _change(self, service: Callable[..., object], video: Video, json: bool) -> None:
        try:
            service(video=video)
        except VideosError as error:
            raise CommandError(error.message) from error
        again = video_get(workspace=video.workspace, video_id=video.id)
        self._tell(VideoSerializer(again).data if json else f"{again.id} {again.status}", json)

    def _delete(self, video: Video, json: bool) -> None:
        deleted = str(video.id)
        video_delete(video=video)
        self._tell({"deleted": deleted} if json else f"{deleted} deleted", json)

    def _duplicates(self, video: Video, json: bool) -> None:
        if json:
            self._tell(documents.duplicates(video), json)
        elif found := duplicate_list(video=video):
            self._console().print(duplicates(found))
        else:
            self.stdout.write("No other video shows the same.")

    def _speaker(self, options: dict[str, Any], video: Video, json: bool) -> None:
        try:
            speaker = speaker_get(video=video, label=options["label"])
            speaker_rename(speaker=speaker, name=options["name"])
        except Speaker.DoesNotExist:
            known = ", ".join(speaker.label for speaker in speaker_list(video=video)) or "nobody"
            message = f"The video has no speaker {options['label']}: it has {known}."
            raise CommandError(message) from None
        named = SpeakerSerializer(speaker).data
        self._tell(named if json else f"{speaker.label} {speaker.name}".rstrip(), json)

    def _ask(self, options: dict[str, Any], video: Video, json: bool) -> None:
        try:
            answer, cached = question_ask(video=video, question=options["question"])
        except VideosError as error:
            raise CommandError(error.message) from error
        document = AnswerSerializer(answer, context={"cached": cached}).data
        if json:
            self._tell(document, json)
        else:
            self.stdout.write(answer_lines(document))

    def _export(self, video: Video, _json: bool) -> None:
        self._tell(export(video), True)

    def _renditions(self, options: dict[str, Any], video: Video, json: bool) -> None:
        if options["delete"]:
            self._delete_rendition(video, options["delete"], json)
            return
        made = rendition_list(video=video).order_by("-created_at", "id")
        if json:
            self._tell(RenditionSerializer(made, many=True).data, json)
            return
        for rendition in made:
            self.stdout.write(renditions.line(rendition))
        if not made:
            self.stdout.write(f"Nothing was asked for: videos redact {video.id} has a copy made.")

    def _delete_rendition(self, video: Video, rendition_id: UUID, json: bool) -> None:
        try:
            rendition_delete(rendition=rendition_get(video=video, rendition_id=rendition_id))
        except Rendition.DoesNotExist:
            message = (
                f"The video has no rendition {rendition_id}: see videos renditions {video.id}."
            )
            raise CommandError(message) from None
        deleted = str(rendition_id)
        self._tell({"deleted": deleted} if json else f"{deleted} deleted", json)

    def _redact(self, options: dict[str, Any], video: Video, json: bool) -> None:
        try:
            made = redaction_request(
                video=video,
                faces=not options["no_faces"],
                mute=options["mute"],
                beep=options["beep"],
            )
        except VideosError as error:
            raise CommandError(error.message) from error
        shown = rendition_get(video=video, rendition_id=made.id)
        self._tell(RenditionSerializer(shown).data if json else renditions.line(shown), json)
        if not json and not made.path:
            self.stdout.write(f"How far it is, and where: videos renditions {video.id}")

    def _subtitles(self, options: dict[str, Any], video: Video, json: bool) -> None:
        self._change(subtitles.change(options), video, json)

    def _console(self) -> Console:
        return Console(width=None if self.stdout.isatty() else 110)

    def _tell(self, answer: object, json: bool) -> None:
        self.stdout.write(as_json(answer) if json else str(answer))
