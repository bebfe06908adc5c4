"""What is kept of programs: how much of it, for how long, and by whom it may be asked."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

from factors.engine.codegen.cache import ProgramCache


class Owner:
    """Something that may be let go."""


def test_the_one_not_used_for_longest_goes() -> None:
    cache: ProgramCache[str] = ProgramCache(2)
    for key in "ab":
        assert cache.get(key, lambda key=key: key.upper()) == key.upper()
    assert cache.get("a", lambda: "another") == "A"
    cache.get("c", lambda: "C")
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == ("A", None, "C")
    assert len(cache) == 2
    cache.clear()
    assert len(cache) == 0


def test_values_go_with_their_owner() -> None:
    cache: ProgramCache[str] = ProgramCache(2)
    one, two = Owner(), Owner()
    cache.get("a", lambda: "one", owner=one)
    assert cache.get("a", lambda: "two", owner=two) == "two"
    assert cache.find("a") is None
    for key in "bcd":
        cache.get(key, lambda: "", owner=two)
    assert (len(cache), cache.find("a", one)) == (3, "one")
    del one
    gc.collect()
    assert len(cache) == 2


def test_threads_that_miss_it_at_once_get_the_same() -> None:
    cache: ProgramCache[object] = ProgramCache(2)
    together = threading.Barrier(4)

    def make() -> object:
        together.wait()
        return object()

    with ThreadPoolExecutor(4) as pool:
        values = list(pool.map(lambda _: cache.get("a", make), range(4)))
    assert len(set(map(id, values))) == 1
