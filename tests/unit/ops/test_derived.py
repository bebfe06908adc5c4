"""The verbs made of verbs, against NumPy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors import ops as m
from tests.support.verbs.probe import NAN, row_by_row, series


def constant(x: np.ndarray) -> bool:
    return bool(x.max() == x.min())


@given(series((4, 6)), series((4, 6)))
def test_cov_and_slope(x: np.ndarray, y: np.ndarray) -> None:
    def slope(y: np.ndarray, x: np.ndarray) -> float:
        return NAN if constant(x) else float(np.polyfit(x, y, 1)[0])

    def cov(x: np.ndarray, y: np.ndarray) -> float:
        return 0.0 if constant(x) or constant(y) else float(np.cov(x, y, ddof=0)[0, 1])

    np.testing.assert_allclose(m.cov(x, y), row_by_row(cov, x, y), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(m.slope(y, x), row_by_row(slope, y, x), rtol=1e-9, atol=1e-11)


def test_cov_of_a_constant_is_0() -> None:
    x = np.full((1, 239), 10.07)
    assert m.cov(x, np.arange(239.0)[None]) == 0
    assert np.isnan(m.slope(np.arange(239.0)[None], x))
    assert m.slope(x, np.arange(239.0)[None]) == 0


@given(series((2, 5)), series((2, 5)), series((2, 5)))
def test_median3(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    np.testing.assert_array_equal(m.median3(a, b, c), np.where(np.isnan(a + b + c), NAN, np.median([a, b, c], axis=0)))


def test_changes_keep_their_digits() -> None:
    before = 600_000.0
    x = np.array([[before + 0.01]])
    exact = (Fraction(x[0, 0]) - Fraction(before)) / Fraction(before)
    assert m.change(x, before) == pytest.approx(float(exact), rel=1e-15)
    assert m.log_change(x, before) == pytest.approx(float(exact - exact**2 / 2 + exact**3 / 3), rel=1e-15)
    assert np.isnan(m.log_change(np.array([[0.0, -1.0, NAN]]), 1.0)).all()


@pytest.mark.parametrize("p", [2 / 3, 4 / 3, 0.5, -0.49, 1.5])
def test_power(p: float) -> None:
    x = np.array([[1e-9, 0.3, 1.0, 240.0, 1e12]])
    np.testing.assert_allclose(m.power(x, p), x**p, rtol=5e-15)
    np.testing.assert_array_equal(m.power(np.array([[0.0, -1.0, NAN]]), p), [[0.0 if p > 0 else NAN, NAN, NAN]])


def test_distribution_functions() -> None:
    special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
    x = np.linspace(-12, 12, 4001).reshape(1, -1)
    np.testing.assert_allclose(m.normal_cdf(x), special.ndtr(x), rtol=0, atol=3e-16)
    np.testing.assert_allclose(m.student3_cdf(x), special.stdtr(3, x), rtol=0, atol=5e-16)


@given(series())
def test_clip(x: np.ndarray) -> None:
    np.testing.assert_array_equal(m.clip(x, 0, 1), np.clip(x, 0, 1))
    np.testing.assert_array_equal(m.clip(x, low=0.5), np.maximum(x, 0.5))
    np.testing.assert_array_equal(m.clip(x, high=m.mean(x)), np.minimum(x, m.mean(x)))


@given(series())
def test_entropy(x: np.ndarray) -> None:
    shares = np.abs(x)
    with np.errstate(all="ignore"):
        shares = shares / np.nansum(shares, axis=1, keepdims=True)

    def entropy(p: np.ndarray) -> float:
        return float(-sum(v * math.log(v) for v in p if v > 0))

    np.testing.assert_allclose(m.entropy(shares), row_by_row(entropy, shares), atol=1e-13)
    columns = [np.abs(x[:, t : t + 1]) for t in range(x.shape[1])]
    weights = np.where(np.isnan(shares), 0, shares)
    of = [entropy(row) if row.sum() > 0 else NAN for row in weights]
    np.testing.assert_allclose(m.entropy_of(columns)[:, 0], of, atol=1e-13)


@given(series(), st.integers(2, 4))
def test_slope_of(x: np.ndarray, least: int) -> None:
    xs = [math.log(1 + t) for t in range(x.shape[1])]
    ours = m.slope_of([x[:, t : t + 1] for t in range(x.shape[1])], xs, least)
    for row, found in zip(x, ours[:, 0], strict=True):
        there = ~np.isnan(row)
        if there.sum() < least:
            assert math.isnan(found)
        else:
            np.testing.assert_allclose(found, np.polyfit(np.array(xs)[there], row[there], 1)[0], atol=1e-9, rtol=1e-9)


@given(series())
def test_median_minute(x: np.ndarray) -> None:
    minute = np.arange(1.0, x.shape[1] + 1).reshape(1, -1)
    expected = row_by_row(np.median, np.where(x > 0, minute, NAN))
    np.testing.assert_array_equal(m.median_minute(x > 0, minute), expected)


def test_settle() -> None:
    nearly = np.array([[0.1 + 0.2, 0.3, NAN], [0.3, 0.3 + 1e-9, NAN], [1e-20, -1e-20, 0.0], [NAN, NAN, NAN]])
    settled = m.settle(nearly)
    np.testing.assert_array_equal(settled, [[0.1 + 0.2, 0.1 + 0.2, NAN], *nearly[1:]])
    assert m.var(settled)[0, 0] == 0


@given(series(), st.sampled_from(["1/3", "3/10", "1", "1/50"]), st.integers(1, 5))
def test_leading(x: np.ndarray, share: str, k: int) -> None:
    order = np.argsort(np.argsort(-x, axis=1, kind="stable"), axis=1)  # NumPy puts NaN last
    place = np.where(np.isnan(x), NAN, order)
    np.testing.assert_array_equal(m.leading(place, share), m.top(x, share))
    np.testing.assert_array_equal(m.leading(place, k=k), m.top(x, k=k))
