"""Parquet files and cuDF frames, whose numbers cuDF leaves in a GPU's memory."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import factors
from factors import backends
from factors.backends.gpu import GpuBackend
from factors.data.conventions import infer, unit_checks
from factors.data.cube.series import CubeSeries
from factors.data.sources import files
from factors.errors import ArgumentError, InputError
from tests.support.agreement import differing
from tests.support.devices import fake_cudf
from tests.support.devices.card_tools import bars_of, day_files, same
from tests.support.devices.shim import ShimBackend

pytestmark = pytest.mark.usefixtures("needs_compiler")


@pytest.fixture
def device() -> ShimBackend:
    return ShimBackend(cudf=fake_cudf)


@pytest.fixture(params=["shim", pytest.param("gpu", marks=pytest.mark.gpu)])
def any_device(request: pytest.FixtureRequest) -> Any:
    """The understudies of a GPU and of cuDF, and both themselves where they are."""
    if request.param == "shim":
        return ShimBackend(cudf=fake_cudf)
    found = backends.get("gpu")
    assert isinstance(found, GpuBackend)
    if found.tables() is None:
        pytest.skip("cuDF is not installed: nothing reads into the GPU's memory")
    return found


@pytest.fixture
def no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing ask for the series on the host."""

    def refuse(series: CubeSeries) -> Any:
        assert series._host is not None, "the series came to the host"
        return series._host

    monkeypatch.setattr(CubeSeries, "host", property(refuse))
    for module, name in ((infer, "SAMPLE"), (unit_checks, "LOOKED_AT")):
        monkeypatch.setattr(module, name, 1000)


