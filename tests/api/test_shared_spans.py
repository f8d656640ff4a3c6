"""`GET …/duplicates`: where other videos show the same."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import cv2
import numpy as np
import pytest
from django.db import connection, connections, transaction
from rest_framework.test import APIClient

from pipeline.models import StageRun
from pipeline.results import Coverage, Signatures
from pipeline.results import Signature as SignatureResult
from pipeline.writers import write
from pipeline.writers.duplicates import _NEIGHBOURS_OF
from tests import clips, factories
from tests.api.reading import queries_of, url
from tests.clips import Picture
from tests.hashes import moving, recoded
from tests.pipeline.running import signed
from videos.models import Duplicate, Signature, Video
from videos.services import video_delete


def as_result(hashes: np.ndarray) -> Signatures:
    """Return hashes, one every 250 ms, as signatures of a second each; zeros have none."""
    seconds = (
        (start * 250, hashes[start : start + 4])
        for start in range(0, len(hashes), 4)
        if hashes[start].any()
    )
    return Signatures(
        tuple(
            SignatureResult(at_ms, at_ms + 250 * len(part), part.tobytes(), (~part).tobytes())
            for at_ms, part in seconds
        ),
        Coverage.over(range(0, 250 * len(hashes), 250), 250 * len(hashes)),
    )


def store(result: Signatures, **values: Any) -> Video:
    """Make a video and write what `sign_shots` found in it."""
    video = factories.make_video(**values)
    write_again(video, result)
    return video


def place(result: Signatures, **values: Any) -> None:
    """Make a video with signatures that nobody has compared with others'."""
    video = factories.make_video(**values)
    run = factories.make_run(video, status="SUCCEEDED")
    stage = factories.make_stage_run(run, "sign_shots", status=StageRun.Status.SUCCEEDED)
    Signature.objects.bulk_create(
        Signature(
            video=video,
            workspace=video.workspace,
            stage_run=stage,
            start_ms=one.start_ms,
            end_ms=one.end_ms,
            bits=one.pictures[64:96],
            pictures=one.pictures,
        )
        for one in result.signatures
    )


def write_again(video: Video, result: Signatures) -> None:
    run = factories.make_run(video, status="SUCCEEDED")
    stage = factories.make_stage_run(run, "sign_shots", status=StageRun.Status.SUCCEEDED)
    with transaction.atomic():
        write(stage, result)


def spans(api: APIClient, video: Video) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(url(video, "duplicates")).json()["duplicates"]
    return found


