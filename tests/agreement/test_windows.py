"""Verbs that look beyond their minute, in windows of the day and on hard series: fused and matrix engine alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from factors import ops as m
from tests.support.verbs.probe import LEVELS, WINDOWS, fused_verb, fused_verbs

pytestmark = pytest.mark.usefixtures("needs_compiler")

T = 33
VERBS: dict[str, Callable[[Any], Any]] = {
    "ffill": m.ffill,
    "ffill of a mask": lambda x: m.ffill(x > 0),
    "lag of ffill": lambda x: m.lag(m.ffill(x), 2),
    "centred": m.centred,
    "top": lambda x: m.top(x, k=4),
    "larger": lambda x: m.larger(x, m.lag(x)),
    "smaller": lambda x: m.smaller(m.first(x), x),
    "since the first": lambda x: m.ffill(x) - m.first(x),
}


def hard_series() -> np.ndarray:
    """Return rows of few levels, with gaps, late, constant, empty, of one value, huge, tiny."""
    rng = np.random.default_rng(9)
    x = rng.choice(LEVELS, size=(27, T))
    x[0], x[1], x[2], x[3] = np.nan, 10.07, np.arange(T), -np.arange(T) / 7
    x[4, :30], x[5, 6:] = np.nan, np.nan
    x[6] = np.where(np.arange(T) == 19, 3.3, np.nan)
    x[7], x[8] = rng.normal(size=T) * 1e300, rng.normal(size=T) * 1e-310
    x[9], x[10] = rng.choice([0.0, -0.0], T), np.where(rng.uniform(size=T) < 0.5, np.nan, 10.07)
    return x


def bodies(verb: str) -> list[Callable[[Any], Any]]:
    """The verb in each window."""
    return [lambda series, cut=cut: VERBS[verb](cut(series)) for cut in WINDOWS.values()]


@lru_cache(maxsize=1)
def in_windows(verb: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the fused engine makes of the verb in each window, in one text, and what NumPy does."""
    x = hard_series()
    with np.errstate(all="ignore"):
        expected = [np.asarray(body(x), dtype=float) for body in bodies(verb)]
    found = fused_verbs(bodies(verb), x, lengths=[values.shape[1] for values in expected])
    return [(a, np.where(np.isinf(b), np.nan, b)) for a, b in zip(found, expected, strict=True)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("verb", VERBS)
def test_in_a_window(verb: str, window: str) -> None:
    found, expected = in_windows(verb)[list(WINDOWS).index(window)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_whole_powers() -> None:
    x = np.random.default_rng(1).normal(size=(40, 7)) * 100

    def body(x: Any) -> Any:
        powers = [m.at(x, k - 1) ** k for k in range(2, 9)]
        return m.where(m.at(x, 1) > 0, powers[0] + powers[1] * powers[2], powers[3] * powers[4]) + powers[5] * powers[6]

    np.testing.assert_allclose(fused_verb(body, x, value=True), body(x), rtol=1e-12)
    for k in range(2, 9):
        np.testing.assert_allclose(fused_verb(lambda x, k=k: m.sum(x**k), x, value=True), m.sum(x**k), rtol=1e-11)


def test_powers_that_do_not_fuse() -> None:
    import factors.engine.lowering.verbs  # noqa: F401
    from factors.engine.ir.graph import Graph
    from factors.engine.ir.trace import NotTraceable, field

    x = field(Graph(5), "close")
    for power in (9, 1, -2, 2.5, x, "2"):
        with pytest.raises(NotTraceable, match=r"power .* does not fuse; 0\.5 and whole numbers from 2 to 8 do"):
            x**power
