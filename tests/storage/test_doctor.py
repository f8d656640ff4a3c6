"""What the doctor says about a bucket."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.management.commands import doctor
from pipeline.store import examination
from tests.storage.files import kept

pytestmark = pytest.mark.usefixtures("bucket")


class _Ahead(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return datetime.now(tz) + timedelta(minutes=5)


class TestBucket:
    def test_that_is_right_has_nothing_to_mend(self) -> None:
        findings = doctor._bucket()

        assert [finding.what for finding in findings] == ["bucket", "bucket for clients", "clock"]
        assert {finding.mend for finding in findings} == {""}
        assert kept() == set()

    @pytest.mark.parametrize(
        ("name", "value", "state", "mend"),
        [
            ("S3_SECRET_ACCESS_KEY", "wrong", "refuses our signature", "Check S3_ACCESS_KEY_ID"),
            ("S3_BUCKET", "another-one", "no such bucket", "Make it, or correct its name."),
            ("S3_ENDPOINT_URL", "http://127.0.0.1:9", "does not answer", "correct S3_ENDPOINT_URL"),
            (
                "S3_PUBLIC_ENDPOINT_URL",
                "http://127.0.0.1:9",
                "not reached",
                "Set S3_PUBLIC_ENDPOINT",
            ),
        ],
    )
    def test_that_is_wrong_is_told_with_the_mend(
        self, settings: Any, name: str, value: str, state: str, mend: str
    ) -> None:
        setattr(settings, name, value)

        (wrong,) = [finding for finding in doctor._bucket() if finding.mend]

        assert state in wrong.state
        assert mend in wrong.mend

    def test_whose_clock_is_another_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(examination, "datetime", _Ahead)

        (clock,) = [finding for finding in doctor._bucket() if finding.mend]

        assert clock.what == "clock"
        assert clock.state.startswith("+")

    def test_that_is_not_used_is_not_asked(self, settings: Any) -> None:
        settings.S3_BUCKET = ""

        assert doctor._bucket() == []
