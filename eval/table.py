"""What is told of a stage: a row a case, and one over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eval.scores import Looked, Tally

_HEAD = ("stage", "case", "precision", "recall", "F1", "coverage", "largest gap", "s/s", "also")


@dataclass(frozen=True)
class Row:
    stage: str
    case: str
    tally: Tally
    looked: Looked
    took_s: float
    """Processor time of this stage alone."""

    def __add__(self, other: Row) -> Row:
        return Row(
            self.stage,
            "all",
            self.tally + other.tally,
            self.looked + other.looked,
            self.took_s + other.took_s,
        )

    def figures(self) -> dict[str, float | None]:
        """Return the figures by their names; None where there is nothing to divide by."""
        media_s = self.looked.media_ms / 1000
        return {
            "precision": self.tally.precision,
            "recall": self.tally.recall,
            "f1": self.tally.f1,
            "coverage": self.looked.covered_ms / self.looked.media_ms,
            "largest_gap_s": self.looked.largest_gap_ms / 1000,
            "seconds_per_media_second": self.took_s / media_s,
        } | self.tally.ratios()

    def told(self) -> dict[str, Any]:
        """Return the row as JSON can hold it."""
        tally = self.tally
        counts = {n: getattr(tally, n) for n in ("found", "right", "there", "hit")}
        return {"stage": self.stage, "case": self.case} | counts | self.figures()


def total(rows: Sequence[Row]) -> Row:
    """Return one row over the cases of one stage."""
    return reduce(add, rows)


def heading() -> str:
    return f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}"


def line(row: Row) -> str:
    """Return the row as Markdown."""
    figures = row.figures()
    cells = (
        row.stage,
        row.case,
        *(_told(figures[name], ".3f") for name in ("precision", "recall", "f1")),
        _told(figures["coverage"], ".0%"),
        _told(figures["largest_gap_s"], ".1f") + " s",
        _told(figures["seconds_per_media_second"], ".3f"),
        ", ".join(f"{name} {_told(value, '.3g')}" for name, value in row.tally.ratios().items()),
    )
    return f"| {' | '.join(cells)} |"


def _told(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
