"""The compiled passes over rows do what the NumPy ones do, bit for bit."""

from __future__ import annotations

import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors.common.threads import prefetch
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube
from factors.data.native import clock, codes
from factors.data.native import passes as native
from factors.data.rows import Columns, DayRows, InputReport, Lookup
from factors.errors import CompilerError, DuplicateBarsError
from tests.support.bars.rows import dirty
from tests.support.strategies import Market, markets

pytestmark = pytest.mark.usefixtures("needs_compiler")


def both(days: list[DayRows], monkeypatch: pytest.MonkeyPatch, **options: str) -> None:
    """Build a cube with NumPy and with the compiled passes, and hold the one to the other."""
    made = []
    for few in (10**12, 0):
        monkeypatch.setattr(native, "FEW", few)
        report = InputReport()
        used = np.full(10**6, 7.0)  # storage that was used before
        made.append((MinuteCube.from_days(days, report=report, storage=used, **options), report))
    (slow, by_numpy), (fast, compiled) = made
    np.testing.assert_array_equal(slow.storage.view(np.int64), fast.storage.view(np.int64))
    for part in ("present", "listed", "traded_days", "auction_volume"):
        np.testing.assert_array_equal(getattr(slow, part), getattr(fast, part))
    assert by_numpy == compiled


