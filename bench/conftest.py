"""Data of the benchmarks: made once, larger than the processor's caches."""

from __future__ import annotations

import pytest

import factors

STOCKS = 5000


@pytest.fixture(scope="session")
def day_frame():
    """One simulated day of `STOCKS` stocks as a long pandas frame, about 1.2 million rows."""
    return factors.simulate_bars(stocks=STOCKS, days=1, seed=0)


@pytest.fixture(scope="session")
def day_cube(day_frame):
    """The same day as a cube of 67 MB."""
    return factors.cube(day_frame)


@pytest.fixture(scope="session")
def sample_cube():
    """One simulated day of 100 stocks, for the loops."""
    return factors.cube(factors.simulate_bars(stocks=100, days=1, seed=0))
