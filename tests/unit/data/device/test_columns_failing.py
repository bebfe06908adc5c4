"""Reading into a GPU's memory where it fails, or where there is too little of that memory."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import factors
from factors import doctor
from factors.data.device.columns import CardColumns
from factors.data.device.storage import CardStorage
from factors.data.reader.reader import open_bars
from factors.data.sources import files, loading
from factors.errors import InputError
from tests.support.agreement import differing
from tests.support.devices import fake_cudf
from tests.support.devices.card_tools import bars_of, day_files
from tests.support.devices.shim import ShimBackend, ShimCard

pytestmark = pytest.mark.usefixtures("needs_compiler")


@pytest.fixture
def device() -> ShimBackend:
    return ShimBackend(cudf=fake_cudf)


class Reading:
    """Reads, and fails where it is told to: at calls of these numbers."""

    def __init__(self, error: Exception, at: Sequence[int]) -> None:
        self.error, self.at, self.calls = error, at, 0

    def tables(self, card: Any) -> Any:
        """Return what a backend returns."""
        return fake_cudf.tables(card, self.read)

    def read(self, options: Any) -> Any:
        """Count, and fail or read."""
        self.calls += 1
        if self.calls - 1 in self.at:
            raise self.error
        return fake_cudf.read_parquet(options)


ROWS = "rows read by pyarrow, not into the GPU's memory"


@pytest.mark.parametrize("error", [MemoryError("no room"), RuntimeError("CUDF failure: unknown codec")])
def test_what_it_does_not_read_pyarrow_reads(
    error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bars = bars_of()
    memory = isinstance(error, MemoryError)
    cudf = Reading(error, [1, 2] if memory else [1])  # no memory, twice: it is tried again with what can be freed
    device = ShimBackend(cudf=cudf)
    found = factors.compute(day_files(bars, tmp_path), backend=device)
    assert differing(found, factors.compute(bars)) == {}
    assert cudf.calls == (4 if memory else 3)
    assert device.card.did.count("free_unused") == memory
    about = found.attrs["minute_factors"]["input"]
    assert about["quality"][ROWS] == len(pq.read_table(sorted(tmp_path.iterdir())[1]))
    assert about["found"]["values"] == "read into the GPU's memory by cuDF 0.0"
    assert f"not read into the GPU's memory ({type(error).__name__}: {error}): pyarrow reads it" in caplog.text


def test_nothing_is_said_to_be_there_that_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bars = bars_of()
    device = ShimBackend(cudf=Reading(RuntimeError("no"), range(99)))
    about = factors.compute(day_files(bars, tmp_path), backend=device).attrs["minute_factors"]["input"]
    assert about["quality"][ROWS] == len(bars)
    assert "values" not in about["found"]
    assert len(caplog.records) == 1  # one warning, however many files


def test_memory_that_can_be_freed_is(tmp_path: Path) -> None:
    bars = bars_of()
    device = ShimBackend(cudf=Reading(MemoryError("no room"), [0]))
    about = factors.compute(day_files(bars, tmp_path), backend=device).attrs["minute_factors"]["input"]
    assert device.card.did.count("free_unused") == 1
    assert ROWS not in about["quality"]


def test_a_part_is_on_one_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = bars_of()
    for symbol, own in bars.groupby("symbol", observed=True):
        own.to_parquet(tmp_path / f"{symbol}.parquet", index=False)
    monkeypatch.setattr(loading, "TOGETHER", len(bars) // 3)
    cudf = Reading(RuntimeError("no"), [3])
    found = factors.compute(tmp_path, backend=ShimBackend(cudf=cudf))
    assert differing(found, factors.compute(bars)) == {}
    assert cudf.calls == 4
    assert found.attrs["minute_factors"]["input"]["quality"][ROWS] == len(bars)


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    class Shorter(Reading):
        def read(self, options: Any) -> Any:
            options.set_row_groups([own[:1] for own in options.groups])
            return fake_cudf.read_parquet(options)

    bars_of(stocks=5).to_parquet(tmp_path / "bars.parquet", row_group_size=500)
    with pytest.raises(InputError, match=r"bars\.parquet: the rows changed while they were read"):
        factors.compute(tmp_path / "bars.parquet", backend=ShimBackend(cudf=Shorter(RuntimeError(), [])))


@pytest.mark.parametrize("by", ["symbol", "nothing"])
def test_of_large_files_only_what_is_wanted_stays(by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = bars_of(stocks=20, days=6).sort_values(["symbol", "datetime"])
    for symbol, own in bars.groupby("symbol", observed=True) if by == "symbol" else [("all", bars)]:
        own.to_parquet(tmp_path / f"{symbol}.parquet", index=False, row_group_size=3000)
    for name in ("AT_ONCE", "CHUNK"):
        monkeypatch.setattr(files, name, len(bars) // 6)
    device = ShimBackend(cudf=fake_cudf)
    reader = open_bars(tmp_path, on=device)
    for number, day in enumerate(reader.days()):
        assert isinstance(day.fields, CardColumns)
        (piece,) = day.fields.table.pieces
        assert all(len(column) < 2.5 * len(day.code) for column in piece.columns.values()), number
    assert number == 5
    assert differing(factors.compute(tmp_path, backend=device), factors.compute(bars)) == {}


def test_a_cube_without_room_is_built_on_the_host(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bars = bars_of(stocks=200, days=2)
    bars.loc[5, "close"] = -1.0
    bars.to_parquet(tmp_path / "bars.parquet")
    device = ShimBackend(memory=2_000_000, cudf=fake_cudf)
    found = factors.compute(tmp_path / "bars.parquet", ["VP"], backend=device)
    pd.testing.assert_frame_equal(found, factors.compute(bars, ["VP"]), rtol=1e-12)
    assert "the GPU has no room for a cube of 2 days" in caplog.text
    assert found.attrs["minute_factors"]["input"]["quality"] == {"close <= 0": 1, "bars without a close": 1}


def test_what_was_counted_before_the_room_ran_out_counts_once(
    tmp_path: Path, device: ShimBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = bars_of(stocks=20, days=2)
    bars.loc[[5, len(bars) - 5], "close"] = -1.0
    bars.to_parquet(tmp_path / "bars.parquet")
    write, written = CardStorage._write, []

    def once(storage: Any, *given: Any) -> bool:
        if written:
            raise MemoryError("no room")
        written.append(1)
        return write(storage, *given)

    monkeypatch.setattr(CardStorage, "_write", once)
    found = factors.compute(tmp_path / "bars.parquet", ["VP"], backend=device)
    assert found.attrs["minute_factors"]["input"]["quality"] == {"close <= 0": 2, "bars without a close": 2}


def test_cudf_is_asked_for_only_where_it_may_read(tmp_path: Path, device: ShimBackend) -> None:
    bars = bars_of(stocks=5, days=1)
    factors.compute(bars, ["VP"], backend=device)
    bars.to_csv(tmp_path / "bars.csv", index=False)
    factors.compute(tmp_path / "bars.csv", ["VP"], backend=device)
    assert device.asked_for_tables == 0


class Short(ShimCard):
    """Has no room for one of the buffers that it is asked for."""

    def __init__(self, without: int) -> None:
        super().__init__()
        self.without, self.asked = without, 0

    def buffer(self, size: int) -> Any:
        """Count, and fail or give."""
        self.asked += 1
        if self.asked == self.without:
            raise MemoryError("no room for this one")
        return super().buffer(size)


def test_whatever_has_no_room_goes_over_the_host(tmp_path: Path) -> None:
    bars = bars_of(stocks=11, days=3)
    bars.sort_values(["symbol", "datetime"]).to_parquet(tmp_path / "bars.parquet", index=False)
    names = ["VP", "return_overnight"]
    wanted, told = factors.compute(bars, names), []
    gc.disable()
    try:
        for without in range(1, 200):
            device = ShimBackend(cudf=fake_cudf)
            card = device.card = Short(without)
            try:
                found = factors.compute(tmp_path / "bars.parquet", names, backend=device)
                assert differing(found, wanted) == {}, without
            except MemoryError as error:  # the factors themselves have to have some
                told.append(str(error))
            assert card.taken() == 0, without  # nothing waits for Python to look for cycles
            if card.asked < without:
                break
    finally:
        gc.enable()
    assert 40 < without < 199
    assert all("no memory for one block" in text for text in told)


def test_the_doctor_reads_a_file_there() -> None:
    device = ShimBackend(cudf=fake_cudf)
    assert doctor.card(device)[-1].found == "cuDF 0.0: reads Parquet into the GPU's memory"
    broken = doctor.card(ShimBackend(cudf=Reading(RuntimeError("no kernel image"), [0])))[-1]
    assert broken.needed
    assert broken.found == "cuDF 0.0 does not read Parquet: RuntimeError: no kernel image"


def test_the_doctor_looks_at_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fake_cudf.Series, "fillna", lambda series, value: fake_cudf.Series(series._column.fill_null(0.0))
    )
    wrong = doctor.card(ShimBackend(cudf=fake_cudf))[-1]
    assert wrong.needed
    assert wrong.found == "cuDF 0.0 reads [1.5, 0.0, -3.0] for 1.5, nothing, -3"