def times(found: Iterable[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    return [
        (span["start_ms"], span["end_ms"], span["other_start_ms"], span["other_end_ms"])
        for span in found
    ]


@pytest.mark.django_db
class TestDuplicates:
    def test_both_videos_tell_of_what_they_share(self, api: APIClient) -> None:
        whole = moving(1, 120)
        news = store(as_result(whole), title="News")
        clip = store(as_result(np.concatenate([moving(2, 20), recoded(whole[40:80])])))

        (of_clip,), (of_news,) = spans(api, clip), spans(api, news)

        assert times([of_clip, of_news]) == [
            (5000, 15_000, 10_000, 20_000),
            (10_000, 20_000, 5000, 15_000),
        ]
        assert of_clip["video"] == {"id": str(news.id), "title": "News"}
        assert of_clip["id"] == of_news["id"]
        assert of_clip["confidence"] > 0.8
        assert (of_clip["mirrored"], of_clip["identical"]) == (False, False)
        assert of_clip["source"] == {"stage": "sign_shots", "version": 1, "model": None}

    def test_a_mirrored_one_is_marked(self, api: APIClient) -> None:
        whole = moving(1, 60)
        store(as_result(whole))
        clip = store(as_result(~recoded(whole[8:40])))

        (span,) = spans(api, clip)

        assert times([span]) == [(0, 8000, 2000, 10_000)]
        assert span["mirrored"]

    def test_the_same_bytes_are_the_whole_video(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 60))
        one, two = (store(hashes, checksum_sha256="5" * 64) for _ in range(2))
        store(hashes, checksum_sha256="5" * 64, workspace=factories.make_workspace())
        for video in (one, two):
            factories.make_media(video, duration_ms=15_100)

        (span,) = spans(api, one)

        assert times([span]) == [(0, 15_100, 0, 15_100)]
        assert (span["identical"], span["confidence"], span["id"]) == (True, 1.0, None)
        assert span["video"]["id"] == str(two.id)

    def test_other_workspaces_are_not_seen(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 60))
        store(hashes, workspace=factories.make_workspace())

        assert spans(api, store(hashes)) == []
        assert not Duplicate.objects.exists()

    def test_other_workspaces_do_not_crowd_out_ones_own(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 20))
        store(hashes)
        crowd = factories.make_workspace()
        for _ in range(30):
            place(hashes, workspace=crowd)

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

        assert len(spans(api, store(hashes))) == 1

    def test_signing_again_replaces_what_was_found(self, api: APIClient) -> None:
        hashes = moving(1, 60)
        one, two = store(as_result(hashes)), store(as_result(hashes))

        write_again(one, as_result(hashes[20:]))

        assert times(spans(api, two)) == [(5000, 15_000, 0, 10_000)]
        assert Duplicate.objects.count() == 1
        write_again(one, as_result(hashes[:0]))
        assert spans(api, two) == []

    def test_goes_with_either_video(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 60))
        one, two = store(hashes), store(hashes)

        video_delete(video=one)

        assert spans(api, two) == []
        assert set(Signature.objects.values_list("video", flat=True)) == {two.id}

    def test_many_cost_the_same_queries_as_few(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 40))
        video = store(hashes)
        store(hashes)
        few = queries_of(api, url(video, "duplicates"))
        for _ in range(4):
            store(hashes)

        assert len(spans(api, video)) == 5
        assert queries_of(api, url(video, "duplicates")) == few

    def test_what_opens_every_video_costs_no_more(self, api: APIClient) -> None:
        """A moving logo in sixty videos; one of them is shown again as a whole."""
        logo = moving(1, 12)
        full = np.concatenate([logo, moving(2, 40)])
        original = store(as_result(full))
        for seed in range(60):
            place(as_result(np.concatenate([recoded(logo, 2), moving(100 + seed, 8)])))

        copy = store(as_result(recoded(full)))

        found = spans(api, copy)
        assert len(found) <= 50
        assert times(s for s in found if s["video"]["id"] == str(original.id)) == [
            (0, 13_000, 0, 13_000)
        ]

    def test_the_index_is_used(self, api: APIClient) -> None:
        video = store(as_result(moving(1, 400)))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            parameters: dict[str, Any] = {
                "bits": ["01" * 128],
                "workspace": video.workspace_id,
                "copies": [],
                "neighbours": 20,
                "near": 56,
            }
            cursor.execute(f"EXPLAIN {_NEIGHBOURS_OF}", parameters)

            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert "Index Scan using signature_likeness" in plan


@pytest.mark.django_db
class TestRealPictures:
    def test_a_mirrored_shrunk_letterboxed_excerpt_is_located(
        self, api: APIClient, tmp_path: Path
    ) -> None:
        """From the middle of one scene to the middle of another, behind two seconds of its own."""
        lengths = (2400, 1800, 2800, 2200, 2600)
        pictures = list(clips.shots(lengths))

        def changed(picture: Picture) -> Picture:
            small = cv2.resize(picture[:, ::-1], (240, 136), interpolation=cv2.INTER_AREA)
            return np.pad(small, ((22, 22), (0, 0), (0, 0))).astype(np.uint8)

        own = [changed(clips.scene(50, step)) for step in range(50)]
        clips.write(tmp_path / "whole.mp4", pictures)
        clips.write(tmp_path / "excerpt.mp4", own + [changed(p) for p in pictures[78:230]])
        signatures = {}
        for name in ("whole", "excerpt"):
            (tmp_path / name).mkdir()
            signatures[name] = signed(tmp_path / f"{name}.mp4", tmp_path / name)
        whole, excerpt = (store(signatures[name]) for name in ("whole", "excerpt"))

        (span,) = spans(api, excerpt)

        assert span["mirrored"]
        assert span["video"]["id"] == str(whole.id)
        for found, true in zip(times([span])[0], (2000, 8080, 3120, 9200), strict=True):
            assert abs(found - true) <= 500


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_that_are_written_at_once_find_each_other(self, api: APIClient) -> None:
        hashes = as_result(moving(1, 60))
        videos = [factories.make_video() for _ in range(4)]
        together = Barrier(4)

        def one(video: Video) -> None:
            together.wait()
            try:
                write_again(video, hashes)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, videos))

        assert [len(spans(api, video)) for video in videos] == [3, 3, 3, 3]
