"""What the fused engine does on a GPU: a fusion cut into codes that fill it, and run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from factors.backends.card import Card
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.engine.emit import emit, slots
from factors.engine.fusing import Fusion
from factors.engine.gpu.launch import Code, Job, execute
from factors.engine.schedule import make_schedule

FILL = 512
"""Threads a multiprocessor wants, so that one computes while another waits for memory."""
CODES = 8
"""Codes a fusion is cut into, at most."""
OUTPUTS = 6
"""Results of a code, at least: codes compute anew what they share."""

_CODES: dict[tuple[str, tuple[str, ...], int], list[Code]] = {}


def run(fusion: Fusion, cube: MinuteCube, days: slice, threads: int, card: Card) -> Floats:
    """Return the fused factors of some days, shape (days, stocks, factors)."""
    storage = cube.storage[days]
    number, blocks, fields, minutes, lanes = storage.shape
    total = number * blocks
    there = cube.resident if cube.resident is not None and cube.resident.card is card else None
    read = tuple(name for name in cube.fields if name in fusion.schedule.fields)
    if there is not None and there.packing.ticks is None:
        read = cube.fields
    made = codes(fusion, read, groups(total * LANES, len(fusion.schedule.outputs), card.processors))
    places = [cube.fields.index(name) for name in read]
    whole = storage.reshape(total, fields, minutes, lanes)
    out = execute(card, Job(made, places, whole, cube.ticks, there, days.start * blocks), threads)
    return out.reshape(len(out), number, blocks * lanes)[:, :, : len(cube.symbols)].transpose(1, 2, 0)


def groups(stock_days: int, outputs: int, processors: int) -> int:
    """Return into how many codes a fusion is cut: with few stock-days one alone would leave processors idle."""
    return max(1, min(CODES, outputs // OUTPUTS, processors * FILL // stock_days))


def codes(fusion: Fusion, fields: Sequence[str], number: int = 1) -> list[Code]:
    """Return a fusion as so many codes, each of results that follow each other, for a storage of some fields."""
    key = (fusion.text, tuple(fields), number)
    if key not in _CODES:
        whole = fusion.schedule
        size = len(whole.outputs)
        cuts = [size * k // number for k in range(number + 1)]
        _CODES[key] = []
        for a, b in pairwise(cuts):
            schedule = whole if number == 1 else make_schedule(whole.graph, whole.outputs[a:b])
            code = Code(emit(schedule, fields), slots(schedule.stored), slots(schedule.values), b - a)
            _CODES[key].append(code)
    return _CODES[key]
