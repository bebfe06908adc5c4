"""The market of a day: the mean over its stocks, or the bars of an index."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import FIELDS
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube
from factors.engine.planning.plan import Plan
from factors.errors import InputError, MissingFieldError, choice
from factors.ops import across

MARKET = ("market_return", "market_day_return")
"""Names that a given market answers: its log return by minute, and its return from the previous close."""


@dataclass(frozen=True)
class Market:
    """Where the market's return comes from.

    Parameters
    ----------
    how : {"mean", "amount", "bars"}
        The plain mean over the day's stocks, the mean weighted by their amounts of the day, or `bars`.
    bars : MinuteCube, optional
        The bars of one security, with its previous closes.
    pre_close : float64 array, shape (days,), optional
        These.
    """

    how: Literal["mean", "amount", "bars"] = "mean"
    bars: MinuteCube | None = None
    pre_close: Floats | None = None

    def answers(self, name: str) -> bool:
        """Whether it answers a `CrossSection` instead of the stocks."""
        return self.bars is not None and name in MARKET

    def is_daily(self, name: str) -> bool:
        """Whether what it answers is one number a day, not one by minute."""
        return name == "market_day_return"

    def of(self, name: str, date: np.datetime64, session: Session) -> Floats | None:
        """Return the log returns of a day, shape (1, minutes), or its return, shape (1, 1); None without bars.

        Raises
        ------
        InputError
            If that day of the market has another session than that of the stocks.
        """
        assert self.bars is not None
        assert self.pre_close is not None
        day = int(np.searchsorted(self.bars.dates, date))
        if day == len(self.bars.dates) or self.bars.dates[day] != date:
            return None
        own = self.bars.sessions[day]
        if own.minutes != session.minutes:
            raise InputError(
                f"market: {date} has {own.minutes} minutes ({own.name}), the stocks' day {session.minutes} "
                f"({session.name}). Give a market of the same session."
            )
        close = self.bars.storage[day, 0, self.bars.fields.index("close"), : own.minutes, 0]
        with np.errstate(all="ignore"):
            if self.is_daily(name):
                return np.array([[(close[-1] - self.pre_close[day]) / self.pre_close[day]]])
            return np.concatenate([[np.nan], np.log1p(np.diff(close) / close[:-1])])[None, :]

    def weighted(self, x: Floats, cube: MinuteCube, day: int, stocks: npt.NDArray[np.int64]) -> Floats:
        """Return the mean over some stocks of a day, weighted by their amounts of the day."""
        amount = cube.storage[day, stocks // LANES, cube.fields.index("amount"), : cube.sessions[day].minutes,
                              stocks % LANES]  # fmt: skip
        return across.mean(x, np.nansum(amount, axis=1, keepdims=True))

    def check(self, fields: Sequence[str]) -> None:
        """Refuse weights that the input does not have.

        Raises
        ------
        MissingFieldError
            If the amounts are wanted and there are none.
        """
        if self.how == "amount" and "amount" not in fields:
            raise MissingFieldError(
                "market='amount' weights the stocks by a field that the input lacks; take market='mean', or pass "
                "schema={'amount': '<column>'} if it has another name."
            )

    def provenance(self, first: np.datetime64, last: np.datetime64) -> str | dict[str, Any]:
        """Return what the provenance says of it: "mean", "amount", or the symbol and a hash of its days in a range."""
        if self.bars is None or self.pre_close is None:
            return self.how
        days = slice(*np.searchsorted(self.bars.dates, [first, last + np.timedelta64(1, "D")]).tolist())
        at = self.bars.fields.index("close")
        content = [self.bars.dates[days].astype("int64"), self.bars.storage[days, 0, at, :, 0], self.pre_close[days]]
        found = hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in content))
        return {"symbol": str(self.bars.symbols[0]), "sha256": found.hexdigest()}


def check_market(market: Any) -> None:
    """Refuse what is no market, before any data is read."""
    if market is None or isinstance(market, bool | int | float):
        raise choice("market", market, ("mean", "amount", "minute bars of one security"))


def fields_to_load(plan: Plan, market: Any = "mean") -> tuple[str, ...]:
    """Return the fields that a plan reads, and those that say whether a bar exists and traded, in storage order."""
    weights = isinstance(market, str) and market == "amount" and reads_market(plan)
    read = (*plan.fields, "close", "volume", *(("amount",) if weights else ()))
    return tuple(f for f in FIELDS if f in read)


def reads_market(plan: Plan) -> bool:
    """Whether a plan reads the market's return."""
    return any(step.name in MARKET for step in plan.across)
