"""The contract of a backend, on one page.

A backend says which array library runs the verbs and moves arrays between the host and its device. Everything else
(definitions, verbs, plan, engines) is written against the array API standard and never asks which device it is on.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any, Protocol

import numpy.typing as npt

Array = Any


def device_context(backend: Backend) -> AbstractContextManager[Any]:
    """Return a context in which the array library works on the backend's device.

    A backend of several devices has a method `here` that returns it; others need none.
    """
    own = getattr(backend, "here", None)
    return nullcontext() if own is None else own()


class Backend(Protocol):
    """A device and the array library that runs on it.

    Attributes
    ----------
    name : str
        ``"cpu"``, ``"gpu"`` or the name it was registered under.
    device : str
        What runs the work, for people: ``"cpu (2 cores)"``, ``"cuda:0 NVIDIA H100"``.
    xp : module
        The array library.
    block : int or None
        Stock-days per block of the matrix engine, so that its temporaries stay in the cache; None takes all at once.
    """

    name: str
    device: str
    xp: ModuleType
    block: int | None

    def put(self, array: npt.NDArray[Any]) -> Array:
        """Return the host array as an array of `xp`, on the device."""
        ...

    def take(self, array: Array) -> npt.NDArray[Any]:
        """Return the device array as a NumPy array: the only way back to the host."""
        ...

    def sync(self) -> None:
        """Wait until the device has done all that was asked of it."""
        ...

    def free_bytes(self) -> int:
        """Return the memory that a run may still take, in bytes."""
        ...
