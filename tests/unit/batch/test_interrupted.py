"""What signals and a second run leave of a batch: whole days, and a store the next run finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factors.errors import StoreLocked
from factors.store.store import read_store
from tests.support.batch_tools import DAYS, all_are, contents, outcomes, run

ROOT = Path(__file__).resolve().parents[3]
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals")


class Child:
    """A batch in a process of its own, paused in front of every day."""

    def __init__(self, inputs: Path, store: Path, pause: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.batch_tools", str(inputs), str(store)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PAUSE": str(pause)},
        )  # fmt: skip

    def wait_for(self, line: str) -> None:
        assert self.process.stdout is not None
        for found in self.process.stdout:
            if found.strip() == line:
                return
        raise AssertionError(f"no {line!r}: {self.end()}")

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def child(inputs: Path, store: Path) -> Iterator[Child]:
    one = Child(inputs, store, pause=0.5)
    yield one
    if one.process.poll() is None:
        one.process.kill()
        one.process.wait()
    for pipe in (one.process.stdout, one.process.stderr):
        if pipe is not None:
            pipe.close()


@posix
def test_kill_leaves_whole_days_and_the_next_run_finishes(child: Child, inputs: Path, store: Path) -> None:
    child.wait_for(f"computing {DAYS[1]}")
    child.process.send_signal(signal.SIGKILL)
    assert child.end()[0] == -signal.SIGKILL
    assert list(contents(store)) == [f"{DAYS[0]}.parquet"]
    assert len(read_store(store)) == 2
    assert outcomes(run(inputs, store)) == {**all_are("passed"), DAYS[0]: "skipped"}
    assert list((store / ".staging").iterdir()) == []


@posix
def test_a_second_run_is_refused(child: Child, inputs: Path, store: Path) -> None:
    child.wait_for(f"computing {DAYS[0]}")
    with pytest.raises(StoreLocked, match=f"process {child.process.pid} on "):
        run(inputs, store)
    code, out, _ = child.end()
    assert code == 0
    assert "3 passed, 0 failed, 0 skipped" in out


@posix
def test_sigterm_finishes_the_day_and_takes_no_other(child: Child, inputs: Path, store: Path) -> None:
    child.wait_for(f"computing {DAYS[1]}")
    child.process.send_signal(signal.SIGTERM)
    code, out, err = child.end()
    assert code == 1, err
    assert "2 passed, 0 failed, 0 skipped" in out
    assert "stopped by SIGTERM; 1 days not taken on" in out
    assert list(contents(store)) == [f"{date}.parquet" for date in DAYS[:2]]


@posix
def test_sigint_abandons_the_day(child: Child, inputs: Path, store: Path) -> None:
    child.wait_for(f"computing {DAYS[1]}")
    time.sleep(0.1)
    child.process.send_signal(signal.SIGINT)
    code, out, err = child.end()
    assert code == 130, err
    assert "1 passed, 0 failed, 0 skipped" in out
    assert list(contents(store)) == [f"{DAYS[0]}.parquet"]
    assert json.loads((store / "_meta" / "report.json").read_text())["stopped"] == "SIGINT"
    assert outcomes(run(inputs, store)) == {**all_are("passed"), DAYS[0]: "skipped"}
