"""Writing files and removing folders in places that others may write as well: never through a link."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK | getattr(os, "O_BINARY", 0)


def write_new(path: Path, content: bytes, mode: int = 0o666, folder: int | None = None) -> None:
    """Write a file that does not exist, and wait until the disk has it; what stands there, a link too, is an error.

    `mode` is what the user's umask leaves of it, `folder` the descriptor of the folder that a relative path is in.
    """
    handle = os.open(path, _NEW, mode, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_atomic(path: Path, content: bytes, mode: int = 0o666, folder: int | None = None) -> None:
    """Write a file beside its final name, under one that nobody can foresee, and rename it into place."""
    staged = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        write_new(staged, content, mode, folder)
        os.replace(staged, path, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(staged, dir_fd=folder)
        raise


def append(path: Path) -> BinaryIO:
    """Open a file to write at its end; a link is an error."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_LINK, 0o666), "ab")


@contextlib.contextmanager
def opened_folder(path: Path | str, folder: int | None = None) -> Iterator[int]:
    """Open a folder, which stays the same by its descriptor whatever its name comes to mean; a link is an error."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_LINK, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)
