"""The verbs of order against NumPy, and against the same done by hand."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors import ops as m
from factors.errors import ArgumentError
from tests.support.verbs.probe import NAN, fused_verb, fused_verbs, row_by_row, series

SHAPE = (5, 13)


def in_order(row: np.ndarray, smallest: bool) -> list[int]:
    """Return the minutes of a row by key, the earlier of equal ones first."""
    there = [t for t in range(len(row)) if not np.isnan(row[t])]
    return sorted(there, key=lambda t: (row[t] if smallest else -row[t], t))


@given(series(SHAPE), series(SHAPE), st.booleans())
def test_ahead(key: np.ndarray, x: np.ndarray, smallest: bool) -> None:
    places, sums = m.ahead(key, smallest=smallest), m.ahead(key, x, smallest=smallest)
    for row, of, place, found in zip(key, x, places, sums, strict=True):
        expected, expected_place = np.full((2, len(row)), NAN)
        before = 0.0
        for k, t in enumerate(in_order(row, smallest)):
            expected_place[t], expected[t] = k, before
            before += 0.0 if np.isnan(of[t]) else of[t]
        np.testing.assert_array_equal(place, expected_place)
        np.testing.assert_array_equal(found, expected)


def test_ahead_of_a_mask_and_by_one_series_for_all() -> None:
    key = np.array([[3.0, 1.0, 2.0, NAN]])
    np.testing.assert_array_equal(m.ahead(key, key > 1), [[0, 2, 1, NAN]])
    minute = np.array([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_array_equal(m.ahead(np.vstack([key, key]), minute), [[0, 4, 1, NAN]] * 2)


@given(series())
def test_rank(x: np.ndarray) -> None:
    for row, found in zip(x, m.rank(x), strict=True):
        there = row[~np.isnan(row)]
        below, same = (there[:, None] > there).sum(1), (there[:, None] == there).sum(1)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(row))
        np.testing.assert_array_equal(found[~np.isnan(row)], below + (same + 1) / 2)


@given(series(), st.sampled_from([0, 0.1, 0.25, 0.5, 0.75, 0.99, 1]))
def test_quantile(x: np.ndarray, q: float) -> None:
    expected = row_by_row(lambda row: float(np.quantile(row, q)), x)
    np.testing.assert_allclose(m.quantile(x, q), expected, rtol=1e-14, atol=1e-14)


def test_quantile_of_equal_values_is_that_value() -> None:
    assert (m.quantile(np.full((1, 7), 0.1 + 0.2), 0.3) == 0.1 + 0.2).all()


@given(series(SHAPE), series(SHAPE))
def test_group_sum(x: np.ndarray, key: np.ndarray) -> None:
    for of, row, found in zip(x, key, m.group_sum(x, key), strict=True):
        expected = np.full(len(row), NAN)
        for level in set(row[~np.isnan(row)].tolist()):
            expected[np.argmax(row == level)] = np.nansum(of[row == level])
        np.testing.assert_array_equal(found, expected)


def grown(x: np.ndarray, key: np.ndarray, share: Fraction) -> np.ndarray:
    """Return the mask of the region, grown level by level."""
    levels = sorted(set(key[~np.isnan(key)].tolist()))
    if not levels:
        return np.zeros(len(key), bool)
    weight = [float(np.nansum(x[key == level])) for level in levels]
    low = high = weight.index(max(weight))
    while share.denominator * sum(weight[low : high + 1]) < share.numerator * sum(weight) and high - low + 1 < len(
        levels
    ):
        below = weight[low - 1] if low else -np.inf
        above = weight[high + 1] if high + 1 < len(weight) else -np.inf
        low, high = (low - 1, high) if below >= above else (low, high + 1)
    return np.isin(key, levels[low : high + 1])


@given(series((6, 30)), series((6, 30)), st.sampled_from(["1/2", "7/10", "1/100", "1"]), st.randoms())
def test_area(x: np.ndarray, key: np.ndarray, share: str, random) -> None:
    noise = np.array([random.randint(0, 9) for _ in range(key.size)], dtype=float).reshape(key.shape)
    for keys in (key, key + noise):
        for of, row, found in zip(x, keys, m.area(x, keys, share), strict=True):
            np.testing.assert_array_equal(found, grown(of, row, Fraction(share)))


@given(series())
def test_half_var(x: np.ndarray) -> None:
    def smallest(row: np.ndarray) -> float:
        half = (len(row) + 2) // 2 if len(row) > 0 else 1
        rising = np.sort(row)
        return min(float(np.var(rising[i : i + half])) for i in range(len(row) - half + 1))

    np.testing.assert_allclose(m.half_var(x), row_by_row(smallest, x), rtol=1e-13, atol=1e-13)


def test_half_var_is_exact_on_equal_values_and_keeps_its_digits_beside_large_ones() -> None:
    assert (m.half_var(np.array([[5.0, 0.3, 0.1 + 0.2, 0.1 + 0.2, 0.1 + 0.2]])) == 0).all()
    x = np.array([[1e9, -1e9, 1e9, 1.0, 2.0, 3.0, 5.0, -1e9]])
    np.testing.assert_allclose(m.half_var(np.sort(x)), np.var([1.0, 2, 3, 5, 1e9]), rtol=1e-14)
    x = np.array([[1e9, -1e9, 1e9, 1.0, 2.0, 3.0, 5.0]])
    np.testing.assert_allclose(m.half_var(x), np.var([1.0, 2, 3, 5]), rtol=1e-14)


@given(series(), st.integers(1, 6))
def test_spaced(x: np.ndarray, gap: int) -> None:
    for row, found in zip(x, m.spaced(x > 0, gap), strict=True):
        last, kept = -gap, []
        for t in np.flatnonzero(row > 0):
            if t - last >= gap:
                kept.append(t)
                last = t
        assert np.flatnonzero(found).tolist() == kept


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: m.quantile(x, 1.5), "q must be a number from 0 to 1"),
        (lambda x: m.quantile(x, "1/2"), "q must be a number from 0 to 1"),
        (lambda x: m.area(x, x, 0.5), "share must be a fraction"),
        (lambda x: m.spaced(x > 0, 0), "the gap must be a whole number"),
        (lambda x: m.spaced(x > 0, 2.0), "the gap must be a whole number"),
    ],
)
def test_wrong_arguments(call, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call(np.ones((1, 3)))


KEYED: list[tuple[Callable[[Any, Any], Any], bool]] = [
    (lambda key, x: m.ahead(key), False),
    (lambda key, x: m.ahead(key, x), False),
    (lambda key, x: m.ahead(key, x, smallest=True), False),
    (lambda key, x: m.rank(key), False),
    (lambda key, x: m.group_sum(x, key), False),
    (lambda key, x: m.area(x, key, "3/5"), False),
    (lambda key, x: m.quantile(key, 0.3), True),
    (lambda key, x: m.half_var(key), True),
    (lambda key, x: m.spaced(key > 1, 3), False),
]


@lru_cache
def close_keys(minutes: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Keys that differ in the last bits, a series, and what the fused engine makes of them, in one text."""
    rng = np.random.default_rng(minutes)
    key = 1 + rng.integers(-20, 20, (23, minutes)) * 2.0**-50
    key[5:9] *= -1
    key[9:12] = rng.choice([-np.pi, 0.0, -0.0, 1e-300, 1e100], (3, minutes))
    key[rng.random(key.shape) < 0.1] = NAN
    key[0], key[1] = NAN, 5.0
    x = rng.integers(0, 6, key.shape) * 100.0
    lengths = [0 if value else minutes for _, value in KEYED]
    return key, x, fused_verbs([verb for verb, _ in KEYED], key, x, lengths=lengths)


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("minutes", [9, 40])
@pytest.mark.parametrize(("verb", "value"), KEYED)
def test_fused_orders_keys_that_differ_in_the_last_bits(
    verb: Callable[[Any, Any], Any], value: bool, minutes: int
) -> None:
    key, x, all_found = close_keys(minutes)
    expected = np.asarray(verb(key, x), dtype=float)
    np.testing.assert_allclose(all_found[KEYED.index((verb, value))], expected, rtol=1e-12, atol=1e-40)


