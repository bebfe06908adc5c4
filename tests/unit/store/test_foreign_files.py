"""A store deletes and writes over nothing that is not its own, whatever links lie in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from factors.errors import StoreError
from factors.store import files
from factors.store.store import Store
from tests.support.store_tools import day, put
from tests.support.users import ATTACKER, ORDINARY, as_user, needs_root, public_folder


@pytest.fixture
def public() -> Iterator[Path]:
    with public_folder() as folder:
        yield folder


def staged(folder: Path, run: str) -> Path:
    """Make a folder as a killed run leaves it."""
    folder.mkdir(parents=True)
    (folder / "2026-01-05.parquet").write_bytes(b"half")
    (folder / "holder.json").write_text(json.dumps({"pid": 1, "host": "h", "start": "", "run": run}))
    return folder


def test_a_link_in_place_of_the_staging_folder(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    (foreign / "project").mkdir(parents=True)
    (foreign / "project" / "thesis.txt").write_text("years of work")
    staged(foreign / "dead", "dead")
    store = Store(tmp_path / "store")
    put(store, day("2026-01-05"))
    store.staging.rmdir()
    store.staging.symlink_to(foreign)
    with pytest.raises(StoreError, match=r"\.staging is a link, which no run makes"):
        put(store, day("2026-01-06"))
    assert (foreign / "project" / "thesis.txt").read_text() == "years of work"
    assert (foreign / "dead" / "holder.json").exists()
    assert not store.day_path("2026-01-06").exists()


def test_a_link_that_comes_while_a_run_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with store.writing("run"):
        store.staging.rename(tmp_path / "moved")
        foreign = staged(tmp_path / "foreign" / "run", "run")
        store.staging.symlink_to(tmp_path / "foreign")
    assert len(list(foreign.iterdir())) == 2


@pytest.mark.parametrize(
    "holder",
    [None, "", "[]", "[" * 9000, '{"run": "another"}', '{"pid": 1}'],
    ids=["none", "empty", "a list", "too deep", "another run's", "no run's"],
)
def test_only_what_a_run_left_is_swept(tmp_path: Path, holder: str | None) -> None:
    store = Store(tmp_path / "store")
    other = store.staging / "mine"
    other.mkdir(parents=True)
    (other / "kept.txt").write_text("kept")
    if holder is not None:
        (other / "holder.json").write_text(holder)
    left = staged(store.staging / "dead", "dead")
    put(store, day("2026-01-05"))
    assert (other / "kept.txt").exists()
    assert not left.exists()


def test_no_link_is_followed_from_the_staging_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.staging.mkdir(parents=True)
    foreign = staged(tmp_path / "dead", "dead")
    (store.staging / "dead").symlink_to(foreign)
    nested = staged(store.staging / "nested", "nested")
    (nested / "inner").symlink_to(foreign)
    deep = staged(store.staging / "deep", "deep")
    (deep / "folder").mkdir()
    (deep / "folder" / "kept.txt").write_text("kept")
    put(store, day("2026-01-05"))
    assert len(list(foreign.iterdir())) == 2
    assert not nested.exists()
    assert (deep / "folder" / "kept.txt").exists()


def test_a_link_in_place_of_a_holder(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    elsewhere = staged(tmp_path / "other", "dead") / "holder.json"
    dead = store.staging / "dead"
    dead.mkdir(parents=True)
    (dead / "holder.json").symlink_to(elsewhere)
    put(store, day("2026-01-05"))
    assert (dead / "holder.json").is_symlink()


@pytest.mark.parametrize("name", [".lock", "_meta/runs/run.jsonl"])
def test_the_lock_and_the_log_write_through_no_link(tmp_path: Path, name: str) -> None:
    store, foreign = Store(tmp_path / "store"), tmp_path / "foreign"
    put(store, day("2026-01-05"))
    foreign.write_text("precious")
    (store.root / name).unlink(missing_ok=True)
    (store.root / name).symlink_to(foreign)
    with pytest.raises(StoreError), store.writing("run"):
        store.log("run", {"some": 1})
    assert foreign.read_text() == "precious"


def test_a_run_takes_no_folder_that_is_there(tmp_path: Path) -> None:
    """A foreign folder that is linked to by the run's name would get its files."""
    store, foreign = Store(tmp_path / "store"), tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "2026-01-05.parquet").write_text("precious")
    store.staging.mkdir(parents=True)
    (store.staging / "run").symlink_to(foreign)
    with pytest.raises(StoreError):
        put(store, day("2026-01-05"))
    assert [file.read_text() for file in foreign.iterdir()] == ["precious"]


@needs_root
@pytest.mark.parametrize("victim", [0, ORDINARY])
def test_the_output_of_the_command_line_in_a_shared_folder(public: Path, victim: int) -> None:
    """Every process number that the victim may have is tried: the old temporary names had it in them."""
    kept = public / "kept"
    as_user(victim, lambda: (kept.mkdir(mode=0o700), (kept / "precious").write_text("precious")))

    def plant() -> None:
        for process in range(os.getpid(), os.getpid() + 2000):
            (public / f".out.csv.{process}.tmp").symlink_to(kept / "precious")

    as_user(ATTACKER, plant)
    as_user(victim, lambda: files.write_frame(day("2026-01-05"), public / "out.csv"))
    assert (kept / "precious").read_text() == "precious"
    assert (public / "out.csv").stat().st_uid == victim


def test_a_saved_file_has_the_users_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.save(tmp_path / "out", b"some")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o640


def test_a_link_at_the_final_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out").symlink_to(tmp_path / "precious")
    files.save(tmp_path / "out", b"some")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "out").read_text() == "some"


def test_temporary_names_cannot_be_foreseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def fails(source: Path, target: Path, **_: object) -> None:
        seen.append(source.name)
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fails)
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot be written"):
            files.save(tmp_path / ("x" * 250), b"some")
    assert len(set(seen)) == 2
    assert list(tmp_path.iterdir()) == []