LAYOUTS: dict[str, Any] = {
    "by time": lambda bars: bars.sort_values(["datetime", "symbol"]),
    "by symbol": lambda bars: bars.sort_values(["symbol", "datetime"]),
    "shuffled": lambda bars: bars.sample(frac=1, random_state=0),
    "volume in lots": lambda bars: bars.assign(volume=(bars.volume // 100).astype(np.int32)).assign(
        amount=bars.volume // 100 * 100 * bars.close
    ),
    "float32 and nulls": lambda bars: bars.assign(
        open=bars.open.astype(np.float32), trades=bars.trades.astype("Int64").mask(bars.trades % 7 == 0)
    ),
    "a previous close": lambda bars: bars.assign(pre_close=bars.groupby("symbol").close.transform("first")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.filterwarnings("ignore::factors.errors.InputWarning")
def test_files(layout: str, any_device: Any, tmp_path: Path) -> None:
    bars = LAYOUTS[layout](bars_of())
    bars.to_parquet(tmp_path / "bars.parquet", row_group_size=5000, index=False)
    here = factors.cube(tmp_path / "bars.parquet")
    there = factors.cube(tmp_path / "bars.parquet", backend=any_device)
    same(there, here)
    assert here.report is not None
    assert there.report is not None
    assert "cuDF" in there.report.found.pop("values")
    assert there.report == here.report
    assert differing(factors.compute(there, backend=any_device), factors.compute(here)) == {}


@pytest.mark.usefixtures("no_copy")
def test_what_is_computed_never_comes_to_the_host(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of()
    bars.to_parquet(tmp_path / "bars.parquet")
    found = factors.compute(tmp_path / "bars.parquet", backend=device)
    assert differing(found, factors.compute(bars)) == {}
    assert found.attrs["minute_factors"]["input"]["found"]["values"] == "read into the GPU's memory by cuDF 0.0"
    assert device.card.sent < 16 * len(bars)  # where each row belongs, and where those that are looked at lie


def test_what_needs_the_host_gets_it(tmp_path: Path, device: ShimBackend, caplog: pytest.LogCaptureFixture) -> None:
    bars = bars_of(stocks=21)
    bars.to_parquet(tmp_path / "bars.parquet")
    with caplog.at_level(logging.INFO, "factors"):
        found = factors.compute(tmp_path / "bars.parquet", "all", backend=device)
    assert differing(found, factors.compute(bars, "all")) == {}
    assert "MB of series come from the GPU to the host" in caplog.text
    counts = found.attrs["minute_factors"]["input"]["quality"]
    assert counts["days whose series came from the GPU to the host"] == 3


def test_many_files_and_large_ones(tmp_path: Path, device: ShimBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = bars_of()
    for symbol, own in bars.groupby("symbol", observed=True):
        own.to_parquet(tmp_path / f"{symbol}.parquet", row_group_size=100)
    wanted = factors.compute(bars)
    for rows in (files.AT_ONCE, 1):
        monkeypatch.setattr(files, "AT_ONCE", rows)
        monkeypatch.setattr(files, "CHUNK", rows)
        found = factors.compute(tmp_path, backend=device)
        assert differing(found, wanted) == {}
        assert "rows read by pyarrow" not in str(found.attrs)


def test_folders_named_by_a_key(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of(days=2)
    for day, own in bars.groupby(bars.datetime.dt.date):
        (tmp_path / f"date={day}").mkdir()
        own.to_parquet(tmp_path / f"date={day}" / "bars.parquet")
    found = factors.compute(tmp_path, backend=device)
    assert differing(found, factors.compute(bars)) == {}
    assert "cuDF" in found.attrs["minute_factors"]["input"]["found"]["values"]


@pytest.mark.usefixtures("no_copy")
def test_the_close_of_the_day_before_is_found_there(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of()
    names = ["return_daily", "return_overnight"]
    for folder in (day_files(bars, tmp_path), tmp_path / sorted(path.name for path in tmp_path.iterdir())[0]):
        found = factors.compute(folder, names, backend=device)
        assert differing(found, factors.compute(folder, names)) == {}


@pytest.mark.parametrize("kind", ["text", "csv", "decimal"])
def test_what_it_is_not_asked_to_read(kind: str, tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of(stocks=5, days=1)
    if kind == "csv":
        bars.to_csv(tmp_path / "bars.csv", index=False)
    else:
        table = pa.Table.from_pandas(bars, preserve_index=False)
        at = table.schema.get_field_index("close")
        to = pa.string() if kind == "text" else pa.decimal128(12, 2)
        pq.write_table(table.set_column(at, "close", table["close"].cast(to)), tmp_path / "bars.parquet")
    found = factors.compute(tmp_path, backend=device)
    assert differing(found, factors.compute(tmp_path)) == {}
    assert "values" not in found.attrs["minute_factors"]["input"]["found"]


@pytest.mark.parametrize("options", [{"engine": "matrix"}, {"storage": "ticks"}, {"engine": "loop"}])
def test_other_engines_read_on_the_host(options: dict[str, str], tmp_path: Path, device: ShimBackend) -> None:
    bars_of(stocks=5, days=1).to_parquet(tmp_path / "bars.parquet")
    found = factors.compute(tmp_path / "bars.parquet", ["VP"], backend=device, **options)
    assert "values" not in found.attrs["minute_factors"]["input"]["found"]


@pytest.mark.parametrize("index", [(), ("datetime", "symbol"), ("level datetime",)])
@pytest.mark.usefixtures("no_copy")
def test_frames(index: tuple[str, ...], device: ShimBackend) -> None:
    bars = bars_of()
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars, preserve_index=False), index)
    found = factors.compute(frame, backend=device)
    assert differing(found, factors.compute(bars)) == {}
    assert device.card.sent < 16 * len(bars)


def test_labels_of_a_frame_that_are_no_text(device: ShimBackend) -> None:
    bars = bars_of(stocks=5)
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars, preserve_index=False), labels=range(9))
    schema = {"symbol": "0", "time": "1", "close": "5", "volume": "6"}
    found = factors.compute(frame, ["VP"], backend=device, schema=schema)
    assert differing(found, factors.compute(bars, ["VP"])) == {}


def test_a_wide_frame(device: ShimBackend) -> None:
    table = pa.table({"a": [1.0], "b": [2.0]})
    wide = fake_cudf.DataFrame(table, labels=[("Close", "AAPL"), ("Open", "AAPL")])
    with pytest.raises(InputError, match=r"the columns are a MultiIndex \(Price, Ticker\).*Stack the symbols first"):
        factors.compute(wide, backend=device)


def test_a_frame_on_another_device(device: ShimBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars_of(stocks=5), preserve_index=False))
    other = SimpleNamespace(device=SimpleNamespace(id=1))
    monkeypatch.setattr(fake_cudf.Series, "values", other)
    with pytest.raises(InputError, match=r"lies on CUDA device 1, not on 0: pass backend='cuda:1'"):
        factors.compute(frame, backend=device)


def test_a_frame_whose_gaps_have_no_room(
    device: ShimBackend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none(series: Any, value: float) -> Any:
        raise MemoryError("no room")

    bars = bars_of(stocks=5).assign(volume=lambda b: b.volume.astype("Int64").mask(b.volume == 0))
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars, preserve_index=False))
    monkeypatch.setattr(fake_cudf.Series, "fillna", none)
    assert differing(factors.compute(frame, backend=device), factors.compute(bars)) == {}
    assert "the GPU has no room for numbers without gaps (no room)" in caplog.text


def test_frames_without_a_gpu_go_over_the_host() -> None:
    bars = bars_of()
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars, preserve_index=False))
    assert differing(factors.compute(frame, backend="cpu"), factors.compute(bars)) == {}
    other = pl.from_pandas(bars).with_columns(close=pl.col("close").cast(pl.String)).to_arrow()
    found = factors.compute(fake_cudf.DataFrame(other), backend=ShimBackend(cudf=fake_cudf))
    assert differing(found, factors.compute(bars)) == {}
    assert "values" not in found.attrs["minute_factors"]["input"]["found"]