@settings(max_examples=40)
@given(market=markets(), seed=st.integers(0, 5))
def test_any_market(market: Market, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        both([market.rows(seed=seed)], patch)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", [1, 7, 8, 2000, 2280])
def test_impossible_values(rows: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    both([dirty(rows, seed)], monkeypatch)
    both([dirty(rows, seed, auctions=True)], monkeypatch)


def test_several_days_of_other_stocks_and_a_half_day(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = dirty(900, 1), dirty(700, 2, stocks=13)
    half = Session("test/half", "UTC", ((570, 630),))
    morning = np.flatnonzero(second.minute < 60)
    units = {"volume": np.where(np.arange(13) % 2 == 0, 100.0, 1.0)}
    kept = Columns({name: [second.fields[name][morning]] for name in second.fields}, units, second.code[morning])
    second = replace(
        second, date=np.datetime64("2026-01-06"), symbols=np.array([f"S{k:02d}" for k in range(4, 17)], dtype=object),
        code=second.code[morning], minute=second.minute[morning], role=second.role[morning],
        clock=second.clock[morning], fields=kept, session=half,
    )  # fmt: skip
    both([first, second], monkeypatch)


@pytest.mark.parametrize("kind", ["f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", ">f8", "f2"])
def test_number_types_and_units(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dirty(2000, 3)
    whole = np.random.default_rng(1).integers(0, 100, len(day.code)).astype(kind)
    pieces = {**day.fields.pieces, "volume": [whole], "close": [np.maximum(whole, 1).astype(kind)]}
    per_symbol = np.where(np.arange(19) % 3 == 0, 100.0, 1.0)
    for units in ({}, {"volume": 100.0, "close": 0.01}, {"volume": per_symbol}):
        both([replace(day, fields=Columns(pieces, units, day.code))], monkeypatch)


@pytest.mark.parametrize("kind", ["i8", "u8"])
@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1e-12])
def test_whole_numbers_beyond_float64(kind: str, unit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dirty(2003, 3)
    whole = np.random.default_rng(1).integers(2**52, 2**62, len(day.code)).astype(kind)
    columns = Columns({"close": [whole], "volume": [whole], "amount": [whole]}, {"close": unit}, day.code)
    both([replace(day, fields=columns)], monkeypatch)


@pytest.mark.parametrize("sizes", [(1999, 1), (0, 5, 0, 1995), (700, 700, 600)])
def test_columns_in_pieces(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    day = dirty(2000, 4)
    cuts = np.cumsum(sizes)[:-1]
    pieces = {name: [day.fields[name]] for name in day.fields}
    pieces["low"] = np.split(day.fields["low"], cuts)
    pieces["volume"] = np.split(day.fields["volume"], [3, 1000])
    cut = replace(day, fields=Columns(pieces))
    both([cut], monkeypatch)
    np.testing.assert_array_equal(cut.fields["low"], day.fields["low"])
    some = np.array([0, 2, 699, 700, 1999])
    np.testing.assert_array_equal(cut.fields.pick("low", some), day.fields["low"][some])


@pytest.mark.parametrize("duplicates", ["first", "last"])
def test_duplicates_are_left_to_numpy(duplicates: str, monkeypatch: pytest.MonkeyPatch) -> None:
    day = dirty(1000, 6)
    good = np.flatnonzero(day.fields["close"] > 5)[[0, 0, -1]]
    again = np.append(np.arange(1000), good)
    pieces = {name: [day.fields[name][again]] for name in day.fields}
    pieces["open"][0][-1] = 77.0
    twice = replace(
        day, code=day.code[again], minute=day.minute[again], role=day.role[again], clock=day.clock[again],
        fields=Columns(pieces),
    )  # fmt: skip
    both([twice], monkeypatch, duplicates=duplicates)
    with pytest.raises(DuplicateBarsError, match="1 bars differ"):
        both([twice], monkeypatch)


def test_the_passes_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.data.blocks import scatter

    monkeypatch.setattr(native, "FEW", 0)
    monkeypatch.delattr(scatter, "write")
    MinuteCube.from_days([dirty(2000, 1)])
    monkeypatch.setattr(native, "FEW", 2001)
    with pytest.raises(NameError):
        MinuteCube.from_days([dirty(2000, 1)])


def test_without_a_compiler_numpy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.toolchain import compiler as compiling

    def fail(code: str) -> None:
        raise CompilerError("none")

    native.library.cache_clear()
    monkeypatch.setattr(compiling, "build_text", fail)
    monkeypatch.setattr(native, "FEW", 0)
    try:
        assert MinuteCube.from_days([dirty(2000, 1)]).present.sum() > 1500
        assert native.library() is None
    finally:
        native.library.cache_clear()


@pytest.mark.parametrize("per", [60, 60_000, 60_000_000, 60_000_000_000])
def test_ticks_become_minutes(per: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "FEW", 0)
    minutes = np.random.default_rng(0).integers(-1000, 40_000_000, 500_000).astype(np.int32)
    found = np.empty_like(minutes)
    assert clock.whole_minutes(minutes * np.int64(per), per, found)
    np.testing.assert_array_equal(found, minutes)
    ticks = minutes * np.int64(per)
    ticks[-3] += 1
    assert not clock.whole_minutes(ticks, per, found)  # the caller names the row


@pytest.mark.parametrize("rows", [1, 3, 4, 450_001])
def test_minutes_are_counted_and_placed(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = np.random.default_rng(0).integers(29_000_000, 29_001_000, rows).astype(np.int32)
    first = int(minutes.min())
    of_minute, of_role = np.arange(1000, dtype=np.int16), (np.arange(1000) % 3 - 1).astype(np.int8)
    assert clock.count_minutes(minutes[:0]) is None
    slow = clock.place_minutes(minutes[: native.FEW - 1], first, of_minute, of_role)
    monkeypatch.setattr(native, "FEW", 0)
    counted = clock.count_minutes(minutes)
    assert counted is not None
    assert counted[0] == first
    np.testing.assert_array_equal(counted[1], np.bincount(minutes - first))
    fast = clock.place_minutes(minutes, first, of_minute, of_role)
    for a, b in zip(slow, fast, strict=True):
        np.testing.assert_array_equal(a, b[: len(a)])
    assert clock.count_minutes(np.array([0, clock.WIDE], np.int32)) is None  # the table would be wide


@pytest.mark.parametrize("kind", [np.int32, np.int8, np.int64])
def test_codes_are_translated(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "FEW", 0)
    values = np.random.default_rng(0).integers(0, 100, 450_001).astype(kind)
    values[values == 7] = 8
    np.testing.assert_array_equal(codes.used_codes(values, 101), np.isin(np.arange(101), values))
    to = np.random.default_rng(1).permutation(101).astype(np.int32)
    np.testing.assert_array_equal(codes.translate(values, to), to[values])


def test_a_lookup_is_an_array_of_what_is_asked_for() -> None:
    found = Lookup(np.array([5, 6, 7]), np.array([2, 2, 0]))
    assert (len(found), found[0], found[1:].tolist()) == (3, 7, [7, 5])


def test_the_next_item_is_made_ahead() -> None:
    made: list[int] = []

    def items():
        for k in range(4):
            made.append(k)
            yield k
        raise ValueError("after the fourth")

    found = prefetch(items())
    assert next(found) == 0
    assert next(found) == 1
    found.close()  # waits for the item being made, and for no more
    assert 2 <= len(made) <= 4
    with pytest.raises(ValueError, match="after the fourth"):
        list(prefetch(items()))
    assert list(prefetch(iter([]))) == []


def test_an_item_is_not_kept_once_it_is_yielded() -> None:
    class Large:
        pass

    found = prefetch(Large() for _ in range(2))
    seen = weakref.ref(next(found))
    until = time.monotonic() + 5
    while seen() is not None and time.monotonic() < until:
        time.sleep(0.01)  # the thread that made it may be a moment behind
    assert seen() is None
