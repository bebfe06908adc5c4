"""What a batch run tells: notes about the input, progress, the report's form, columns that would be lost."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from factors.batch import BatchReport
from factors.batch.outcomes import Progress
from factors.errors import InputWarning
from factors.store.store import Store, read_store
from tests.support.batch_tools import DAYS, fake, outcomes, run, write

ROOT = Path(__file__).resolve().parents[3]


def noting(files: Sequence[str], **options: Any) -> pd.DataFrame:
    """Compute with a note for every day, one for the last, and one that counts rows; warn of each too."""
    frame = fake(files)
    number = DAYS.index(Path(files[0]).stem) if Path(files[0]).stem in DAYS else 0
    notes = ["volume is in lots of 100: multiplied by 100.", f"{number + 10} of 480 rows: price <= 0"]
    notes += ["an odd day."] if DAYS[2] in files[0] else []
    frame.attrs["minute_factors"]["input"]["notes"] = notes
    for note in notes:
        warnings.warn(note, InputWarning, stacklevel=2)
    return frame


def test_notes_about_the_input_are_told_once(inputs: Path, store: Path) -> None:
    report = run(inputs, store, compute=noting)
    assert report.notes == [
        f"volume is in lots of 100: multiplied by 100. ({DAYS[0]} and 2 more days)",
        f"10 of 480 rows: price <= 0 ({DAYS[0]} and 2 more days)",
        f"an odd day. ({DAYS[2]})",
    ]
    assert str(report).count("note: ") == 3
    assert "note: volume is in lots of 100" in str(report)
    assert report.to_dict()["notes"] == report.notes


def test_notes_of_a_file_of_many_days_count_its_days(tmp_path: Path, store: Path) -> None:
    report = run(write(tmp_path, *DAYS, name="week"), store, compute=noting)
    assert report.notes[0].endswith(f"({DAYS[0]} and 2 more days)")


def test_notes_that_name_their_day_are_gathered() -> None:
    report = BatchReport("run", "store")
    for date in DAYS:
        report.note(f"{date} may be a half day.", [date])
    report.note(f"{DAYS[0]} is odd.", [DAYS[0]])
    assert report.notes == [f"{DAYS[0]} may be a half day. (this and 2 more days)", f"{DAYS[0]} is odd."]
    for number in range(30):
        report.note(f"note {number}")
    assert str(report).count("note: ") == 20
    assert "... and 12 more notes, in report.json" in str(report)


def test_notes_outlive_an_interruption(inputs: Path, store: Path) -> None:
    def interrupted(files: Sequence[str], **options: Any) -> pd.DataFrame:
        if DAYS[1] in files[0]:
            raise KeyboardInterrupt
        return noting(files)

    with pytest.raises(KeyboardInterrupt) as stop:
        run(inputs, store, compute=interrupted)
    assert f"multiplied by 100. ({DAYS[0]})" in str(stop.value.args[0])


def test_the_report_prints_as_its_table(inputs: Path, store: Path) -> None:
    report = run(inputs, store)
    assert repr(report) == str(report)
    assert repr(report).splitlines()[-1] == "3 passed, 0 failed, 0 skipped"


def test_the_bar_knows_the_days_of_a_file_before_they_are_written(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    step = Progress.step

    def watched(self: Progress, label: str, stocks: int) -> None:
        step(self, label, stocks)
        seen.append((self.bar.n, self.bar.total))

    monkeypatch.setattr(Progress, "step", watched)
    path = write(tmp_path, *DAYS, name="week")
    run(path, store, progress=True)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    seen.clear()
    run(path, store, progress=True)
    assert seen == [(1, 3), (2, 3), (3, 3)]


NOTEBOOK = """
import sys, types
shell = types.SimpleNamespace(config={"IPKernelApp": {}}, kernel=None)
sys.modules["IPython"] = types.ModuleType("IPython")
sys.modules["IPython"].get_ipython = lambda: shell
for name in ("ipykernel", "ipykernel.zmqshell"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["ipywidgets"] = None
from factors.batch.outcomes import Progress
with Progress(2, None) as bar:
    bar.step("2024-01-08", 5)
print(type(bar.bar).__module__)
"""


def test_a_notebook_without_widgets_gets_a_plain_bar() -> None:
    done = subprocess.run([sys.executable, "-c", NOTEBOOK], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "1/2" in done.stderr
    assert "Warning" not in done.stderr
    assert done.stdout.strip() != "tqdm.notebook"


def test_columns_are_lost_only_by_force(inputs: Path, store: Path) -> None:
    def one(files: Sequence[str], **options: Any) -> pd.DataFrame:
        return fake(files)[["last"]]

    run(inputs, store)
    report = run(inputs, store, compute=one, factors=["last"])
    assert set(outcomes(report).values()) == {"withheld"}
    assert report.exit_code == 3
    assert "not published: the day in the store has a factor that is not asked for now (shares)" in str(report)
    assert report.notes == []
    assert list(read_store(store).columns) == ["last", "shares"]
    assert set(outcomes(run(inputs, store, compute=one, factors=["last"], force=True)).values()) == {"passed"}
    assert list(read_store(store).columns) == ["last"]
    assert set(outcomes(run(inputs, store)).values()) == {"passed"}
    assert list(read_store(store).columns) == ["last", "shares"]


def test_a_damaged_day_holds_no_columns_back(inputs: Path, store: Path) -> None:
    run(inputs, store)
    path = Store(store).day_path(DAYS[0])
    path.write_bytes(path.read_bytes()[:-3])
    report = run(inputs, store, compute=lambda files, **_: fake(files)[["last"]], factors=["last"])
    assert outcomes(report)[DAYS[0]] == "passed"
