"""Every verb gives the fused engine's answer and the matrix engine's alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from factors import ops
from tests.support.verbs.calls import CALLS
from tests.support.verbs.probe import LEVELS, fused_verb

pytestmark = pytest.mark.usefixtures("needs_compiler")


def split(verb: str) -> tuple[Callable[..., Any], int]:
    """Return a call of a verb as a function of its series, a mask being a series above 0, and their number."""
    arguments = CALLS[verb]
    arrays = [isinstance(a, np.ndarray) for a in arguments]
    masks = [isinstance(a, np.ndarray) and a.dtype == bool for a in arguments]

    def body(*series: Any) -> Any:
        left = iter(series)
        given = [next(left) if array else a for a, array in zip(arguments, arrays, strict=True)]
        found = getattr(ops, verb)(*(a > 0 if mask else a for a, mask in zip(given, masks, strict=True)))
        return found.t[-1] if isinstance(found, ops.Fit) else found

    return body, sum(arrays)


@pytest.mark.parametrize("verb", [v for v in ops.__all__ if not any(isinstance(a, list) for a in CALLS[v])])
def test_fused_equals_matrix(verb: str) -> None:
    body, number = split(verb)
    rng = np.random.default_rng(len(verb))
    series = [rng.choice([*LEVELS, 7.25], size=(21, 17)) for _ in range(number)]
    for x in series:
        x[0], x[1] = np.nan, 5.0
    with np.errstate(all="ignore"):
        expected = np.asarray(body(*series), dtype=float)
    expected[np.isinf(expected)] = np.nan
    length = expected.shape[1]
    found = fused_verb(body, *series, value=length == 1, length=length)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "body",
    [
        lambda x: ops.sum(ops.where(ops.top(x, k=2), x)),
        lambda x: ops.entropy_of([ops.at(x, t) for t in range(1, 6)]),
        lambda x: ops.slope_of([ops.at(x, t) for t in range(1, 6)], [0.5, 1.0, 2.0, 4.0, 8.0], least=3),
    ],
    ids=["top of a number", "entropy_of", "slope_of"],
)
def test_fused_equals_matrix_on_values(body: Callable[[Any], Any]) -> None:
    x = np.random.default_rng(3).choice(LEVELS, size=(40, 5))
    np.testing.assert_allclose(fused_verb(body, x, value=True), body(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "body",
    [
        lambda x: ops.count(-x) + 10 * ops.count(ops.abs(x) * ops.abs(x)) + 100 * ops.count((2 - x) / 4 * 3 + 1),
        lambda x: ops.count(x * 0) + 10 * ops.count(x - x) + 100 * ops.count(0 / x),
        lambda x: ops.count(ops.where(x > 0, ops.where(x < 7, x))) + 10 * ops.count(ops.where(x > 0, 1 / x)),
        lambda x: ops.mean(ops.where(x > 0, -ops.where(x < 7, x) * 3)),
        lambda x: ops.sum(ops.where(x > 0, ops.where((x > 0) & (x < 7), x - ops.lag(x)))),
        lambda x: ops.first(ops.where(x > 1, ops.lag(x))) + ops.first(x, x == ops.min(x)),
        lambda x: ops.var(ops.where(x > 0, ops.where(x < 7, x))) + ops.first(ops.where(x < 0, x * x)),
        lambda x: ops.corr(ops.where((x > 0) & ops.exists(x), x), ops.where(x < 7, ops.lag(x))),
    ],
)
def test_fused_knows_where_a_series_exists(body: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(11)
    x = rng.choice([*LEVELS, 7.25, np.inf, -np.inf], size=(60, 19))
    x[20:] = rng.choice([*LEVELS, 7.25], size=(40, 19))
    x[0], x[1] = np.nan, 5.0
    with np.errstate(all="ignore"):
        expected = np.asarray(body(x), dtype=float)
    expected[np.isinf(expected)] = np.nan
    np.testing.assert_allclose(fused_verb(body, x, value=True), expected, rtol=1e-12, atol=1e-12)
