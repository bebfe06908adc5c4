"""What a device prefers: to store or to compute again, few loops or few registers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """What a device prefers.

    Attributes
    ----------
    reuse_cost : int
        Instructions from which storing a series for later loops is worth its store and loads.
    latency_cost : int
        Instructions of one node from which it is stored for a single loop, too: each waits for the one before, and a
        loop that does little else has many minutes under way meanwhile.
    accumulators : int
        Accumulators and running states of a loop.
    """

    reuse_cost: int
    latency_cost: int
    accumulators: int


CPU = Policy(reuse_cost=8, latency_cost=25, accumulators=18)
"""A block's scratch stays in the cache; with its temporaries a loop's accumulators fit 32 vector registers."""
GPU = Policy(reuse_cost=40, latency_cost=1000, accumulators=36)
"""Scratch lies in the device's memory, so it is a third less traffic to compute again what a CPU stores, in fewer and
larger loops; with more accumulators a processor would hold too few threads to hide the memory behind."""
