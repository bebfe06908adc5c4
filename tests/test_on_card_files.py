"""Parquet files and cuDF frames, whose numbers cuDF leaves in a GPU's memory."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path
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
from factors.data import files, native, settle, units
from factors.data.cube import MinuteCube
from factors.errors import ArgumentError, InputError
from tests import fake_cudf
from tests.agreement import differing
from tests.card_tools import same
from tests.shim import ShimBackend

if native.library() is None:
    pytest.skip("no C++ compiler: the device's understudy cannot run", allow_module_level=True)


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

    def refuse(cube: MinuteCube) -> Any:
        assert cube._storage is not None, "the series came to the host"
        return cube._storage

    monkeypatch.setattr(MinuteCube, "storage", property(refuse))
    for module, name in ((settle, "SAMPLE"), (units, "LOOKED_AT")):
        monkeypatch.setattr(module, name, 1000)


def bars_of(stocks: int = 53, days: int = 3) -> pd.DataFrame:
    return factors.simulate_bars(stocks=stocks, days=days, seed=3)


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


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("CUDF failure: unknown codec")])
def test_what_it_does_not_read_pyarrow_reads(
    error: Exception, tmp_path: Path, device: ShimBackend, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    bars = bars_of()
    for day, own in bars.groupby(bars.datetime.dt.date):
        own.to_parquet(tmp_path / f"{day}.parquet")
    calls = []

    def read(path: str, **options: Any) -> Any:
        calls.append(path)
        if len(calls) == 2:
            raise error
        return fake_cudf.read_parquet(path, **options)

    monkeypatch.setattr(device, "cudf", type("Cudf", (), {"read_parquet": staticmethod(read), "__version__": "1"}))
    found = factors.compute(tmp_path, backend=device)
    assert differing(found, factors.compute(bars)) == {}
    memory = isinstance(error, MemoryError)
    assert len(calls) == (3 if memory else 2)  # memory may be there again
    left = sum(len(pq.read_table(path)) for path in sorted(tmp_path.iterdir())[1 : 2 if memory else 3])
    counts = found.attrs["minute_factors"]["input"]["quality"]
    assert counts["rows read by pyarrow, not into the GPU's memory"] == left
    assert f"not read into the GPU's memory ({type(error).__name__}: {error}) but by pyarrow" in caplog.text


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


@pytest.mark.parametrize("index", [(), ("datetime", "symbol")])
@pytest.mark.usefixtures("no_copy")
def test_frames(index: tuple[str, ...], device: ShimBackend) -> None:
    bars = bars_of()
    frame = fake_cudf.DataFrame(pa.Table.from_pandas(bars, preserve_index=False), index)
    found = factors.compute(frame, backend=device)
    assert differing(found, factors.compute(bars)) == {}
    assert device.card.sent < 16 * len(bars)


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
    assert there.on_card_only
    pd.testing.assert_frame_equal(factors.compute(there, backend="cpu"), factors.compute(here, backend="cpu"))
    assert not there.on_card_only
    assert there.upload(None).resident is None
    assert differing(factors.compute(there, backend=device), factors.compute(here)) == {}


def test_a_cube_of_the_host_is_sent_there(device: ShimBackend) -> None:
    cube = factors.cube(bars_of(), backend=device)
    assert cube.resident is not None
    assert not cube.on_card_only
    assert factors.cube(factors.cube(bars_of()), backend=device).resident is not None
    with pytest.raises(ArgumentError, match=r"backend='cpu': a cube lies on the host or on a GPU\."):
        factors.cube(bars_of(), backend="cpu")


@pytest.mark.filterwarnings("ignore::factors.errors.InputWarning")
def test_real_bars(real_bars: Path, device: ShimBackend) -> None:
    folders = ("cn_1min_joinquant", "cn_1min_688001", "cn_1min_from_ticks_thin", "us_1min_24_symbols")
    for folder in folders:
        here, there = factors.cube(real_bars / folder), factors.cube(real_bars / folder, backend=device)
        same(there, here)


def test_what_is_asked_of_cudf_exists() -> None:
    cudf = pytest.importorskip("cudf", reason="cuDF is not installed")
    asked = inspect.signature(cudf.read_parquet).parameters
    assert {"columns", "row_groups", "use_pandas_metadata"} <= set(asked)
    for name in ("has_nulls", "astype", "fillna", "values", "to_arrow", "dtype"):
        assert hasattr(cudf.Series, name), name
    for name in ("reset_index", "columns", "index"):
        assert hasattr(cudf.DataFrame, name), name
    assert callable(cudf.from_pandas)
