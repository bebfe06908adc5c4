"""Doing things as another user: what an attack by one is carried out with."""

from __future__ import annotations

import os
import pickle
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ATTACKER, ORDINARY = 65533, 65534

needs_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can act as two users: run the tests as root"
)


def as_user(user: int, work: Callable[[], Any]) -> Any:
    """Return what a function returns that another process calls as this user."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        found: tuple[bool, Any] = (False, "")
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            os.umask(0o022)
            found = (True, work())
        except BaseException:
            found = (False, traceback.format_exc())
        finally:
            with os.fdopen(writing, "wb") as stream:
                pickle.dump(found, stream)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        right, value = pickle.load(stream)
    os.waitpid(child, 0)
    assert right, value
    return value


@contextmanager
def public_folder() -> Iterator[Path]:
    """Make a folder as /tmp is: everyone may write there, and remove his own."""
    with tempfile.TemporaryDirectory(prefix="public-") as made:
        Path(made).chmod(0o1777)
        yield Path(made)
