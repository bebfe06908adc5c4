"""The verbs against NumPy, and their edges."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from factors import ops as m
from factors.errors import NotInSession

NAN = np.nan
SERIES = npst.arrays(
    np.float64,
    npst.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.sampled_from([NAN, -2.0, -1.0, 0.0, 0.5, 1.0, 1.0, 3.0, 100.0]),
)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float).reshape(-1, 1)


def by_row(function, x):
    """Apply a function to the existing values of each row."""
    return column(*(function(row[~np.isnan(row)]) for row in x))


@given(SERIES)
def test_reductions_equal_numpy(x: np.ndarray) -> None:
    def or_nan(function):
        return lambda v: function(v) if len(v) else NAN

    np.testing.assert_allclose(m.sum(x), by_row(np.sum, x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(m.prod(x), by_row(np.prod, x), rtol=1e-12)
    np.testing.assert_allclose(m.mean(x), by_row(or_nan(np.mean), x), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(m.max(x), by_row(or_nan(np.max), x))
    np.testing.assert_array_equal(m.min(x), by_row(or_nan(np.min), x))
    np.testing.assert_allclose(m.var(x), by_row(or_nan(np.var), x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(m.std(x), by_row(or_nan(np.std), x), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(m.count(x), by_row(len, x))
    np.testing.assert_array_equal(m.first(x), by_row(lambda v: v[0] if len(v) else NAN, x))
    np.testing.assert_array_equal(m.last(x), by_row(lambda v: v[-1] if len(v) else NAN, x))


@given(SERIES)
def test_scans_equal_numpy(x: np.ndarray) -> None:
    np.testing.assert_array_equal(m.cummax(x), np.fmax.accumulate(x, axis=1))
    np.testing.assert_array_equal(m.cummin(x), np.fmin.accumulate(x, axis=1))
    np.testing.assert_allclose(m.cumsum(x), np.nancumsum(x, axis=1), rtol=1e-12)


@given(SERIES, st.sampled_from(["1/3", "3/10", "1/2", "1", "1/50"]))
def test_top_is_a_stable_sort(x: np.ndarray, share: str) -> None:
    from fractions import Fraction

    chosen = m.top(x, share)
    for row, mask in zip(x, chosen, strict=True):
        there = [(-v, t) for t, v in enumerate(row) if not math.isnan(v)]
        k = max(1, math.floor(Fraction(share) * len(there)))
        assert sorted(t for _, t in sorted(there)[:k]) == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize("level", [0.1, 10.07, 3.3333333, 1e9, 1e-9])
def test_constant_series_are_exact(level: float) -> None:
    x = np.full((1, 239), level)
    other = np.arange(239.0).reshape(1, -1)
    assert m.var(x)[0, 0] == 0.0
    for value in (m.skew(x), m.kurt(x), m.corr(x, other), m.corr(other, x)):
        assert np.isnan(value).all()


def test_corr_takes_the_joint_minutes() -> None:
    x = np.array([[1.0, 2.0, 4.0, NAN, 9.0], [1.0, 1.0, 1.0, NAN, 9.0]])
    y = np.array([[2.0, 1.0, 5.0, 7.0, NAN], [2.0, 1.0, 5.0, 7.0, NAN]])
    np.testing.assert_allclose(m.corr(x, y)[0, 0], np.corrcoef([1, 2, 4], [2, 1, 5])[0, 1], rtol=1e-13)
    assert np.isnan(m.corr(x, y)[1, 0])  # constant where both exist
    assert m.corr(x, x)[0, 0] == 1.0


def test_shape_moments() -> None:
    x = np.array([[0.0, 0.0, 0.0, 4.0]])  # mean 1, m2 3, m3 6, m4 21
    np.testing.assert_allclose(m.skew(x), 6 / 3**1.5, rtol=1e-14)
    np.testing.assert_allclose(m.kurt(x), 21 / 9, rtol=1e-14)


def test_shifts() -> None:
    x = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(m.lag(x), [[NAN, 1, 2]])
    np.testing.assert_array_equal(m.lead(x, 2), [[3, NAN, NAN]])
    np.testing.assert_array_equal(m.lag(x, 5), [[NAN] * 3])


def test_windows() -> None:
    x = np.arange(1.0, 11.0).reshape(1, -1)
    assert m.at(x, 1)[0, 0] == 1
    assert m.at(x, -3)[0, 0] == 8
    assert m.head(x, 2).tolist() == [[1, 2]]
    assert m.tail(x, 2).tolist() == [[9, 10]]
    assert m.between(x, 2, 4).tolist() == [[3, 4]]
    assert m.between(x, -4, -2).tolist() == [[7, 8]]
    for outside in (
        lambda: m.at(x, 11),
        lambda: m.at(x, -11),
        lambda: m.head(x, 11),
        lambda: m.tail(x, 11),
        lambda: m.between(x, 8, 12),
    ):
        with pytest.raises(NotInSession):
            outside()


def test_elementwise_edges_do_not_warn() -> None:
    x = np.array([[-1.0, 0.0, 4.0, NAN]])
    np.testing.assert_array_equal(m.sqrt(x), [[NAN, 0, 2, NAN]])
    np.testing.assert_array_equal(m.log(x), [[NAN, NAN, math.log(4), NAN]])
    np.testing.assert_array_equal(m.ratio(x, x), [[1, NAN, 1, NAN]])
    np.testing.assert_array_equal(m.ratio(1.0, x), [[-1, NAN, 0.25, NAN]])
    np.testing.assert_array_equal(m.where(x > 0, x), [[NAN, NAN, 4, NAN]])
    np.testing.assert_array_equal(m.where(x > 0, 1, 0), [[0, 0, 1, 0]])
    assert m.sum(x > 0).tolist() == [[1.0]]
    assert m.mean(x > -2).tolist() == [[0.75]]


def test_verbs_take_arrays_only() -> None:
    with pytest.raises(TypeError, match="at least one array"):
        m.abs(3.0)


def test_docstring_examples() -> None:
    assert doctest.testmod(m).failed == 0
