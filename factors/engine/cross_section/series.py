"""A series of all the stocks of a day as it lies in memory, and the functions of `factors.ops.across` on it in C++.

They are those functions' other form: the same numbers, without an array (stocks, minutes) in between. What else a body
does with such a series is refused; it then runs on arrays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.engine.codegen import sources
from factors.errors import CompilerError
from factors.ops.verb import Symbol

FILE = "stocks"
"""The file of the kernel folder that has the passes."""
BLOCKS = 64
"""Blocks whose sums are added up before those of others; fixed, so that threads change no bit."""
MINUTES = 12
"""Minutes that a thread ranks at a time."""
PANELS = 12
"""Panels that a thread multiplies with all others at a time: with one of these they fit a core's cache."""
FEW = 8
"""Stocks that begin at the same late minute, up to which they are correlated with the others one by one."""
NOISE = 1e-12  # as in factors.ops.across

Numbers = npt.NDArray[np.int64]

_L, _P = ctypes.c_long, ctypes.c_void_p
_ARGUMENTS = {
    "sums": ([_P, *[_L] * 4, _P, _P], None),
    "powers": ([_P, *[_L] * 4, *[_P] * 4], None),
    "traded": ([_P, *[_L] * 4, _P], None),
    "rows": ([_P, *[_L] * 4, _P, _P], None),
    "ranks": ([_P, _L, _L, _P, _L, _L, _P, _L, _P], None),
    "gaps": ([_P, _L, _P, _L, _L, _P, _L, _P], None),
    "units": ([_P, _L, _P, _L, _L, _P, _L, _P, _P], None),
    "pairs": ([_P, *[_L] * 4, _P], None),
    "against": ([_P, *[_L] * 3, _P, _P, _L, _P, _L, _P, _P, _P], None),
    "quantiles": ([_P, _L, _L, _L, ctypes.c_double, _P, _P], None),
    "panel_width": ([], _L),
    "width": ([], _L),
}


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Return the compiled passes.

    Raises
    ------
    CompilerError
        If there is no C++ compiler, or it fails.
    """
    passes = sources.build_file(FILE, LANES)
    for name, (arguments, result) in _ARGUMENTS.items():
        function = getattr(passes, name)
        function.argtypes, function.restype = arguments, result
    return passes


def compiles() -> bool:
    """Whether the passes are to be had: a GPU's code is compiled without a C++ compiler, these are not."""
    try:
        library()
    except CompilerError:
        return False
    return True