def test_errors_name_what_the_host_would_name(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of(stocks=5)
    bars.loc[7, "symbol"] = None
    bars.to_parquet(tmp_path / "bars.parquet")
    texts = []
    for backend in ("cpu", device):
        with pytest.raises(InputError) as caught:
            factors.compute(tmp_path / "bars.parquet", backend=backend)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]
    assert "row 7: the symbol is missing" in texts[0]


def test_a_cube_is_kept_there_and_comes_when_asked(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of()
    bars.to_parquet(tmp_path / "bars.parquet")
    there, here = factors.cube(tmp_path / "bars.parquet", backend=device), factors.cube(bars)
    assert repr(there) == repr(here)
    assert there.nbytes == here.nbytes
    assert there.coverage() == here.coverage()
    sent = device.card.sent
    factors.compute(there, backend=device)
    assert device.card.sent == sent
    assert there.on_device_only
    pd.testing.assert_frame_equal(factors.compute(there, backend="cpu"), factors.compute(here, backend="cpu"))
    assert not there.on_device_only
    held = device.card.taken()
    assert there.upload(None).resident is None
    assert device.card.taken() < held
    assert differing(factors.compute(there, backend=device), factors.compute(here)) == {}


def test_a_cube_of_the_host_is_sent_there(device: ShimBackend) -> None:
    cube = factors.cube(bars_of(), backend=device)
    assert cube.resident is not None
    assert not cube.on_device_only
    assert factors.cube(factors.cube(bars_of()), backend=device).resident is not None
    with pytest.raises(ArgumentError, match=r"backend='cpu': leave it out for a cube on the host, or name a GPU\."):
        factors.cube(bars_of(), backend="cpu")


@pytest.mark.filterwarnings("ignore::factors.errors.InputWarning")
def test_real_bars(real_bars: Path, device: ShimBackend) -> None:
    folders = ("cn_1min_joinquant", "cn_1min_688001", "cn_1min_from_ticks_thin", "us_1min_24_symbols")
    for folder in folders:
        here, there = factors.cube(real_bars / folder), factors.cube(real_bars / folder, backend=device)
        same(there, here)


def test_what_is_asked_of_cudf_exists() -> None:
    cudf = pytest.importorskip("cudf", reason="cuDF is not installed")
    for name in ("has_nulls", "astype", "fillna", "values", "to_arrow", "dtype", "from_pylibcudf"):
        assert hasattr(cudf.Series, name), name
    for name in ("reset_index", "columns", "index"):
        assert hasattr(cudf.DataFrame, name), name
    for name in ("nlevels", "names", "get_level_values", "to_arrow"):
        assert hasattr(cudf.Index, name), name
    assert hasattr(cudf.MultiIndex, "get_level_values")
    assert callable(cudf.from_pandas)


def test_pylibcudf_reads_as_it_is_asked_to(tmp_path: Path) -> None:
    """As far as it goes without a device: what is to be read is said, the reading itself fails."""
    plc = pytest.importorskip("pylibcudf", reason="cuDF is not installed")
    bars_of(stocks=5, days=1).to_parquet(tmp_path / "bars.parquet")
    options = plc.io.parquet.ParquetReaderOptions.builder(plc.io.SourceInfo([str(tmp_path / "bars.parquet")])).build()
    options.set_column_names(["close", "volume"])
    options.set_row_groups([[0]])
    assert callable(plc.io.parquet.read_parquet)
    for name in ("column_names", "tbl"):
        assert hasattr(plc.io.TableWithMetadata, name), name
    assert hasattr(plc.Table, "columns")
