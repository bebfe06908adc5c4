"""Rows of a day as the reader hands them to the cube: a few written out, and many with impossible values."""

from __future__ import annotations

import numpy as np

from factors.common.arrays import Floats
from factors.common.fields import FIELDS
from factors.data.calendar.session import AFTER, BEFORE, OWN, Session
from factors.data.rows import Columns, DayRows

SESSION = Session("test", "UTC", ((570, 630), (780, 840)))
TINY = Session("tiny", "UTC", ((570, 573), (660, 662)))


def rows(
    bars: list[tuple[str, int, int, float, float]],
    session: Session = TINY,
    date: str = "2026-01-05",
    **fields: list[float],
) -> DayRows:
    """Rows from (symbol, grid minute, role, close, volume); other fields by keyword, the open being the close - 0.5."""
    symbols = np.array(sorted({b[0] for b in bars}), dtype=object)
    ends = session.ends()
    close = np.array([b[3] for b in bars], dtype=float)
    values = {"open": close - 0.5, "high": close + 1, "low": close - 1, "close": close}
    values["volume"] = np.array([b[4] for b in bars], dtype=float)
    values.update({k: np.array(v, dtype=float) for k, v in fields.items()})
    return DayRows(
        np.datetime64(date), symbols,
        np.array([symbols.tolist().index(b[0]) for b in bars], dtype=np.int32),
        np.array([b[1] for b in bars], dtype=np.int16), np.array([b[2] for b in bars], dtype=np.int8),
        np.array([ends[b[1]] + (10 if b[2] == AFTER else -5 if b[2] == BEFORE else 0) for b in bars], dtype=np.int32),
        {f: values[f] for f in FIELDS if f in values}, session, "test",
    )  # fmt: skip


def dirty(rows: int, seed: int, *, auctions: bool = False, stocks: int = 19) -> DayRows:
    """Rows of a day, shuffled, with every kind of impossible value."""
    random = np.random.default_rng(seed)
    places = np.sort(random.choice(stocks * SESSION.minutes, min(rows, stocks * SESSION.minutes), replace=False))
    if seed % 2:
        random.shuffle(places)
    code, minute = np.divmod(places, SESSION.minutes)
    fields: dict[str, Floats] = {}
    for name in FIELDS:
        values = np.round(random.uniform(5, 6, len(code)), 2)
        hits = random.random(len(code)) < 0.05
        values[hits] = random.choice([np.nan, 0.0, -0.0, -1.0, np.inf, -np.inf, 5e-324], int(hits.sum()))
        fields[name] = values
    ends_of_range = np.sort([fields[name] for name in ("low", "close", "high")], axis=0)
    possible = (
        (ends_of_range > 1).all(axis=0) & np.isfinite(ends_of_range).all(axis=0) & (random.random(len(code)) < 0.9)
    )
    for name, end in zip(("low", "high"), ends_of_range[[0, 2]], strict=True):
        fields[name] = np.where(possible, end, fields[name])  # the others contradict themselves
    role = np.full(len(code), OWN)
    if auctions:
        role = np.select([minute % 40 == 0, minute % 40 == 20], [BEFORE, AFTER], OWN)
    ends = SESSION.ends()[minute]
    return DayRows(
        np.datetime64("2026-01-05"), np.array([f"S{k:02d}" for k in range(stocks)], dtype=object),
        code.astype(np.int32), minute.astype(np.int16), role.astype(np.int8), (ends + role).astype(np.int32),
        Columns({name: [values] for name, values in fields.items()}), SESSION, "test",
    )  # fmt: skip
