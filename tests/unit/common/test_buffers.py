"""Memory that is used again."""

from __future__ import annotations

import numpy as np

from factors.common.buffers import BufferPool


def test_a_spare_array_is_taken_again() -> None:
    pool = BufferPool(limit_bytes=800)
    first = pool.take(100)
    pool.give(first)
    assert len(pool) == 1
    assert pool.take(60) is first
    assert len(pool) == 0
    assert pool.take(60) is not first


def test_one_that_is_too_small_makes_room_for_a_larger_one() -> None:
    pool = BufferPool(limit_bytes=800)
    pool.give(np.empty(10))
    larger = pool.take(100)
    assert larger.size >= 100
    pool.give(larger)
    assert pool.take(100) is larger


def test_no_more_is_kept_than_was_said() -> None:
    pool = BufferPool(limit_bytes=800, keep=2)
    pool.give(np.empty(101))
    assert len(pool) == 0
    for _ in range(3):
        pool.give(np.empty(100))
    assert len(pool) == 2
