"""The whole catalogue in one plan: what factors share, and the order they run in, must not change a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import factors
from factors.catalogue import resolve
from tests.support.agreement import differing


@pytest.fixture(scope="module")
def cube() -> factors.MinuteCube:
    """Ordinary and strange stocks, more than a block of lanes holds, on three days."""
    return factors.cube(factors.simulate_bars(stocks=150, days=3, seed=1))


@pytest.fixture(scope="module")
def by_matrix(cube: factors.MinuteCube) -> pd.DataFrame:
    return factors.compute(cube, "all", engine="matrix")


@pytest.mark.usefixtures("needs_compiler")
def test_fused_equals_the_matrices(cube: factors.MinuteCube, by_matrix: pd.DataFrame) -> None:
    assert differing(factors.compute(cube, "all", engine="fused"), by_matrix) == {}


@pytest.mark.usefixtures("needs_compiler")
def test_few_factors_are_as_among_all(cube: factors.MinuteCube, by_matrix: pd.DataFrame) -> None:
    names = list(resolve("all"))
    random = np.random.default_rng(0)
    chosen = [["direction_change_ratio", "kyle_lambda_sqrt"]]  # a first value behind a series its own loop stores
    chosen += [sorted(random.choice(names, 8, replace=False)) for _ in range(4)]
    for few in chosen:
        assert differing(factors.compute(cube, few, engine="fused"), by_matrix[few]) == {}, few


def test_no_infinity_leaves(by_matrix: pd.DataFrame) -> None:
    assert not np.isinf(by_matrix.to_numpy()).any()