@pytest.mark.usefixtures("needs_compiler")
def test_fused_within_a_window() -> None:
    rng = np.random.default_rng(8)
    key, x = rng.integers(0, 6, (2, 20, 30)).astype(float)

    def verb(key, x):
        return m.sum(m.ahead(m.between(key, 5, 25), m.between(x, 5, 25)) * m.between(x, 5, 25))

    np.testing.assert_array_equal(fused_verb(verb, key, x, value=True), verb(key, x))


OTHER_KEYS = [
    lambda x: m.abs(x - m.quantile(x, 0.5)),
    lambda x: m.abs(m.quantile(x, 0.9) - x),
    lambda x: m.abs(x - m.quantile(x, 0) - m.quantile(x, 1)),
    lambda x: m.where(m.top(x, k=3), NAN, x),
    lambda x: m.where(m.top(x, "1/3"), NAN, x),
    lambda x: m.where(m.top(-x, k=12), NAN, x),
]
SHARES = [0, 0.3, 0.5, 0.9, 1]


def quantiles_of_other_keys() -> list[Callable[[Any], Any]]:
    """A function of a series for each key and share; all need the order of the series itself, too."""

    def of(key: Callable[[Any], Any], q: float) -> Callable[[Any], Any]:
        return lambda x: m.quantile(key(x), q) + 0 * m.quantile(m.rank(x), 0) + 0 * m.quantile(x, 0.5)

    return [of(key, q) for key in OTHER_KEYS for q in SHARES]


@lru_cache
def by_other_keys(minutes: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """The series, and what the fused engine makes of all those functions, in one text."""
    rng = np.random.default_rng(minutes)
    x = rng.normal(0, 1, (41, minutes))
    x[5:20] = rng.integers(-2, 3, (15, minutes)) * 0.1
    x[20:30, 3] = rng.choice([np.inf, -np.inf, 1e300], 10)
    x[rng.random(x.shape) < 0.2] = NAN
    x[0], x[1], x[2, 1:] = NAN, 5.0, NAN
    verbs = quantiles_of_other_keys()
    return x, fused_verbs(verbs, x, lengths=[0] * len(verbs))


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("minutes", [9, 40])
@pytest.mark.parametrize("q", SHARES)
@pytest.mark.parametrize("key", OTHER_KEYS)
def test_fused_quantiles_in_the_order_of_another_key(key: Callable[[Any], Any], q: float, minutes: int) -> None:
    x, all_found = by_other_keys(minutes)
    place = OTHER_KEYS.index(key) * len(SHARES) + SHARES.index(q)
    with np.errstate(invalid="ignore"):
        expected = quantiles_of_other_keys()[place](x)
    np.testing.assert_allclose(all_found[place], np.where(np.isfinite(expected), expected, NAN), rtol=1e-13)
