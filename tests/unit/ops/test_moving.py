"""Windows that move, blocks, buckets, spectra and fits, against NumPy and on both engines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from factors import ops as m
from factors.errors import ArgumentError
from tests.support.verbs.probe import NAN, WINDOWS, fused_verb, fused_verbs, series

RNG = np.random.default_rng(4)


def over_windows(function: Callable[..., np.ndarray], n: int, *arrays: np.ndarray) -> np.ndarray:
    """Apply a function along the last axis to the windows that end at each minute."""
    found = np.full(arrays[0].shape, NAN)
    if n <= found.shape[1]:
        found[:, n - 1 :] = function(*(sliding_window_view(x, n, axis=1) for x in arrays))
    return found


def cov(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    products = (x - x.mean(-1, keepdims=True)) * (y - y.mean(-1, keepdims=True))
    return np.asarray(products.mean(-1))


@given(series((3, 12)), series((3, 12)), st.integers(1, 14))
def test_moving(x: np.ndarray, y: np.ndarray, n: int) -> None:
    np.testing.assert_allclose(m.moving_sum(x, n), over_windows(lambda x: x.sum(-1), n, x), atol=1e-12)
    np.testing.assert_allclose(m.moving_mean(x, n), over_windows(lambda x: x.mean(-1), n, x), atol=1e-12)
    np.testing.assert_allclose(m.moving_cov(x, y, n), over_windows(cov, n, x, y), rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(m.moving_std(x, n), over_windows(lambda x: x.std(-1), n, x), rtol=1e-12, atol=1e-10)


def test_moving_is_exact() -> None:
    whole = RNG.integers(0, 2**40, (5, 240)).astype(float)
    np.testing.assert_array_equal(m.moving_sum(whole, 9), over_windows(lambda x: x.sum(-1), 9, whole))
    flat = np.full((1, 240), 10.07)
    assert (m.moving_mean(flat, 50)[0, 49:] == 10.07).all()
    assert (m.moving_cov(flat, whole[:1], 50)[0, 49:] == 0).all()
    assert (m.moving_cov(flat, flat, 7)[0, 6:] == 0).all()


@pytest.mark.usefixtures("needs_compiler")
def test_windows_of_equal_values_have_equal_sums() -> None:
    values = RNG.uniform(0, 1e6, (40, 9)).round(3)
    shuffled = np.concatenate([RNG.permuted(values, axis=1) for _ in range(20)], axis=1)
    sums = m.moving_sum(shuffled, 9)[:, 8::9]
    assert (sums == sums[:, :1]).all()
    assert (sums[:, 0] == [math.fsum(row) for row in values]).all()
    np.testing.assert_array_equal(fused_verb(lambda x: m.moving_sum(x, 9), shuffled)[:, 8::9], sums)


def test_moving_loses_no_digits() -> None:
    x = 300 + np.cumsum(RNG.integers(-1, 2, (8, 240)), axis=1) / 100
    exact = over_windows(cov, 50, x.astype(np.longdouble), x.astype(np.longdouble))
    np.testing.assert_allclose(m.moving_cov(x, x, 50), exact.astype(float), rtol=1e-11)


@given(series(), st.integers(1, 5))
def test_rescaled_range(x: np.ndarray, size: int) -> None:
    def of(row: np.ndarray) -> float:
        values, found = row[~np.isnan(row)], []
        for block in values[: len(values) // size * size].reshape(-1, size):
            walk = np.cumsum(block - block.mean())
            if block.max() > block.min():
                found.append((walk.max() - walk.min()) / block.std())
        return float(np.mean(found)) if found else NAN

    np.testing.assert_allclose(m.rescaled_range(x, size)[:, 0], [of(row) for row in x], rtol=1e-12, atol=1e-12)


@given(series((3, 9)), series((3, 9)), st.integers(1, 12))
def test_bucket_flow(y: np.ndarray, weight: np.ndarray, n: int) -> None:
    def of(y: np.ndarray, weight: np.ndarray) -> float:
        there = weight > 0
        if not there.any():
            return NAN
        volume = np.append(0, np.cumsum(weight[there]))
        flow = np.append(0, np.cumsum(np.nan_to_num(y[there])))
        return float(np.abs(np.diff(np.interp(np.arange(n + 1) * volume[-1] / n, volume, flow))).sum())

    expected = [of(*rows) for rows in zip(y, weight, strict=True)]
    np.testing.assert_allclose(m.bucket_flow(y, weight, n)[:, 0], expected, rtol=1e-12, atol=1e-10)


@given(series(), st.integers(1, 6))
def test_spectrum(x: np.ndarray, lines: int) -> None:
    power = np.abs(np.fft.fft(np.nan_to_num(x), axis=1)) ** 2
    expected = sum(power[:, k % x.shape[1]] for k in range(1, lines + 1))
    np.testing.assert_allclose(m.spectrum(x, lines)[:, 0], expected, rtol=1e-11, atol=1e-9)


def hard_fits() -> tuple[np.ndarray, np.ndarray]:
    """Return y (rows, minutes) and x (rows, regressors, minutes): gaps, constant, dependent, exact, far off."""
    x, y = RNG.normal(size=(9, 3, 33)), RNG.normal(size=(9, 33))
    x[1, 0, :5], y[1, 30:], x[1, 2, 9] = NAN, NAN, NAN
    x[2, 1], x[3, 2], y[4] = 10.07, x[3, 0] - 2 * x[3, 1], 2 + x[4, 0] - x[4, 2]
    x[5] = 1e6 + 1e-3 * x[5]
    x[6, 1] = x[6, 0] + 1e-4 * x[6, 1]
    x[7, :, 4:] = NAN
    y[8] = 1e-12
    return y, x


def test_ols() -> None:
    api = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    y, x = hard_fits()
    fit = m.ols(y, *(x[:, j] for j in range(3)))
    for i in (0, 1, 5, 6):
        there = ~np.isnan(y[i] + x[i].sum(0))
        shift = x[i][:, there].mean(1)  # the slopes of centred regressors are the same, and well determined
        found = api.OLS(y[i][there], api.add_constant(x[i][:, there].T - shift)).fit()
        np.testing.assert_allclose([b[i, 0] for b in fit.coef[1:]], found.params[1:], rtol=1e-9)
        np.testing.assert_allclose([t[i, 0] for t in fit.t[1:]], found.tvalues[1:], rtol=1e-7)
        for ours, theirs in ((fit.rss, found.ssr), (fit.ess, found.ess), (fit.tss, found.centered_tss)):
            np.testing.assert_allclose(ours[i, 0], theirs, rtol=1e-9)
        assert fit.n[i, 0] == there.sum()
    whole = api.OLS(y[0], api.add_constant(x[0].T)).fit()
    np.testing.assert_allclose((fit.coef[0][0, 0], fit.t[0][0, 0]), (whole.params[0], whole.tvalues[0]), rtol=1e-10)


def test_ols_of_what_has_no_fit() -> None:
    y, x = hard_fits()
    fit = m.ols(y, *(x[:, j] for j in range(3)))
    for i in (2, 3):  # a constant regressor, a dependent one
        assert all(math.isnan(a[i, 0]) for a in (*fit.coef, *fit.t, fit.rss))
    for i in (4, 7, 8):  # exact, four minutes for four coefficients, constant y
        assert fit.rss[i, 0] == 0
        assert all(math.isnan(t[i, 0]) for t in fit.t)
    np.testing.assert_allclose([b[4, 0] for b in fit.coef], [2, 1, 0, -1], atol=1e-12)
    with pytest.raises(ArgumentError, match="give one regressor or more"):
        m.ols(y)


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("part", [f.name for f in fields(m.Fit)])
def test_ols_fuses(part: str) -> None:
    y, x = hard_fits()

    def body(y: Any, a: Any, b: Any, c: Any) -> Any:
        found = getattr(m.ols(y, a, b, c), part)
        return found[2] if isinstance(found, tuple) else found

    arrays = y, x[:, 0].copy(), x[:, 1].copy(), x[:, 2].copy()
    np.testing.assert_allclose(fused_verb(body, *arrays, value=True), body(*arrays), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "5"])
@pytest.mark.parametrize("verb", ["moving_sum", "moving_mean", "moving_std", "rescaled_range", "spectrum"])
def test_numbers_of_minutes(verb: str, n: Any) -> None:
    with pytest.raises(ArgumentError, match="must be a whole number, 1 or more"):
        getattr(m, verb)(np.ones((1, 9)), n)


def hard_series() -> np.ndarray:
    """Return rows of few levels, with gaps, late, constant, empty, and far from 0."""
    x = RNG.choice([-2.0, 0.5, 1.0, 1.0, 3.0, 100.0], size=(21, 33))
    x[RNG.uniform(size=x.shape) < 0.03] = NAN
    x[0], x[1], x[2], x[3, 20:] = NAN, 10.07, 300 + np.cumsum(x[2]) / 100, 7.0
    x[4, :30], x[5, 6:] = NAN, NAN
    return x


VERBS: dict[str, Callable[[Any, Any], Any]] = {
    "sum of 1": lambda x, y: m.moving_sum(x, 1),
    "sum of 4": lambda x, y: m.moving_sum(x, 4),
    "mean of 17": lambda x, y: m.moving_mean(x, 17),
    "mean of 99": lambda x, y: m.moving_mean(x, 99),
    "cov": lambda x, y: m.moving_cov(x, y, 5),
    "std": lambda x, y: m.moving_std(x, 8),
    "std of a std": lambda x, y: m.moving_std(m.moving_std(x, 3), 4),
    "lead of a sum of a mask": lambda x, y: m.lead(m.moving_sum(x > 0.5, 3), 2),
    "rescaled range": lambda x, y: m.rescaled_range(x, 4),
    "rescaled range of 99": lambda x, y: m.rescaled_range(x, 99),
    "bucket flow": lambda x, y: m.bucket_flow(y, x, 7),
    "spectrum": lambda x, y: m.spectrum(x - m.mean(x), 3),
}


def bodies(verb: str) -> list[Callable[[Any, Any], Any]]:
    """The verb in each window."""
    return [lambda x, y, cut=cut: VERBS[verb](cut(x), cut(y)) for cut in WINDOWS.values()]


@lru_cache(maxsize=1)
def in_windows(verb: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the fused engine makes of the verb in each window, in one text, and what NumPy does."""
    x, y = hard_series(), hard_series()
    with np.errstate(all="ignore"):
        expected = [body(x, y) for body in bodies(verb)]
    lengths = [0 if values.shape[1] == 1 else values.shape[1] for values in expected]
    return list(zip(fused_verbs(bodies(verb), x, y, lengths=lengths), expected, strict=True))


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("verb", VERBS)
def test_fused_in_a_window(verb: str, window: str) -> None:
    found, expected = in_windows(verb)[list(WINDOWS).index(window)]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-9)
