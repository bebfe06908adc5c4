"""`compute` from the outside: what comes in, what comes out, what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
import types
import warnings

import numpy as np
import pandas as pd
import pytest

import factors
from factors.errors import (
    ArgumentError,
    BackendUnavailable,
    FactorsError,
    InputWarning,
    MissingFieldError,
    MissingFieldWarning,
    UnknownFactorError,
)


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return factors.simulate_bars(stocks=30, days=3, seed=2)


@pytest.fixture(scope="module")
def frame(bars: pd.DataFrame) -> pd.DataFrame:
    return factors.compute(bars)


def test_the_result_is_a_factor_frame(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    assert frame.index.names == ["date", "symbol"]
    assert frame.index.is_monotonic_increasing
    assert frame.index.is_unique
    assert frame.index.levels[0].dtype.kind == "M"
    assert list(frame.columns) == [f.name for f in factors.explain("core").factors]
    assert (frame.dtypes == np.float64).all()
    assert not np.isinf(frame.to_numpy()).any()
    delivered = bars.assign(date=bars.datetime.dt.normalize()).groupby(["date", "symbol"]).size().index
    assert frame.index.tolist() == sorted(delivered.tolist())


def test_provenance(frame: pd.DataFrame) -> None:
    about = frame.attrs["minute_factors"]
    json.dumps(about)
    assert about["engine"] in ("fused", "matrix")
    assert about["backend"] == "cpu"
    assert about["factors"]["VP"] == {"version": 2, "params": {}}
    assert about["input"]["session"] == "XSHG"
    assert about["input"]["label"] == "right"
    assert set(about["seconds"]) >= {"read", "prepare", "compute", "total"}
    assert frame.attrs["engine"] == about["engine"]


def test_order_of_columns_aliases_and_repeats(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    some = factors.compute(bars, ["VP", "return_half_hour_1", "return_var", "return_open_30min", "VP"])
    assert list(some.columns) == ["VP", "return_half_hour_1", "return_var", "return_open_30min"]
    assert some["return_half_hour_1"].equals(some["return_open_30min"].rename("return_half_hour_1"))
    pd.testing.assert_frame_equal(some[["VP", "return_var"]], frame[["VP", "return_var"]])


def test_loops_and_matrix(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    few = bars[bars.symbol.isin(bars.symbol.unique()[:5])]
    loops = factors.compute(few, engine="loop")
    assert loops.attrs["engine"] == "loop"
    pd.testing.assert_frame_equal(loops, frame.loc[loops.index], rtol=1e-9, atol=1e-12)


def test_days_are_independent_and_stocks_too(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    day = bars[bars.datetime.dt.normalize() == bars.datetime.dt.normalize().iloc[-1]]
    pd.testing.assert_frame_equal(factors.compute(day), frame.loc[factors.compute(day).index], rtol=1e-12)
    shuffled = bars.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(factors.compute(shuffled), frame, rtol=1e-12)


def test_a_cube_is_made_once_and_used_often(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    cube = factors.cube(bars)
    assert factors.cube(cube) is cube
    pd.testing.assert_frame_equal(factors.compute(cube), frame, rtol=1e-12)
    pd.testing.assert_frame_equal(factors.compute(cube, "VP"), frame[["VP"]], rtol=1e-12)
    with pytest.raises(ArgumentError, match="tz='UTC' has no effect on a MinuteCube"):
        factors.compute(cube, tz="UTC")
    assert factors.cube(bars, fields=["volume"]).fields == ("close", "volume")


def test_chunks_change_nothing(bars: pd.DataFrame, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    monkeypatch.setattr(importlib.import_module("factors.inputs.stream"), "CHUNK", 1)
    pd.testing.assert_frame_equal(factors.compute(bars), frame, rtol=1e-12)


def test_storage_may_be_taken_by_another_thread(bars: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.data.cube import chunks

    class Taken(list):
        """Not empty when asked, empty when taken from."""

        def __len__(self) -> int:
            return 1

    monkeypatch.setattr(chunks.STORAGE, "_spare", Taken())
    assert factors.compute(bars, "return_intraday").notna().any().all()


def test_storage_is_used_again(bars: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from factors.common.buffers import BufferPool
    from factors.data.cube import chunks

    pool = BufferPool(2 * chunks.CHUNK)
    monkeypatch.setattr(chunks, "STORAGE", pool)
    factors.compute(bars, "return_intraday")
    (first,) = pool._spare
    factors.compute(bars, "return_intraday")
    assert len(pool) == 1
    assert pool._spare[0] is first


def test_golden_identities(frame: pd.DataFrame) -> None:
    f = frame
    pairs = [
        ((1 + f.return_am) * (1 + f.return_pm) - 1, f.return_intraday),
        (f.return_upward_var_ratio + f.return_downward_var_ratio, 0 * f.return_upward_var_ratio + 1),
        (f.return_upward_var_ratio - f.return_downward_var_ratio, f.return_updown_asym),
        ((1 + f.return_open_30min) * (1 + f.return_improved) - 1, f.return_intraday),
    ]
    for ours, theirs in pairs:
        both = ours.notna() & theirs.notna()
        assert both.sum() > 60
        np.testing.assert_allclose(ours[both], theirs[both], rtol=1e-9, atol=1e-12)


def test_returns_compound_to_the_day(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    @factors.factor
    def compounded(returns):
        """Compounded minute returns."""
        return factors.ops.prod(1 + returns) - 1

    ours = factors.compute(bars, compounded)["compounded"]
    both = frame.return_intraday.notna()
    assert both.sum() > 60
    np.testing.assert_allclose(ours[both], frame.return_intraday[both], rtol=1e-9, atol=1e-12)


def test_a_stock_alone_has_the_same_values(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    for symbol in bars.symbol.unique()[:6]:
        alone = factors.compute(bars[bars.symbol == symbol], session="XSHG", label="right")
        pd.testing.assert_frame_equal(alone, frame.loc[alone.index], rtol=1e-12)


def test_the_order_of_stocks_changes_nothing(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    names = bars.symbol.unique()
    other = dict(zip(names, names[::-1], strict=True))  # the same bars under each other's names
    ours = factors.compute(bars.assign(symbol=bars.symbol.map(other)))
    back = ours.rename(index={new: old for old, new in other.items()}, level="symbol").sort_index()
    pd.testing.assert_frame_equal(back, frame, rtol=1e-12, check_index_type=False)


SCALES_WITH_PRICE = {"amihud_mean": -1}


def test_price_and_amount_scale(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    scaled = bars.copy()
    for column in ("open", "high", "low", "close", "amount"):
        scaled[column] = bars[column] * 4.0  # a power of two, so that the scaling itself is exact
    ours = factors.compute(scaled)
    for name in frame:
        np.testing.assert_allclose(
            ours[name], frame[name] * 4.0 ** SCALES_WITH_PRICE.get(name, 0), rtol=1e-9, atol=1e-12, err_msg=name
        )


def test_volume_scale(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    with pytest.warns(InputWarning, match=r"amount / \(volume x price\) is 0.125"):
        ours = factors.compute(bars.assign(volume=bars.volume * 8), volume_unit=1)
    for name in frame:
        if name != "close_vwap_dev":
            np.testing.assert_allclose(ours[name], frame[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_dropping_a_flat_bar_without_volume_changes_nothing(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    before = bars.groupby([bars.symbol, bars.datetime.dt.normalize()]).close.shift()
    flat = (
        (bars.volume == 0)
        & (bars.close == before)
        & (bars.open == before)
        & (bars.high == before)
        & (bars.low == before)
    )
    assert flat.sum() > 100
    fewer = factors.compute(bars[~flat])
    pd.testing.assert_frame_equal(fewer, frame.loc[fewer.index], rtol=1e-9, atol=1e-12)


def test_an_absent_field_makes_its_factors_nan_with_a_warning(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    with pytest.warns(MissingFieldWarning, match=r"no trades \(it has open, .*amount_out_order_avg_ratio.* are NaN"):
        ours = factors.compute(bars.drop(columns="trades"))
    gone = [
        "amount_out_order_avg_ratio",
        "amount_in_order_avg_ratio",
        "cum_return_top30_order",
        "netinflow_top30_order",
        "corr_volume_item",
    ]
    assert ours[gone].isna().all().all()
    rest = [c for c in frame if c not in gone]
    pd.testing.assert_frame_equal(ours[rest], frame[rest])
    with pytest.raises(MissingFieldError, match="nothing can be computed: the input has no trades"):
        factors.compute(bars.drop(columns="trades"), gone)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"factors": "return_intraday_"}, UnknownFactorError, "Did you mean 'return_intraday'"),
        ({"backend": "cppu"}, ArgumentError, "backend='cppu' is unknown. Did you mean 'cpu'"),
        ({"engine": "fusedd"}, ArgumentError, "engine='fusedd' is not one of"),
        ({"session": "XSH"}, ArgumentError, "session='XSH' is unknown"),
        ({"schema": "joinqant"}, ArgumentError, "joinquant"),
        ({"label": "middle"}, ArgumentError, "label='middle'"),
        ({"tz": "Mars/Olympus"}, FactorsError, "Mars/Olympus"),
        ({"volume_unit": -1}, ArgumentError, "volume_unit=-1"),
        ({"outside": "keep"}, ArgumentError, "outside='keep'"),
        ({"duplicates": "all"}, ArgumentError, "duplicates='all'"),
        ({"threads": 0}, ArgumentError, "threads=0"),
        ({"output": "pands"}, ArgumentError, "output='pands' is not one of .* Did you mean 'pandas'"),
    ],
)  # fmt: skip
def test_one_wrong_value_for_each_argument(bars: pd.DataFrame, arguments: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        factors.compute(bars.head(2000), **arguments)


@pytest.mark.parametrize("wrong", [None, 3, {"a": 1}, [1, 2]])
def test_no_minute_bars(wrong: object) -> None:
    with pytest.raises(FactorsError, match=r"minute.bars|path"):
        factors.compute(wrong)


def test_polars_and_arrow_come_back_as_asked(bars: pd.DataFrame, frame: pd.DataFrame) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed (extra 'test')")
    import pyarrow as pa

    ours = factors.compute(pl.from_pandas(bars), ["VP"], output="input")
    assert isinstance(ours, pl.DataFrame)
    assert ours.columns == ["date", "symbol", "VP"]
    np.testing.assert_array_equal(ours["VP"].to_numpy(), frame["VP"].to_numpy())
    table = factors.compute(bars, ["VP"], output="arrow")
    assert isinstance(table, pa.Table)
    assert isinstance(factors.compute(pl.from_pandas(bars), ["VP"]), pd.DataFrame)
    assert isinstance(factors.compute(bars, ["VP"], output="input"), pd.DataFrame)


def test_results_on_a_gpu(bars: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = factors.compute(bars, ["VP", "VR"])
    monkeypatch.setitem(sys.modules, "cudf", types.SimpleNamespace(from_pandas=lambda frame: ("cudf", frame)))
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(asarray=lambda values: ("cupy", values)))
    kind, frame = factors.compute(bars, ["VP", "VR"], backend="cpu", output="cudf")
    pd.testing.assert_frame_equal(frame, expected)
    kind, values = factors.compute(bars, ["VP", "VR"], backend="cpu", output="cupy")
    np.testing.assert_array_equal(values, expected.to_numpy())
    assert kind == "cupy"
    monkeypatch.setitem(sys.modules, "cudf", None)
    with pytest.raises(BackendUnavailable, match="output='cudf': .*cudf.* It needs cudf and a GPU"):
        factors.compute("no such file", ["VP"], backend="cpu", output="cudf")  # told before anything is read


def test_files_stream_day_by_day_in_bounded_memory(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    monkeypatch.setattr(importlib.import_module("factors.inputs.stream"), "CHUNK", 1)
    for day in factors.simulate_days(stocks=150, days=12, seed=4):
        day.to_parquet(tmp_path / f"{day.datetime.iloc[0]:%Y-%m-%d}.parquet", index=False)
    factors.compute(str(tmp_path / "2024-01-08.parquet"), "VP")  # imports and caches
    peaks = []
    for pattern in ("2024-01-0[89]*", "*"):
        tracemalloc.start()
        frame = factors.compute(str(tmp_path / f"{pattern}.parquet"), "VP", threads=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert len(frame.index.levels[0]) == 12
    assert peaks[1] < 1.5 * peaks[0], peaks


def test_alphalens_takes_the_result_unchanged(bars: pd.DataFrame) -> None:
    utils = pytest.importorskip("alphalens.utils", reason="alphalens-reloaded is not installed", exc_type=ImportError)
    frame = factors.compute(factors.simulate_bars(stocks=40, days=8, seed=7), ["return_intraday"])
    rng = np.random.default_rng(0)
    dates = pd.bdate_range(frame.index.levels[0][0], periods=20)
    walk = 1 + rng.normal(0, 0.01, (20, len(frame.index.levels[1])))
    prices = pd.DataFrame(walk.cumprod(axis=0), index=dates, columns=frame.index.levels[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # alphalens' own, about the pandas it runs on
        clean = utils.get_clean_factor_and_forward_returns(frame["return_intraday"], prices, quantiles=5, periods=(1,))
    assert len(clean) > 200


LATER = (
    "factors.batch", "factors.cli", "factors.doctor", "factors.reference", "factors.store", "factors.data.parsing",
    "factors.data.reader.reader", "factors.data.sources", "factors.engine.codegen", "factors.engine.cross_section",
    "factors.engine.fused", "factors.engine.gpu", "factors.engine.ir", "factors.engine.lowering",
    "factors.engine.schedule",
)  # fmt: skip
"""What importing the library does not load, but for packages other than NumPy."""


def test_import_is_light() -> None:
    """How long it takes is measured by bench/bench_import.py."""
    code = "import sys; before = set(sys.modules); import factors; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    packages = {name.partition(".")[0] for name in loaded if not name.startswith("_")}
    assert packages - sys.stdlib_module_names == {"factors", "numpy"}
    assert [name for name in loaded if name.startswith(LATER)] == []


def test_warnings_point_at_the_caller() -> None:
    bars = factors.simulate_bars(stocks=3).drop(columns="trades", errors="ignore").assign(volume=lambda b: b.volume * 8)
    with pytest.warns() as told:
        factors.compute(bars, ["VP", "amount_out_order_avg_ratio"], volume_unit=1)
    assert {warning.category for warning in told} == {InputWarning, MissingFieldWarning}
    assert {warning.filename for warning in told} == {__file__}
