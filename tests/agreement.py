"""Comparing two engines' numbers, factor by factor, with a message that says where they part."""

from __future__ import annotations

from typing import Any

import numpy as np

from factors.engine.plan import Plan


def assert_agree(plan: Plan, ours: Any, theirs: Any, where: str, *, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    """Fail unless two arrays (..., factors) agree, NaN for NaN; name each factor that does not."""
    ours, theirs = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert ours.shape[-1] == len(plan.factors)
    wrong = []
    for i, factor in enumerate(plan.factors):
        a, b = ours[..., i].ravel(), theirs[..., i].ravel()
        bad = ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            wrong.append(f"{factor.name}: {a[first]!r} against {b[first]!r} ({bad.sum()} of {len(a)} differ)")
    assert not wrong, f"{where}:\n" + "\n".join(wrong)
