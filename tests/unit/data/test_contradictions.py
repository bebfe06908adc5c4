"""Bars that contradict themselves: their high and low are missing, counted and told, on every way into a cube."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import factors
from factors.batch import run_batch
from factors.catalogue import resolve
from factors.data.cube.cube import MinuteCube
from factors.data.native import passes as native
from factors.data.rows import InputReport
from factors.engine.planning.plan import make_plan
from factors.errors import InputWarning
from factors.loops import StockDay
from tests.support.bars.rows import rows

#       high, low, close, and whether high and low are believed
BARS = [
    (10.0, 10.0, 10.0, True), (10.5, 9.5, 10.0, True), (10.0, 10.01, 10.0, False), (9.0, 11.0, 10.0, False),
    (10.0, 9.9, 10.01, True), (10.0, 9.9, 10.02, False), (10.0, 9.9, 9.89, True), (10.0, 9.9, 9.88, False),
    (0.2, 0.19, 0.204, True), (0.2, 0.19, 0.21, False), (0.05, 0.04, 0.051, True), (0.05, 0.04, 0.06, False),
    (50_000.0, 49_000.0, 50_000.04, True), (50_000.0, 49_000.0, 50_000.06, False),
    (float(np.float32(99.99)), 99.0, float(np.float32(100.0)), True),
]  # fmt: skip


@pytest.mark.parametrize("few", [0, 10**12])
def test_which(few: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if not few:
        request.getfixturevalue("needs_compiler")
    monkeypatch.setattr(native, "FEW", few)
    high, low, close, believed = zip(*BARS, strict=True)
    day = rows([(f"S{k:02d}", 0, 0, x, 100.0) for k, x in enumerate(close)], high=list(high), low=list(low))
    report = InputReport()
    cube = MinuteCube.from_days([day], report=report)
    for name, delivered in (("high", high), ("low", low), ("close", close)):
        found = cube.storage[0, :, cube.fields.index(name), 0].reshape(-1)[: len(BARS)]
        kept = np.array(believed) | (name == "close")
        np.testing.assert_array_equal(found, np.where(kept, delivered, np.nan))
        if name != "close":
            loops = [getattr(StockDay({"high": [h], "low": [lo], "close": [c]}, 1), name)[0] for h, lo, c, _ in BARS]
            np.testing.assert_array_equal(loops, found)
    assert {name: number for name, number in report.quality.items() if "high" in name} == {
        "high < low": 2,
        "close outside [low, high]": 5,
    }
    assert report.first == {
        "high < low": "S02 2026-01-05 09:31", "close outside [low, high]": "S05 2026-01-05 09:31"
    }  # fmt: skip


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Two days of which some bars are wrong."""
    made = factors.simulate_bars(stocks=6, days=2, seed=11).sort_values(["datetime", "symbol"], ignore_index=True)
    random = np.random.default_rng(1)
    wrong = random.choice(len(made), 40, replace=False)
    made.loc[wrong[:20], ["high", "low"]] = made.loc[wrong[:20], ["low", "high"]].to_numpy()
    made.loc[wrong[:20], "low"] += 0.01
    made.loc[wrong[20:30], "high"] = made.loc[wrong[20:30], "close"] - 0.02
    made.loc[wrong[30:], "low"] = made.loc[wrong[30:], "close"] + 0.02
    return made


READING = [f for f in resolve("all").values() if {"high", "low"} & set(make_plan([f]).fields)]
"""Factors that read the high or the low."""


def test_they_are_told(bars: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.warns(InputWarning) as told:
        frame = factors.compute(bars, ["parkinson_var"])
    texts = [str(one.message) for one in told]
    assert len(texts) == 2
    quality = frame.attrs["minute_factors"]["input"]["quality"]
    crossed, outside = quality["high < low"], quality["close outside [low, high]"]
    assert crossed >= 20
    assert crossed + outside == 40
    first = bars[bars.high < bars.low].iloc[0]
    assert texts[0] == (
        f"{crossed} of {len(bars):,} rows: high < low (first {first.symbol} {first.datetime:%Y-%m-%d %H:%M}): "
        "their high and low are missing"
    )
    assert frame.attrs["minute_factors"]["input"]["notes"] == texts
    with pytest.warns(InputWarning) as told_of_cube:
        factors.cube(bars)
    assert [str(one.message) for one in told_of_cube] == texts


def test_a_batch_tells_them_once(bars: pd.DataFrame, tmp_path: Path) -> None:
    for day, own in bars.groupby(bars.datetime.dt.date):
        own.to_parquet(tmp_path / f"{day}.parquet", index=False)
    report = run_batch(tmp_path / "*.parquet", tmp_path / "store", ["parkinson_var"])
    assert len([note for note in report.notes if "rows: high < low" in note]) == 1
    assert len([note for note in report.notes if "rows: close outside" in note]) == 1
    manifests = [json.loads(path.read_text()) for path in (tmp_path / "store").rglob("*.json")]
    counted = [one["quality"]["high < low"] for one in manifests if "quality" in one]
    assert len(counted) == 2
    assert sum(counted) >= 20


def silent(bars: pd.DataFrame, *names: str | factors.Factor, **options: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        frame: pd.DataFrame = factors.compute(bars, list(names), **options)
    return frame


@pytest.mark.parametrize("name", ["newhigh_count", "newlow_count"])
def test_one_end_is_believed_no_more_when_it_is_alone(bars: pd.DataFrame, name: str) -> None:
    """A factor of the highs gives the same whatever else is asked for."""
    alone, together = silent(bars, name), silent(bars, name, "parkinson_var")
    np.testing.assert_array_equal(alone[name], together[name])
    fields = factors.cube(factors.simulate_bars(stocks=2, days=1), fields=["high"]).fields
    assert fields == (
        "high",
        "low",
        "close",
        "volume",
    )


def test_engines_agree_on_what_is_missing(bars: pd.DataFrame) -> None:
    clean = bars.assign(high=bars[["high", "low", "close"]].max(axis=1), low=bars[["high", "low", "close"]].min(axis=1))
    loop = silent(bars, *READING, engine="loop")
    assert len(READING) > 40
    moved = silent(clean, *READING, engine="loop")
    assert (loop.ne(moved) & loop.notna()).any().sum() > 20
    for engine in ("matrix", "fused"):
        frame = silent(bars, *READING, engine=engine)
        np.testing.assert_allclose(frame, loop, rtol=1e-9, atol=1e-13, err_msg=engine)


def test_wrong_ends_are_as_missing_ones(bars: pd.DataFrame) -> None:
    wrong = (bars.high < bars.low) | (bars.close > bars.high + 0.015) | (bars.close < bars.low - 0.015)
    gone = bars.assign(high=bars.high.mask(wrong), low=bars.low.mask(wrong))
    pd.testing.assert_frame_equal(silent(bars, *READING), factors.compute(gone, READING))
