"""The README's examples run and print what it says; its commands exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


def test_examples() -> None:
    text = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL))
    parser = doctest.DocTestParser()
    test = parser.get_doctest(text, {}, "README.md", str(README), 0)
    assert len(test.examples) > 10
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test).failed == 0


def test_docstrings_of_the_public_functions() -> None:
    import importlib

    for name in ("factors", "factors.definitions.decorators", "factors.catalogue", "factors.compute"):
        assert doctest.testmod(importlib.import_module(name)).failed == 0, name


def test_make_targets_named_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_no_file_is_too_long() -> None:
    for folder in ("factors", "tests", "bench", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_no_folder_is_too_full() -> None:
    for folder in ("factors", "tests", "bench", "examples"):
        for path in (ROOT / folder, *(ROOT / folder).rglob("*/")):
            code = [file for file in path.iterdir() if file.suffix in {".py", ".h", ".cpp", ".cu"}]
            assert len(code) <= 12, path


def test_nothing_imports_a_test() -> None:
    """What tests share is in `tests/support`."""
    pattern = re.compile(r"^\s*(from|import) tests\b.*\btest_", re.MULTILINE)
    for path in (ROOT / "tests").rglob("*.py"):
        assert not pattern.search(path.read_text(encoding="utf-8")), path
