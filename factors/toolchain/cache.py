"""The cache of compiled code: files that are loaded only if nobody but the user can have made them.

The folder must be the effective user's, no link, and not writable by others; so must each file be, which is opened
once, looked at, and loaded through the same descriptor. No folder on the way there may be another user's to change.
What fails is told once, and the code is compiled anew in a private folder; the cache only saves time.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import itertools
import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from factors.common.files import opened_folder, write_atomic, write_new
from factors.common.settings import setting
from factors.common.trust import UntrustedError, check_own, check_way
from factors.errors import CompilerError
from factors.toolchain.workspace import workspace

MOST = 500
"""Compiled files kept, of about 40 kB each; the ones not used for longest go first."""
SEAL = 32
"""Bytes of the checksum at a file's end; it tells damage, not whose the file is."""

log = logging.getLogger("factors")

_numbers = itertools.count(1)
_told: set[str] = set()


def cache_folder() -> Path:
    """Return the folder of compiled files: $FACTORS_CACHE, or minute-factors in the user's cache folder."""
    moved = setting("FACTORS_CACHE")
    if moved:
        return Path(moved)
    from platformdirs import user_cache_path

    return user_cache_path("minute-factors", appauthor=False)


def sealed(content: bytes) -> bytes:
    """Return a compiled file with its checksum, which ELF ignores behind its sections."""
    return content + hashlib.sha256(content).digest()


def find(name: str) -> ctypes.CDLL | None:
    """Return a file of the cache as a loaded library; None where there is none that is whole and the user's own.

    Raises
    ------
    CompilerError
        If it can be loaded neither from the cache nor as a copy.
    """
    path = cache_folder() / name
    try:
        with _folder(path.parent) as folder, _opened(path, folder) as file:
            content = _content(file)
            if hashlib.sha256(content[:-SEAL]).digest() != content[-SEAL:]:
                return None
            with contextlib.suppress(OSError):  # where that cannot be written, it only looks older than it is
                os.utime(file)
            try:
                return load(path, file)
            except OSError as error:
                _tell(
                    f"{path.parent} loads nothing",
                    f"compiled code cannot be loaded from {path.parent}, only copied ({error}): is it mounted noexec?",
                )
    except UntrustedError as why:
        _tell_untrusted(path.parent, why)
        return None
    except OSError:
        return None
    with workspace(path.parent) as work:
        copy = work / name
        write_new(copy, content, 0o700)
        try:
            return load(copy)
        except OSError as error:
            raise CompilerError(
                f"compiled code can be loaded neither from {path.parent} nor from {work.parent} ({error}): are both "
                "mounted noexec? Set FACTORS_CACHE or TMPDIR to another folder."
            ) from error


def keep(name: str, content: bytes) -> None:
    """Put a compiled file into the cache; one that cannot be written only costs the next process a compilation."""
    path = cache_folder() / name
    try:
        check_way(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _folder(path.parent) as folder:
            write_atomic(Path(name), content, 0o700, folder)
            _prune(folder)
    except UntrustedError as why:
        _tell_untrusted(path.parent, why)
    except (OSError, NotImplementedError) as error:
        log.info("compiled code is not kept, the cache folder %s cannot be written: %s", path.parent, error)


def why_unused() -> str:
    """Return why the cache is not used; nothing where it is, or will be once something is compiled."""
    folder = cache_folder()
    try:
        check_way(folder)
        if os.path.lexists(folder):
            with _folder(folder):
                pass
    except OSError as error:
        return str(error)
    return ""


def load(path: Path, file: int | None = None) -> ctypes.CDLL:
    """Load a compiled file by its descriptor, where the system can, so that it is the one that was looked at."""
    if file is None:
        with _opened(path) as opened:
            return load(path, opened)
    if sys.platform == "linux" and os.path.exists(f"/proc/self/fd/{file}"):
        spelled = _spelling(file, next(_numbers))
        try:
            return ctypes.CDLL(spelled)
        except OSError as error:
            raise OSError(str(error).replace(spelled, str(path))) from None
    return ctypes.CDLL(str(path))  # in a folder that nobody else can change


def _spelling(file: int, number: int) -> str:
    """Return a descriptor's path, spelled as never before: the loader knows a library by its path."""
    return "/proc/self/fd/" + "".join("./" if bit == "0" else ".//" for bit in f"{number:b}") + str(file)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[int]:
    """Open the cache's folder."""
    check_way(path)
    if path.is_symlink():
        raise UntrustedError(f"{path} is a link")
    with opened_folder(path) as folder:
        check_own(os.fstat(folder), str(path))
        yield folder


@contextlib.contextmanager
def _opened(path: Path, folder: int | None = None) -> Iterator[int]:
    """Open a compiled file, in an opened folder or by its path; links, pipes and what is not the user's are refused."""
    if folder is not None and stat.S_ISLNK(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise UntrustedError(f"{path} is a link")
    how = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = os.open(path if folder is None else path.name, how, dir_fd=folder)
    try:
        about = os.fstat(file)
        check_own(about, str(path))
        if not stat.S_ISREG(about.st_mode):
            raise UntrustedError(f"{path} is no file")
        yield file
    finally:
        os.close(file)


def _content(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as stream:
        return stream.read()


def _prune(folder: int) -> None:
    """Remove the files not used for longest, beyond `MOST`; a loaded file may go, it stays mapped."""
    kept = []
    for name in os.listdir(folder):
        if name.endswith(".so"):
            with contextlib.suppress(OSError):  # another process may have removed it
                kept.append((os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime_ns, name))
    for _, name in sorted(kept)[: max(0, len(kept) - MOST)]:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _tell_untrusted(folder: Path, why: UntrustedError) -> None:
    _tell(
        f"{folder} is not trusted",
        f"the cache of compiled code {folder} is not used: {why}. Code is compiled anew; set FACTORS_CACHE to a folder "
        "that only you can change.",
    )


def _tell(what: str, sentence: str) -> None:
    """Warn of something once per process."""
    if what not in _told:
        _told.add(what)
        log.warning("%s", sentence)
