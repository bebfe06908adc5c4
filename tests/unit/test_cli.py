"""The command line: what it prints, where, and the exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import factors
from factors import cli
from factors.errors import StoreLocked
from factors.store.store import Store, read_store

ROOT = Path(__file__).resolve().parents[2]
NAMES = "return_intraday,VP"


@pytest.fixture(autouse=True)
def _restore_warnings() -> Iterator[None]:
    before = warnings.showwarning
    yield
    warnings.showwarning = before


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated days."""
    folder = tmp_path_factory.mktemp("bars")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["simulate", str(folder), "--stocks", "6", "--days", "2", "--seed", "7"])
    assert stopped.value.code == 0
    return folder


def call(*args: str | Path) -> int:
    """Run the command line in this process and return its exit code."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(arg) for arg in args])
    return int(stopped.value.code or 0)


def test_list_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--core") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["name", "family", "min_bars", "inputs", "unit", "summary"]
    assert len(lines) == 51
    assert err == "50 factors\n"
    assert any(line.startswith("return_intraday ") for line in lines)
    assert call("list", "--text", "drawdown") == 0
    assert "intraday_maxdrawdown" in capsys.readouterr().out


def test_list_refuses_an_unknown_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--family", "Q") == 2
    assert "family='Q' is unknown" in capsys.readouterr().err


def test_describe(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("describe", "VP") == 0
    assert capsys.readouterr().out.startswith("VP: ")
    assert call("describe", "VQ") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("factors: unknown factor 'VQ'")
    assert "Traceback" not in err


def test_simulate_writes_a_file_per_day(bars: Path) -> None:
    names = sorted(path.name for path in bars.iterdir())
    assert names == ["2024-01-08.parquet", "2024-01-09.parquet"]
    day = pd.read_parquet(bars / names[1])
    assert (day["datetime"].dt.strftime("%Y-%m-%d") == "2024-01-09").all()
    pd.testing.assert_frame_equal(
        pd.concat([pd.read_parquet(bars / name) for name in names], ignore_index=True),
        factors.simulate_bars(stocks=6, days=2, seed=7),
    )


def test_compute_prints(bars: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("compute", bars / "2024-01-08.parquet", "--factors", NAMES) == 0
    out, err = capsys.readouterr()
    assert "return_intraday" in out
    assert "2024-01-08" in out
    assert "stock-days, 2 factors; " in err


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_compute_writes(bars: Path, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"out.{suffix}"
    assert call("compute", bars / "*.parquet", "--factors", NAMES, "--output", output, "--backend", "cpu") == 0
    expected = factors.compute(str(bars / "*.parquet"), NAMES.split(","), backend="cpu")
    found = pd.read_parquet(output) if suffix == "parquet" else pd.read_csv(output, parse_dates=["date"])
    found = found.set_index(["date", "symbol"])
    pd.testing.assert_frame_equal(found, expected, check_index_type=False, check_exact=suffix == "parquet")
    if suffix == "parquet":
        about = pd.read_parquet(output).attrs["minute_factors"]
        assert list(about["factors"]) == NAMES.split(",")
        assert "seconds" not in about
    assert [path.name for path in tmp_path.iterdir()] == [output.name]


def test_compute_takes_several_files(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(bars.glob("*.parquet"))
    assert call("compute", *files, "--factors", NAMES, "--output", tmp_path / "out.parquet") == 0
    assert "12 stock-days" in capsys.readouterr().err
    expected = factors.compute(str(bars / "*.parquet"), NAMES.split(","))
    found = pd.read_parquet(tmp_path / "out.parquet").set_index(["date", "symbol"])
    pd.testing.assert_frame_equal(found, expected, check_index_type=False, check_exact=True)
    assert call("compute") == 2


def test_compute_takes_columns_by_role(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    renamed = tmp_path / "renamed.parquet"
    pd.read_parquet(bars / "2024-01-08.parquet").rename(columns={"close": "px"}).to_parquet(renamed)
    assert call("compute", renamed, "--factors", "return_intraday") == 2
    assert "px" in capsys.readouterr().err
    assert call("compute", renamed, "--factors", "return_intraday", "--schema", "close=px") == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--output", "out.xlsx"], "must end in .parquet or .csv"),
        (["--factors", "return_intrady"], "Did you mean 'return_intraday'"),
        (["--engine", "matrx"], "Did you mean 'matrix'"),
        (["--session", "XSHH"], "session='XSHH' is unknown"),
        (["--volume-unit", "lots"], "number of shares"),
    ],
)
def test_wrong_options_exit_2(bars: Path, capsys: pytest.CaptureFixture[str], args: list[str], told: str) -> None:
    assert call("compute", bars / "2024-01-08.parquet", *args) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "args",
    [["--outside", "keep"], ["--duplicates", "lasst"], ["--tz", "Asia/Shanghia"], ["--label", "middle"],
     ["--volume-unit", "-1"], ["--threads", "0"]],
    ids=lambda args: args[0],
)  # fmt: skip
def test_wrong_options_of_a_batch_exit_2(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    assert call("batch", bars, tmp_path / "store", "--factors", NAMES, *args) == 2
    assert args[0].removeprefix("--").replace("-", "_") in capsys.readouterr().err.replace("-", "_")
    assert not (tmp_path / "store").exists()


def test_simulate_into_what_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/x")):
        assert call("simulate", target, "--stocks", "2") == 2
        err = capsys.readouterr().err
        assert err.startswith(f"factors: {target} cannot be made a folder: ")
        assert "Traceback" not in err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--version") == 0
    assert capsys.readouterr().out == f"minute-factors {factors.__version__}\n"


def test_notes_about_the_input_are_told_once(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in bars.iterdir():
        frame = pd.read_parquet(path)
        frame.assign(volume=frame["volume"] / 100).to_parquet(tmp_path / path.name)
    day = tmp_path / "2024-01-08.parquet"
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for _ in range(2):
            assert call("compute", day, "--factors", NAMES) == 0
            assert capsys.readouterr().err.count("note: volume is in lots of 100") == 1
        assert call("batch", tmp_path, tmp_path / "store", "--factors", NAMES) == 0
    out, err = capsys.readouterr()
    assert out.count("note: volume is in lots of 100: multiplied by 100. (2024-01-08 and 1 more day)") == 1
    assert "lots" not in err


def test_an_output_that_cannot_be_written(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "nowhere" / "out.csv"
    assert call("compute", bars / "2024-01-08.parquet", "--factors", NAMES, "--output", output) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_no_device_exits_4(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not factors.backends.available()["gpu"].startswith("unavailable"):
        pytest.skip("this machine has a GPU")
    assert call("compute", bars / "2024-01-08.parquet", "--backend", "gpu") == 4
    assert call("batch", bars, tmp_path / "store", "--backend", "gpu") == 4
    assert "backend 'gpu' cannot be used" in capsys.readouterr().err
    assert not (tmp_path / "store").exists()


def test_batch(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    assert call("batch", bars, store, "--factors", NAMES) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed, 0 skipped"
    assert call("batch", bars, store, "--factors", NAMES) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed, 2 skipped"
    expected = factors.compute(str(bars / "*.parquet"), NAMES.split(","))
    pd.testing.assert_frame_equal(read_store(store), expected, check_exact=True)


def test_batch_exit_codes(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, folder = tmp_path / "store", tmp_path / "in"
    assert call("batch", bars) == 2
    assert call("batch", tmp_path / "nowhere", store) == 2
    folder.mkdir()
    (folder / "2024-01-08.parquet").write_bytes((bars / "2024-01-08.parquet").read_bytes()[:-9])
    assert call("batch", folder, store, "--factors", NAMES) == 1
    day = pd.read_parquet(bars / "2024-01-09.parquet")
    (folder / "2024-01-08.parquet").unlink()
    day[day["datetime"] <= "2024-01-09 14:10"].to_parquet(folder / "day.parquet")
    assert call("batch", folder, store, "--factors", NAMES, "--min-coverage", "0.9") == 3
    assert "partial day, not published: the last bar is 79.2% into the session" in capsys.readouterr().out
    with Store(store).writing("other"):
        assert call("batch", folder, store, "--factors", NAMES) == 75
    assert f"held by process {os.getpid()} on " in capsys.readouterr().err


def test_batch_says_what_was_interrupted(
    bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("factors.batch.identity.compute_factors", interrupted)
    assert call("batch", bars, tmp_path / "store", "--factors", NAMES) == 130
    assert "stopped by SIGINT; 2 days not taken on\n0 passed, 0 failed, 0 skipped" in capsys.readouterr().out


def test_missing_fields_are_told_once(bars: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for day in bars.iterdir():
        pd.read_parquet(day).drop(columns=["amount"]).to_parquet(tmp_path / day.name)
    assert call("batch", tmp_path, tmp_path / "store") == 0
    assert capsys.readouterr().out.count("the input has no amount") == 1
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert call("compute", tmp_path / "2024-01-08.parquet") == 0
    assert "warning: the input has no amount" in capsys.readouterr().err


def test_unexpected_errors_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("factors.catalogue.describe", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["describe", "VP"])


@pytest.mark.usefixtures("needs_compiler")
def test_warmup(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("warmup", "--factors", "VP,VR") == 0
    assert "VP,VR for XSHG: ready after" in capsys.readouterr().out
    assert call("warmup", "--session", "XSHX") == 2


def test_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("doctor") == 0
    out = capsys.readouterr().out
    for what in ("python", "numpy", "pandas", "pyarrow", "backend cpu", "backend gpu", "engine fused", "time zones"):
        assert f" {what} " in out
    monkeypatch.setattr("factors.doctor.REQUIRED", ("no-such-package",))
    assert call("doctor") == 1
    assert "!! no-such-package  not installed: pip install no-such-package" in capsys.readouterr().out


def test_python_m_factors_and_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "factors", "batch", "--help"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "factors batch" in done.stdout
    assert "Exit codes" in done.stdout


def test_exit_codes_of_errors() -> None:
    assert cli._exit_code(StoreLocked("held")) == 75


def test_reference_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("latex2mathml", reason="the package latex2mathml is not installed (the extra `docs`)")
    assert call("reference", tmp_path / "page.html", "--factors", NAMES) == 0
    assert "page.html written" in capsys.readouterr().err
    assert '<article id="VP"' in (tmp_path / "page.html").read_text()
    assert call("reference", tmp_path / "page.txt") == 2
    assert "page.txt: the name must end in .html" in capsys.readouterr().err
