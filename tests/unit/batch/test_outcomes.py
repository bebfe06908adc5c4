"""When a progress bar is shown."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from factors.batch.outcomes import Progress, is_hidden


@pytest.mark.parametrize(
    ("total", "progress", "terminal", "shown"),
    [
        (2, True, False, True), (2, False, True, False), (2, None, True, True), (2, None, False, False),
        (0, True, True, False),
    ],
)  # fmt: skip
def test_a_bar_is_shown_as_asked_or_where_someone_looks(
    total: int, progress: bool | None, terminal: bool, shown: bool,
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("FACTORS_PROGRESS", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    with Progress(total, progress) as bar:
        bar.more(1)
        bar.step("2024-01-08", 7)
    assert bar.bar.total == total + 1
    out, err = capfd.readouterr()
    assert not out
    assert bool(err) == shown
    if shown:
        assert "2024-01-08" in err
        assert "1/3" in err
        assert "stocks/s" in err


def test_a_notebook_shows_it_and_a_process_without_standard_error_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACTORS_PROGRESS", raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert is_hidden(None) is False
    monkeypatch.setattr(sys, "stderr", None)
    assert is_hidden(None) is True
