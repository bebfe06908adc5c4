"""Variants: names, parameters, numbers and errors."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import factors
from factors.catalogue import resolve
from factors.definitions.decorators import REGISTRY, Factor
from factors.engine.planning.plan import Plan
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
        with pytest.raises(ArgumentError, match="share is a share between 0 and 1"):
            factors.variant("cum_return_top30_order", share=share)
    for minutes in (0, -5, 2.5, "30", True):
        refusal = r"variant\('return_last_30min'\): minutes=.*: minutes is a whole number from 1 up\."
        with pytest.raises(ArgumentError, match=refusal):
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


def test_every_parameter_has_its_range() -> None:
    assert len(WITH_PARAMETERS) > 120
    for f in WITH_PARAMETERS:
        assert list(f.ranges) == list(f.params), f.name
        for word, value in f.params.items():
            assert f.ranges[word].read(value) == value, f.name
            assert f"{word}={value} ({f.ranges[word]})" in str(factors.describe(f))
            assert f"{word}={value} ({f.ranges[word]})" in str(Plan((f,), (f,), (), {}))


BEYOND: dict[str, list[object]] = {
    "return_std_5min[block]": [1, 0], "return_skewness_5min[block]": [1], "return_vol_of_vol[block]": [1],
    "dazzling_vol[horizon]": [1], "variance_ratio_5[q]": [1], "variance_ratio_z[q]": [1, 31], "tsrv[step]": [1],
    "path_tortuosity[tick]": [0, 0.0, -0.01], "volume_power_ratio[period]": [1], "spectral_low_ratio[period]": [1],
    "pricebin_volume_skew[bins]": [1], "hurst_rs[sizes]": [(10,), (20, 10), (1, 10), 10, (10, 10)],
}  # fmt: skip
"""Values at which a factor is not defined, by factor and parameter."""


def outside(f: Factor, word: str) -> list[object]:
    """Values that are none of a parameter's."""
    default, found = f.params[word], [None, True, "far", float("nan"), float("inf")]
    if isinstance(default, str):
        return [*found, "0/3", "1", 1.5]
    if isinstance(default, tuple):
        return [*found, (), ("a", "b"), *BEYOND[f"{f.name}[{word}]"]]
    first, last = f.ranges[word].ends
    whole = "whole" in str(f.ranges[word])
    found += [first - 1, 2.5] if whole else [0, -1.0]
    if " below " in str(f.ranges[word]) or " to " in str(f.ranges[word]):
        found.append(last + 1)
    return [*found, *BEYOND.get(f"{f.name}[{word}]", ())]


@pytest.mark.parametrize("base", WITH_PARAMETERS, ids=lambda f: f.name)
def test_values_outside_are_refused(base: Factor) -> None:
    for word in base.params:
        for value in outside(base, word):
            with pytest.raises(ArgumentError) as refused:
                factors.variant(base, **{word: value})
            assert str(refused.value) == f"variant({base.name!r}): {word}={value!r}: {word} is {base.ranges[word]}."


def test_a_refusal_in_words() -> None:
    with pytest.raises(ArgumentError, match=r"block=1: block is a whole number from 2 up\.$"):
        factors.compute(BARS, "return_std_5min[block=1]")
    with pytest.raises(ArgumentError, match=r"q=31: q is a whole number from 2 to 30\.$"):
        factors.variant("variance_ratio_z", q=31)
    with pytest.raises(ArgumentError, match=r"tick=0: tick is a number above 0\.$"):
        factors.variant("path_tortuosity", tick=0)
    assert factors.variant("jump_count", c=4.0) is REGISTRY.factor("jump_count")
    assert factors.variant("jump_count", c=2.5).name == "jump_count[c=2.5]"


SHORT = {
    "preaveraged_rv[theta]", "aj_z[alpha]",
    *(f"{name}_top33_volume[share]" for name in ("VP", "VR", "VR_1min_lag", "VR_1min_lead")),
    *(f"return_{name}_top33_volume[share]" for name in ("skewness", "kurtosis")),
    *(f"{name}_last_30min[minutes]" for name in ("VP", "VR", "return_skewness", "return_kurtosis")),
}  # fmt: skip
"""Parameters whose first value leaves less than a formula needs, on a day of these minutes: two that differ."""
LONG = {"aj_z[w]", "hurst_rs[sizes]"}
"""Parameters whose last value does so, beside those that count more minutes than there are."""


@pytest.fixture(scope="module")
def at_the_ends() -> dict[str, pd.DataFrame]:
    """Every factor at both ends of each of its ranges, on every engine: the last of six days."""
    kept = dict(REGISTRY.factors)
    every = [f for base in WITH_PARAMETERS for word in base.params for f in ends(base, word)]
    every = list(dict.fromkeys(every))
    bars = factors.simulate_bars(stocks=3, days=6, seed=2)
    is_last = bars.datetime >= bars.datetime.max().normalize()
    split = {"lookback": bars[~is_last]}
    found = {
        engine: factors.compute(bars[is_last], every, engine=engine, **split) for engine in ("loop", "matrix", "auto")
    }
    REGISTRY.factors.clear()
    REGISTRY.factors.update(kept)
    return found


def ends(base: Factor, word: str) -> list[Factor]:
    bars = 1 if word == "minutes" else None
    return [factors.variant(base, min_bars=bars, **{word: end}) for end in base.ranges[word].ends]


@pytest.mark.parametrize("base", WITH_PARAMETERS, ids=lambda f: f.name)
def test_at_the_ends_of_a_range(base: Factor, at_the_ends: dict[str, pd.DataFrame]) -> None:
    """The first value gives numbers; so does the last, unless it is more than the session has minutes: then NaN."""
    rtol, atol = tolerance(base)
    for word in base.params:
        first, last = (f.name for f in ends(base, word))
        loops = at_the_ends["loop"][[first, last]]
        assert loops[first].notna().any() != (f"{base.name}[{word}]" in SHORT)
        long = isinstance(base.params[word], int) and base.ranges[word].ends[1] > 240
        if not long and f"{base.name}[{word}]" not in LONG:
            assert loops[last].notna().any()
        for engine in ("matrix", "auto"):
            found = at_the_ends[engine][[first, last]]
            np.testing.assert_allclose(found, loops, rtol=max(rtol, 1e-9), atol=atol, err_msg=f"{engine} {word}")


def test_longer_than_the_session_is_missing() -> None:
    long = ["return_improved[skip_minutes=240]", "spectral_low_ratio[period=241]", "volume_power_ratio[period=241]"]
    for name in (*long, "return_std_5min[block=241]", "high_time_top5[k=241]"):
        for engine in ("loop", "matrix", "auto"):
            assert factors.compute(BARS, name, engine=engine)[name].isna().all()
    for name in ("return_improved[skip_minutes=239]", "spectral_low_ratio[period=240]"):
        for engine in ("loop", "matrix", "auto"):
            assert factors.compute(BARS, name, engine=engine)[name].notna().any()


def test_a_variant_can_be_forgotten() -> None:
    made = factors.variant("amihud_mean", scale=1e6)
    factors.forget(made.name)
    assert made.name not in REGISTRY.factors
