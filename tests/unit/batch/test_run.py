"""The nightly batch: what is done, skipped, done again and withheld."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import factors
from factors import ops as m
from factors.batch import run_batch
from factors.data.simulate.bars import simulate_days
from factors.definitions.decorators import REGISTRY
from factors.errors import ArgumentError, BackendUnavailable, InputError, StoreError, UnknownFactorError
from factors.store import store as store_module
from factors.store.store import Store, read_store
from tests.support.batch_tools import DAYS, SYMBOLS, all_are, contents, fake, outcomes, run, write


def test_days_are_done_once(inputs: Path, store: Path) -> None:
    first = run(inputs, store)
    assert outcomes(first) == all_are("passed")
    assert first.exit_code == 0
    assert str(first).splitlines()[-1] == "3 passed, 0 failed, 0 skipped"
    before = contents(store)
    second = run(inputs, store)
    assert outcomes(second) == all_are("skipped")
    assert second.exit_code == 0
    assert str(second).splitlines()[-1] == "0 passed, 0 failed, 3 skipped"
    assert contents(store) == before
    frame = read_store(store)
    assert frame.index.names == ["date", "symbol"]
    assert len(frame) == 6
    assert (frame["shares"] == 24_000).all()


def test_a_new_day_is_all_that_is_done(inputs: Path, store: Path) -> None:
    run(inputs, store)
    write(inputs, "2024-01-11")
    assert outcomes(run(inputs, store)) == {**all_are("skipped"), "2024-01-11": "passed"}


def test_force_gives_the_same_bytes(inputs: Path, store: Path) -> None:
    run(inputs, store)
    before = contents(store)
    assert outcomes(run(inputs, store, force=True)) == all_are("passed")
    assert contents(store) == before


def test_a_damaged_or_missing_file_is_done_again(inputs: Path, store: Path) -> None:
    run(inputs, store)
    before = contents(store)
    cut, gone, rotten = (Store(store).day_path(date) for date in DAYS)
    cut.write_bytes(cut.read_bytes()[:-7])
    gone.unlink()
    rotten.write_bytes(rotten.read_bytes()[:-1] + b"?")
    assert outcomes(run(inputs, store)) == all_are("passed")
    assert contents(store) == before


def test_a_manifest_of_other_factors_or_options_is_done_again(inputs: Path, store: Path) -> None:
    run(inputs, store, factors=["last"])
    assert outcomes(run(inputs, store, factors=["last", "shares"])) == all_are("passed")
    assert outcomes(run(inputs, store, factors=["last", "shares"], label="left")) == all_are("passed")
    assert outcomes(run(inputs, store, factors=["last", "shares"], label="left", backend="cpu")) == all_are("skipped")


def test_a_changed_input_is_done_again(inputs: Path, store: Path) -> None:
    run(inputs, store)
    write(inputs, DAYS[1], close=11.0)
    assert outcomes(run(inputs, store)) == {**all_are("skipped"), DAYS[1]: "passed"}
    assert read_store(store)["last"].tolist() == [10, 10, 11, 11, 10, 10]


def test_the_same_content_elsewhere_or_touched_is_skipped(inputs: Path, store: Path) -> None:
    run(inputs, store)
    os.utime(inputs / f"{DAYS[0]}.parquet")
    moved = inputs.rename(inputs.with_name("moved"))
    assert outcomes(run(moved, store)) == all_are("skipped")


def test_verify_finds_a_change_that_kept_size_and_time(inputs: Path, store: Path) -> None:
    run(inputs, store)
    path = inputs / f"{DAYS[0]}.parquet"
    stat, size = path.stat(), path.stat().st_size
    write(inputs, DAYS[0], close=11.0)
    assert path.stat().st_size == size, "the test needs a change that keeps the size"
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert outcomes(run(inputs, store)) == all_are("skipped")
    assert outcomes(run(inputs, store, verify=True)) == {**all_are("skipped"), DAYS[0]: "passed"}


def test_files_of_one_day_are_computed_together(tmp_path: Path, store: Path) -> None:
    for date in DAYS:
        write(tmp_path / "in" / "sh", date, symbols=["600000.XSHG"])
        write(tmp_path / "in" / "sz", date, symbols=["000001.XSHE"])
    assert outcomes(run(tmp_path / "in", store)) == all_are("passed")
    assert read_store(store).index.get_level_values("symbol").tolist() == [*SYMBOLS] * 3
    assert outcomes(run([tmp_path / "in" / "sh", str(tmp_path / "in" / "sz")], store)) == all_are("skipped")


def test_a_file_of_many_days_is_split(tmp_path: Path, store: Path) -> None:
    path = write(tmp_path, *DAYS, name="week")
    assert outcomes(run(path, store)) == all_are("passed")
    assert list(contents(store)) == [f"{date}.parquet" for date in DAYS]
    assert outcomes(run(path, store)) == all_are("skipped")
    Store(store).day_path(DAYS[1]).unlink()
    assert outcomes(run(path, store)) == {**all_are("skipped"), DAYS[1]: "passed"}


def test_a_file_per_stock_gives_whole_days(tmp_path: Path, store: Path) -> None:
    for symbol in SYMBOLS:
        write(tmp_path / "in", *DAYS, name=symbol, symbols=[symbol])
    assert outcomes(run(str(tmp_path / "in" / "*.parquet"), store)) == all_are("passed")
    assert len(read_store(store)) == 6


def test_a_long_list_of_inputs_is_kept_once(tmp_path: Path, store: Path) -> None:
    symbols = [f"{number:06d}.XSHE" for number in range(25)]
    for symbol in symbols:
        write(tmp_path / "in", *DAYS[:2], name=symbol, symbols=[symbol])
    report = run(tmp_path / "in", store)
    assert report.exit_code == 0
    assert report.days[0].files[-1] == "and 5 more"
    (kept,) = (store / "_meta" / "inputs").iterdir()
    assert len(json.loads(kept.read_text())) == 25
    manifest = json.loads((store / "_meta" / "manifest" / f"{DAYS[0]}.json").read_text())
    assert "inputs" not in manifest
    assert kept.stem == manifest["inputs_key"]
    assert set(outcomes(run(tmp_path / "in", store)).values()) == {"skipped"}
    (tmp_path / "in" / f"{symbols[3]}.parquet").write_bytes(b"")
    assert set(outcomes(run(tmp_path / "in", store)).values()) == {"failed"}
    write(tmp_path / "in", *DAYS[:2], name=symbols[3], symbols=[symbols[3]])
    kept.write_text("[")
    assert set(outcomes(run(tmp_path / "in", store)).values()) == {"passed"}


def test_a_failing_day_does_not_stop_the_others(inputs: Path, store: Path) -> None:
    def poison(files: Sequence[str], **options: Any) -> pd.DataFrame:
        if DAYS[1] in files[0]:
            raise ZeroDivisionError("a bug")
        return fake(files)

    report = run(inputs, store, compute=poison)
    assert outcomes(report) == {**all_are("passed"), DAYS[1]: "failed"}
    assert report.exit_code == 1
    assert "ZeroDivisionError: a bug" in str(report)
    log = [json.loads(line) for line in (store / "_meta" / "runs" / f"{report.run}.jsonl").read_text().splitlines()]
    assert [line["day"] for line in log] == list(DAYS)
    assert "poison" in log[1]["traceback"]
    assert json.loads((store / "_meta" / "report.json").read_text())["exit_code"] == 1
    assert outcomes(run(inputs, store)) == {**all_are("skipped"), DAYS[1]: "passed"}


def test_a_truncated_input_fails_its_day_only(inputs: Path, store: Path) -> None:
    path = inputs / f"{DAYS[0]}.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    report = run(inputs, store)
    assert outcomes(report) == {**all_are("passed"), DAYS[0]: "failed"}
    assert path.name in report.days[0].message
    path.write_bytes(b"")
    assert outcomes(run(inputs, store)) == {**all_are("skipped"), DAYS[0]: "failed"}


def test_a_day_is_not_computed_without_its_truncated_half(tmp_path: Path, store: Path) -> None:
    for date in DAYS:
        write(tmp_path / "in", date, name=f"sh_{date}", symbols=["600000.XSHG"])
        write(tmp_path / "in", date, name=f"sz{date.replace('-', '')}", symbols=["000001.XSHE"])
    (tmp_path / "in" / "sz20240109.parquet").write_bytes(b"PAR1")
    report = run(tmp_path / "in", store)
    assert outcomes(report) == {**all_are("passed"), DAYS[1]: "failed"}
    assert not Store(store).day_path(DAYS[1]).exists()
    assert len(report.days) == 3


def test_a_known_file_that_is_damaged_later_holds_its_days_back(tmp_path: Path, store: Path) -> None:
    for symbol in SYMBOLS:
        write(tmp_path / "in", *DAYS, name=symbol, symbols=[symbol])
    run(tmp_path / "in", store)
    before = contents(store)
    (tmp_path / "in" / f"{SYMBOLS[0]}.parquet").write_bytes(b"")
    assert run(tmp_path / "in", store).exit_code == 1
    assert contents(store) == before


def test_an_empty_result_never_replaces_a_day(inputs: Path, store: Path) -> None:
    run(inputs, store)
    before = contents(store)
    report = run(inputs, store, force=True, compute=lambda files, **_: fake(files).iloc[:0])
    assert outcomes(report) == all_are("failed")
    assert "no stock-days" in report.days[0].message
    report = run(inputs, store, force=True, compute=lambda files, **_: fake(files) * float("nan"))
    assert outcomes(report) == all_are("withheld")
    assert report.exit_code == 3
    assert contents(store) == before


def test_fewer_stocks_replace_a_day_only_by_force(inputs: Path, store: Path) -> None:
    run(inputs, store)
    write(inputs, DAYS[0], symbols=SYMBOLS[:1])
    report = run(inputs, store)
    assert outcomes(report) == {**all_are("skipped"), DAYS[0]: "withheld"}
    assert report.exit_code == 3
    assert "1 stocks would replace 2" in str(report)
    assert outcomes(run(inputs, store, force=True)) == all_are("passed")


def test_a_partial_day_is_withheld(inputs: Path, store: Path) -> None:
    def partial(files: Sequence[str], **options: Any) -> pd.DataFrame:
        frame = fake(files)
        if DAYS[2] in files[0]:
            frame.attrs["minute_factors"]["days"] = {DAYS[2]: {"coverage": 0.81, "reach": 0.83}}
        return frame

    report = run(inputs, store, compute=partial, min_coverage=0.85)
    assert outcomes(report) == {**all_are("passed"), DAYS[2]: "withheld"}
    assert report.exit_code == 3
    assert "the last bar is 83.0% into the session" in str(report)
    assert str(report).splitlines()[-1] == "2 passed, 1 failed, 0 skipped"
    assert not Store(store).day_path(DAYS[2]).exists()
    report = run(inputs, store, compute=partial, min_coverage=0.82)
    assert "the median stock has 81.0%" in str(report)
    assert outcomes(run(inputs, store, compute=partial)) == {**all_are("skipped"), DAYS[2]: "passed"}


def test_an_input_that_changes_while_it_is_read_is_not_published(inputs: Path, store: Path) -> None:
    def growing(files: Sequence[str], **options: Any) -> pd.DataFrame:
        frame = fake(files)
        os.utime(files[0])
        return frame

    report = run(inputs, store, compute=growing)
    assert outcomes(report) == all_are("failed")
    assert "changed while it was read" in report.days[0].message


def test_no_device_ends_the_run(inputs: Path, store: Path) -> None:
    def no_gpu(files: Sequence[str], **options: Any) -> pd.DataFrame:
        raise BackendUnavailable("no GPU here")

    with pytest.raises(BackendUnavailable, match="no GPU here"):
        run(inputs, store, compute=no_gpu)
    report = json.loads((store / "_meta" / "report.json").read_text())
    assert report["stopped"] == "no GPU here"
    assert report["left"] == 2


def test_a_full_disk_ends_the_run_and_keeps_finished_days(
    inputs: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = store_module.write_through, []

    def full(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(store_module, "write_through", full)
    with pytest.raises(StoreError, match="disk is full"):
        run(inputs, store)
    assert list(contents(store)) == [f"{DAYS[0]}.parquet"]
    monkeypatch.setattr(store_module, "write_through", real)
    assert outcomes(run(inputs, store)) == {**all_are("passed"), DAYS[0]: "skipped"}


def test_wrong_usage_is_told_before_anything_is_made(tmp_path: Path, inputs: Path, store: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        run(tmp_path / "nowhere", store)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no file matches"):
        run(tmp_path / "empty", store)
    with pytest.raises(ArgumentError, match="min_coverage=2"):
        run(inputs, store, min_coverage=2)
    with pytest.raises(UnknownFactorError):
        run_batch(inputs, store, ["no_such_factor"])
    with pytest.raises(ArgumentError, match="engine='fussed'"):
        run_batch(inputs, store, engine="fussed")
    assert not store.exists()


def test_a_store_inside_the_input_folder_is_not_read(inputs: Path) -> None:
    run(inputs, inputs / "store")
    assert outcomes(run(inputs, inputs / "store")) == all_are("skipped")


def test_hidden_and_foreign_files_are_left_out(inputs: Path, store: Path) -> None:
    write(inputs / ".tmp", "2024-01-12")
    write(inputs / "_old", "2024-01-12")
    write(inputs, "2024-01-12", name=".2024-01-12")
    (inputs / "README.txt").write_text("bars")
    assert outcomes(run(inputs, store)) == all_are("passed")


def test_the_report_says_where_the_time_went(inputs: Path, store: Path) -> None:
    def timed(files: Sequence[str], **options: Any) -> pd.DataFrame:
        frame = fake(files)
        frame.attrs["minute_factors"]["seconds"] = {"read": 1.0, "prepare": 2.0, "compute": 3.0, "total": 6.0}
        return frame

    report = run(inputs, store, compute=timed)
    assert {stage: report.seconds[stage] for stage in ("read", "prepare", "compute")} == {
        "read": 3.0, "prepare": 6.0, "compute": 9.0,
    }  # fmt: skip
    assert 0 < report.seconds["write"] < report.elapsed
    assert report.days[0].seconds["read"] == 1.0


def test_progress_is_silent_unless_someone_looks(
    inputs: Path, store: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(inputs, store)
    assert capfd.readouterr() == ("", "")
    run(inputs, store, progress=True, force=True)
    assert "3/3" in capfd.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FACTORS_PROGRESS", "0")
    run(inputs, store, force=True)
    assert capfd.readouterr() == ("", "")


def test_other_factor_sets_in_the_store_are_noted(inputs: Path, store: Path) -> None:
    run(inputs, store)
    report = run(inputs / f"{DAYS[0]}.parquet", store, factors=["last"])
    assert report.notes == ["2 other days of this store were made with other factors, options or library version."]


def test_each_file_is_a_unit_where_midnight_ends_the_day(tmp_path: Path, store: Path) -> None:
    days = ["2024-01-08", "2024-01-09", "2024-01-10"]
    for day, frame in zip(days, simulate_days(stocks=3, days=3, session="24H", kinds={}), strict=True):
        assert str(frame["datetime"].max()) > f"{day} 23:59:00"
        frame.to_parquet(store.with_name(f"{day}.parquet"))
    units = []

    def watched(files: Sequence[str], **options: Any) -> pd.DataFrame:
        units.append([Path(file).stem for file in files])
        return factors.compute(files, **options)

    report = run(tmp_path, store, compute=watched, factors=["return_intraday"])
    assert outcomes(report) == dict.fromkeys(days, "passed")
    assert units == [[day] for day in days]


def test_days_are_those_of_the_exchange(tmp_path: Path, store: Path) -> None:
    """UTC times of a session that reaches into the next day in UTC."""
    session = factors.Session("EVE", "America/New_York", ((18 * 60, 22 * 60),))
    for frame in simulate_days(stocks=3, days=3, session=session, kinds={}):
        frame["datetime"] = frame["datetime"].dt.tz_localize(session.tz).dt.tz_convert("UTC")
        frame.to_csv(tmp_path / f"{len(list(tmp_path.iterdir()))}.csv.gz", index=False)
    options: dict[str, Any] = {"factors": ["return_intraday"], "session": session, "label": "right"}
    report = run_batch(tmp_path, store, **options)
    assert outcomes(report) == all_are("passed")
    assert [Path(day.files[0]).name for day in report.days] == ["0.csv.gz", "1.csv.gz", "2.csv.gz"]
    assert outcomes(run_batch(tmp_path, store, **options)) == all_are("skipped")


def test_a_custom_factor_that_changed_is_done_again(inputs: Path, store: Path) -> None:
    def custom_range(high: Any, low: Any) -> Any:
        return m.max(high) - m.min(low)

    first = factors.factor(custom_range)
    try:
        assert outcomes(run_batch(inputs, store, [first])) == all_are("passed")
        assert outcomes(run_batch(inputs, store, [first])) == all_are("skipped")

        def custom_range(high: Any, low: Any) -> Any:  # type: ignore[no-redef]
            return m.max(high) / m.min(low)

        assert outcomes(run_batch(inputs, store, [factors.factor(custom_range)])) == all_are("passed")
    finally:
        REGISTRY.factors.pop("custom_range")
