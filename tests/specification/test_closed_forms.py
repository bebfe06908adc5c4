"""Factors against what is known of them: expectations on Brownian days, and published numbers.

A mean over simulated days must lie within four standard errors of its expectation; where a formula holds only as the
number of minutes grows, the slack for that is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from factors.backends import get
from factors.catalogue import resolve
from factors.data.calendar.session import Session
from factors.engine.planning.plan import make_plan
from factors.engine.select import Executor
from tests.support.strategies import Market

Floats = npt.NDArray[np.float64]

DAYS, N = 4000, 240
VARIANCE = 1e-4
NOISE = VARIANCE / 100
"""Variance of the log returns of a day, and of what bounces log prices in `noisy`."""

THETA, K = 0.8, 12  # of preaveraged_rv: k = floor(0.8·√240), even, so that ψ1 = 1
PSI_2 = (K * K + 2) / (12 * K * K)


def values(names: Iterable[str], fields: Mapping[str, Floats], engine: str = "matrix") -> dict[str, Floats]:
    """Return factors of stock-days given as arrays (stock-days, minutes), in a session without a break."""
    rows, minutes = fields["close"].shape
    stocks = {f"S{i:05}": {name: series[i] for name, series in fields.items()} for i in range(rows)}
    cube = Market(Session("long", "UTC", ((0, minutes),)), stocks).cube()
    plan = make_plan(list(resolve(list(names)).values()), cube.fields)
    found = Executor(engine, get("cpu")).run(plan, cube, 1)[0]
    return dict(zip((f.name for f in plan.factors), found.T, strict=True))


def priced(path: Floats) -> Floats:
    """Return closes from log prices at times 1..N, after a first close of 10."""
    return 10 * np.exp(np.concatenate([np.zeros((len(path), 1)), path], axis=1))


def normal(seed: int, shape: tuple[int, ...], variance: float) -> Floats:
    return np.random.default_rng(seed).normal(0, math.sqrt(variance), shape)


@lru_cache(maxsize=1)
def brownian() -> Floats:
    """Closes of Brownian days."""
    return priced(np.cumsum(normal(1, (DAYS, N), VARIANCE / N), axis=1))


@lru_cache(maxsize=1)
def noisy() -> Floats:
    """The same closes with independent noise on every log price."""
    return brownian() * np.exp(normal(2, (DAYS, N + 1), NOISE))


def assert_mean(name: str, found: Floats, expected: float, slack: float = 0.0) -> None:
    assert not np.isnan(found).any(), name
    error = found.std() / math.sqrt(len(found))
    assert abs(found.mean() - expected) <= 4 * error + slack, (name, found.mean(), expected, error)


def tsrv_mean(noise: float) -> float:
    """Expectation of tsrv over the variance, with noise in units of the variance."""
    rho = (N - 3) / (5 * (N + 1))
    return ((N - 4) * (5 / N + 2 * noise) / 5 - rho * (1 + 2 * N * noise)) / (1 - rho)


def preaveraged_mean(noise: float) -> float:
    averages = (N - K + 2) * (K * PSI_2 / N + noise / K) / (THETA * math.sqrt(N) * PSI_2)
    return averages - (1 + 2 * N * noise) / (2 * N * THETA**2 * PSI_2)


OF_VARIANCE = {
    "rv": 1, "rsv_up": 1 / 2, "rsv_down": 1 / 2, "signed_jump_variation": 0, "bpv": (N - 1) / N, "mpv": 1, "min_rv": 1,
    "med_rv": 1, "tpv": 1, "kernel_rv": 1, "rv_subsampled": 1, "tsrv": tsrv_mean(0),
    "preaveraged_rv": preaveraged_mean(0),
}  # fmt: skip
OF_QUARTICITY = dict.fromkeys(("rquar", "tpq", "qpq", "min_rq", "med_rq"), 1.0)
GAMMAS = math.exp(math.lgamma((N + 1) / 2) - math.lgamma(N / 2))
PLAIN = {
    "rvol": math.sqrt(2 * VARIANCE / N) * GAMMAS,  # mean of a chi distribution
    "rskew": 0.0,
    "rkurt": 3 * N / (N + 2),
    "signed_jump_variation_ratio": 0.0,
}


def test_variance_and_quarticity_of_brownian_days() -> None:
    found = values([*OF_VARIANCE, *OF_QUARTICITY, *PLAIN], {"close": brownian()})
    for name, expected in OF_VARIANCE.items():
        assert_mean(name, found[name] / VARIANCE, expected)
        assert found[name].std() / VARIANCE < 0.5, name
    for name, expected in OF_QUARTICITY.items():
        assert_mean(name, found[name] / VARIANCE**2, expected)
    for name, expected in PLAIN.items():
        assert_mean(name, found[name], expected)
    assert math.isclose(found["rskew"].var(), 15 * N / ((N + 2) * (N + 4)), rel_tol=0.1)


def test_tests_for_jumps_and_dependence_of_brownian_days() -> None:
    names = ["bns_z", "jo_z", "aj_z", "variance_ratio_z", "variance_ratio_5", "jump_count", "threshold_rv", "iv_stderr"]
    found = values(names, {"close": brownian()})
    for name, slack in {"bns_z": 0.15, "jo_z": 0.05, "aj_z": 0.4, "variance_ratio_z": 0.05}.items():
        assert_mean(name, found[name], 0, slack)
        assert 0.85 < found[name].std() < 1.25, (name, found[name].std())
    assert_mean("variance_ratio_5", found["variance_ratio_5"], 0, 0.002)
    tail = math.erfc(4 / math.sqrt(2))
    assert_mean("jump_count", found["jump_count"], N * tail, N * tail)
    beyond = 3 * N**-0.49 / N**-0.5
    kept = math.erf(beyond / math.sqrt(2)) - math.sqrt(2 / math.pi) * beyond * math.exp(-beyond * beyond / 2)
    assert_mean("threshold_rv", found["threshold_rv"] / VARIANCE, kept, 0.003)
    assert_mean("iv_stderr", found["iv_stderr"] / VARIANCE, math.sqrt(2 / N), 0.001)


def test_dependence_and_entropy_of_brownian_days() -> None:
    close = brownian()
    fields = {"open": np.concatenate([close[:, :1], close[:, :-1]], axis=1), "close": close}
    names = [
        "hurst_diff", "permutation_entropy", "return_entropy", "runs_z", "efficiency_ratio", "leverage_corr",
        "vol_clustering", "ret_autocorr_1",
    ]  # fmt: skip
    found = values(names, fields)
    assert_mean("hurst_diff", found["hurst_diff"], 0.5, 0.03)  # the log of a mean lies below that of its expectation
    patterns = (2 * math.log(4) / 4 + 4 * math.log(8) / 8) / math.log(6)  # 123 and 321 a quarter each
    assert_mean("permutation_entropy", found["permutation_entropy"], patterns, 0.01)
    # ln N + ln E|Z| - E[|Z| ln|Z|]/E|Z|, the last being (ln 2 + ψ(1))/2
    shares = math.log(N) + math.log(math.sqrt(2 / math.pi)) - (math.log(2) - np.euler_gamma) / 2
    assert_mean("return_entropy", found["return_entropy"], shares / math.log(N + 1), 0.002)
    assert_mean("runs_z", found["runs_z"], 0)
    assert math.isclose(found["runs_z"].std(), 1, abs_tol=0.05)
    assert_mean("efficiency_ratio", found["efficiency_ratio"], 1 / math.sqrt(N), 0.001)
    for name in ("leverage_corr", "vol_clustering", "ret_autocorr_1"):
        assert_mean(name, found[name], 0, 2 / N)


def test_noise_in_prices() -> None:
    noise = NOISE / VARIANCE
    found = values(["rv", "noise_var", "tsrv", "kernel_rv", "preaveraged_rv"], {"close": noisy()})
    assert_mean("rv", found["rv"] / VARIANCE, 1 + 2 * N * noise)
    assert_mean("noise_var", found["noise_var"] / NOISE, 1)
    assert_mean("tsrv", found["tsrv"] / VARIANCE, tsrv_mean(noise))
    assert_mean("preaveraged_rv", found["preaveraged_rv"] / VARIANCE, preaveraged_mean(noise))
    assert_mean("kernel_rv", found["kernel_rv"] / VARIANCE, 1)  # the first lag has weight 1: it takes the noise away


def test_a_jump() -> None:
    """Ten daily standard deviations, up, in the middle of the day."""
    jump = 10 * math.sqrt(VARIANCE)
    close = brownian()[:500].copy()
    close[:, N // 2 :] *= math.exp(jump)
    names = [
        "rv", "jump_variation", "jump_up", "jump_up_large", "jump_down_large", "jump_asym", "jump_ratio", "med_rv",
        "min_rv", "threshold_rv", "jump_count", "bns_z", "jo_z", "aj_z", "jump_taylor",
    ]  # fmt: skip
    found = values(names, {"close": close})
    assert_mean("rv", found["rv"] / VARIANCE, 101)
    for name in ("jump_variation", "jump_up", "jump_up_large", "jump_asym"):
        assert_mean(name, found[name] / VARIANCE, 100, 3)
    assert_mean("jump_down_large", found["jump_down_large"], 0)
    for name in ("med_rv", "min_rv"):
        assert_mean(name, found[name] / VARIANCE, 1, 0.05)
    assert (found["threshold_rv"] < 2.5 * VARIANCE).all()
    assert (found["jump_ratio"] > 0.9).all()
    assert (found["jump_count"] >= 1).all()
    assert (found["bns_z"] > 4).all()
    assert (found["jo_z"] > 4).all()
    assert (found["aj_z"] < 0).mean() > 0.99  # S is near 1, not 2
    left = 2 * (math.exp(jump) - 1 - jump) - jump * jump
    assert_mean("jump_taylor", found["jump_taylor"] * N / left, 1, 0.01)


def test_autocorrelated_returns() -> None:
    shocks, phi = normal(3, (1000, N), VARIANCE / N), 0.3
    for t in range(1, N):
        shocks[:, t] += phi * shocks[:, t - 1]
    close = priced(np.cumsum(shocks, axis=1))
    fields = {"open": np.concatenate([close[:, :1], close[:, :-1]], axis=1), "close": close}
    found = values(["ret_autocorr_1", "variance_ratio_5", "variance_ratio_z", "runs_z"], fields)
    assert_mean("ret_autocorr_1", found["ret_autocorr_1"], phi, (1 + 4 * phi) / N + 1 / N)
    ratio = sum(2 * (5 - j) / 5 * phi**j for j in range(1, 5))
    assert_mean("variance_ratio_5", found["variance_ratio_5"], ratio, 0.02)
    assert (found["variance_ratio_z"] > 0).mean() > 0.99
    assert found["runs_z"].mean() < -2


def test_ranges_of_brownian_bars() -> None:
    """Bars of 16 steps each, the extremes of every step drawn exactly, with a drift and gaps between the bars."""
    days, bars, steps = 400, 60, 16
    step = VARIANCE / bars / steps
    for drift in (0.0, 2 * math.sqrt(VARIANCE)):
        moves = normal(4, (days, bars, steps), step) + drift / bars / steps
        ends = np.cumsum(moves, axis=2)
        starts = ends - moves
        rng = np.random.default_rng(5)
        reach = [np.sqrt(moves * moves - 2 * step * np.log(rng.random(moves.shape))) for _ in range(2)]
        gaps = normal(6, (days, bars), VARIANCE / bars / 4)
        opens = math.log(10) + np.cumsum(gaps, axis=1) + np.cumsum(ends[:, :, -1], axis=1) - ends[:, :, -1]
        fields = {
            "open": np.exp(opens),
            "high": np.exp(opens + (starts + (moves + reach[0]) / 2).max(axis=2)),
            "low": np.exp(opens + (starts + (moves - reach[1]) / 2).min(axis=2)),
            "close": np.exp(opens + ends[:, :, -1]),
        }
        found = values(["parkinson_var", "garman_klass_var", "rogers_satchell_var", "yang_zhang_var"], fields)
        assert_mean("rogers_satchell_var", found["rogers_satchell_var"] / VARIANCE, 1, 0.002)
        gap = 59 / 60 * (1 + 1 / 4)  # the first bar has no close before it
        assert_mean("yang_zhang_var", found["yang_zhang_var"] / VARIANCE, gap, 0.002)
        if not drift:
            assert_mean("parkinson_var", found["parkinson_var"] / VARIANCE, 1, 0.005)
            assert_mean("garman_klass_var", found["garman_klass_var"] / VARIANCE, 1, 0.005)


SPREAD = 0.01


def test_spreads_are_recovered() -> None:
    """Thirty trades a bar at the bid or the ask, around a price that stands still or moves."""
    shape = (500, N + 1, 30)
    side = np.where(np.random.default_rng(7).random(shape) < 0.5, -1, 1)
    path = np.cumsum(normal(8, (500, (N + 1) * 30), SPREAD**2 / 30), axis=1).reshape(shape)
    of_still = ("roll_spread", "abdi_ranaldo_spread", "corwin_schultz_spread")
    for names, price in ((of_still, 0 * path), (("roll_spread", "abdi_ranaldo_spread", "edge_spread"), path)):
        trade = 10 * np.exp(price + SPREAD / 2 * side)
        fields = {"open": trade[:, :, 0], "high": trade.max(axis=2), "low": trade.min(axis=2), "close": trade[:, :, -1]}
        found = values(names, {**fields, "volume": np.full(shape[:2], 100.0)})
        for name in names:
            assert_mean(name, found[name] / SPREAD, 1, 0.03)


# ------------------------------------------------------------------------------------------------ published numbers

PUBLISHED = {
    # STOCK, MARKET: sums over the 22 days, then means
    "med_rv": (0.003387052289, 0.001451676499),
    "min_rv": (0.003344205602, 0.001438168861),
    "rkurt": (5.357363079, 5.186198676),
    "rskew": (0.3159246000, 0.3930917059),
    "qpq": (0.046268513319e-6, 0.007675935052e-6),
    "rquar": (0.05486143300e-6 * 79 / 80, 0.01361880467e-6 * 79 / 80),  # it multiplies by (N + 1)/3
}
"""What the R package highfrequency prints of its sample at 5 minutes, in the tests of version 1.0.0."""
SUMMED = ("med_rv", "min_rv")


@pytest.mark.parametrize("engine", ["matrix", "auto", "loop"])
def test_the_r_sample(real_bars: Path, engine: str) -> None:
    """N = 79 there: 79 prices a day, and a return of 0 put before their differences."""
    (file,) = (real_bars / "us_1min_r_highfrequency_sample").glob("*.parquet")
    wide = pd.read_parquet(file).set_index("DT")
    five = wide[wide.index.minute % 5 == 0]
    for place, column in enumerate(("STOCK", "MARKET")):
        close = five[column].to_numpy().reshape(22, 79)
        found = values(PUBLISHED, {"close": np.concatenate([close[:, :1], close], axis=1)}, engine)
        for name, published in PUBLISHED.items():
            ours = found[name].sum() if name in SUMMED else found[name].mean()
            assert math.isclose(ours, published[place], rel_tol=2e-9), (name, ours, published[place])
