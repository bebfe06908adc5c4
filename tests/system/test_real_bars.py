"""Real minute bars, folder by folder: what is found out about them, and loops against matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import factors
from tests.support.agreement import UNITS, differing
from tests.support.bars.real import bars_of, quietly
from tests.support.neighbours import OF_OTHERS
from tests.support.profile import thorough

FOLDERS = {
    "cn_1min_000001_201801": {"session": "XSHG", "label": "right", "volume_unit": 1},
    "cn_1min_688001": {"session": "XSHG", "label": "right", "volume_unit": 1},
    "cn_1min_7_symbols_close_volume": {"session": "XSHG", "label": "left"},
    "cn_1min_from_ticks_thin": {"session": "XSHG", "label": "right", "volume_unit": 1},
    "cn_1min_joinquant": {"session": "XSHG", "label": "right", "volume_unit": 1},
    "cn_1min_sse_index": {"session": "XSHG", "label": "right"},
    "us_1min_24_symbols": {"session": "XNYS", "label": "right"},
}


def r_sample(real_bars: Path, **_: object) -> pd.DataFrame:
    wide = bars_of(real_bars / "us_1min_r_highfrequency_sample")
    return wide.melt(id_vars="DT", var_name="symbol", value_name="close").rename(columns={"DT": "datetime"})


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder(real_bars: Path, folder: str) -> None:
    bars = bars_of(real_bars / folder)
    if folder == "cn_1min_sse_index":
        bars = bars[(bars.datetime >= "2015-12-28") & (bars.datetime < "2016-01-12")]  # with the two broken-off days
    frame = quietly(bars)
    about = frame.attrs["minute_factors"]["input"]
    for name, value in FOLDERS[folder].items():
        assert about[name] == value, (name, about)
    assert not np.isinf(frame.to_numpy()).any()
    days = bars.datetime.dt.normalize().nunique()
    assert len(frame.index.levels[0]) == days
    some = bars[bars.datetime.dt.normalize().isin(sorted(bars.datetime.dt.normalize().unique())[:8])]
    options = {"label": about["label"], "session": about["session"]}
    loops, ours = quietly(some, engine="loop", **options), quietly(some, **options)
    pd.testing.assert_frame_equal(ours, loops, rtol=1e-9, atol=1e-12)
    assert ours["intraday_maxdrawdown"].notna().any()


@pytest.mark.parametrize("engine", ["auto", "matrix"])
def test_a_stock_alone_is_as_among_others(real_bars: Path, engine: str) -> None:
    bars = bars_of(real_bars / "us_1min_24_symbols")
    bars = bars[bars.datetime.dt.normalize().isin(sorted(bars.datetime.dt.normalize().unique())[:2])]
    options = {"engine": engine, "session": "XNYS", "label": "right", "schema": UNITS}
    names = [name for name in factors.list().index if name not in OF_OTHERS]
    whole = quietly(bars, names, threads=2, **options)
    for chosen in ([symbol] for symbol in sorted(bars.symbol.unique())[::6]):
        alone = quietly(bars[bars.symbol.isin(chosen)], names, threads=1, **options)
        pd.testing.assert_frame_equal(alone, whole.loc[alone.index], check_exact=True)


def test_the_r_sample_is_wide_and_its_label_must_be_told(real_bars: Path) -> None:
    long = r_sample(real_bars)
    with pytest.raises(factors.FactorsError, match="label"):
        quietly(long, session="XNYS")
    with pytest.raises(factors.FactorsError, match=r"Session.of\(.XNYS., weekend=True\)"):  # its dates are made up
        quietly(long, session="XNYS", label="right")
    session = factors.Session.of("XNYS", weekend=True)
    frame = quietly(long, session=session, label="right")
    loops = quietly(long, session=session, label="right", engine="loop")
    pd.testing.assert_frame_equal(frame, loops, rtol=1e-9, atol=1e-12)
    assert frame["intraday_maxdrawdown"].notna().all()
    assert len(frame) == 44


def test_a_day_by_hand(real_bars: Path) -> None:
    """2018-01-02 of 000001: the two-point factors read off the bars with pandas."""
    bars = bars_of(real_bars / "cn_1min_000001_201801")
    day = bars[bars.datetime.dt.date.astype(str) == "2018-01-02"].set_index("datetime")
    row = quietly(bars).loc[(pd.Timestamp("2018-01-02"), "000001")]
    close = day.close
    at = {clock: close[pd.Timestamp(f"2018-01-02 {clock}")] for clock in ("10:00", "11:30", "14:30", "15:00")}
    first = day.open.iloc[0]
    assert row.return_intraday == pytest.approx(at["15:00"] / first - 1, rel=1e-12)
    assert row.return_improved == pytest.approx(at["15:00"] / at["10:00"] - 1, rel=1e-12)
    assert row.return_last_30min == pytest.approx(at["15:00"] / at["14:30"] - 1, rel=1e-12)
    assert row.return_am == pytest.approx(at["11:30"] / first - 1, rel=1e-12)
    assert row.intraday_maxdrawdown == pytest.approx((1 - close / close.cummax()).max(), rel=1e-12)
    returns = close / close.shift().fillna(first) - 1
    assert row.return_downward_var == pytest.approx(np.var(returns[returns < 0]), rel=1e-9)
    assert row["VP"] == pytest.approx(np.corrcoef(close, day.volume)[0, 1], rel=1e-9)
    top = day.sort_values("volume", ascending=False, kind="stable").iloc[: (day.volume > 0).sum() // 3]
    assert row.VP_top33_volume == pytest.approx(np.corrcoef(top.close, top.volume)[0, 1], rel=1e-9)


def test_shuffled_rows_and_both_index_orders(real_bars: Path) -> None:
    bars = bars_of(real_bars / "us_1min_24_symbols")
    straight = quietly(bars)
    pd.testing.assert_frame_equal(quietly(bars.sample(frac=1, random_state=1)), straight, rtol=1e-12)
    for keys in (["symbol", "datetime"], ["datetime", "symbol"]):
        pd.testing.assert_frame_equal(quietly(bars.set_index(keys)), straight, rtol=1e-12)


@pytest.mark.parametrize("folder", FOLDERS)
def test_bars_without_volume_change_nothing(real_bars: Path, folder: str) -> None:
    bars = bars_of(real_bars / folder)
    last = bars[bars.datetime.dt.normalize().isin(sorted(bars.datetime.dt.normalize().unique())[-8:])]
    empty = last.volume == 0
    found, expected = quietly(last, "all"), quietly(last[~empty], "all")
    assert found.drop(expected.index).isna().all(axis=None)
    pd.testing.assert_frame_equal(found.loc[expected.index], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_whole_catalogue(real_bars: Path, folder: str) -> None:
    bars = bars_of(real_bars / folder)
    time = "datetime"
    day = bars[time].dt.normalize()
    number, symbols = (3, 5) if thorough() else (2, 3)
    last = bars[day.isin(sorted(day.unique())[-number:])]
    if "symbol" in last:
        last = last[last.symbol.isin(sorted(last.symbol.unique())[:symbols])]
    ours, matrices = quietly(last, "all"), quietly(last, "all", engine="matrix")
    loops = quietly(last, "all", engine="loop")
    assert not np.isinf(ours.to_numpy()).any()
    assert differing(ours, matrices) == {}
    assert differing(ours, loops) == {}
    assert ours.notna().any().sum() > 100
