"""The planner, on stages made up on the spot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, ClassVar

import pytest

from pipeline import planner
from pipeline.contract import Context, SplitStage, Stage
from pipeline.engines import catalogue
from pipeline.engines.catalogue import File, Model, Wheel
from pipeline.planner import PlanError, Step, plan
from pipeline.results import Shard, Sharded


class Media: ...


class Sound: ...


class Words: ...


class Index: ...


class Idle(Stage):
    """Planned, never run."""

    def run(self, ctx: Context) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Look(Idle):
    name, version = "look", 1
    produces = Media


@dataclass(frozen=True)
class Listen(Idle):
    name, version = "listen", 1
    produces, needs = Sound, (Media,)

    gain: float = 1.0


@dataclass(frozen=True)
class Write(Idle):
    name, version = "write", 1
    produces, needs = Words, (Sound,)

    @property
    def models(self) -> tuple[str, ...]:
        return ("pen",)


@dataclass(frozen=True)
class Collect(Idle):
    name, version = "collect", 1
    produces, needs, wants = Index, (Media,), (Words,)


class Pieces(Sharded): ...


@dataclass(frozen=True)
class Cut(Idle):
    name, version = "cut", 1
    produces, needs = Pieces, (Media,)


@dataclass(frozen=True)
class Share(SplitStage):
    name, version = "share", 1
    produces = Words
    needs: ClassVar[tuple[type, ...]] = (Pieces,)
    split_by, part = Pieces, Sound

    def run_part(self, ctx: Context, shard: Shard) -> Any:
        raise NotImplementedError

    def join(self, ctx: Context, parts: Sequence[Any]) -> Any:
        raise NotImplementedError


ALL = (Look(), Listen(), Write(), Collect())


@pytest.fixture(autouse=True)
def pen(monkeypatch: pytest.MonkeyPatch) -> None:
    _give_pen(monkeypatch, "a" * 64)


def _give_pen(monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    ink = File("ink.bin", sha256, 1, (Wheel("package", "ink.bin"),))
    model = Model("pen", "tests", "MIT", "here", (ink,))
    monkeypatch.setattr(catalogue, "CATALOGUE", {"pen": model})


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.stage.name for step in steps]


def prints(stages: tuple[Stage, ...] = ALL, *, checksum: str = "c") -> dict[str, str]:
    """Return the fingerprints of a plan by stage name."""
    steps = plan(stages, checksum=checksum)
    return {step.stage.name: step.fingerprint for step in steps}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


class TestPlan:
    @pytest.mark.parametrize("stages", list(permutations(ALL)))
    def test_puts_each_stage_after_those_it_takes_from(self, stages: tuple[Stage, ...]) -> None:
        order = names(plan(stages, checksum="c"))

        assert order == ["look", "listen", "write", "collect"]

    def test_names_the_stages_behind_needs_and_wants(self) -> None:
        steps = {step.stage.name: step for step in plan(ALL, checksum="c")}

        assert steps["look"].needs == ()
        assert steps["collect"].needs == ("look",)
        assert steps["collect"].wants == ("write",)

    def test_does_without_what_is_only_wanted(self) -> None:
        steps = plan([Look(), Collect()], checksum="c")

        assert names(steps) == ["look", "collect"]
        assert steps[1].wants == ()

    def test_of_nothing_is_empty(self) -> None:
        assert plan([], checksum="c") == ()

    def test_rejects_a_cycle(self) -> None:
        class Chicken(Look):
            name = "chicken"
            needs = (Index,)

        with pytest.raises(PlanError, match=r"wait for each other: .*chicken"):
            plan([Chicken(), Collect()], checksum="c")

    def test_rejects_a_cycle_through_a_want(self) -> None:
        class Chicken(Look):
            name = "chicken"
            wants = (Sound,)

        with pytest.raises(PlanError, match=r"wait for each other: .*chicken"):
            plan([Chicken(), Listen()], checksum="c")

    def test_rejects_a_need_that_nothing_makes(self) -> None:
        with pytest.raises(PlanError, match=r"Nothing makes the Sound that write needs"):
            plan([Look(), Write()], checksum="c")

    def test_names_the_stage_that_a_split_one_is_split_by(self) -> None:
        steps = {step.stage.name: step for step in plan([Look(), Cut(), Share()], checksum="c")}

        assert steps["share"].split_by == "cut"
        assert steps["cut"].split_by == ""

    def test_rejects_a_stage_split_by_what_it_does_not_need(self) -> None:
        class Aloof(Share):
            name = "aloof"
            needs = (Media,)

        with pytest.raises(PlanError, match="aloof is split by Pieces"):
            plan([Look(), Cut(), Aloof()], checksum="c")

    def test_rejects_two_makers_of_one_result(self) -> None:
        class Peek(Look):
            name = "peek"

        with pytest.raises(PlanError, match=r"peek and look make the same"):
            plan([Look(), Peek()], checksum="c")


class TestFingerprint:
    def test_is_the_same_for_the_same(self) -> None:
        assert prints() == prints(tuple(reversed(ALL)))

    def test_differs_between_stages(self) -> None:
        assert len(set(prints().values())) == len(ALL)

    def test_changes_everywhere_with_the_file(self) -> None:
        assert changed(prints(), prints(checksum="d")) == {"look", "listen", "write", "collect"}

    def test_changes_downstream_of_a_parameter(self) -> None:
        louder = tuple(replace(s, gain=2.0) if isinstance(s, Listen) else s for s in ALL)

        assert changed(prints(), prints(louder)) == {"listen", "write", "collect"}

    def test_changes_downstream_of_a_version(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = prints()

        monkeypatch.setattr(Listen, "version", 2)

        assert changed(before, prints()) == {"listen", "write", "collect"}

    def test_changes_downstream_of_weights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = prints()

        _give_pen(monkeypatch, "b" * 64)

        assert changed(before, prints()) == {"write", "collect"}

    def test_changes_with_a_wanted_stage_that_is_gone(self) -> None:
        before = prints()

        without = prints((Look(), Collect()))

        assert without["look"] == before["look"]
        assert without["collect"] != before["collect"]

    def test_does_not_depend_on_the_order_of_upstream(self) -> None:
        one = planner.fingerprint(Look(), "c", ["a", "b"])

        assert planner.fingerprint(Look(), "c", ["b", "a"]) == one
