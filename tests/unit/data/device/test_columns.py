"""Rows that cuDF reads into a GPU's memory become the cube that the host makes of them, without coming there."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube
from factors.data.device.columns import CardColumns, CardTable
from factors.data.device.transfer import CardPiece
from factors.data.native import passes as native
from factors.data.rows import Columns, DayRows, InputReport
from factors.errors import DuplicateBarsError
from tests.support.bars.rows import dirty
from tests.support.devices.card_tools import same
from tests.support.devices.shim import ShimCard
from tests.support.strategies import Market, markets

pytestmark = pytest.mark.usefixtures("needs_compiler")


def on_card(day: DayRows, card: ShimCard, pieces: int = 1, picked: bool = False) -> DayRows:
    """Return a day whose fields lie on the card, in pieces; some of longer columns if `picked`."""
    cuts = [len(day.code) * k // pieces for k in range(pieces + 1)]
    made = []
    for a, b in pairwise(cuts):
        columns = {name.upper(): np.concatenate(day.fields.pieces[name])[a:b] for name in day.fields}
        rows: Any = slice(0, b - a)
        if picked:
            rows = 2 * np.arange(b - a)
            columns = {name: np.repeat(column, 2) * np.tile([1, -9], b - a) for name, column in columns.items()}
        elif pieces > 1:
            rows = slice(2, 2 + b - a)
            columns = {name: np.concatenate([[-1.0, 3.0], column]) for name, column in columns.items()}
        made.append(CardPiece(columns, rows))
    table = CardTable(card, made)
    names = {name: name.upper() for name in day.fields}
    fields = CardColumns(table, names, {}, day.fields.units, day.code)
    return DayRows(
        day.date, day.symbols, day.code, day.minute, day.role, day.clock, fields, day.session, day.source
    )  # fmt: skip


def both(days: list[DayRows], pieces: int = 1, picked: bool = False) -> InputReport:
    """Build a cube of days on the host and of the same on a card."""
    reports = InputReport(), InputReport()
    card = ShimCard()
    here = MinuteCube.from_days(days, report=reports[0])
    there = MinuteCube.from_days([on_card(day, card, pieces, picked) for day in days], report=reports[1], card=card)
    same(there, here)
    assert reports[0] == reports[1]
    return reports[1]


@settings(max_examples=40)
@given(market=markets(), seed=st.integers(0, 5), pieces=st.integers(1, 3), picked=st.booleans())
def test_any_market(market: Market, seed: int, pieces: int, picked: bool) -> None:
    both([market.rows(seed=seed)], pieces, picked)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", [1, 7, 8, 2000, 2280])
def test_impossible_values(rows: int, seed: int) -> None:
    counted = both([dirty(rows, seed)]).quality
    both([dirty(rows, seed, auctions=True)], pieces=1 + seed % 3, picked=seed > 1)
    if rows == 2000:
        assert set(counted) > {
            "high < low",
            "close outside [low, high]",
            "bars without a close",
            "close <= 0",
            "volume < 0",
            "open infinite",
        }


@pytest.mark.parametrize("kind", ["i8", "u8"])
@pytest.mark.parametrize("unit", [1e-9, 1e-4, 1e-12])
def test_whole_numbers_beyond_float64(kind: str, unit: float) -> None:
    day = dirty(2003, 3)
    whole = np.random.default_rng(1).integers(2**52, 2**62, len(day.code)).astype(kind)
    twice = np.concatenate([whole, whole])[: len(whole)]
    columns = Columns({"close": [whole], "volume": [twice], "amount": [whole]}, {"close": unit}, day.code)
    both([replace(day, fields=columns)])


def test_auctions_are_merged() -> None:
    assert both([dirty(2000, 5, auctions=True)], pieces=3).quality["auction and closing bars merged"] > 50


def crowded(seed: int) -> DayRows:
    """A day whose first and last minute, and some between, have bars in front and behind, of many clocks."""
    day = dirty(1500, seed)
    random = np.random.default_rng(seed)
    more = random.choice(19 * 9, 160, replace=False)
    code, kind = np.divmod(more, 9)
    minute = np.array([0, 0, 0, 0, 60, 119, 119, 119, 119])[kind]
    role = np.array([-1, -1, -1, 1, -1, 1, 1, 1, -1])[kind]
    clock = np.array([560, 561, 565, 572, 775, 841, 842, 850, 839])[kind]
    odd = [3.0, 5.5, 9.0, np.nan, -1.0]
    fields = {name: np.concatenate([day.fields[name], random.choice(odd, 160)]) for name in day.fields}
    whole = {}
    for name, part in {"code": code, "minute": minute, "role": role, "clock": clock}.items():
        own = getattr(day, name)[:]
        whole[name] = np.concatenate([own, part.astype(own.dtype)])
    order = random.permutation(len(whole["code"])) if seed % 2 else np.arange(len(whole["code"]))
    return replace(day, fields=Columns({name: [fields[name][order]] for name in fields}),
                   **{name: part[order] for name, part in whole.items()})  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_bars_in_front_of_and_behind_others(seed: int) -> None:
    assert both([crowded(seed)], pieces=1 + seed, picked=seed > 1).quality["auction and closing bars merged"] > 50


@pytest.mark.parametrize("late", [False, True])
def test_of_two_bars_one_without_a_close(late: bool) -> None:
    day = dirty(1500, 2)
    alive = np.flatnonzero((day.fields["close"] > 0) & np.isfinite(day.fields["close"]))[:200]
    order = np.r_[np.arange(1500), alive] if late else np.r_[alive, np.arange(1500)]
    dead = slice(1500, None) if late else slice(0, 200)
    columns = {name: day.fields[name][order] for name in day.fields}
    for name, column in columns.items():
        column[dead] = np.nan if name == "close" else 4.44
    fields = Columns({name: [column] for name, column in columns.items()})
    picked = {name: getattr(day, name)[order] for name in ("code", "minute", "role", "clock")}
    assert (
        "days with bars given twice, written on the host" not in both([replace(day, fields=fields, **picked)]).quality
    )


def test_a_half_day_among_others() -> None:
    day = dirty(1500, 2)
    some = np.flatnonzero(day.minute < 60)
    fields = Columns({name: [day.fields[name][some]] for name in day.fields})
    picked = {name: getattr(day, name)[some] for name in ("code", "minute", "role", "clock")}
    half = Session("half", "UTC", ((570, 630),))
    both([replace(day, session=half, fields=fields, **picked), replace(dirty(1500, 3), date=day.date + 1)])


def test_rows_of_rows() -> None:
    columns = {"x": np.arange(100.0)}
    rows = np.array([3, 5, 6, 20, 50, 99])
    table = CardTable(ShimCard(), [CardPiece(columns, rows), CardPiece(columns, slice(10, 20))])
    assert len(table) == 16
    for taken in (slice(2, 9), np.array([0, 4, 5, 6, 15]), slice(6, 16), slice(1, 3), np.empty(0, np.int64)):
        whole = np.r_[rows, 10:20]
        np.testing.assert_array_equal(table.take(taken).numbers("x"), whole[taken])
        np.testing.assert_array_equal(table.take(slice(1, 12)).take(slice(1, 3)).numbers("x"), whole[2:4])
    np.testing.assert_array_equal(table.take(np.arange(1, 16)).take(np.array([0, 7])).numbers("x"), whole[[1, 8]])


def test_days_of_different_stocks() -> None:
    few, many = dirty(900, 2), dirty(2000, 3, stocks=23)
    units_of = {"volume": np.linspace(1, 100, 4)}
    some = np.flatnonzero(few.code % 5 == 1)
    part = Columns({name: [few.fields[name][some]] for name in few.fields})
    codes = (few.code[some] // 5).astype(np.int32)
    alone = DayRows(few.date - 1, few.symbols[1::5], codes, few.minute[some], few.role[some], few.clock[some],
                    Columns(part.pieces, units_of, codes), few.session, "test")  # fmt: skip
    both([alone, many])


@pytest.mark.parametrize("unit", [100.0, np.linspace(1, 100, 19)], ids=["one", "by stock"])
def test_units(unit: Any) -> None:
    day = dirty(2000, 1, auctions=True)
    units_of = {"volume": unit, "close": 0.01, "high": 0.01, "low": 0.01, "open": 0.01, "amount": 1e4}
    both([replace(day, fields=Columns(day.fields.pieces, units_of, day.code))], pieces=2)


@pytest.mark.parametrize("kind", native.KINDS)
def test_types_of_numbers(kind: str) -> None:
    day = dirty(2000, 1)
    random = np.random.default_rng(0)
    least, most = (-1000, 1000) if kind[0] == "f" else (np.iinfo(kind).min, np.iinfo(kind).max)
    whole = random.integers(least, most, 2000, dtype=np.int64 if kind[0] == "f" else kind).astype(kind)
    fields = Columns({**{name: [day.fields[name]] for name in day.fields}, "volume": [whole]})
    day = replace(day, fields=fields)
    card = ShimCard()
    there = on_card(day, card)
    assert isinstance(there.fields, CardColumns)
    (piece,) = there.fields.table.pieces
    columns = {**piece.columns, "VOLUME": whole}
    there.fields.table = CardTable(card, [CardPiece(columns, piece.rows)])
    same(MinuteCube.from_days([there], card=card), MinuteCube.from_days([day]))
    np.testing.assert_array_equal(there.fields.pick("volume", np.array([3, 700, 1999])), whole[[3, 700, 1999]])


@pytest.mark.parametrize("duplicates", ["first", "last", "error"])
def test_a_day_with_bars_given_twice_is_written_on_the_host(duplicates: str) -> None:
    day = dirty(2000, 1)
    twice = np.r_[np.arange(2000), 5, 800]
    fields = Columns({name: [np.r_[day.fields[name], 1.0, day.fields[name][800]]] for name in day.fields})
    day = DayRows(day.date, day.symbols, day.code[twice], day.minute[twice], day.role[twice], day.clock[twice], fields,
                  day.session, "test")  # fmt: skip
    card, reports = ShimCard(), (InputReport(), InputReport())
    days = [dirty(1000, 2), day]
    if duplicates == "error":
        with pytest.raises(DuplicateBarsError, match="1 bars differ"):
            MinuteCube.from_days([on_card(d, card) for d in days], card=card)
        return
    there = MinuteCube.from_days([on_card(d, card) for d in days], card=card, duplicates=duplicates, report=reports[0])
    same(there, MinuteCube.from_days(days, duplicates=duplicates, report=reports[1]))
    assert reports[0].quality.pop("days with bars given twice, written on the host") == 1
    assert reports[0] == reports[1]


def test_an_auction_given_twice_is_merged_on_the_host() -> None:
    day = dirty(2000, 4, auctions=True)
    twice = np.r_[np.arange(2000), np.flatnonzero(day.role)[:1]]
    fields = Columns({name: [day.fields[name][twice]] for name in day.fields})
    day = DayRows(day.date, day.symbols, day.code[twice], day.minute[twice], day.role[twice], day.clock[twice], fields,
                  day.session, "test")  # fmt: skip
    card, report = ShimCard(), InputReport()
    same(MinuteCube.from_days([on_card(day, card)], card=card, report=report), MinuteCube.from_days([day]))
    assert report.quality["days with bars given twice, written on the host"] == 1
