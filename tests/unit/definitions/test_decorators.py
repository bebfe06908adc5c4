"""Defining factors and shared series, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factors
from factors import factor, shared
from factors import ops as m
from factors.data.simulate.bars import simulate_bars
from factors.definitions.decorators import REGISTRY
from factors.definitions.ranges import whole
from factors.errors import ArgumentError, CheckFailed, DefinitionError, UnknownFactorError


@pytest.fixture(scope="module")
def bars():
    return simulate_bars(stocks=12, days=2, seed=1)


CIRCLE = """
@shared
def a(b):
    return b
@shared
def b(a):
    return a
@factor
def f(a):
    return m.mean(a)
"""


def define(name: str, source: str, filename: str, **names: object) -> object:
    """Run a definition as if it stood in another file or cell."""
    scope = {"factor": factor, "shared": shared, "m": m, **names}
    exec(compile(source, filename, "exec"), scope)
    return scope[name]


def test_a_factor_defined_here_is_used_at_once_beside_built_in_ones(bars) -> None:
    @factor(unit="ratio", min_bars=2)
    def close_to_high(high, close):
        """How far the day closes below its high."""
        return m.last(close) / m.max(high) - 1

    by_object = factors.compute(bars, [close_to_high, "VP"])
    by_name = factors.compute(bars, ["close_to_high", "VP"])
    assert list(by_object.columns) == ["close_to_high", "VP"]
    assert by_object.equals(by_name)
    one = bars[
        (bars.symbol == bars.symbol.iloc[0]) & (bars.datetime.dt.normalize() == bars.datetime.iloc[0].normalize())
    ]
    expected = one.close.iloc[-1] / one.high.max() - 1
    row = by_object.loc[(bars.datetime.iloc[0].normalize(), bars.symbol.iloc[0]), "close_to_high"]
    assert row == pytest.approx(expected, rel=1e-12)


def test_bare_decorator_and_shared_series(bars) -> None:
    @shared
    def range_share(high, low, close):
        """Range over the close."""
        return (high - low) / close

    @factor
    def mean_range(range_share):
        """Mean range."""
        return m.mean(range_share)

    assert "range_share  shared by 1" in str(factors.explain([mean_range]))
    assert factors.compute(bars, mean_range)["mean_range"].notna().any()


def test_a_shared_series_runs_once(bars) -> None:
    calls = []

    @shared
    def counted(close):
        """Counts its calls."""
        calls.append(1)
        return close * 1

    @factor
    def first_reader(counted):
        """Mean."""
        return m.mean(counted)

    @factor
    def second_reader(counted):
        """Variance."""
        return m.var(counted)

    factors.compute(factors.cube(bars), [first_reader, second_reader], threads=1)
    assert len(calls) == 1


def test_rerunning_a_cell_replaces_the_definition(bars) -> None:
    define("cell", "@factor\ndef cell(close):\n    'One.'\n    return m.mean(close)", "<ipython-input-1>")
    again = define("cell", "@factor\ndef cell(close):\n    'Two.'\n    return m.max(close)", "<ipython-input-2>")
    assert REGISTRY.factor("cell") is again


def test_two_files_cannot_share_a_name() -> None:
    define("twice", "@factor\ndef twice(close):\n    'One.'\n    return m.mean(close)", "/home/me/one.py")
    with pytest.raises(DefinitionError, match=r"two\.py:1 has the name of the factor at /home/me/one\.py:1"):
        define("twice", "@factor\ndef twice(close):\n    'Two.'\n    return m.mean(close)", "/home/me/two.py")


@pytest.mark.parametrize("name", ["VP", "returns", "return_half_hour_1"])
def test_built_in_names_are_kept(name: str) -> None:
    with pytest.raises(DefinitionError, match="has the name of the"):
        define(name, f"@factor\ndef {name}(close):\n    'Mine.'\n    return m.mean(close)", "<ipython-input-1>")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("@factor\ndef f(clse):\n    return m.mean(clse)", "'clse' is no field .*Did you mean 'close'"),
        ("@factor\ndef f(VP):\n    return VP", "'VP' is a factor; a definition reads fields and shared series"),
        ("@factor\ndef f():\n    return 1", "reads nothing"),
        ("@factor\ndef f(*fields):\n    return 1", "name every series it reads"),
        ("@factor\ndef close(open):\n    return 1", "has the name of an input"),
        ("@factor(min_bars=0)\ndef f(close):\n    return m.mean(close)", "min_bars=0 must be a whole number"),
        ("@factor(family='Z')\ndef f(close):\n    return m.mean(close)", "family='Z' is not one of A, B"),
        ("@factor(history=-1)\ndef f(close):\n    return m.mean(close)", "history=-1 must be a whole number of days"),
        ("@factor(scale=1)\ndef f(close):\n    return m.mean(close)", "scale=1 must be the exponents of price"),
        ("@factor(scale=(1, 0.5))\ndef f(close):\n    return m.mean(close)", "must be the exponents of price"),
        ("@factor(of='VP')\ndef f(close):\n    return m.mean(close)", "keyword"),
        ("f = factor(lambda close: close)", "needs a name"),
        ("@factor\ndef f(close):\n    return close", "must return one value per stock, not a series of 240 minutes"),
        ("@factor\ndef f(close):\n    return None", "must return one value per stock, not NoneType"),
        ("@factor\ndef f(close, volume):\n    return m.sum(m.tail(close, 30) * volume)", r"close \(\d+, 240\), volume"),
        ("@factor\ndef f(close):\n    return m.mean(close, 3)", "failed on close .*TypeError"),
        ("@factor\ndef f(close):\n    return m.top(close, 0.3)", "share must be a fraction"),
        ("@factor\ndef f(close):\n    return m.lag(close, 0)", "must be 1 or more"),
        ("@factor\ndef f(close):\n    return m.at(close, 0)", "minutes count from 1"),
        ("@factor\ndef f(close):\n    return m.mean(m.between(close, 30, 30))", "the window is empty"),
        (CIRCLE, "a -> b -> a"),
    ],
)  # fmt: skip
def test_wrong_definitions_are_told_in_one_sentence(bars, source: str, message: str) -> None:
    with pytest.raises((DefinitionError, ArgumentError), match=message):
        factors.compute(bars, [define("f", source, "<ipython-input-1>")])


def test_a_window_the_session_lacks_gives_nan_not_an_error() -> None:
    short = simulate_bars(stocks=5, days=1, session="XNYS")  # no lunch break

    @factor
    def morning(close, session):
        """Close before lunch."""
        return m.at(close, session.lunch)

    assert factors.compute(short, [morning])["morning"].isna().all()


def test_definitions_are_plain_functions() -> None:
    x = np.array([[1.0, 2.0, 4.0]])
    assert factors.library.price.returns.intraday_maxdrawdown(x) == 0.0


def test_a_definition_is_called_with_its_parameters() -> None:
    from dataclasses import replace

    @factor
    def late_mean(close, minutes=2):
        """Mean of the last minutes."""
        return m.mean(m.tail(close, minutes))

    x = np.array([[1.0, 2.0, 4.0]])
    assert (late_mean.inputs, dict(late_mean.params)) == (("close",), {"minutes": 2})
    assert late_mean.call(x) == 3
    assert replace(late_mean, params={"minutes": 1}).call(x) == 4


def test_check_factor_against_a_loop(bars) -> None:
    @factor(min_bars=5)
    def mean_volume(volume):
        """Mean volume."""
        return m.mean(volume)

    def by_day(day):
        return sum(day.volume[t] for t in day.span) / len(day.span)

    def by_name(volume):
        known = [v for v in volume if v == v]
        return sum(known) / len(known)

    result = factors.check_factor(mean_volume, by_day, bars)
    assert result.compared == len(factors.compute(bars, "VP"))
    assert "equal to its loop" in str(result)
    factors.check_factor(mean_volume, by_name)
    with pytest.raises(CheckFailed, match=r"(?s)differs from its loop on \d+ of .*factor .*, loop"):
        factors.check_factor(mean_volume, lambda volume: 1.0, bars)
    with pytest.raises(ArgumentError, match="no built-in loop"):
        factors.check_factor(mean_volume)
    with pytest.raises(DefinitionError, match="argument 'price' is none of"):
        factors.check_factor(mean_volume, lambda price, volume: 1.0, bars)
    assert factors.check_factor("VP", bars=bars).largest < 1e-9


def test_unknown_names() -> None:
    with pytest.raises(UnknownFactorError, match=r"'return_intra_day'. Did you mean 'return_intraday'\? \d+ factors"):
        factors.describe("return_intra_day")
    with pytest.raises(UnknownFactorError, match="It is a shared series"):
        factors.describe("returns")
    with pytest.raises(UnknownFactorError, match="Did you mean 'VP'"):
        factors.describe("vp")


OWN = """
import functools
from factors import factor, library, ops as m


