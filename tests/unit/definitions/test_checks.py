"""Definitions, cubes and checks used wrongly: one sentence each, and nothing changed behind the user's back."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd
import pytest

import factors
from factors import factor
from factors import ops as m
from factors.data.calendar.session import BEFORE, OWN, Session
from factors.data.cube.cube import MinuteCube
from factors.errors import (
    ArgumentError,
    CheckFailed,
    DefinitionError,
    DuplicateBarsError,
    InputError,
    InputWarning,
    UnknownFactorError,
)
from tests.support.bars.rows import rows


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return factors.simulate_bars(stocks=8, days=1, seed=3, kinds={})


def test_a_definition_that_edits_its_input_fails_and_changes_nothing(bars: pd.DataFrame) -> None:
    cube = factors.cube(bars)
    before = factors.compute(cube, "return_var", engine="matrix")

    @factor
    def in_place(close):
        """Edits its input."""
        close -= 5.0
        return m.mean(close)

    with pytest.raises(DefinitionError, match="in_place.*read-only"):
        factors.compute(cube, [in_place, "return_var"], engine="matrix")
    assert factors.compute(cube, "return_var", engine="matrix").equals(before)
    cube["close"][:] = 0
    assert factors.compute(cube, "return_var", engine="matrix").equals(before)


def test_no_infinity_leaves_and_nothing_warns(bars: pd.DataFrame) -> None:
    @factor
    def endless(close):
        """Divides by zero."""
        return m.last(close) / (m.last(close) * 0)

    frame = factors.compute(bars, [endless, "VP"])
    assert frame["endless"].isna().all()
    assert frame["VP"].notna().all()


@pytest.mark.parametrize("value", [1, 1.5, np.float64(2.0)])
def test_one_number_for_all_stocks_is_refused(bars: pd.DataFrame, value: float) -> None:
    @factor
    def scalar(close):
        """One number."""
        return value

    with pytest.raises(DefinitionError, match="must return one value per stock, not .*one for all"):
        factors.compute(bars, scalar)


@pytest.mark.parametrize("alias", ["VR", "returns", "close", "return_half_hour_1"])
def test_an_alias_takes_no_other_name(alias: str) -> None:
    with pytest.raises(DefinitionError, match=f"the alias '{alias}' is the name of another definition"):

        @factor(aliases=(alias,))
        def usurper(close):
            """Takes a name."""
            return m.mean(close)


def test_aliases_go_with_their_definition(bars: pd.DataFrame) -> None:
    def body(close):
        """Mean."""
        return m.mean(close)

    factor(aliases=("also",))(body)
    assert factors.describe("also").factor.name == "body"
    factor(body)
    with pytest.raises(UnknownFactorError):
        factors.describe("also")
    factors.forget("body")
    with pytest.raises(UnknownFactorError):
        factors.describe("body")
    with pytest.raises(DefinitionError, match="'VP' is built in"):
        factors.forget("VP")


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"aliases": "late"}, "must be a tuple of names"),
        ({"window": 30}, r"window=30 must be \(start, stop\)"),
        ({"window": (30,)}, "must be"),
        ({"window": ("a", None)}, "must be"),
        ({"unit": 3}, "unit=3 must be text"),
        ({"core": "maybe"}, "core='maybe'"),
        ({"version": "new"}, "version='new' must be a whole number"),
        ({"min_bars": True}, "min_bars=True"),
        ({"familly": "A"}, "keyword='familly' is not one of .* Did you mean 'family'"),
    ],
)
def test_wrong_descriptions(about: dict, message: str) -> None:
    def described(close):
        """Mean."""
        return m.mean(close)

    with pytest.raises((DefinitionError, ArgumentError), match=message):
        factor(**about)(described)


def test_only_plain_functions_are_definitions() -> None:
    with pytest.raises(DefinitionError, match="no plain function"):
        factor(functools.partial(lambda close, k: close, k=1))


def test_a_broken_definition_does_not_hide_the_others() -> None:
    @factor
    def broken(clsoe):
        """Misspelt."""
        return m.mean(clsoe)

    table = factors.list()
    assert table.loc["broken", "inputs"].startswith("broken: factor 'broken'")
    assert len(table) > 50


def test_two_definitions_of_one_column() -> None:
    def one(close):
        """One."""
        return m.mean(close)

    first, second = factor(one), factor(one)
    with pytest.raises(DefinitionError, match="two factors named 'one'"):
        factors.compute(factors.simulate_bars(stocks=2), [first, second])


def test_options_have_no_effect_on_a_cube(bars: pd.DataFrame) -> None:
    cube = factors.cube(bars)
    for options in ({"outside": "drop"}, {"duplicates": "last"}, {"session": "XSHG"}, {"volume_unit": 100}):
        with pytest.raises(ArgumentError, match=f"{next(iter(options))}=.* has no effect on a MinuteCube"):
            factors.compute(cube, "VP", **options)
    with pytest.raises(ArgumentError, match="fields="):
        factors.cube(cube, fields=["close"])
    for fields in (5, "close"):
        with pytest.raises(ArgumentError, match="must be a list of field names"):
            factors.cube(bars, fields=fields)  # type: ignore[arg-type]


def test_a_cube_of_prices_still_knows_who_traded() -> None:
    bars = factors.simulate_bars(stocks=40, days=1, seed=5, kinds={"halted": 0.2})
    from_bars = factors.compute(bars, "return_var")
    from_cube = factors.compute(factors.cube(bars, fields=["open", "close"]), "return_var")
    assert from_bars["return_var"].isna().sum() == 8
    pd.testing.assert_frame_equal(from_bars, from_cube)


def test_auction_bars_that_differ_are_duplicates_too() -> None:
    twice = [("A", 0, OWN, 10, 5), ("A", 0, BEFORE, 20, 100), ("A", 0, BEFORE, 20, 300)]
    with pytest.raises(DuplicateBarsError, match=r"A 2026-01-05 09:26 with volume 100 and 300"):
        MinuteCube.from_days([rows(twice)])
    assert MinuteCube.from_days([rows(twice)], duplicates="first")["volume"][0, 0] == 105
    assert MinuteCube.from_days([rows(twice)], duplicates="last")["volume"][0, 0] == 305


def test_the_lunch_is_the_longest_break() -> None:
    futures = Session("futures", "Asia/Shanghai", ((540, 615), (630, 690), (810, 900)))
    assert futures.minutes == 225
    assert futures.lunch == 135


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spans": (0, 60)}, "spans=.* must be written as"),
        ({"tz": "Mars"}, "tz='Mars' is no time zone"),
        ({"opening": (70, 5)}, "start first"),
        ({"name": ""}, "name='' must be text"),
    ],
)
def test_wrong_sessions(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Session(**{"name": "mine", "tz": "UTC", "spans": ((0, 60),), **arguments})
    assert hash(Session("mine", "UTC", [[0, 60]])) == hash(Session("mine", "UTC", ((0, 60),)))  # type: ignore[arg-type]


def test_looking_for_no_day(bars: pd.DataFrame) -> None:
    with pytest.raises(ArgumentError, match="date='bad' is no day"):
        factors.cube(bars).frame(bars.symbol[0], "bad")
    with pytest.raises(ArgumentError, match="symbol=5 is not in the cube"):
        factors.cube(bars).frame(5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="text=5"):
        factors.list(text=5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="factors='' asks for nothing"):
        factors.compute(bars, "")


def test_many_impossible_values_are_told(bars: pd.DataFrame) -> None:
    with pytest.warns(InputWarning, match=r"of 1,9\d\d rows: open <= 0"):
        frame = factors.compute(bars.assign(open=0.0), ["return_intraday", "VP"])
    assert frame["return_intraday"].isna().all()
    assert frame["VP"].notna().all()


def test_nothing_left() -> None:
    bars = factors.simulate_bars(stocks=2)
    late = bars.assign(datetime=bars.datetime + pd.Timedelta(hours=8))
    with pytest.raises(InputError):
        factors.compute(late, "VP", session="XSHG", outside="drop", label="right")


def test_checks_used_wrongly(bars: pd.DataFrame) -> None:
    for loop, message in [
        (lambda volume: None, "returned None; it must return a number"),
        (lambda volume: "x", "returned 'x'"),
        (lambda volume: 1 / 0, r"on \d+\.XSH[EG] 2024-01-08 raised ZeroDivisionError"),
        (lambda volume: math.nan, "differs from its loop on 8 of 8"),
    ]:
        with pytest.raises(CheckFailed, match=message):
            factors.check_factor("volume_skewness", loop, bars)
    with pytest.raises(ArgumentError, match="loop=5 must be a function"):
        factors.check_factor("VP", 5, bars)  # type: ignore[arg-type]
    for wrong in ("x", -1, math.nan):
        with pytest.raises(ArgumentError, match="rtol="):
            factors.check_factor("VP", bars=bars, rtol=wrong)  # type: ignore[arg-type]
