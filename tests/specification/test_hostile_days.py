"""Days on which the engines once parted: the right value, worked out with sixty digits, on every engine."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import numpy as np
import pytest

import factors
from factors.catalogue import resolve
from tests.golden.stock_days.tools import NAN, Case
from tests.support.agreement import UNITS
from tests.support.engines import ENGINES

ALL = resolve("all")
T = np.arange(240)


def day(name: str, close: np.ndarray, volume: np.ndarray | float = 100.0, **expected: float) -> Case:
    """Bars that open at the close before them, without shadows."""
    opens = np.concatenate([close[:1], close[:-1]])
    fields = {"open": opens, "high": np.maximum(opens, close), "low": np.minimum(opens, close), "close": close}
    volume = np.broadcast_to(np.asarray(volume, dtype=float), close.shape)
    fields |= {"volume": volume, "amount": volume * close, "trades": np.ones(len(close))}
    return Case(name, {field: x.tolist() for field, x in fields.items()}, len(close), None, expected)


NEAR = 1 + 2e-6 * ((T * T * 7) % 13 - 6) / 6
"""Sizes that differ by 2e-6."""

DAYS = [
    day("dear in hundredths", (10**11 + np.cumsum(T * 7919 % 5 - 2)) / 100,
        variance_ratio_5=-0.99982118600261952, aj_z=1.8650789212333921, arpp=0.66527777777777778,
        better_vol_cov=-9.7369142331878814e-15, tsrv=-1.165308980682087e-20),
    day("two prices", (6543000 + T * T % 3 % 2) / 100,
        variance_ratio_5=-0.79563626726390444, aj_z=-8.8663682310408443, arpp=0.66458333333333333,
        better_vol_cov=6.6948784257584263e-9, tsrv=3.7800161700686944e-15),
    day("a straight line", 1e9 + T,
        variance_ratio_5=3.9166666666666633, aj_z=43.148629048235062, arpp=0.49791666666666667,
        better_vol_cov=-1.7132093494209438e-13, hurst_diff=0.99999999999999962, tsrv=1.4041448926251376e-15),
    day("constant growth", 7.77 * 1.001**T, 1000.0 + T, variance_ratio_z=NAN, climb_cov=NAN),
    day("one tick up", (1000 + T) / 100, 1000.0 + T, kyle_lambda=0.0, bvc_imbalance=NAN),
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", DAYS, ids=[case.name for case in DAYS])
def test_the_right_value(engine: str, case: Case) -> None:
    found = ENGINES[engine](case, list(case.expected))
    assert found == pytest.approx(case.expected, rel=1e-9, abs=0, nan_ok=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_levels_that_tie_in_tenths(engine: str) -> None:
    """The lower of two levels with half of the volume each holds the half."""
    close, volume = np.array([*[10.0] * 3, *[10.02] * 9]), np.array([0.1, 0.2, 0.3, *[0.1] * 2, 0.4, *[0.0] * 6])
    case = day("tenths", close, np.where(volume > 0, volume, 1e-12))
    low, high = 10.0, 10.02
    expected = {
        "volume_support_p": (high - low) / high,
        "volume_support_b": 0.0,
        "support_close_gap": (high - low) / high,
    }
    for order in (slice(None), [2, 1, 0, *range(3, 12)], [0, 1, 2, 5, 4, 3, *range(6, 12)]):
        turned = {field: np.array(x)[order].tolist() for field, x in case.fields.items()}
        found = ENGINES[engine](replace(case, fields=turned), list(expected))
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("engine", ["matrix", "auto"])
def test_surprises_that_tie_in_tenths(engine: str) -> None:
    """The sum of ten tenths is rounded once, so that the same ten rank alike in any order."""
    bars = factors.simulate_bars(stocks=9, kinds={}, seed=4)
    tenths = bars.assign(volume=(np.floor(bars.volume / 100) % 4 + 1) / 10)
    ours, theirs = (factors.compute(tenths, ["patv"], engine=one, schema=UNITS).patv for one in (engine, "loop"))
    assert theirs.notna().all()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("apart", [1e-4, 2e-5])
def test_regressors_close_to_dependence(engine: str, apart: float) -> None:
    """The signed amount follows the return but for a share of it: its coefficient keeps its digits."""
    sign = np.where(T % 2, 1.0, -1.0)
    returns = sign * 1e-3 * (1 + apart * ((T * 31 + T * T) % 17 - 8) / 8)
    case = day("nearly dependent", 10 * np.cumprod(1 + returns))
    amounts = 1e6 * (1 + apart * ((T * 13 + T * T * 3) % 19 - 9) / 9)
    case = replace(case, fields={**case.fields, "amount": amounts.tolist()})
    exact = ENGINES["loops"](case, ["pastor_stambaugh_gamma"])["pastor_stambaugh_gamma"]
    assert abs(exact) > 0
    assert ENGINES[engine](case, ["pastor_stambaugh_gamma"])["pastor_stambaugh_gamma"] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_shares_of_levels_that_are_close(engine: str) -> None:
    close = 10 + T / 100
    found = ENGINES[engine](day("near", close, 1e5 * NEAR), ["doc_skew"])["doc_skew"]
    x = [1e5 * (v - 1) for v in NEAR.tolist()]
    centre = fsum(x) / len(x)
    m2, m3 = (fsum((v - centre) ** k for v in x) / len(x) for k in (2, 3))
    assert found == pytest.approx(m3 / m2**1.5, rel=3e-9)
