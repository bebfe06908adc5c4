"""Functions that the compiled code has of its own, against the standard library to the last places."""

from __future__ import annotations

import decimal
import math

import numpy as np
import pytest

from factors import backends, factor
from factors import ops as m
from factors.engine.fused import run as fused
from factors.engine.planning.plan import make_plan

CPU = backends.get("cpu")

pytestmark = pytest.mark.usefixtures("needs_compiler")


def of_values(values: np.ndarray, body) -> np.ndarray:
    """Run a factor of `close` on stocks of one minute each, whose closes are the values."""
    from factors.data.blocks.layout import LANES
    from factors.data.calendar.session import Session
    from factors.data.cube.cube import MinuteCube

    count = len(values)
    blocks = -(-count // LANES)
    storage = np.ones((1, blocks, 2, 1, LANES))
    storage[0, :, 0, 0, :].reshape(-1)[:count] = values
    padded = np.ones(blocks * LANES)
    padded[:count] = values
    storage[0, :, 0, 0, :] = padded.reshape(blocks, LANES)
    cube = MinuteCube(
        np.array(["2026-01-05"], dtype="datetime64[D]"), np.array([str(i) for i in range(count)], dtype=object),
        [Session("one minute", "UTC", ((0, 1),))], ("close", "volume"), storage, np.ones((1, blocks, 1, LANES), bool),
        np.ones((1, count), bool), np.full((1, count), np.nan),
    )  # fmt: skip
    return fused.run(make_plan([factor(body)], cube.fields), cube, CPU)[0, :, 0]


def ulps(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest distance in units of the last place, where both are finite and not NaN."""
    theirs = np.where(np.isfinite(theirs), theirs, np.nan)
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    return float(np.nanmax(np.abs(ours - theirs) / np.spacing(np.abs(theirs))))


def test_log_within_two_ulps() -> None:
    def logarithm(close):
        """Logarithm."""
        return m.at(m.log(close), 1)

    rng = np.random.default_rng(0)
    near_one = 1 + rng.normal(0, 1, 20_000) * 10.0 ** rng.integers(-15, 0, 20_000)
    anywhere = np.exp2(rng.uniform(-1074, 1024, 40_000))
    edges = [
        5e-324,
        2.2e-308,
        2.3e-308,
        1.7976931348623157e308,
        2**0.5,
        0.5**0.5,
        1.0,
        0.0,
        -0.0,
        -1.0,
        np.inf,
        -np.inf,
        np.nan,
    ]
    values = np.concatenate([near_one, anywhere, edges])
    with np.errstate(all="ignore"):
        expected = np.where(values > 0, np.log(values), np.nan)
    assert ulps(of_values(values, logarithm), expected) <= 2


def test_log1p_within_two_ulps() -> None:
    def logarithm(close):
        """Logarithm of 1 + x."""
        return m.at(m.log1p(close), 1)

    rng = np.random.default_rng(0)
    near = rng.normal(0, 1, 15_000) * 10.0 ** rng.integers(-15, 0, 15_000)
    anywhere = np.exp2(rng.uniform(-1074, 1000, 5_000)) * rng.choice([1.0, -1.0], 5_000)
    bound = 2.0**-5
    edges = [bound, -bound, np.nextafter(bound, 1), np.nextafter(-bound, -1), 1e-320, -1 + 2.0**-53, 2.0**60, 0.0,
             -1.0, -2.0, np.inf, -np.inf, np.nan]  # fmt: skip
    values = np.concatenate([near, anywhere, edges])

    def exact(x: float) -> float:
        if not x > -1 or x == np.inf:
            return math.nan
        with decimal.localcontext(prec=60):
            y = decimal.Decimal(float(x))
            return float(y - y * y / 2 if abs(x) < 1e-25 else (1 + y).ln())

    assert ulps(of_values(values, logarithm), np.array([exact(x) for x in values])) <= 2


def test_exp_within_two_ulps() -> None:
    def exponential(close):
        """Exponential."""
        return m.at(m.exp(close), 1)

    rng = np.random.default_rng(0)
    values = np.concatenate([
        rng.uniform(-746, 710, 60_000), rng.normal(0, 1e-8, 5_000),
        [0.0, -0.0, 709.78, 709.79, 1e6, -1e6, -745.13, -745.14, -708.4, np.inf, -np.inf, np.nan],
    ])  # fmt: skip
    with np.errstate(all="ignore"):
        expected = np.exp(values)
    assert ulps(of_values(values, exponential), expected) <= 2


ANYWHERE = [5e-324, 1e-310, 2.2e-308, 1e-300, 1e-20, 1e-9, 1e300, 1.7976931348623157e308, np.inf]


def around(edges: list[float]) -> np.ndarray:
    """Return numbers, their neighbours and their negatives, both zeros and NaN."""
    with np.errstate(all="ignore"):
        near = np.concatenate([np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf)])
    return np.concatenate([near, -near, [0.0, -0.0, np.nan]])


def test_erf_within_two_ulps() -> None:
    def error_function(close):
        """Error function."""
        return m.at(m.erf(close), 1)

    rng = np.random.default_rng(0)
    values = np.concatenate([
        rng.uniform(-6.5, 6.5, 60_000), rng.normal(0, 1, 20_000), np.exp2(rng.uniform(-1074, 3, 20_000)),
        around([*ANYWHERE, 0.84375, 1.25, 1 / 0.35, 6.0, 5.9, 30.0]),
    ])  # fmt: skip
    assert ulps(of_values(values, error_function), np.array([math.erf(x) for x in values])) <= 2


def test_atan_within_two_ulps() -> None:
    def arc_tangent(close):
        """Arc tangent."""
        return m.at(m.atan(close), 1)

    rng = np.random.default_rng(0)
    values = np.concatenate([
        rng.uniform(-4, 4, 60_000), np.exp2(rng.uniform(-1074, 1024, 40_000)) * rng.choice([-1, 1], 40_000),
        around([*ANYWHERE, 7 / 16, 11 / 16, 19 / 16, 39 / 16, 2.0**66]),
    ])  # fmt: skip
    assert ulps(of_values(values, arc_tangent), np.array([math.atan(x) for x in values])) <= 2


@pytest.mark.parametrize(("p", "root"), [(1 / 3, np.cbrt), (0.25, lambda x: np.sqrt(np.sqrt(x)))])
def test_roots_within_two_ulps(p: float, root) -> None:
    def powers(close):
        """Power of any number."""
        return m.at(m.power(close, p), 1)

    rng = np.random.default_rng(0)
    edges = around([x for x in ANYWHERE if x < 1e300])
    values = np.concatenate([np.exp2(rng.uniform(-1074, 1024, 40_000)), rng.uniform(1, 8, 40_000), edges])
    with np.errstate(all="ignore"):  # the root of a long double: that of a double is less precise than ours
        expected = np.where(values >= 0, root(values.astype(np.longdouble)), np.nan).astype(float)
    assert ulps(of_values(values, powers), expected) <= 2


def test_zeros_keep_their_sign() -> None:
    for verb in (m.erf, m.atan):

        def inverse(close, verb=verb):
            """Tell one zero from the other."""
            return m.where(1 / m.at(verb(close), 1) < 0, -1.0, 1.0)

        np.testing.assert_array_equal(of_values(np.array([0.0, -0.0]), inverse), [1.0, -1.0])
