"""Hypothesis strategies for stock-days: ties, gaps, flat prices, zero volume, single bars, empty days.

Sessions are short (20 to 64 minutes), because wide arrays make hypothesis slow; one is of 130 minutes, for what needs
60 bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from factors.common.fields import FIELDS
from factors.data.calendar.session import OWN, Session
from factors.data.cube.cube import MinuteCube
from factors.data.rows import DayRows
from factors.loops import StockDay

SESSIONS = {
    "lunch64": Session("lunch64", "UTC", ((570, 602), (660, 692))),
    "lunch40": Session("lunch40", "UTC", ((570, 590), (660, 680))),
    "through45": Session("through45", "UTC", ((570, 615),)),
    "short20": Session("short20", "UTC", ((570, 580), (660, 670))),
    "lunch130": Session("lunch130", "UTC", ((570, 640), (700, 760))),
}
KINDS = (
    "ordinary", "flat", "locked", "quiet", "late", "gappy", "holes", "single", "two", "empty", "few levels", "steady",
    "two sizes", "spiky",
)  # fmt: skip


@dataclass(frozen=True)
class Market:
    """Stock-days as delivered: symbol -> field -> array of length T, NaN where there is no bar or value."""

    session: Session
    stocks: dict[str, dict[str, np.ndarray]]

    def rows(self, date: str = "2026-01-05", seed: int = 0) -> DayRows:
        """Return the bars as long rows, shuffled."""
        names = sorted(self.stocks)
        minutes = self.session.minutes
        code = np.repeat(np.arange(len(names), dtype=np.int32), minutes)
        minute = np.tile(np.arange(minutes, dtype=np.int16), len(names))
        values = {f: np.concatenate([self.stocks[s][f] for s in names]) for f in next(iter(self.stocks.values()))}
        there = ~np.all([np.isnan(v) for v in values.values()], axis=0)
        order = np.random.default_rng(seed).permutation(np.flatnonzero(there))
        clock = np.tile(self.session.ends(), len(names)).astype(np.int32)
        return DayRows(
            np.datetime64(date), np.array(names, dtype=object), code[order], minute[order],
            np.full(len(order), OWN, np.int8), clock[order], {f: v[order] for f, v in values.items()},
            self.session, "hypothesis",
        )  # fmt: skip

    def cube(self) -> MinuteCube:
        """Return the bars as a cube."""
        return MinuteCube.from_days([self.rows()])

    def days(self) -> dict[str, StockDay]:
        """Return each stock's day for the loops, straight from the delivered bars."""
        lunch = self.session.lunch if self.session.has_lunch else None
        return {
            s: StockDay({f: a.tolist() for f, a in bars.items()}, self.session.minutes, lunch)
            for s, bars in self.stocks.items()
        }


@st.composite
def stock_days(draw: st.DrawFn, minutes: int) -> dict[str, np.ndarray]:
    """One stock's day on a grid of so many minutes."""
    kind = draw(st.sampled_from(KINDS))
    shape = (minutes,)

    def whole(low: int, high: int) -> np.ndarray:
        return draw(npst.arrays(np.int64, shape, elements=st.integers(low, high), fill=st.integers(low, high)))

    step = {"flat": 0, "locked": 0, "few levels": 1}.get(kind, 4)
    level = draw(st.integers(200, 30_000))
    steps = np.full(minutes, draw(st.integers(-1, 2))) if kind == "steady" else whole(-step, step)
    if kind == "spiky":
        steps[draw(st.integers(0, minutes - 1))] *= 500
    ticks = np.maximum(level + np.cumsum(steps), 1)
    before = np.concatenate([ticks[:1], ticks[:-1]])
    opened = np.maximum(before + (0 if step == 0 else whole(-1, 1)), 1)
    spread = 0 if kind in ("flat", "locked") else whole(0, 2)
    lots = whole(0, 2 if kind == "few levels" else 6)
    if kind == "two sizes":
        lots = np.where(lots > 3, draw(st.integers(2, 9)), 1)
    if kind == "spiky":
        lots[draw(st.integers(0, minutes - 1))] = 100_000
    if kind == "quiet":
        lots = np.zeros_like(lots)
    if kind == "locked":
        lots = lots + 1
    volume = lots * 100.0
    close, open_ = ticks / 100, opened / 100
    high = (np.maximum(ticks, opened) + spread) / 100
    low = np.maximum(np.minimum(ticks, opened) - spread, 1) / 100
    bars = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
    bars["amount"] = np.round(volume * (high + low + close) / 3, 2)
    bars["trades"] = np.where(lots > 0, np.minimum(lots, whole(0, 3)), 0).astype(float)
    present = np.ones(minutes, dtype=bool)
    if kind == "late":
        present[: draw(st.integers(1, minutes - 1))] = False
    elif kind == "gappy":
        present = draw(npst.arrays(np.bool_, shape))
    elif kind in ("single", "two"):
        present[:] = False
        present[draw(st.lists(st.integers(0, minutes - 1), min_size=1, max_size=1 if kind == "single" else 2))] = True
    elif kind == "empty":
        present[:] = False
    if kind == "holes":  # delivered bars with values missing, zero or negative
        for name in bars:
            hole = draw(npst.arrays(np.bool_, shape, elements=st.sampled_from([False, False, False, True])))
            bars[name] = np.where(hole, draw(st.sampled_from([np.nan, 0.0])), bars[name])
        wrong = draw(npst.arrays(np.bool_, shape, elements=st.sampled_from([False, False, False, True])))
        which = draw(st.sampled_from(["high", "low"]))  # beside the close, or beyond the other end
        bars[which] = np.where(wrong, bars[which] * draw(st.sampled_from([0.5, 0.95, 1.05, 2.0])), bars[which])
    return {name: np.where(present, values, np.nan) for name, values in bars.items()}


@st.composite
def markets(draw: st.DrawFn, most: int = 3) -> Market:
    """A few stocks' days on one session's grid; at least one stock has a row."""
    session = SESSIONS[draw(st.sampled_from(sorted(SESSIONS)))]
    stocks = {f"S{i}": draw(stock_days(session.minutes)) for i in range(draw(st.integers(1, most)))}
    fields = draw(
        st.sampled_from([FIELDS, FIELDS, FIELDS, ("close", "volume"), ("open", "high", "low", "close", "volume")])
    )
    return Market(session, {s: {f: bars[f] for f in fields} for s, bars in stocks.items()})
