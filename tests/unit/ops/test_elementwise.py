"""The elementwise and running verbs against NumPy and the standard library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factors import ops as m
from factors.data.calendar.session import Session
from factors.errors import ArgumentError, NotInSession
from tests.support.verbs.probe import NAN, series


@given(series((3, 7)), series((3, 7)))
def test_larger_and_smaller(x: np.ndarray, y: np.ndarray) -> None:
    np.testing.assert_array_equal(m.larger(x, y), np.maximum(x, y))
    np.testing.assert_array_equal(m.smaller(x, y), np.minimum(x, y))
    np.testing.assert_array_equal(m.larger(x, 1), np.maximum(x, 1))
    np.testing.assert_array_equal(m.smaller(0.5, x), np.minimum(x, 0.5))
    np.testing.assert_array_equal(m.larger(m.first(x), y), np.maximum(m.first(x), y))


def test_larger_of_masks() -> None:
    np.testing.assert_array_equal(m.larger(np.array([[True, False]]), np.array([[False, False]])), [[1.0, 0.0]])


@given(series())
def test_floor(x: np.ndarray) -> None:
    np.testing.assert_array_equal(m.floor(x / 3), np.floor(x / 3))


@given(series())
def test_ffill(x: np.ndarray) -> None:
    expected = x.copy()
    for t in range(1, x.shape[1]):
        expected[:, t] = np.where(np.isnan(x[:, t]), expected[:, t - 1], x[:, t])
    np.testing.assert_array_equal(m.ffill(x), expected)


@given(series())
def test_centred(x: np.ndarray) -> None:
    for ours, row in zip(m.centred(x), x, strict=True):
        there = row[~np.isnan(row)]
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(row))
        if len(there):
            np.testing.assert_allclose(ours[~np.isnan(row)], there - there.mean(), atol=1e-13)
            assert len(set(there)) > 1 or not ours[~np.isnan(row)].any()


def test_centred_is_exact_on_constants() -> None:
    assert not m.centred(np.full((1, 239), 10.07)).any()


def test_erf() -> None:
    edges = [0.84375, 1.25, 1 / 0.35, 6.0, -0.84375, -1.25, 0.0, -0.0, 1e-300, 30.0, 1e300, math.inf, -math.inf]
    x = np.concatenate([np.linspace(-7, 7, 20_001), np.logspace(-12, 0, 500), edges])
    found = m.erf(np.append(x, NAN).reshape(1, -1))[0]
    np.testing.assert_allclose(found[:-1], [math.erf(v) for v in x], rtol=3e-16, atol=0)
    assert math.isnan(found[-1])


def test_atan() -> None:
    x = np.array([[-math.inf, -3.0, -0.0, 1e-9, 1.0, 1e300, NAN]])
    np.testing.assert_allclose(m.atan(x), np.arctan(x), rtol=1e-15)


@given(series(), st.integers(1, 14))
def test_top_k(x: np.ndarray, k: int) -> None:
    for row, mask in zip(x, m.top(x, k=k), strict=True):
        there = sorted((-v, t) for t, v in enumerate(row) if not math.isnan(v))
        assert sorted(t for _, t in there[:k]) == np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "not both"),
        ({"share": "1/3", "k": 2}, "not both"),
        ({"k": 0}, "k must be a whole number"),
        ({"k": 2.0}, "k must be a whole number"),
        ({"share": 0.3}, "share must be a fraction"),
        ({"share": "4/3"}, "share must be a fraction"),
    ],
)
@pytest.mark.parametrize("verb", [m.top, m.leading])
def test_shares_and_numbers(verb, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        verb(np.ones((1, 3)), **wrong)


def test_a_session_that_is_too_short() -> None:
    session = Session("s", "UTC", ((570, 600),))
    session.require(30)
    with pytest.raises(NotInSession, match="has 30 minutes, not 31"):
        session.require(31)
