"""Verbs that have no streaming form yet: factors that use them run on the matrix engine."""

from __future__ import annotations

PENDING: frozenset[str] = frozenset()


def expected(reason: str) -> bool:
    """Whether a factor does not fuse for the only reason that a verb of these is not lowered yet."""
    return "unexpected keyword argument 'k'" in reason or any(f"m.{verb} does not fuse" in reason for verb in PENDING)