@factor
def of_mine(close):
    return m.mean(close)


@functools.wraps(library.price.returns.intraday_maxdrawdown.body)
def wrapped(close):
    return 2 * m.mean(close)
wrapped.__name__ = "wrapped"
wrapped = factor(wrapped)
"""


def test_a_folder_called_as_the_librarys_is_not_the_library(tmp_path: Path) -> None:
    assert all(step.builtin for step in factors.explain("all").steps)
    file = tmp_path / "factors" / "library" / "mine.py"
    file.parent.mkdir(parents=True)
    file.write_text(OWN, encoding="utf-8")
    scope: dict[str, Any] = {"__name__": "factors_of_mine"}
    exec(compile(OWN, str(file), "exec"), scope)
    own, wrapped = scope["of_mine"], scope["wrapped"]
    assert own.file == str(file)
    assert not own.builtin
    assert not wrapped.builtin  # its code is the user's, whatever it is called
    factors.forget("of_mine")
    with pytest.raises(UnknownFactorError):
        factors.describe("of_mine")


def test_a_variant_of_the_librarys_can_be_forgotten() -> None:
    made = factors.variant("return_last_30min", minutes=17)
    assert made.builtin
    factors.forget(made.name)
    with pytest.raises(DefinitionError, match="built in"):
        factors.forget("return_last_30min")
    with pytest.raises(ArgumentError, match="keyword='builtin' is not one of"):
        factors.factor(builtin=True)(factors.ops.mean)


def test_ranges_of_parameters() -> None:
    @factor(ranges={"k": whole(2, 5)})
    def close_k(close: Any, k: int = 3) -> Any:
        return m.at(close, k)

    try:
        assert "k=3 (a whole number from 2 to 5)" in str(factors.describe(close_k))
        assert "k=3 (a whole number from 2 to 5)" in str(factors.explain(close_k))
        with pytest.raises(ArgumentError, match=r"variant\('close_k'\): k=6: k is a whole number from 2 to 5\."):
            factors.variant(close_k, k=6)
    finally:
        factors.forget("close_k")


@pytest.mark.parametrize(
    ("ranges", "message"),
    [({"j": whole(1)}, "ranges: 'j' is not one of its parameters: k"), ({"k": (1, 2)}, r"k=\(1, 2\) must be a Range"),
     ({"k": whole(4)}, "k=3: k is a whole number from 4 up"), ([whole(1)], "must say a range by parameter")],
)  # fmt: skip
def test_wrong_ranges(ranges: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):

        @factor(ranges=ranges)
        def close_j(close: Any, k: int = 3) -> Any:
            return m.at(close, k)
