"""Hostile days: prices of 1e-8 to 1e9, volumes to 1e13, amounts to 1e18, sessions of 120 to 1440 minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.common.fields import FIELDS
from factors.data.calendar.session import OWN, Session
from factors.data.cube.cube import MinuteCube
from factors.data.rows import DayRows

Floats = npt.NDArray[np.float64]
Bars = dict[str, Floats]
Generator = np.random.Generator

SESSIONS = {
    120: Session("accuracy120", "UTC", ((570, 690),)),
    240: Session("accuracy240", "UTC", ((570, 690), (780, 900))),
    330: Session("accuracy330", "UTC", ((570, 720), (780, 960))),
    1440: Session("accuracy1440", "UTC", ((0, 1440),)),
}
MARKETS = (
    (1, 1e-8, 1e13),  # price in ticks, tick, largest volume
    (40_000, 1e-8, 1e12),
    (250, 1e-4, 1e10),
    (1_037, 0.01, 1e5),
    (61_234, 0.01, 1e9),
    (19_005, 0.2, 300.0),
    (6_543_210, 0.01, 1e3),
    (150_000, 1000.0, 20.0),
    (60_000_000, 0.01, 2.0),
    (1_000_000_000, 1.0, 1e9),
)
"""Coins of no value, penny stocks, shares, an index, currencies and coins in won."""


@dataclass(frozen=True)
class Day:
    """One day of a few stocks.

    Attributes
    ----------
    kind : str
        What is hostile about it.
    minutes : int
        Length of the session.
    stocks : dict of str to Bars
        Symbol -> field -> array of length T, NaN where no bar is.
    """

    kind: str
    minutes: int
    stocks: dict[str, Bars]

    @property
    def lunch(self) -> int | None:
        """Last minute before the break."""
        session = SESSIONS[self.minutes]
        return session.lunch if session.has_lunch else None


def _walk(rng: Generator, minutes: int, ticks: int) -> Floats:
    step = max(ticks // 3000, 1)
    return ticks + np.cumsum(rng.integers(-step, step + 1, minutes)).astype(float)


def _one_tick(rng: Generator, minutes: int, ticks: int) -> Floats:
    return ticks + (np.arange(minutes) >= rng.integers(minutes // 4, minutes // 2)).astype(float)


def _alternating(rng: Generator, minutes: int, ticks: int) -> Floats:
    return ticks + np.arange(minutes) % 2.0


def _locked(rng: Generator, minutes: int, ticks: int) -> Floats:
    return np.full(minutes, float(ticks))


def _jump(rng: Generator, minutes: int, ticks: int) -> Floats:
    path = _walk(rng, minutes, ticks)
    path[rng.integers(minutes // 3, minutes // 2) :] *= 3
    return path


def _print(rng: Generator, minutes: int, ticks: int) -> Floats:
    path = _walk(rng, minutes, ticks)
    path[rng.integers(minutes)] *= 50
    return path


def _growth(rng: Generator, minutes: int, ticks: int) -> Floats:
    return ticks * 1.0001 ** np.arange(minutes)


def _straight(rng: Generator, minutes: int, ticks: int) -> Floats:
    return ticks + np.arange(minutes, dtype=float)


def _random_sizes(rng: Generator, minutes: int, largest: float) -> Floats:
    return np.ceil(largest * rng.random(minutes) ** 4)


def _even_sizes(rng: Generator, minutes: int, largest: float) -> Floats:
    return np.full(minutes, np.ceil(largest / 3))


def _near_sizes(rng: Generator, minutes: int, largest: float) -> Floats:
    return np.ceil(largest * 0.9) + rng.integers(0, 3, minutes)


def _one_size(rng: Generator, minutes: int, largest: float) -> Floats:
    sizes = np.ceil(largest * 1e-4 * rng.random(minutes))
    sizes[rng.integers(minutes)] = largest
    return sizes


def _fractions(rng: Generator, minutes: int, largest: float) -> Floats:
    return np.ceil(1e8 * rng.random(minutes) ** 3) / 1e8


def _all_day(rng: Generator, minutes: int) -> npt.NDArray[np.bool_]:
    return np.ones(minutes, dtype=bool)


def _thin(rng: Generator, minutes: int) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(minutes), rng.choice(minutes, 35, replace=False))


def _very_thin(rng: Generator, minutes: int) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(minutes), rng.choice(minutes, 6, replace=False))


def _late(rng: Generator, minutes: int) -> npt.NDArray[np.bool_]:
    return (np.arange(minutes) >= minutes // 2 - 10) & (rng.random(minutes) < 0.9)


def _gappy(rng: Generator, minutes: int) -> npt.NDArray[np.bool_]:
    return rng.random(minutes) < 0.7


KINDS: dict[str, tuple[Callable[..., Floats], Callable[..., Floats], Callable[..., npt.NDArray[np.bool_]]]] = {
    "ordinary": (_walk, _random_sizes, _all_day),
    "gaps": (_walk, _random_sizes, _gappy),
    "thin": (_walk, _random_sizes, _thin),
    "six bars": (_walk, _random_sizes, _very_thin),
    "late": (_walk, _random_sizes, _late),
    "late and filled": (_walk, _random_sizes, _late),
    "one tick": (_one_tick, _random_sizes, _all_day),
    "one tick and thin": (_one_tick, _random_sizes, _thin),
    "two prices": (_alternating, _random_sizes, _all_day),
    "locked": (_locked, _random_sizes, _all_day),
    "jump": (_jump, _random_sizes, _all_day),
    "one print": (_print, _one_size, _all_day),
    "one size": (_walk, _one_size, _all_day),
    "even sizes": (_walk, _even_sizes, _all_day),
    "near sizes": (_walk, _near_sizes, _all_day),
    "fractions": (_walk, _fractions, _gappy),
    "growth": (_growth, _random_sizes, _all_day),
    "straight": (_straight, _random_sizes, _all_day),
}
"""A day's prices, sizes and minutes with a bar."""
PLACES = (
    *((kind, 240) for kind in KINDS),
    *((kind, 120) for kind in ("ordinary", "gaps", "late", "one tick", "two prices", "jump", "growth", "fractions")),
    *((kind, 330) for kind in KINDS if kind not in ("locked", "six bars", "one tick and thin")),
    *((kind, 1440) for kind in ("ordinary", "thin", "jump", "one print", "near sizes", "fractions", "growth", "late")),
    ("six bars", 1440),
)