def traded(volume: Floats, threads: int) -> npt.NDArray[np.bool_]:
    """Return which stocks have a volume, from their series (blocks, minutes, lanes)."""
    blocks, minutes, lanes = volume.shape
    found = np.empty(blocks * lanes)

    def work(first: int) -> None:
        last = min(first + BLOCKS, blocks)
        library().traded(volume.ctypes.data, volume.strides[0] // 8, first, last, minutes, _at(found))

    each(work, range(0, blocks, BLOCKS), threads)
    return found > 0


@dataclass(frozen=True)
class Stocks:
    """The traded stocks of a day.

    Attributes
    ----------
    numbers : int64 array, shape (stocks,)
        Which of the cube's they are.
    weight : float64 array, shape (blocks * lanes,)
        1.0 for each of them, missing for the others.
    threads : int
        CPU threads for what is made of them.
    """

    numbers: npt.NDArray[np.int64]
    weight: Floats
    threads: int

    @classmethod
    def of(cls, numbers: npt.NDArray[np.int64], blocks: int, threads: int) -> Stocks:
        """Return those of these numbers."""
        weight = np.full(blocks * LANES, np.nan)
        weight[numbers] = 1.0
        return cls(numbers, weight, threads)


class DaySeries(Symbol):
    """A series of a day's stocks.

    Parameters
    ----------
    x : float64 array, shape (blocks, minutes, lanes)
        The part of a buffer that holds it: its minutes follow each other, its blocks lie anywhere.
    stocks : Stocks
        Those that traded.
    mask : bool
        Whether its numbers stand for true and false.
    room : callable, optional
        Makes a part of a buffer like `x`, for a series that is made of this one.
    """

    def __init__(self, x: Floats, stocks: Stocks, mask: bool = False, room: Callable[[], Floats] | None = None) -> None:
        assert x.strides[1:] == (8 * LANES, 8)
        self.x, self.stocks, self.mask = x, stocks, mask
        self.room = room or (lambda: np.empty(x.shape))
        self._at = (x.ctypes.data, x.strides[0] // 8)

    @property
    def shape(self) -> tuple[int, int]:
        """That of its array."""
        return len(self.stocks.numbers), self.x.shape[1]

    def record(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what a function of `factors.ops.across` makes of it."""
        made: Any = {
            "across.mean": self._mean, "across.std": self._std, "across.rank": self._rank, "across.crowd": self._crowd
        }.get(verb)  # fmt: skip
        if made is None or self.mask or not (args and args[0] is self) or any(isinstance(a, Symbol) for a in args[1:]):
            raise TypeError(f"{verb} of a series where it lies")
        return made(*args[1:], **kwargs)

    def array(self) -> npt.NDArray[Any]:
        """Return it as an array, shape (stocks, minutes)."""
        blocks, minutes, _ = self.x.shape
        found = np.empty((len(self.stocks.numbers), minutes))
        row = np.full(blocks * LANES, -1)
        row[self.stocks.numbers] = np.arange(len(found))
        self._each(lambda a, b: library().rows(*self._at, a, b, minutes, _at(row), _at(found)))
        return found != 0 if self.mask else found

    def _each(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Return work(first, last) of some blocks at a time."""
        blocks = len(self.x)
        return each(lambda a: work(a, min(a + BLOCKS, blocks)), range(0, blocks, BLOCKS), self.stocks.threads)

    def _added(self, work: Callable[[int, int, Floats], Any]) -> Floats:
        """Return sums by minute over all stocks, shape (3, minutes)."""
        shape = self.x.shape[1], 3, library().width()

        def part(first: int, last: int) -> Floats:
            out = np.zeros(shape)
            work(first, last, out)
            return out

        return np.asarray(sum(self._each(part)).sum(axis=2).T)

    def _mean(self, weight: Floats | None = None) -> Floats:
        by = self.stocks.weight
        if weight is not None:
            by = np.full(by.shape, np.nan)
            by[self.stocks.numbers] = np.where(weight > 0, weight, np.nan)[:, 0]
        minutes = self.x.shape[1]
        whole, size, over = self._added(lambda a, b, out: library().sums(*self._at, a, b, minutes, _at(by), _at(out)))
        whole = np.where(np.abs(whole) <= NOISE * size, 0.0, whole)
        with np.errstate(all="ignore"):
            return np.asarray(np.where(over > 0, whole / over, np.nan))[None, :]

    def _std(self) -> Floats:
        minutes = self.x.shape[1]
        first, middle = self._firsts(), np.zeros(minutes)

        def powers(a: int, b: int, out: Floats) -> None:
            library().powers(*self._at, a, b, minutes, _at(self.stocks.weight), _at(first), _at(middle), _at(out))

        with np.errstate(all="ignore"):
            moved, _, number = self._added(powers)
            middle = np.ascontiguousarray(moved / number)
            square = self._added(powers)[1]
            return np.asarray(np.where(number > 0, np.sqrt(square / number), np.nan))[None, :]

    def _firsts(self) -> Floats:
        """Return the first stock's value of each minute; 0 where no stock has one."""
        numbers = self.stocks.numbers
        for most in (64, len(numbers)):  # of a few stocks almost always one has a value
            x = self.x[numbers[:most] // LANES, :, numbers[:most] % LANES]
            found = x[np.argmax(~np.isnan(x), axis=0), np.arange(x.shape[1])]
            if not np.isnan(found).any():
                break
        return np.ascontiguousarray(np.nan_to_num(found))

    def _rank(self) -> DaySeries:
        out = self.room()
        blocks, minutes, _ = self.x.shape

        def work(first: int) -> None:
            room = np.empty((MINUTES + 4) * blocks * LANES + 2)  # a key more than there are may be written
            library().ranks(
                *self._at, blocks, _at(self.stocks.weight), first, min(first + MINUTES, minutes), out.ctypes.data,
                out.strides[0] // 8, _at(room),
            )  # fmt: skip

        each(work, range(0, minutes, MINUTES), self.stocks.threads)
        return DaySeries(out, self.stocks)

    def _crowd(self, chosen: Any) -> Floats:
        minutes = np.flatnonzero(np.broadcast_to(chosen, (1, self.x.shape[1]))[0])
        numbers, n = self.stocks.numbers, len(minutes)
        start = np.empty(len(numbers), np.int64)
        library().gaps(*self._at, _at(numbers), 0, len(numbers), _at(minutes), n, _at(start))
        order = np.argsort(start, kind="stable")
        ranked, start = numbers[order], start[order]
        whole, number = np.zeros(len(order)), np.zeros(len(order))
        groups = []
        for begin in np.unique(start[start < n]).tolist():
            older, stop = np.searchsorted(start, [begin, begin + 1]).tolist()  # stocks before `older` began earlier
            groups.append((ranked[older:stop], ranked[:older], minutes[begin:]))
        few = [k for k, (group, others, _) in enumerate(groups) if len(others) and len(group) <= FEW]
        found = dict(zip(few, self._few([groups[k] for k in few]), strict=True))
        for k, (group, others, own) in enumerate(groups):
            sums, exists = found[k] if k in found else self._pairs(group, others, own)
            older, stop = len(others), len(others) + len(group)
            whole[:stop] += sums
            number[older:stop] += exists[older:] * (exists.sum() - exists[older:])
            number[:older] += exists[:older] * exists[older:].sum()
        with np.errstate(all="ignore"):
            mean_of = np.where(number > 0, whole / number, np.nan)
        result = np.empty((len(order), 1))
        result[order, 0] = mean_of
        return result

    def _pairs(self, group: Numbers, others: Numbers, minutes: Numbers) -> tuple[Floats, Floats]:
        """Return the sums of the sizes of correlations, of others and then of a group, and 1.0 for who has any.

        Counted are the correlations within the group, and between it and the others.
        """
        passes, n = library(), len(minutes)
        width = passes.panel_width()
        own, rest = -(-len(group) // width), -(-len(others) // width)
        packed = np.full((own + rest) * width, -1)
        places = np.concatenate([own * width + np.arange(len(others)), np.arange(len(group))])
        packed[places] = np.concatenate([others, group])
        units, exists = self._units(packed, minutes)

        def pairs(first: int) -> Floats:
            found = np.zeros(len(packed))
            passes.pairs(_at(units), n, first, min(first + PANELS, own), own + rest, _at(found))
            return found

        sums = np.sum(each(pairs, range(0, own, PANELS), self.stocks.threads), axis=0)
        return sums[places], exists[places]

    def _few(self, groups: Sequence[tuple[Numbers, Numbers, Numbers]]) -> list[tuple[Floats, Floats]]:
        """Return the same of groups so small that the others are not worth packing; their blocks are read once."""
        passes, jobs = library(), []
        for group, others, minutes in groups:
            packed = np.full(-(-len(group) // passes.panel_width()) * passes.panel_width(), -1)
            packed[: len(group)] = group
            weight = np.full_like(self.stocks.weight, np.nan)
            weight[others] = 1.0
            jobs.append((weight, minutes, *self._units(packed, minutes), np.empty_like(weight), np.empty_like(weight)))

        def against(first: int, last: int) -> Floats:
            out = np.zeros((len(groups), FEW))
            for k, (weight, minutes, units, _, whole, exists) in enumerate(jobs):
                passes.against(
                    *self._at, first, last, _at(weight), _at(minutes), len(minutes), _at(units), len(groups[k][0]),
                    _at(whole), _at(exists), _at(out[k]),
                )  # fmt: skip
            return out

        added = sum(self._each(against)) if groups else np.zeros((0, FEW))
        found = []
        for (group, others, minutes), (_, _, _, own, whole, exists), sums in zip(groups, jobs, added, strict=True):
            among = self._pairs(group, others[:0], minutes)[0] if len(group) > 1 else 0.0
            size = len(group)
            found.append(
                (np.concatenate([whole[others], sums[:size] + among]), np.concatenate([exists[others], own[:size]]))
            )
        return found

    def _units(self, packed: Numbers, minutes: Numbers) -> tuple[Floats, Floats]:
        """Return stocks centred and of length 1, (panels, minutes, width), and 1.0 for each that is not constant."""
        passes, n = library(), len(minutes)
        panels = len(packed) // passes.panel_width()
        units, exists = np.empty((panels, n, passes.panel_width())), np.empty(len(packed))

        def unit(first: int) -> None:
            last = min(first + PANELS, panels)
            passes.units(*self._at, _at(packed), first, last, _at(minutes), n, _at(units), _at(exists))

        each(unit, range(0, panels, PANELS), self.stocks.threads)
        return units, exists


def _at(array: npt.NDArray[Any]) -> int:
    assert array.flags.c_contiguous
    return array.ctypes.data
