"""What the process that runs stages cannot do, tried in real ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import sandbox
from pipeline.sandbox import landlock
from pipeline.supervisor import ChildDied
from tests.execution.attempts import Try, TryWithModels, TryWithNetwork, UseOwnModel
from tests.execution.confined import Videos
from tests.own_models import own_model

pytestmark = pytest.mark.skipif(bool(sandbox.missing()), reason=" ".join(sandbox.missing()))

_OWN = {"read the source", "write", "replace", "use a temporary file"}


@pytest.fixture
def videos(tmp_path: Path) -> Iterator[Videos]:
    made = Videos(tmp_path)
    yield made
    made.children.discard_all()


class TestMediaStage:
    def test_reads_its_source_and_writes_its_folder_and_no_more(self, videos: Videos) -> None:
        tried = videos.tried(Try)

        assert set(tried.done) == _OWN
        assert videos.others.exists()
        assert sorted(path.name for path in videos.workdir.iterdir()) == ["moved", "result.json"]

    def test_leaves_nothing_to_the_next(self, videos: Videos) -> None:
        first, second = videos.tried(Try), videos.tried(Try)

        assert first.pid != second.pid

    def test_that_crashes_takes_nothing_with_it(self, videos: Videos) -> None:
        videos.tried(Try)
        child = videos.children.get("media", videos.allowance)

        crashed = videos.end(Try, act="crash")

        assert (crashed.outcome, crashed.message) == ("crashed", "was killed by SIGSEGV")
        videos.tried(Try)
        assert videos.children.get("media", videos.allowance) is child

    def test_that_writes_too_much_fails_for_good(self, videos: Videos) -> None:
        ended = videos.end(Try, act="fill")

        assert (ended.outcome, ended.code) == ("failed", "result_too_large")

    @pytest.mark.parametrize("act", ["usurp", "babble", "rave"])
    def test_that_answers_wrongly_is_not_believed(self, videos: Videos, act: str) -> None:
        with pytest.raises(ChildDied, match=r"answered for another|talked (nonsense|without end)"):
            videos.end(Try, act=act)


class TestModelStage:
    def test_has_no_source_and_writes_its_folder_and_no_more(self, videos: Videos) -> None:
        tried = videos.tried(TryWithModels)

        assert set(tried.done) == _OWN - {"read the source"}

    def test_has_the_memory_of_the_last_one_but_not_its_files(self, videos: Videos) -> None:
        first = videos.tried(TryWithModels)
        left = videos.workdir / "moved"

        second = videos.tried(TryWithModels, others=str(left))

        assert first.pid == second.pid
        assert set(second.done) == _OWN - {"read the source"}

    def test_holds_what_it_may_read_of_proc(self, videos: Videos) -> None:
        """Else the kernel forgets it when memory is short, and what it makes anew is refused."""
        videos.tried(TryWithModels)

        pid = videos.tried(TryWithModels).pid

        held = [str(number.readlink()) for number in Path(f"/proc/{pid}/fd").iterdir()]
        assert [held.count(f"/proc/{name}") for name in (pid, "meminfo", "cpuinfo")] == [1, 1, 1]

    def test_has_the_models_that_the_operators_file_lists(
        self, videos: Videos, tmp_path: Path
    ) -> None:
        mine = videos.models / "mine" / "mine.bin"
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"weights")
        listing = tmp_path / "models.toml"
        listing.write_text(own_model(mine, url="https://models.example/mine.bin"))
        videos.allowance = replace(videos.allowance, models_file=listing)

        assert videos.tried(UseOwnModel).done == ("mine.bin",)


class TestNetworkStage:
    def test_opens_sockets_and_has_its_videos_folder(self, videos: Videos) -> None:
        tried = videos.tried(TryWithNetwork)

        sockets = {"open a socket", "open a local socket"}
        assert set(tried.done) == {*_OWN, "write beside the source", "change the source", *sockets}


class TestEnvironment:
    def test_holds_no_secrets(self, videos: Videos, monkeypatch: pytest.MonkeyPatch) -> None:
        secrets = {
            "DATABASE_URL",
            "SECRET_KEY",
            "SENTRY_DSN",
            "PGPASSFILE",
            "https_proxy",
            "X_AUTH",
        }
        for name in secrets:
            monkeypatch.setenv(name, "http://user:secret@host")

        seen = videos.tried(Try).variables

        assert secrets.isdisjoint(seen)
        assert "PATH" in seen


class TestMissing:
    def test_names_what_the_kernel_lacks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(landlock, "abi", lambda: 0)

        (sentence,) = sandbox.missing()

        assert "Landlock" in sentence
