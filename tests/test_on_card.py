"""Rows that cuDF reads into a GPU's memory become the cube that the host makes of them, without coming there."""

from __future__ import annotations

import inspect
import logging
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factors
from factors import backends
from factors.backends.gpu import GpuBackend
from factors.data import files, native, settle, units
from factors.data.cube import MinuteCube
from factors.data.on_card import CardColumns, CardPiece, CardTable
from factors.data.rows import Columns, DayRows, InputReport
from factors.errors import ArgumentError, DuplicateBarsError, InputError
from tests import fake_cudf
from tests.agreement import differing
from tests.shim import ShimBackend, ShimCard
from tests.strategies import Market, markets
from tests.test_native import dirty

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


def same(there: MinuteCube, here: MinuteCube) -> None:
    """Hold a cube to another, bit for bit."""
    assert there.on_card_only
    np.testing.assert_array_equal(there.present, here.present)
    np.testing.assert_array_equal(there.storage, here.storage)
    assert np.array_equal(np.signbit(there.storage), np.signbit(here.storage))
    for part in ("listed", "auction_volume", "symbols", "dates"):
        np.testing.assert_array_equal(getattr(there, part), getattr(here, part))
    assert (there.fields, there.sessions, there.layout) == (here.fields, here.sessions, here.storage.shape)


def on_card(day: DayRows, card: ShimCard, pieces: int = 1, picked: bool = False) -> DayRows:
    """Return a day whose fields lie on the card, in pieces; some of longer columns if `picked`."""
    cuts = [len(day.code) * k // pieces for k in range(pieces + 1)]
    made = []
    for a, b in pairwise(cuts):
        columns = {name.upper(): np.concatenate(day.fields.pieces[name])[a:b] for name in day.fields}
        rows: Any = slice(0, b - a)
        if picked:
            rows = 2 * np.arange(b - a)
            columns = {name: np.repeat(column, 2) * np.tile([1, -9], b - a) for name, column in columns.items()}
        elif pieces > 1:
            rows = slice(2, 2 + b - a)
            columns = {name: np.concatenate([[-1.0, 3.0], column]) for name, column in columns.items()}
        made.append(CardPiece(columns, rows))
    table = CardTable(card, made)
    names = {name: name.upper() for name in day.fields}
    fields = CardColumns(table, names, {}, day.fields.units, day.code)
    return DayRows(
        day.date, day.symbols, day.code, day.minute, day.role, day.clock, fields, day.session, day.source
    )  # fmt: skip


def both(days: list[DayRows], pieces: int = 1, picked: bool = False) -> InputReport:
    """Build a cube of days on the host and of the same on a card."""
    reports = InputReport(), InputReport()
    card = ShimCard()
    here = MinuteCube.from_days(days, report=reports[0])
    there = MinuteCube.from_days([on_card(day, card, pieces, picked) for day in days], report=reports[1], card=card)
    same(there, here)
    assert reports[0] == reports[1]
    return reports[1]


@settings(max_examples=40)
@given(market=markets(), seed=st.integers(0, 5), pieces=st.integers(1, 3), picked=st.booleans())
def test_any_market(market: Market, seed: int, pieces: int, picked: bool) -> None:
    both([market.rows(seed=seed)], pieces, picked)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows", [1, 7, 8, 2000, 2280])
def test_impossible_values(rows: int, seed: int) -> None:
    counted = both([dirty(rows, seed)]).quality
    both([dirty(rows, seed, auctions=True)], pieces=1 + seed % 3, picked=seed > 1)
    if rows == 2000:
        assert set(counted) > {"high < low", "bars without a close", "close <= 0", "volume < 0", "open infinite"}


def test_auctions_are_merged() -> None:
    assert both([dirty(2000, 5, auctions=True)], pieces=3).quality["auction and closing bars merged"] > 50


def test_days_of_different_stocks() -> None:
    few, many = dirty(900, 2), dirty(2000, 3, stocks=23)
    some = np.flatnonzero(few.code % 5 == 1)
    part = Columns({name: [few.fields[name][some]] for name in few.fields})
    codes = (few.code[some] // 5).astype(np.int32)
    alone = DayRows(few.date - 1, few.symbols[1::5], codes, few.minute[some], few.role[some], few.clock[some], part,
                    few.session, "test")  # fmt: skip
    both([alone, many])


@pytest.mark.parametrize("unit", [100.0, np.linspace(1, 100, 19)], ids=["one", "by stock"])
def test_units(unit: Any) -> None:
    day = dirty(2000, 1, auctions=True)
    units_of = {"volume": unit, "close": 0.01, "high": 0.01, "low": 0.01, "open": 0.01, "amount": 1e4}
    both([replace(day, fields=Columns(day.fields.pieces, units_of, day.code))], pieces=2)


@pytest.mark.parametrize("kind", native.KINDS)
def test_types_of_numbers(kind: str) -> None:
    day = dirty(2000, 1)
    whole = np.random.default_rng(0).integers(0, 100, 2000).astype(kind)
    fields = Columns({**{name: [day.fields[name]] for name in day.fields}, "volume": [whole]})
    day = replace(day, fields=fields)
    card = ShimCard()
    there = on_card(day, card)
    assert isinstance(there.fields, CardColumns)
    (piece,) = there.fields.table.pieces
    columns = {**piece.columns, "VOLUME": whole}
    there.fields.table = CardTable(card, [CardPiece(columns, piece.rows)])
    same(MinuteCube.from_days([there], card=card), MinuteCube.from_days([day]))
    np.testing.assert_array_equal(there.fields.pick("volume", np.array([3, 700, 1999])), whole[[3, 700, 1999]])


@pytest.mark.parametrize("duplicates", ["first", "last", "error"])
def test_a_day_with_bars_given_twice_is_written_on_the_host(duplicates: str) -> None:
    day = dirty(2000, 1)
    twice = np.r_[np.arange(2000), 5, 800]
    fields = Columns({name: [np.r_[day.fields[name], 1.0, day.fields[name][800]]] for name in day.fields})
    day = DayRows(day.date, day.symbols, day.code[twice], day.minute[twice], day.role[twice], day.clock[twice], fields,
                  day.session, "test")  # fmt: skip
    card, reports = ShimCard(), (InputReport(), InputReport())
    days = [dirty(1000, 2), day]
    if duplicates == "error":
        with pytest.raises(DuplicateBarsError, match="1 bars differ"):
            MinuteCube.from_days([on_card(d, card) for d in days], card=card)
        return
    there = MinuteCube.from_days([on_card(d, card) for d in days], card=card, duplicates=duplicates, report=reports[0])
    same(there, MinuteCube.from_days(days, duplicates=duplicates, report=reports[1]))
    assert reports[0].quality.pop("days with bars given twice, written on the host") == 1
    assert reports[0] == reports[1]


def test_an_auction_given_twice_is_merged_on_the_host() -> None:
    day = dirty(2000, 4, auctions=True)
    twice = np.r_[np.arange(2000), np.flatnonzero(day.role)[:1]]
    fields = Columns({name: [day.fields[name][twice]] for name in day.fields})
    day = DayRows(day.date, day.symbols, day.code[twice], day.minute[twice], day.role[twice], day.clock[twice], fields,
                  day.session, "test")  # fmt: skip
    card, report = ShimCard(), InputReport()
    same(MinuteCube.from_days([on_card(day, card)], card=card, report=report), MinuteCube.from_days([day]))
    assert report.quality["days with bars given twice, written on the host"] == 1


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
    for name in ("reset_index", "columns", "index", "from_pandas"):
        assert hasattr(cudf.DataFrame, name), name
    assert callable(cudf.from_pandas)