def bars(rng: Generator, kind: str, minutes: int, market: tuple[int, float, float]) -> Bars:
    """Make one stock's day.

    Prices are whole ticks, nearest in float64, but those of constant growth; amounts are volumes at the typical price.
    """
    ticks, tick, largest = market
    prices, sizes, there = KINDS[kind]
    each = round(1 / tick) if tick < 1 else 1
    close = np.maximum(prices(rng, minutes, ticks), 1.0)
    before = np.concatenate([close[:1], close[:-1]])
    still = kind in ("locked", "one tick", "one tick and thin", "two prices", "growth")
    opened = before if still else np.maximum(before + rng.integers(-1, 2, minutes), 1.0)
    spread = 0 if still else rng.integers(0, 3, minutes)
    high, low = np.maximum(opened, close) + spread, np.maximum(np.minimum(opened, close) - spread, 1.0)
    made = {
        name: x / each if tick < 1 else x * tick for name, x in zip(FIELDS[:4], (opened, high, low, close), strict=True)
    }
    volume = sizes(rng, minutes, largest)
    made["volume"] = volume
    made["amount"] = volume * (made["high"] + made["low"] + made["close"]) / 3
    made["trades"] = np.ceil(np.sqrt(volume) * rng.random(minutes))
    inside = there(rng, minutes)
    if kind == "late and filled":
        return _filled(made, inside)
    return {name: np.where(inside, made[name], np.nan) for name in FIELDS}


def _filled(made: Bars, inside: npt.NDArray[np.bool_]) -> Bars:
    """Return bars of all minutes: without a trade flat at the last close, before the first one at yesterday's."""
    found = {name: np.where(inside, made[name], 0.0) for name in FIELDS[4:]}
    carried = np.maximum.accumulate(np.where(inside, np.arange(len(inside)), -1))
    last = np.where(carried < 0, 2 * made["close"][0], made["close"][carried])
    return {name: np.where(inside, made[name], last) for name in FIELDS[:4]} | found


def hostile(places: tuple[tuple[str, int], ...] = PLACES, stocks: int = 3) -> list[Day]:
    """Make all days, of a few stocks each, the markets in turn."""
    days = []
    for d, (kind, minutes) in enumerate(places):
        rng = np.random.default_rng(d)
        markets = [MARKETS[(stocks * d + s) % len(MARKETS)] for s in range(stocks)]
        made = {
            f"{m[0] * m[1]:.4g} in {m[1]:g}, {m[2]:g}": bars(rng, kind, minutes, m) for m in markets
        }  # the level, the tick and the largest volume
        days.append(Day(kind, minutes, made))
    return days


def cube(day: Day, date: str = "2026-01-05") -> MinuteCube:
    """Return a day as a cube, its stocks in their order by name."""
    session, names = SESSIONS[day.minutes], sorted(day.stocks)
    code = np.repeat(np.arange(len(names), dtype=np.int32), day.minutes)
    minute = np.tile(np.arange(day.minutes, dtype=np.int16), len(names))
    clock = np.tile(session.ends(), len(names)).astype(np.int32)
    values = {f: np.concatenate([day.stocks[s][f] for s in names]) for f in FIELDS}
    there = np.flatnonzero(~np.isnan(values["close"]))
    rows = DayRows(
        np.datetime64(date), np.array(names, dtype=object), code[there], minute[there],
        np.full(len(there), OWN, np.int8), clock[there], {f: v[there] for f, v in values.items()}, session, "accuracy",
    )  # fmt: skip
    return MinuteCube.from_days([rows])
