"""Moments and correlations of long series whose first value is far from the others."""

from __future__ import annotations

import decimal
import math

import numpy as np
import pytest

from factors import backends, factor
from factors import ops as m
from factors.data.calendar.session import Session
from factors.engine.fused import run as fused
from factors.engine.planning.plan import make_plan
from tests.support.strategies import Market

CPU = backends.get("cpu")

pytestmark = pytest.mark.usefixtures("needs_compiler")


def variance(close):
    """Population variance."""
    return m.var(close)


def skewness(close):
    """Population skewness."""
    return m.skew(close)


def correlation(close, volume):
    """Correlation with the volumes."""
    return m.corr(close, volume)


def exact(x: np.ndarray, y: np.ndarray) -> list[float]:
    """The three in sixty digits."""
    with decimal.localcontext(prec=60):
        a, b = ([decimal.Decimal(v) for v in values.tolist()] for values in (x, y))
        d, e = ([v - sum(values) / len(a) for v in values] for values in (a, b))
        xx, yy, xy, xxx = (sum(map(math.prod, zip(*f, strict=True))) for f in ((d, d), (e, e), (d, e), (d, d, d)))
        variance = xx / len(a)
        return [float(variance), float(xxx / len(a) / variance / variance.sqrt()), float(xy / (xx * yy).sqrt())]


@pytest.mark.parametrize("minutes", [240, 390, 1440])
@pytest.mark.parametrize("outlier", [1.5, 40.0])
def test_a_first_value_far_from_the_others(minutes: int, outlier: float) -> None:
    rng = np.random.default_rng(minutes)
    stocks = {}
    for k in range(5):  # only one of them, whose neighbours take no second pass
        close, volume = 10 + rng.normal(0, 0.01, minutes), 1000 + rng.normal(0, 1, minutes)
        close[0], volume[0] = (10 * outlier, 1000 * outlier) if k == 2 else (close[0], volume[0])
        stocks[f"S{k}"] = {"close": close, "volume": volume}
    cube = Market(Session("long", "UTC", ((0, minutes),)), stocks).cube()
    plan = make_plan([factor(variance), factor(skewness), factor(correlation)], cube.fields)
    found = fused.run(plan, cube, CPU)[0]
    expected = [exact(bars["close"], bars["volume"]) for bars in stocks.values()]
    np.testing.assert_allclose(found, expected, rtol=1e-12 if minutes > 240 else 5e-12)
