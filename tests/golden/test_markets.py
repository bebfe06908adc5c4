"""Factors that read other stocks or days on tiny days, worked by hand; and the functions over stocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import factors
from factors.catalogue import resolve
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube
from factors.ops import across as over
from tests.golden.cross_section.markets import WORKED
from tests.support.strategies import Market


@pytest.mark.parametrize("engine", ["matrix", "loop", "auto"])
@pytest.mark.parametrize(("name", "days", "symbol", "expected"), WORKED)
def test_worked_by_hand(
    name: str, days: list[dict[str, dict[str, list[float]]]], symbol: str, expected: float, engine: str
) -> None:
    factor = resolve(name)[name]
    minutes = len(next(iter(days[0].values()))["close"])
    session = Session("tiny", "UTC", ((570, 570 + minutes),))
    markets = [Market(session, {s: {f: np.array(a, float) for f, a in b.items()} for s, b in d.items()}) for d in days]
    cube = MinuteCube.from_days([market.rows(f"2026-01-{5 + k:02d}") for k, market in enumerate(markets)])
    found = factors.compute(cube, replace(factor, of=name, min_bars=1), engine=engine)
    date = found.index.get_level_values("date").max()
    assert found.loc[(date, symbol)].item() == pytest.approx(expected, rel=1e-12, abs=1e-15, nan_ok=True)


def test_functions_over_stocks() -> None:
    nan = np.nan
    x = np.array([[1.0, 5.0, nan], [3.0, 5.0, nan], [nan, 5.0, nan], [3.0, nan, nan]])
    np.testing.assert_allclose(over.mean(x), [[7 / 3, 5, nan]])
    np.testing.assert_allclose(over.mean(x, np.array([[1.0], [1.0], [1.0], [0.0]])), [[2, 5, nan]])
    np.testing.assert_allclose(over.std(x), [[np.sqrt(8 / 9), 0, nan]])
    np.testing.assert_allclose(
        over.rank(x), [[1 / 3, 2 / 3, nan], [2.5 / 3, 2 / 3, nan], [nan, 2 / 3, nan], [2.5 / 3, nan, nan]]
    )
    assert over.mean(np.array([[0.1], [0.2], [-0.3]])).tolist() == [[0.0]]
    assert over.std(np.full((7, 1), 0.1)).tolist() == [[0.0]]


def test_crowd_against_pairs() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 30))
    x[7] = 2.0
    x[9, 4:] = 1.0
    for stock in range(20, 40):
        x[stock, : rng.integers(0, 31)] = np.nan
    chosen = rng.random((1, 30)) < 0.6
    frame = pd.DataFrame(x[:, chosen[0]].T)
    pairs = frame.corr().abs().mask(np.eye(40, dtype=bool))
    expected = np.full(40, np.nan)
    for i in range(40):
        found = []
        for j in range(40):
            both = frame[[i, j]].dropna()
            if i != j and len(both) and both[i].nunique() > 1 and both[j].nunique() > 1:
                found.append(pairs.loc[i, j])
        expected[i] = np.mean(found) if found else np.nan
    np.testing.assert_allclose(over.crowd(x, chosen)[:, 0], expected, rtol=1e-9)
