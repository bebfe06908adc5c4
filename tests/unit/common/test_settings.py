"""Environment variables that the library reads."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import factors
from factors.common.settings import SETTINGS, setting
from factors.doctor import doctor

ROOT = Path(factors.__file__).parent


def test_set_to_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "")
    assert setting("CXX") == ""
    monkeypatch.delenv("CXX")
    assert setting("CXX") is None
    with pytest.raises(KeyError, match="FACTORS_CASH is none of the library's settings"):
        setting("FACTORS_CASH")


def test_no_other_file_reads_the_environment() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    readers = [name for name, text in texts.items() if re.search(r"os\.environ|getenv", text)]
    assert readers == ["common/settings.py"]
    assert {name for text in texts.values() for name in re.findall(r"\bFACTORS_[A-Z]+", text)} <= {*SETTINGS}


def test_the_doctor_tells_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in set(SETTINGS) & set(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("FACTORS_PROGRESS", "0")
    told = {finding.what: finding.found for finding in doctor()}
    assert told["FACTORS_PROGRESS"] == f"'0': {SETTINGS['FACTORS_PROGRESS']}"
    assert told["FACTORS_CXXFLAGS"] == f"{SETTINGS['FACTORS_CXXFLAGS']} (not set)"
    assert set(told) >= set(SETTINGS)
