"""Wrong arguments of a batch end it before anything is made, and say what to pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from factors.batch import run_batch
from factors.errors import ArgumentError
from tests.support.batch_tools import DAYS, run, write


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [
        ("outside", "keep"), ("outside", None), ("duplicates", "lasst"), ("duplicates", 5), ("threads", 0),
        ("threads", "two"), ("threads", True), ("threads", 1.5), ("tz", "Asia/Shanghia"), ("tz", 8),
        ("label", "middle"), ("label", None), ("label", ["left"]), ("volume_unit", "lots"), ("volume_unit", -1),
        ("volume_unit", float("nan")), ("volume_unit", None), ("session", "XSHH"), ("schema", "jointquant"),
        ("schema", 5), ("schema", {"clsoe": "px"}), ("engine", "fussed"), ("engine", None), ("engine", ["loop"]),
        ("storage", "ticks"), ("storage", 8),
        ("backend", "gqu"), ("backend", 5), ("min_coverage", "a"), ("min_coverage", None), ("min_coverage", True),
        ("min_coverage", float("nan")), ("factors", 5), ("factors", []), ("factors", [5]),
    ],
    ids=lambda value: str(value),
)  # fmt: skip
def test_a_wrong_option_is_told_first(tmp_path: Path, argument: str, wrong: Any) -> None:
    write(tmp_path / "in", DAYS[0])
    with pytest.raises(ArgumentError) as told:
        run_batch(tmp_path / "in", tmp_path / "store", **{argument: wrong})
    assert argument in str(told.value)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("wrong", [None, 5, [None], ""])
def test_inputs_and_store_must_be_paths(tmp_path: Path, wrong: Any) -> None:
    write(tmp_path / "in", DAYS[0])
    with pytest.raises(ArgumentError, match=r"^inputs="):
        run(wrong, tmp_path / "store")
    if not isinstance(wrong, list):
        with pytest.raises(ArgumentError, match=r"^store="):
            run(tmp_path / "in", wrong)


def test_factors_that_are_no_list_are_told_with_a_stand_in_too(tmp_path: Path) -> None:
    write(tmp_path / "in", DAYS[0])
    with pytest.raises(ArgumentError, match="factors=5"):
        run(tmp_path / "in", tmp_path / "store", factors=5)
