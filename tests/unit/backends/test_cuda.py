"""What a card asks of CuPy, by a CuPy that only notes it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import pytest

from factors.backends.cuda import CupyDevice


class Device(nullcontext[Any]):
    """A device of four processors."""

    attributes = types.MappingProxyType({"MultiProcessorCount": 4})


class CUDARuntimeError(RuntimeError):
    """As CuPy's: one that lacks memory is no MemoryError."""

    def __init__(self, status: int) -> None:
        super().__init__(f"cudaError {status}")
        self.status = status


class Pool:
    """Memory of a card's own."""

    def malloc(self, size: int) -> None:
        """Exist."""

    def free_bytes(self) -> int:
        """Return what is held without use."""
        return 5

    def free_all_blocks(self) -> None:
        """Give it back."""
        USED.append("freed")


USED: list[Any] = []


@contextmanager
def using(allocator: Any) -> Iterator[None]:
    """Note whose memory is taken."""
    USED.append(type(allocator.__self__).__name__)
    yield
    USED.append("done")


def fake(did: list[Any]) -> Any:
    class Stream:
        def __init__(self, non_blocking: bool = False) -> None:
            self.name = "new" if non_blocking else "current"

        def record(self) -> str:
            return f"all asked of the {self.name} one"

        def wait_event(self, event: str) -> None:
            did.append((self.name, event))

    runtime = types.SimpleNamespace(CUDARuntimeError=CUDARuntimeError, errorMemoryAllocation=2)
    cuda = types.SimpleNamespace(
        Device=lambda number: Device(),
        Stream=Stream,
        get_current_stream=Stream,
        runtime=runtime,
        MemoryPool=Pool,
        using_allocator=using,
    )
    return types.SimpleNamespace(cuda=cuda)


def test_a_stream_begins_after_what_uses_the_memory_still() -> None:
    """Pools hand out memory in the order of the current stream, where its last reader may not have run yet."""
    did: list[Any] = []
    CupyDevice(fake(did), 0).stream()
    assert did == [("new", "all asked of the current one")]


def test_memory_is_of_a_pool_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others, such as cuDF, give CuPy an allocator that asks the driver each time."""
    xp = fake([])
    pools: list[str] = []
    xp.empty, xp.float64 = lambda size, kind: np.empty(size) if USED[-1] == "Pool" else pools, float
    xp.get_default_memory_pool = Pool
    USED.clear()
    card = CupyDevice(xp, 0)
    assert len(card.buffer(7)) == 7
    card.free_unused()
    assert USED == ["Pool", "done", "freed", "freed"]


@pytest.mark.parametrize(("status", "expected"), [(2, MemoryError), (700, CUDARuntimeError)])
def test_no_pinned_memory(status: int, expected: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(shape: tuple[int], dtype: Any) -> Any:
        raise CUDARuntimeError(status)

    monkeypatch.setitem(sys.modules, "cupyx", types.SimpleNamespace(empty_pinned=fails))
    with pytest.raises(expected, match=f"cudaError {status}"):
        CupyDevice(fake([]), 0).pinned(5)
    monkeypatch.setitem(sys.modules, "cupyx", types.SimpleNamespace(empty_pinned=np.empty))
    assert len(CupyDevice(fake([]), 0).pinned(5)) == 5
