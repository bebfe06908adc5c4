"""Another user's code never runs through the cache of compiled code: each attack, carried out by one."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from factors.toolchain import compiler as compiling
from tests.support.users import ATTACKER, ORDINARY, as_user, needs_root, public_folder

pytestmark = [pytest.mark.usefixtures("needs_compiler"), needs_root]

TEXT = 'extern "C" int value() { return 42; }\n'
EVIL = 'extern "C" int value() { return 666; }\n'


@pytest.fixture
def public() -> Iterator[Path]:
    with public_folder() as folder:
        yield folder


@pytest.fixture(params=[0, ORDINARY], ids=["root", "ordinary user"])
def victim(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def built(cache: Path | None, home: Path | None = None) -> tuple[int, list[str]]:
    """Build twice as any of our processes does; return what runs, and what was told."""
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("factors").addHandler(handler)
    for name in ("FACTORS_CACHE", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    os.environ["HOME"] = str(home or "/")
    if cache is not None:
        os.environ["FACTORS_CACHE"] = str(cache)
    values = {compiling.build_text(TEXT).value() for _ in range(2)}
    (value,) = values
    return value, told


def plant(folder: Path) -> None:
    """Put a file into a folder that is whole, and named as the victim will look for it."""
    with tempfile.TemporaryDirectory() as work:
        own = Path(work) / "cache"
        assert built(own)[0] == 42
        (named,) = (file.name for file in own.glob("*.so"))
        text = Path(work) / "evil.cpp"
        text.write_text(EVIL)
        subprocess.run([*compiling.compiler()[0], "-shared", "-fPIC", text, "-o", f"{work}/evil.so"], check=True)
        content = Path(work, "evil.so").read_bytes()
        (folder / named).unlink(missing_ok=True)
        (folder / named).write_bytes(content + hashlib.sha256(content).digest())
        (folder / named).chmod(0o755)


def planted_folder(folder: Path) -> None:
    folder.mkdir(parents=True)
    plant(folder)


def attack(work: Callable[[], object]) -> None:
    def all_of_it() -> None:
        os.umask(0)
        work()

    as_user(ATTACKER, all_of_it)


def spared(victim: int, cache: Path | None, home: Path | None = None) -> list[str]:
    """Run the victim's process; return the warnings."""
    value, told = as_user(victim, lambda: built(cache, home))
    assert value == 42
    return told


def open_to_all(victim: int, folder: Path) -> None:
    """Make a folder as a careless user makes it."""

    def careless() -> None:
        folder.mkdir()
        folder.chmod(0o777)

    as_user(victim, careless)


def test_a_prepared_folder(victim: int, public: Path) -> None:
    cache = public / "cache"
    attack(lambda: planted_folder(cache))
    (told,) = spared(victim, cache)
    assert f"{cache} is not used" in told
    assert f"belongs to user {ATTACKER}, not to user {victim}" in told


def test_a_link_to_a_prepared_folder(victim: int, public: Path) -> None:
    attack(lambda: (planted_folder(public / "theirs"), (public / "cache").symlink_to(public / "theirs")))
    assert len(spared(victim, public / "cache")) == 1
    as_user(victim, lambda: (public / "own").symlink_to(public / "theirs"))
    assert len(spared(victim, public / "own")) == 1
    as_user(victim, lambda: (public / "way").symlink_to(public))
    assert len(spared(victim, public / "way" / "theirs")) == 1


def test_a_link_to_a_folder_of_the_victims(victim: int, public: Path) -> None:
    """Files of its own would be pruned there."""

    def libraries() -> None:
        (public / "lib").mkdir(mode=0o700)
        (public / "lib" / "needed.so").touch()

    as_user(victim, libraries)
    attack(lambda: (public / "cache").symlink_to(public / "lib"))
    (told,) = spared(victim, public / "cache")
    assert f"belongs to user {ATTACKER}" in told
    assert [file.name for file in (public / "lib").iterdir()] == ["needed.so"]


