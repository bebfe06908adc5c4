"""Threads that outlive a call: compiled passes leave the interpreter's lock, so they run side by side."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=16)
def pool(threads: int, work: str = "rows") -> ThreadPoolExecutor:
    """Return the threads of a pool of this size; they start when they are first needed and then wait.

    Work that shares out work of its own has other threads than that: else all might wait, and none be left to do it.
    """
    return ThreadPoolExecutor(threads, thread_name_prefix=f"factors-{work}")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pool.cache_clear)  # a child has none of its parent's threads


def each(work: Callable[[Any], Any], items: Iterable[Any], threads: int, kind: str = "rows") -> list[Any]:
    """Return `work` of each item, from so many threads, of the pool for that kind of work."""
    todo = list(items)
    inside = threading.current_thread().name.startswith(f"factors-{kind}_")  # the pool, which would wait for itself
    if threads == 1 or len(todo) < 2 or inside:
        return [work(item) for item in todo]
    return list(pool(threads, kind).map(work, todo))


def spread(work: Callable[[int, int], Any], size: int, least: int = 1) -> list[Any]:
    """Return `work(begin, end)` of equal ranges of 0..size, one per core, of `least` at least."""
    number = max(1, min(cores(), size // least))
    cuts = [size * k // number for k in range(number + 1)]
    return each(lambda k: work(cuts[k], cuts[k + 1]), range(number), number)


Item = TypeVar("Item")


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """Yield items while the one after them is made in another thread; none is kept once it is yielded."""
    end = object()
    with ThreadPoolExecutor(1, thread_name_prefix="factors-ahead") as maker:
        following = maker.submit(next, items, end)
        while (item := [following.result()])[0] is not end:
            following = maker.submit(next, items, end)
            yield item.pop()  # type: ignore[misc]
