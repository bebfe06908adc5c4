"""What the verbs that look at moving windows, blocks, buckets and frequencies become in the graph."""

from __future__ import annotations

import math
from collections.abc import Callable

from factors.engine.ir.calls import call
from factors.engine.ir.trace import TracedArray, elementwise, minutes_of, number
from factors.ops.moving import whole_number


def moving_sum(x: TracedArray, n: int) -> TracedArray:
    whole_number(f"m.moving_sum(x, {n!r})", n)
    return call("moving_sum", number(x), constants=(n,))


def moving_mean(x: TracedArray, n: int) -> TracedArray:
    whole_number(f"m.moving_mean(x, {n!r})", n)
    return call("moving_mean", number(x), constants=(n,))


def moving_cov(x: TracedArray, y: TracedArray, n: int) -> TracedArray:
    whole_number(f"m.moving_cov(x, y, {n!r})", n)
    x, y = number(x), number(y)
    if x.node == y.node:
        return call("moving_var", x, constants=(n,))
    return call("moving_cov", x, y, constants=(n,))


def moving_std(x: TracedArray, n: int) -> TracedArray:
    whole_number(f"m.moving_std(x, {n!r})", n)
    return elementwise("sqrt", call("moving_square", number(x), constants=(n,)))


def rescaled_range(x: TracedArray, size: int) -> TracedArray:
    whole_number(f"m.rescaled_range(x, {size!r})", size)
    return call("rescaled_range", call("packed", number(x)), constants=(size,))


def bucket_flow(y: TracedArray, weight: TracedArray, n: int) -> TracedArray:
    whole_number(f"m.bucket_flow(y, weight, {n!r})", n)
    return call("bucket_flow", number(y), number(weight), constants=(n,))


def spectrum(x: TracedArray, lines: int) -> TracedArray:
    whole_number(f"m.spectrum(x, {lines!r})", lines)
    begin, end = minutes_of(x)
    angle = 2 * math.pi / (end - begin)
    return call("spectrum", number(x), constants=(lines, math.cos(angle), math.sin(angle)))


LOWER: dict[str, Callable[..., TracedArray]] = {
    "bucket_flow": bucket_flow, "moving_cov": moving_cov, "moving_mean": moving_mean, "moving_std": moving_std,
    "moving_sum": moving_sum,
    "rescaled_range": rescaled_range, "spectrum": spectrum,
}  # fmt: skip
"""Those of them that fuse."""