def test_a_folder_that_everyone_may_write(victim: int, public: Path) -> None:
    cache = public / "cache"
    open_to_all(victim, cache)
    attack(lambda: plant(cache))
    (told,) = spared(victim, cache)
    assert "is writable by other users (mode 777)" in told


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777], ids=oct)
def test_modes_of_a_folder(victim: int, public: Path, mode: int) -> None:
    cache = public / "cache"
    as_user(victim, lambda: (cache.mkdir(), cache.chmod(mode)))
    (told,) = spared(victim, cache)
    assert f"is writable by other users (mode {mode:o})" in told
    assert list(cache.iterdir()) == []


def test_a_file_that_was_swapped(victim: int, public: Path) -> None:
    """The folder was open once, and is mended; what was planted in it is still there."""
    cache = public / "cache"
    as_user(victim, lambda: built(cache))
    cache.chmod(0o777)
    attack(lambda: plant(cache))
    cache.chmod(0o700)
    (told,) = spared(victim, cache)
    assert f"belongs to user {ATTACKER}" in told
    (kept,) = cache.iterdir()
    assert kept.stat().st_uid == victim
    assert spared(victim, cache) == []


def test_a_link_in_place_of_a_file(victim: int, public: Path) -> None:
    cache = public / "cache"
    attack(lambda: planted_folder(public / "theirs"))
    open_to_all(victim, cache)
    (planted,) = (public / "theirs").iterdir()
    attack(lambda: (cache / planted.name).symlink_to(planted))
    cache.chmod(0o700)
    assert len(spared(victim, cache)) == 1
    assert not (cache / planted.name).is_symlink()
    assert spared(victim, cache) == []


def test_a_file_that_others_may_write(victim: int, public: Path) -> None:
    cache = public / "cache"
    as_user(victim, lambda: built(cache))
    (kept,) = cache.iterdir()
    kept.chmod(0o766)
    cache.chmod(0o755)

    def overwrite() -> None:
        planted_folder(public / "theirs")
        with open(kept, "r+b") as file:
            file.write((public / "theirs" / kept.name).read_bytes())
            file.truncate()

    attack(overwrite)
    (told,) = spared(victim, cache)
    assert "is writable by other users (mode 766)" in told


def test_a_pipe_does_not_hold_the_process(victim: int, public: Path) -> None:
    cache = public / "cache"
    attack(lambda: planted_folder(public / "theirs"))
    (planted,) = (public / "theirs").iterdir()
    as_user(victim, lambda: (cache.mkdir(mode=0o700), os.mkfifo(cache / planted.name, 0o700)))
    (told,) = spared(victim, cache)
    assert "is no file" in told


def test_a_parent_that_lets_the_folder_be_swapped(victim: int, public: Path) -> None:
    parent = public / "parent"
    open_to_all(victim, parent)
    as_user(victim, lambda: (parent / "cache").mkdir(mode=0o700))
    (told,) = spared(victim, parent / "cache")
    assert f"{parent} is writable by other users (mode 777)" in told
    assert list((parent / "cache").iterdir()) == []


def test_root_with_the_home_of_another(public: Path) -> None:
    home = public / "home"
    attack(lambda: planted_folder(home / ".cache" / "minute-factors"))
    (told,) = spared(0, None, home)
    assert f"belongs to user {ATTACKER}" in told
    attack(lambda: shutil.rmtree(home / ".cache"))
    assert len(spared(0, None, home)) == 1
    assert list(home.iterdir()) == []  # nor does root leave folders in a user's home


def test_temporary_files_where_others_rename_them(victim: int, public: Path) -> None:
    """Code is not compiled there: the folder could be swapped while the compiler writes."""
    temporary, cache = public / "tmp", public / "cache"
    open_to_all(victim, temporary)

    def work() -> list[str]:
        tempfile.tempdir = str(temporary)
        seen: list[str] = []
        run = compiling._run
        compiling._run = lambda command, given, made: (seen.append(str(made)), run(command, given, made))  # type: ignore
        built(cache)
        return seen

    (made,) = as_user(victim, work)
    assert Path(made).is_relative_to(cache)
    assert [file.suffix for file in cache.iterdir()] == [".so"]


def test_our_folders_are_private(victim: int, public: Path) -> None:
    cache = public / "some" / "cache"
    assert spared(victim, cache) == []
    assert [folder.stat().st_mode & 0o777 for folder in (cache, cache.parent)] == [0o700, 0o755]
    (kept,) = cache.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o700
