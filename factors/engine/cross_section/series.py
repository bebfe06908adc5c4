"""A series of all the stocks of a day as it lies in memory, and the functions of `factors.ops.across` on it in C++.

They are those functions' other form: the same numbers, without an array (stocks, minutes) in between. What else a body
does with such a series is refused; it then runs on arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.engine.cross_section.correlation import mean_correlation
from factors.engine.cross_section.passes import Stocks, address, each_blocks, library, place
from factors.ops.verb import Symbol

MINUTES = 12
"""Minutes that a thread ranks at a time."""
NOISE = 1e-12  # as in factors.ops.across


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
        self._place = place(x)

    @property
    def shape(self) -> tuple[int, int]:
        """That of its array."""
        return len(self.stocks.numbers), self.x.shape[1]

    def record(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what a function of `factors.ops.across` makes of it."""
        form: Any = {
            "across.mean": self._mean, "across.std": self._std, "across.rank": self._rank, "across.crowd": self._crowd
        }.get(verb)  # fmt: skip
        if form is None or self.mask or not (args and args[0] is self) or any(isinstance(a, Symbol) for a in args[1:]):
            raise TypeError(f"{verb} of a series where it lies")
        return form(*args[1:], **kwargs)

    def array(self) -> npt.NDArray[Any]:
        """Return it as an array, shape (stocks, minutes)."""
        blocks, minutes, _ = self.x.shape
        rows = np.empty((len(self.stocks.numbers), minutes))
        row = np.full(blocks * LANES, -1)
        row[self.stocks.numbers] = np.arange(len(rows))
        self._each(lambda a, b: library().rows(*self._place, a, b, minutes, address(row), address(rows)))
        return rows != 0 if self.mask else rows

    def _each(self, work: Callable[[int, int], Any]) -> list[Any]:
        return each_blocks(len(self.x), self.stocks.threads, work)

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

        def sums(a: int, b: int, out: Floats) -> None:
            library().sums(*self._place, a, b, minutes, address(by), address(out))

        total, size, over = self._added(sums)
        total = np.where(np.abs(total) <= NOISE * size, 0.0, total)
        with np.errstate(all="ignore"):
            return np.asarray(np.where(over > 0, total / over, np.nan))[None, :]

    def _std(self) -> Floats:
        minutes = self.x.shape[1]
        first, middle = self._firsts(), np.zeros(minutes)

        def powers(a: int, b: int, out: Floats) -> None:
            arrays = self.stocks.weight, first, middle, out
            library().powers(*self._place, a, b, minutes, *map(address, arrays))

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
            first = x[np.argmax(~np.isnan(x), axis=0), np.arange(x.shape[1])]
            if not np.isnan(first).any():
                break
        return np.ascontiguousarray(np.nan_to_num(first))

    def _rank(self) -> DaySeries:
        out = self.room()
        blocks, minutes, _ = self.x.shape

        def work(first: int) -> None:
            room = np.empty((MINUTES + 4) * blocks * LANES + 2)  # a key more than there are may be written
            library().ranks(
                *self._place, blocks, address(self.stocks.weight), first, min(first + MINUTES, minutes),
                *place(out), address(room),
            )  # fmt: skip

        each(work, range(0, minutes, MINUTES), self.stocks.threads)
        return DaySeries(out, self.stocks)

    def _crowd(self, chosen: Any) -> Floats:
        minutes = np.flatnonzero(np.broadcast_to(chosen, (1, self.x.shape[1]))[0])
        return mean_correlation(self.x, self.stocks, minutes)
