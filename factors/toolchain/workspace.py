"""Private temporary folders to compile in."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from factors.common.trust import UntrustedError, check_way
from factors.errors import CompilerError

PREFIX = "minute-factors-"
MARK = ".compiling"
"""A file by which our folders are known: the name alone might be a user's own."""
STALE = 24 * 3600.0
"""Seconds after which a folder is one that a killed process left."""

log = logging.getLogger("factors")


@contextlib.contextmanager
def workspace(instead: Path) -> Iterator[Path]:
    """Make a folder that nobody else can enter, and remove it at the end.

    Parameters
    ----------
    instead : Path
        Where it is made if other users can change what lies in the folder of temporary files.

    Raises
    ------
    CompilerError
        If there is no place for it, or what is done in it fails for want of room or of rights.
    """
    try:
        parent = _parent(instead)
        sweep(parent)
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True) as made:
            (Path(made) / MARK).touch()
            yield Path(made)
    except OSError as error:
        raise CompilerError(
            f"nothing can be compiled: {error}. Make room, or set TMPDIR to a folder that has some."
        ) from error


def _parent(instead: Path) -> Path:
    usual = Path(tempfile.gettempdir())
    try:
        check_way(usual)
    except UntrustedError as why:
        try:
            check_way(instead)
            instead.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (OSError, UntrustedError):
            raise CompilerError(
                f"there is no private place to compile in: {why}. Set TMPDIR to a folder that only you can change."
            ) from None
        return instead
    return usual


@lru_cache
def sweep(parent: Path) -> None:
    """Remove what killed processes left in a folder, once per process: old folders of this user that have our mark."""
    limit = time.time() - STALE
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and _is_stale(Path(entry.path), limit):
                shutil.rmtree(entry.path, ignore_errors=True)  # which follows no link


def _is_stale(folder: Path, limit: float) -> bool:
    try:
        about, mark = os.lstat(folder), os.lstat(folder / MARK)
    except OSError:
        return False
    own = os.name != "posix" or about.st_uid == mark.st_uid == os.geteuid()
    return own and stat.S_ISDIR(about.st_mode) and stat.S_ISREG(mark.st_mode) and mark.st_mtime < limit
