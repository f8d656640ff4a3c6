"""Parameters of stages that come from the environment."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline import registry
from pipeline.checks import check_pipeline


@pytest.fixture(autouse=True)
def _made_anew() -> Iterator[None]:
    registry.stages.cache_clear()
    yield
    registry.stages.cache_clear()


def of(name: str) -> dict[str, Any]:
    (stage,) = (stage for stage in registry.stages() if stage.name == name)
    return registry.parameters(stage)


class TestParameters:
    def test_change_a_stage_and_leave_the_others(self, settings: Any) -> None:
        before = of("detect_speech")
        registry.stages.cache_clear()
        settings.PIPELINE_PARAMETERS = {"transcribe": {"model": "whisper-small", "batch_size": 4}}

        assert of("transcribe")["model"] == "whisper-small"
        assert of("transcribe")["batch_size"] == 4
        assert of("transcribe")["beam_size"] == 5
        assert of("detect_speech") == before
        assert check_pipeline() == []

    def test_become_what_the_stage_takes(self, settings: Any) -> None:
        settings.PIPELINE_PARAMETERS = {"fetch": {"ports": [443]}}

        assert of("fetch")["ports"] == (443,)

    @pytest.mark.parametrize(
        ("parameters", "told"),
        [
            ({"transcribe": {"batch_size": "many"}}, "transcribe: Expected `int`"),
            ({"transcribe": {"precision": "int4"}}, "transcribe: Invalid enum value 'int4'"),
            ({"transcribe": {"speed": 1}}, "transcribe has no parameter speed"),
            ({"transcribe": 7}, "transcribe: "),
            ({"translate": {}}, "stages that are not there: translate"),
            ({"transcribe": {"model": "whisper-huge"}}, "The catalogue has no model whisper-huge."),
        ],
    )
    def test_are_refused_at_start(self, settings: Any, parameters: Any, told: str) -> None:
        settings.PIPELINE_PARAMETERS = parameters

        assert told in str(check_pipeline()[0].msg)
