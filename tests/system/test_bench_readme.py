"""The README's tables of ratios are those of the committed results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import publish
from bench.report import results

FILES = sorted(publish.RESULTS.glob("*.json"))


def test_the_readme_says_what_was_measured() -> None:
    text = publish.README.read_text(encoding="utf-8")
    assert "<!-- bench:cpu -->" in text
    assert publish.readme(text) == text, "python -m bench.publish makes the README's tables from bench/results"


def test_there_are_results() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_committed_results(path: Path) -> None:
    """Absolute times are a GPU's only, hosts have no names, and the file is named by its machine."""
    found = results.read(path)
    assert path.stem == publish.slug(found.machine)
    assert not {"node", "host", "hostname", "user"} & set(json.dumps(found.machine).replace('"', " ").split())
    for one in found.entries:
        assert "seconds" not in one or "gpu" in found.machine
        assert {"group", "row", "column", "ratio"} <= set(one)


def test_a_changed_figure_shows(tmp_path: Path) -> None:
    path = FILES[0]
    found = results.read(path)
    one = next(one for one in found.group("twelve") if one["row"] == "pandas")
    one["times"] = 12345.0
    results.write(found, tmp_path / path.name)
    text = publish.README.read_text(encoding="utf-8")
    assert "12,300" in publish.readme(text, tmp_path)
    assert publish.readme(text, tmp_path) != text
