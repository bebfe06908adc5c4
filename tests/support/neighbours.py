"""The factors that read other stocks or days, and small markets of a few days for them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from factors.catalogue import resolve
from factors.data.cube.cube import MinuteCube
from tests.support.agreement import scaled
from tests.support.strategies import SESSIONS, Market, stock_days

OF_OTHERS = frozenset({
    "lonely_goose", "panic_core", "patv", "realized_beta", "realized_idio_var", "vol_diff_intercept",
})  # fmt: skip
"""Factors that read the other stocks of the day."""

ALL = [f for f in resolve("all").values() if f.file.endswith("/neighbours.py")]
NAMES = [f.name for f in ALL]


@st.composite
def weeks(draw: st.DrawFn) -> list[Market]:
    """A few days of a few stocks, some of them missing on some days."""
    session = SESSIONS[draw(st.sampled_from(["lunch64", "through45"]))]
    return [
        Market(
            session,
            {f"S{k}": draw(stock_days(session.minutes)) for k in sorted(draw(st.sets(st.integers(0, 4), min_size=1)))},
        )
        for _ in range(draw(st.integers(1, 3)))
    ]


def as_cube(week: list[Market], price: float = 1.0, volume: float = 1.0) -> MinuteCube | None:
    days = [replace(day, stocks={s: scaled(bars, price, volume) for s, bars in day.stocks.items()}) for day in week]
    rows = [day.rows(f"2026-01-{5 + k:02d}") for k, day in enumerate(days)]
    rows = [row for row in rows if len(row.code)]
    return MinuteCube.from_days(rows) if rows else None
