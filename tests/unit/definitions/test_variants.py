"""Variants: names, parameters, numbers and errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import factors
from factors.catalogue import resolve
from factors.definitions.decorators import REGISTRY, Factor
from factors.errors import ArgumentError, DefinitionError, UnknownFactorError
from factors.loops.registry import LOOPS
from tests.support.agreement import tolerance

BARS = factors.simulate_bars(stocks=12, days=1)


def test_other_parameters_are_another_factor() -> None:
    few = factors.variant("cum_return_top30_order", share=0.2)
    assert few.name == "cum_return_top30_order[share=1/5]"
    assert (few.of, dict(few.params), few.core, few.aliases) == ("cum_return_top30_order", {"share": "1/5"}, None, ())
    for same in ("1/5", Fraction(1, 5), "0.2"):
        assert factors.variant("cum_return_top30_order", share=same) is few
    frame = factors.compute(BARS, ["cum_return_top30_order", few])
    assert list(frame) == ["cum_return_top30_order", "cum_return_top30_order[share=1/5]"]
    assert (frame.iloc[:, 0] != frame.iloc[:, 1]).any()
    assert "cum_return_top30_order[share=1/5]" in factors.list().index
    assert "share=1/5" in str(factors.describe(few))
    assert factors.variant(few, share="3/10") is REGISTRY.factor("cum_return_top30_order")


def test_a_variant_is_known_by_its_name() -> None:
    frame = factors.compute(BARS, "return_last_30min[minutes=20]")
    bars = BARS[BARS["symbol"] == frame.index[0][1]].set_index("datetime")["close"]
    day = pd.Timestamp(frame.index[0][0])
    asked = bars.asof(day + pd.Timedelta("15:00:00")) / bars.asof(day + pd.Timedelta("14:40:00")) - 1
    assert frame.iloc[0, 0] == pytest.approx(asked, rel=1e-12)
    for name in ("return_last_30min[minutes]", "return_last_30min[=3]", "no_such[minutes=3]"):
        with pytest.raises(UnknownFactorError, match="unknown factor"):
            factors.compute(BARS, name)


def test_the_window_moves_with_the_minutes() -> None:
    short = factors.variant("VP_last_30min", minutes=10, min_bars=5, name="VP_last_10min")
    assert (short.name, short.window, short.min_bars) == ("VP_last_10min", (-10, None), 5)
    assert REGISTRY.factor("VP_last_10min") is short
    assert factors.variant("return_open_30min", minutes=45).window == (0, 45)
    with pytest.raises(ArgumentError, match="needs 16 traded bars, and its window of 10 minutes"):
        factors.variant("VP_last_30min", minutes=10)


WITH_PARAMETERS = [f for f in resolve("all").values() if f.params]


def other(value: object) -> object:
    """Another value of a parameter."""
    if isinstance(value, str):
        return str(Fraction(value) / 2 + Fraction(1, 16))
    if isinstance(value, tuple):
        return value[1:]
    return value * 2 if isinstance(value, float) else value + 1  # type: ignore[operator]


@pytest.fixture(scope="module")
def by_engines() -> dict[str, pd.DataFrame]:
    """Every variant on every engine, by engine; all of them are one text."""
    kept = dict(REGISTRY.factors)
    made = {}
    for base in WITH_PARAMETERS:
        made[base.name] = [factors.variant(base, **{word: other(value)}) for word, value in base.params.items()]
    every = list(dict.fromkeys(one for some in made.values() for one in some))
    cube = factors.cube(factors.simulate_bars(stocks=4, days=1))
    found = {engine: factors.compute(cube, every, engine=engine) for engine in ("loop", "matrix", "auto")}
    REGISTRY.factors.clear()
    REGISTRY.factors.update(kept)
    return found


@pytest.mark.parametrize("base", WITH_PARAMETERS, ids=lambda f: f.name)
def test_engines_agree_on_every_variant(base: Factor, by_engines: dict[str, pd.DataFrame]) -> None:
    assert dict(LOOPS[base.name].params) == dict(base.params)
    names = [factors.variant(base, **{word: other(value)}).name for word, value in base.params.items()]
    rtol, atol = tolerance(base)
    for engine in ("matrix", "auto"):
        found, loops = by_engines[engine][names], by_engines["loop"][names]
        np.testing.assert_allclose(found, loops, rtol=max(rtol, 1e-9), atol=atol, err_msg=engine)


def test_wrong_variants() -> None:
    with pytest.raises(ArgumentError, match="parameter='shares' is not one of 'share'.* Did you mean 'share'"):
        factors.variant("cum_return_top30_order", shares=0.2)
    for share in (0, 1, -0.1, "a third", "1/0", None):
        with pytest.raises(ArgumentError, match="must be a share between 0 and 1"):
            factors.variant("cum_return_top30_order", share=share)
    for minutes in (0, -5, 2.5, "30", True):
        with pytest.raises(ArgumentError, match=r"variant\('return_last_30min'\): minutes=.* must be"):
            factors.variant("return_last_30min", minutes=minutes)
    with pytest.raises(ArgumentError, match="has no parameters"):
        factors.variant("VP", minutes=3)
    with pytest.raises(ArgumentError, match="min_bars=0 must be a whole number"):
        factors.variant("return_last_30min", min_bars=0)
    with pytest.raises(ArgumentError, match="must be a name such as"):
        factors.variant("return_last_30min", minutes=20, name="last 20")
    with pytest.raises(ArgumentError, match="pass a factor's name"):
        factors.variant(3, minutes=20)  # type: ignore[arg-type]
    with pytest.raises(DefinitionError, match="has the name of the factor"):
        factors.variant("return_last_30min", minutes=20, name="VP")
    with pytest.raises(UnknownFactorError, match="Did you mean 'VP_last_30min'"):
        factors.variant("VP_last_30m", minutes=20)


def test_a_variant_can_be_forgotten() -> None:
    made = factors.variant("amihud_mean", scale=1e6)
    factors.forget(made.name)
    assert made.name not in REGISTRY.factors
