"""The quality gate: which computed days are kept out of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factors.common.checks import is_share
from factors.errors import ArgumentError, InputError

if TYPE_CHECKING:
    import pandas as pd

LOST_STOCKS = 0.05
"""Share of a published day's stocks that a new version of it may lack."""


@dataclass(frozen=True)
class Gate:
    """What a day must fulfil to be published.

    Parameters
    ----------
    min_coverage : float
        Smallest share of the session, 0 to 1, that the day's last bar and the median stock's bars must reach; 0 lets
        every day pass.
    force : bool
        Let a day be replaced by one that has fewer stocks or factors.

    Raises
    ------
    ArgumentError
        If `min_coverage` is no number from 0 to 1.
    """

    min_coverage: float = 0.0
    force: bool = False

    def __post_init__(self) -> None:
        if not is_share(self.min_coverage):
            raise ArgumentError(f"min_coverage={self.min_coverage!r} must be a share of the session, from 0 to 1.")

    def rejection(
        self,
        day: pd.DataFrame,
        coverage: Mapping[str, Any],
        published: Mapping[str, Any] | None,
        columns: Sequence[str] = (),
    ) -> str:
        """Say why a day is withheld; an empty string lets it pass.

        Parameters
        ----------
        day : pandas.DataFrame
            The day's factor values.
        coverage : mapping
            ``reach`` and ``coverage``, shares of the session, where known.
        published : mapping or None
            Manifest of the good file that the store has for this day.
        columns : sequence of str
            The factors in that file.

        Raises
        ------
        InputError
            If `min_coverage` is set and the coverage is not known.
        """
        if self.min_coverage and not {"reach", "coverage"} <= set(coverage):
            raise InputError("min_coverage: the computation did not say how much of the session the bars cover.")
        if self.min_coverage and coverage["reach"] < self.min_coverage:
            return self._partial(f"the last bar is {coverage['reach']:.1%} into the session")
        if self.min_coverage and coverage["coverage"] < self.min_coverage:
            return self._partial(f"the median stock has {coverage['coverage']:.1%} of the session's bars")
        if published is not None and not day.notna().to_numpy().any():
            return "not published: every value is NaN, and the store has a day with values"
        rows = published["output"]["rows"] if published is not None else 0
        if not self.force and len(day) < rows * (1 - LOST_STOCKS):
            return f"not published: {len(day)} stocks would replace {rows}; if that is right, run with force"
        lost = [name for name in columns if name not in day.columns]
        if lost and not self.force:
            named = ", ".join(lost[:3]) + (", ..." if len(lost) > 3 else "")
            what = "a factor that is" if len(lost) == 1 else f"{len(lost)} factors that are"
            return (
                f"not published: the day in the store has {what} not asked for now ({named}); name all that are "
                "wanted, or another store, or run with force to drop the others"
            )
        return ""

    def _partial(self, cause: str) -> str:
        return f"partial day, not published: {cause}, min_coverage={self.min_coverage:g}"
