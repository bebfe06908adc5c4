"""One rule for all says when a series is constant up to rounding: its range is at most 1e-9 of its magnitude."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from factors import ops as m
from factors.loops import moments
from tests.golden.stock_days.tools import Case
from tests.support.engines import ENGINES
from tests.support.verbs.probe import fused_verb

MINUTES = 60
OTHER = np.random.default_rng(0).permutation(MINUTES).astype(float)


def nearly_constant(share: float, level: float, kind: str) -> np.ndarray:
    """A series whose range is a share of its largest magnitude."""
    low, high = (level, level / (1 - share)) if level > 0 else (level, level * (1 - share))
    part = {
        "one high": np.arange(MINUTES) == 7,
        "one low": np.arange(MINUTES) != 7,
        "the first": np.arange(MINUTES) == 0,
        "a third": np.arange(MINUTES) % 3 == 0,
    }[kind]
    return np.where(part, high, low)


OF_ONE: dict[str, tuple[Callable[..., Any], Callable[[list[float]], float], bool]] = {
    "var": (m.var, moments.var, False),
    "std": (m.std, moments.std, False),
    "skew": (m.skew, moments.skew, True),
    "kurt": (m.kurt, moments.kurt, True),
}
"""Verb, its loop, and whether it does not exist of a constant series; else it is 0."""
OF_TWO: dict[str, tuple[Callable[..., Any], Callable[[list[tuple[float, float]]], float], bool]] = {
    "corr": (m.corr, moments.pearson, True),
    "cov": (m.cov, moments.cov, False),
    "slope on it": (lambda x, y: m.slope(y, x), moments.slope, True),
}


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("kind", ["one high", "one low", "the first", "a third"])
@pytest.mark.parametrize("level", [1.0, 3e7, -1e-5])
@pytest.mark.parametrize("name", [*OF_ONE, *OF_TWO])
def test_both_sides_of_the_bound(name: str, level: float, kind: str) -> None:
    for share, still in ((0.99e-9, True), (1.01e-9, False)):
        x, y = nearly_constant(share, level, kind), OTHER
        if name in OF_ONE:
            verb, loop, none = OF_ONE[name]
            arrays, expected = (x[None],), loop(x.tolist())
        else:
            verb, pairs, none = OF_TWO[name]
            arrays, expected = (x[None], y[None]), pairs(list(zip(x.tolist(), y.tolist(), strict=True)))
        assert (math.isnan(expected) if none else expected == 0) == still, share
        for found in (verb(*arrays), fused_verb(verb, *arrays, value=True)):
            np.testing.assert_allclose(found[0, 0], expected, rtol=1e-6, atol=0 if still else 1e-30, err_msg=f"{share}")


@pytest.mark.usefixtures("needs_compiler")
def test_in_a_moving_window() -> None:
    for share, still in ((0.99e-9, True), (1.01e-9, False)):
        x = nearly_constant(share, 5.0, "a third")[None]
        for found in (m.moving_std(x, 6), fused_verb(lambda x: m.moving_std(x, 6), x)):
            assert (np.asarray(found)[:, 5:] == 0).all() == still


@pytest.mark.usefixtures("needs_compiler")
def test_in_a_block() -> None:
    for share, still in ((0.99e-9, True), (1.01e-9, False)):
        x = nearly_constant(share, 5.0, "a third")[None]
        for found in (m.rescaled_range(x, 10), fused_verb(lambda x: m.rescaled_range(x, 10), x, value=True)):
            assert np.isnan(np.asarray(found)).all() == still


def a_day(close: np.ndarray, volume: np.ndarray) -> Case:
    opens = np.concatenate([close[:1], close[:-1]])
    fields = {"open": opens, "high": np.maximum(opens, close), "low": np.minimum(opens, close), "close": close}
    fields |= {"volume": volume, "amount": volume * close, "trades": np.ones(len(close))}
    return Case("a day", {name: x.tolist() for name, x in fields.items()}, len(close), None, {})


WALK = np.round(10 + 0.01 * np.cumsum(np.random.default_rng(1).integers(-2, 3, 240)), 2)
SIZES = 100.0 * np.random.default_rng(2).integers(1, 30, 240)
LEVELS = 10 + 0.01 * (np.arange(240) % 2)
BETWEEN_TWO = a_day(LEVELS, SIZES)
"""Between 10.00 and 10.01 all |l| are equal but for their last digits."""
GROWTH = a_day(10 * 1.001 ** np.arange(1, 241), SIZES)
GROWTH.fields["open"][0] = GROWTH.fields["low"][0] = 10.0
"""All returns are equal but for their last digits."""
ONE_TICK_UP = a_day((1000 + np.arange(240)) / 100, SIZES)
"""All changes of the close are one tick, but for the rounding of prices."""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("case", "names"),
    [
        (BETWEEN_TWO, ["leverage_corr", "vol_clustering", "corr_absret_amount", "corr_absret_lagamount",
                       "corr_lagabsret_amount"]),
        (GROWTH, ["return_skewness_last_30min", "return_kurtosis_last_30min", "VR_last_30min", "leverage_corr",
                  "vol_clustering", "corr_absret_amount", "variance_ratio_5", "variance_ratio_z", "hurst_rs",
                  "return_skewness_5min", "vol_diff_f", "vol_diff_intercept_t", "spectral_low_ratio"]),
        (ONE_TICK_UP, ["active_buy_share_naive", "bvc_imbalance", "vpin_bulk", "dp_up_autocorr"]),
    ],
    ids=["two prices", "growth", "one tick up"],
)  # fmt: skip
def test_what_rounding_made_does_not_exist(engine: str, case: Case, names: list[str]) -> None:
    assert {n: x for n, x in ENGINES[engine](case, names).items() if not math.isnan(x)} == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_sizes_at_the_bound(engine: str) -> None:
    names = ["volume_skewness", "volume_kurtosis", "VP", "VR", "corr_volume_vwap"]
    for step, still in ((990.0, True), (1010.0, False)):
        case = a_day(WALK, 1e12 + step * (np.arange(240) % 3 == 0))
        found = ENGINES[engine](replace(case, name=f"{step}"), names)
        assert {math.isnan(x) for x in found.values()} == {still}, found


@pytest.mark.parametrize("engine", ENGINES)
def test_changes_of_the_close_at_their_bound(engine: str) -> None:
    for share, still in ((0.9e-6, True), (1.1e-6, False)):
        steps = 0.25 * np.where(np.arange(240) % 2, 1 + share, 1)
        found = ENGINES[engine](a_day(8 + np.cumsum(steps), SIZES), ["bvc_imbalance", "kyle_lambda"])
        assert math.isnan(found["bvc_imbalance"]) == still
        assert (found["kyle_lambda"] == 0) == still
