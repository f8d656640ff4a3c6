"""Films are compared by what they hold: their bytes need not be the same each time."""

from pathlib import Path

from tests import clips
from tests.chaos.compared import film


class TestFilm:
    def test_is_like_another_encoding_of_its_pictures(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one.mp4", tmp_path / "other.mp4"
        clips.write(one, clips.shots((400, 400)))
        clips.write(other, clips.shots((400, 400)), codec="mpeg4")

        made, again = film(one), film(other)

        assert one.read_bytes() != other.read_bytes()
        assert made.shows_as(again)
        assert made.streams != again.streams

    def test_is_unlike_one_with_another_shot_or_a_picture_less(self, tmp_path: Path) -> None:
        films = []
        for name, lengths_ms in {"a": (400, 400), "b": (360, 440), "c": (400, 360)}.items():
            clips.write(tmp_path / f"{name}.mp4", clips.shots(lengths_ms))
            films.append(film(tmp_path / f"{name}.mp4"))

        made, cut_earlier, shorter = films

        assert made.is_like(film(tmp_path / "a.mp4"))
        assert not made.is_like(cut_earlier)
        assert not made.is_like(shorter)
