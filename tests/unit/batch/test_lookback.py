"""The batch with factors that read earlier days, or a market."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import factors
from factors.batch import run_batch
from factors.store.store import read_store
from tests.support.batch_tools import contents, outcomes

NAMES = ["return_daily", "return_overnight", "trend_capital_vwap_gap", "VP"]
BARS = factors.simulate_bars(stocks=12, days=8, kinds={"halted": 0.1, "suspended": 0.1}, seed=6)
dates = BARS.datetime.dt.strftime("%Y-%m-%d")
DAYS = sorted(dates.unique())


def write(folder: Path, day: str, bars: pd.DataFrame = BARS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day}.parquet"
    bars[bars.datetime.dt.strftime("%Y-%m-%d") == day].to_parquet(path)
    return path


def run(folder: Any, store: Path, **options: Any) -> Any:
    return run_batch(folder, store, options.pop("names", NAMES), progress=False, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day in DAYS:
        write(tmp_path / "in", day)
    return tmp_path / "in"


def test_night_after_night_gives_what_one_run_gives(tmp_path: Path, folder: Path) -> None:
    for day in DAYS:
        write(tmp_path / "growing", day)
        report = run(tmp_path / "growing", tmp_path / "nightly")
        assert outcomes(report)[day] == "passed"
        assert report.count("passed") == 1
    report = run(folder, tmp_path / "once")
    assert outcomes(report) == dict.fromkeys(DAYS, "passed")
    assert contents(tmp_path / "once") == contents(tmp_path / "nightly")
    whole = factors.compute(BARS, NAMES)
    pd.testing.assert_frame_equal(read_store(tmp_path / "once")[NAMES], whole, rtol=1e-9, atol=1e-12, check_freq=False)
    assert whole["trend_capital_vwap_gap"].notna().any()
    assert outcomes(run(folder, tmp_path / "once")) == dict.fromkeys(DAYS, "skipped")


def test_files_of_several_days(tmp_path: Path) -> None:
    """Two days a file, then a file of four: look-back goes over units."""
    for k, (a, b) in enumerate([(0, 2), (2, 4), (4, 8)]):
        part = BARS[dates.isin(DAYS[a:b])]
        (tmp_path / "in").mkdir(exist_ok=True)
        part.to_parquet(tmp_path / "in" / f"part{k}.parquet")
    run(tmp_path / "in", tmp_path / "store")
    whole = factors.compute(BARS, NAMES)
    pd.testing.assert_frame_equal(read_store(tmp_path / "store")[NAMES], whole, rtol=1e-9, atol=1e-12, check_freq=False)


def test_a_corrected_day_makes_those_after_it_due(tmp_path: Path, folder: Path) -> None:
    store = tmp_path / "store"
    run(folder, store, names=["return_daily", "VP"])
    corrected = BARS.copy()
    corrected.loc[(dates == DAYS[2]) & (corrected.datetime.dt.hour == 15), ["close", "high"]] *= 1.01
    write(folder, DAYS[2], corrected)
    report = run(folder, store, names=["return_daily", "VP"])
    due = {day: "passed" if day in DAYS[2:] else "skipped" for day in DAYS}  # the day before may be any stock's
    assert outcomes(report) == due
    expected = factors.compute(corrected, ["return_daily", "VP"])
    pd.testing.assert_frame_equal(read_store(store), expected, rtol=1e-9, atol=1e-12, check_freq=False)
    manifest = json.loads(next(p for p in (store / "_meta").rglob(f"*{DAYS[3]}*.json")).read_text())
    assert [Path(item["path"]).name for item in manifest["lookback"]] == [f"{day}.parquet" for day in DAYS[:3]]


def test_all_days_looked_among_count(tmp_path: Path, folder: Path) -> None:
    store = tmp_path / "store"
    run(folder, store)
    corrected = BARS.copy()
    corrected.loc[dates == DAYS[1], "volume"] *= 2
    corrected.loc[dates == DAYS[1], "amount"] *= 2
    write(folder, DAYS[1], corrected)
    assert outcomes(run(folder, store)) == {d: "skipped" if k < 1 else "passed" for k, d in enumerate(DAYS)}


def test_stores_without_such_factors_are_not_touched(tmp_path: Path, folder: Path) -> None:
    store = tmp_path / "store"
    run(folder, store, names=["VP"])
    manifest = json.loads(next((store / "_meta").rglob(f"*{DAYS[3]}*.json")).read_text())
    assert "lookback" not in manifest
    write(folder, DAYS[2], BARS.assign(close=BARS.close + 0.01, high=BARS.high + 0.01))
    assert outcomes(run(folder, store, names=["VP"])) == {d: "passed" if d == DAYS[2] else "skipped" for d in DAYS}
    assert outcomes(run(folder, store, names=["VP"], market="amount")) == dict.fromkeys(DAYS, "skipped")


def test_a_day_alone_says_what_it_lacks(tmp_path: Path, folder: Path) -> None:
    report = run(folder / f"{DAYS[4]}.parquet", tmp_path / "store")
    assert outcomes(report) == {DAYS[4]: "passed"}
    assert "some factors read earlier days than the input has" in str(report)
    found = read_store(tmp_path / "store")
    assert found["return_daily"].isna().all()
    assert found["VP"].notna().any()


def test_an_earlier_day_that_cannot_be_read_fails_the_day(tmp_path: Path, folder: Path) -> None:
    (folder / f"{DAYS[3]}.parquet").write_bytes(b"damaged")
    report = run(folder, tmp_path / "store", names=["return_daily", "VP"])
    expected = {day: "failed" if day in DAYS[3:] else "passed" for day in DAYS}
    assert outcomes(report) == expected
    told = {day.day: day.message for day in report.days}
    assert "an earlier day that it reads cannot be read" in told[DAYS[4]]


def test_a_given_market(tmp_path: Path, folder: Path) -> None:
    """Another market makes the days due that it changed on, and only where a factor reads it."""
    name = BARS.groupby("symbol").size().idxmax()
    index = BARS[BARS.symbol == name]
    path, store, names = tmp_path / "index.parquet", tmp_path / "store", ["realized_beta", "VP"]
    index[index.datetime < DAYS[-1]].to_parquet(path)
    run(folder, store, names=names, market=str(path))
    assert outcomes(run(folder, store, names=names, market=str(path))) == dict.fromkeys(DAYS, "skipped")
    index.to_parquet(path)
    report = run(folder, store, names=names, market=str(path))
    assert outcomes(report) == {day: "passed" if day == DAYS[-1] else "skipped" for day in DAYS}
    expected = factors.compute(BARS, names, market=index)
    pd.testing.assert_frame_equal(read_store(store), expected, rtol=1e-9, atol=1e-12, check_freq=False)
    assert outcomes(run(folder, store, names=names)) == dict.fromkeys(DAYS, "passed")


def test_no_more_is_looked_back_than_thirty_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here three: a file of several days holds as many as it gave."""
    monkeypatch.setattr("factors.batch.identity.REACH", 3)
    for k, (a, b) in enumerate([(0, 1), (1, 4), (4, 5), (5, 8)]):
        (tmp_path / "in").mkdir(exist_ok=True)
        BARS[dates.isin(DAYS[a:b])].to_parquet(tmp_path / "in" / f"part{k}.parquet")
    run(tmp_path / "in", tmp_path / "store", names=["return_daily"])
    read = {}
    for day in DAYS:
        manifest = json.loads(next((tmp_path / "store" / "_meta").rglob(f"*{day}*.json")).read_text())
        read[day] = [Path(item["path"]).stem for item in manifest.get("lookback", [])]
    assert [read[DAYS[k]] for k in (0, 1, 4, 5)] == [[], ["part0"], ["part1"], ["part1", "part2"]]
