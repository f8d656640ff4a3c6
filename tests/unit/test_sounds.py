"""From scores of classes to sound events."""

import numpy as np
import pytest

from pipeline.media.sounds import LABELS, Ear, events

NAMES = [label.name for label in LABELS]
CLASSES = sorted({name for label in LABELS for name in (*label.classes, *label.rather)})


def told(**classes: float) -> dict[str, float]:
    """Return the labels that one patch gets above nothing."""
    scores = np.zeros((1, len(CLASSES)), np.float32)
    for name, score in classes.items():
        scores[0, CLASSES.index(name.replace("__", ", ").replace("_", " "))] = score
    (heard,) = Ear(CLASSES).labelled(scores)
    return {name: round(float(score), 3) for name, score in zip(NAMES, heard, strict=True) if score}


def found(label: str, scores: list[float]) -> list[tuple[int, int]]:
    """Return the events' times, of patches that hear 975 ms every 480 ms."""
    heard = np.zeros((len(scores), len(LABELS)), np.float32)
    heard[:, NAMES.index(label)] = scores
    return [(e.start_ms, e.end_ms) for e in events(heard, 480, 975, 480 * len(scores) + 495)]


class TestEar:
    def test_counts_a_labels_classes_together(self) -> None:
        assert told(Laughter=0.3, Giggle=0.8) == {"laughter": pytest.approx(0.86)}

    def test_takes_the_likeliest_of_what_music_is_told_by(self) -> None:
        assert told(Music=0.3, Singing=0.8) == {"music": pytest.approx(0.8)}

    def test_calls_a_siren_no_alarm(self) -> None:
        assert told(Alarm=0.9, Siren=0.6) == {"siren": pytest.approx(0.6)}

    def test_calls_a_telephone_no_alarm(self) -> None:
        assert told(Alarm=0.9, Telephone=0.5) == {}

    def test_calls_an_alarm_an_alarm_though_a_siren_is_thinkable(self) -> None:
        assert told(Alarm=0.9, Siren=0.2)["alarm"] == pytest.approx(0.9)

    def test_calls_a_shot_a_shot_though_fireworks_are_thinkable(self) -> None:
        scores = told(Gunshot__gunfire=0.8, Explosion=0.7, Fireworks=0.6)

        assert scores == {"gunshot": pytest.approx(0.8)}

    def test_calls_an_explosion_one_though_it_might_be_a_shot(self) -> None:
        scores = told(Gunshot__gunfire=0.6, Explosion=0.8)

        assert scores["explosion"] == pytest.approx(0.8)

    def test_calls_fireworks_neither_shots_nor_explosions(self) -> None:
        assert told(Explosion=0.9, Fireworks=0.95) == {}

    def test_refuses_a_list_that_lacks_a_class(self) -> None:
        with pytest.raises(ValueError, match="Speech"):
            Ear(["Music"])


class TestEvents:
    def test_reach_to_the_ends_of_the_track(self) -> None:
        assert found("speech", [0.9] * 4) == [(0, 2415)]

    @pytest.mark.parametrize("label", ["laughter", "applause", "gunshot", "scream", "glass"])
    def test_of_what_is_over_in_a_second_are_told(self, label: str) -> None:
        assert len(found(label, [0, 0, 0.8, 0.8, 0, 0])) == 1

    def test_of_one_loud_patch_are_bangs_only(self) -> None:
        bang = [0.0, 0.0, 0.9, 0.0, 0.0]

        assert found("explosion", bang) == [(247 + 960, 247 + 1440)]
        assert found("speech", bang) == []

    def test_bridge_a_pause_of_one_patch(self) -> None:
        assert len(found("music", [0, *[0.9] * 6, 0.1, *[0.9] * 6, 0])) == 1

    def test_of_music_last_two_seconds(self) -> None:
        assert found("music", [0, 0, 0.9, 0.9, 0, 0]) == []

    def test_come_by_their_starts(self) -> None:
        heard = np.zeros((20, len(LABELS)), np.float32)
        heard[10:, NAMES.index("speech")] = heard[:8, NAMES.index("siren")] = 0.9

        assert [e.label for e in events(heard, 480, 975, 10_000)] == ["siren", "speech"]
