"""The mean size of each stock's correlations with the other stocks of a day.

Stocks that begin at the same minute are packed into panels, centred and of length 1, so that a correlation is a
product; a group is correlated with itself and with the stocks that began before it, over its own minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from factors.common.arrays import Floats
from factors.common.threads import each
from factors.engine.cross_section.passes import Numbers, Stocks, address, each_blocks, library, place

PANELS = 12
"""Panels that a thread multiplies with all others at a time: with one of these they fit a core's cache."""
FEW = 8
"""Stocks that begin at the same late minute, up to which they are correlated with the others one by one."""


def mean_correlation(x: Floats, stocks: Stocks, minutes: Numbers) -> Floats:
    """Return it, shape (stocks, 1).

    Parameters
    ----------
    x : float64 array, shape (blocks, minutes, lanes)
        The series where it lies.
    stocks : Stocks
        Those that traded.
    minutes : int64 array
        Minutes that count.
    """
    return _Correlations(x, stocks).mean(minutes)


class _Correlations:
    def __init__(self, x: Floats, stocks: Stocks) -> None:
        self.x, self.stocks, self.place = x, stocks, place(x)

    def mean(self, minutes: Numbers) -> Floats:
        numbers, n = self.stocks.numbers, len(minutes)
        start = np.empty(len(numbers), np.int64)
        library().gaps(*self.place, address(numbers), 0, len(numbers), address(minutes), n, address(start))
        order = np.argsort(start, kind="stable")
        ranked, start = numbers[order], start[order]
        totals, number = np.zeros(len(order)), np.zeros(len(order))
        groups = []
        for begin in np.unique(start[start < n]).tolist():
            older, stop = np.searchsorted(start, [begin, begin + 1]).tolist()  # stocks before `older` began earlier
            groups.append((ranked[older:stop], ranked[:older], minutes[begin:]))
        few = [k for k, (group, others, _) in enumerate(groups) if len(others) and len(group) <= FEW]
        sums_of = dict(zip(few, self._few([groups[k] for k in few]), strict=True))
        for k, (group, others, own) in enumerate(groups):
            sums, exists = sums_of[k] if k in sums_of else self._pairs(group, others, own)
            older, stop = len(others), len(others) + len(group)
            totals[:stop] += sums
            number[older:stop] += exists[older:] * (exists.sum() - exists[older:])
            number[:older] += exists[:older] * exists[older:].sum()
        with np.errstate(all="ignore"):
            mean_of = np.where(number > 0, totals / number, np.nan)
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
            sums = np.zeros(len(packed))
            passes.pairs(address(units), n, first, min(first + PANELS, own), own + rest, address(sums))
            return sums

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
                    *self.place, first, last, address(weight), address(minutes), len(minutes), address(units),
                    len(groups[k][0]), address(whole), address(exists), address(out[k]),
                )  # fmt: skip
            return out

        added = sum(each_blocks(len(self.x), self.stocks.threads, against)) if groups else np.zeros((0, FEW))
        results = []
        for (group, others, minutes), (_, _, _, own, whole, exists), sums in zip(groups, jobs, added, strict=True):
            among = self._pairs(group, others[:0], minutes)[0] if len(group) > 1 else 0.0
            size = len(group)
            results.append(
                (np.concatenate([whole[others], sums[:size] + among]), np.concatenate([exists[others], own[:size]]))
            )
        return results

    def _units(self, packed: Numbers, minutes: Numbers) -> tuple[Floats, Floats]:
        """Return stocks centred and of length 1, (panels, minutes, width), and 1.0 for each that is not constant."""
        passes, n = library(), len(minutes)
        panels = len(packed) // passes.panel_width()
        units, exists = np.empty((panels, n, passes.panel_width())), np.empty(len(packed))

        def unit(first: int) -> None:
            last = min(first + PANELS, panels)
            passes.units(
                *self.place, address(packed), first, last, address(minutes), n, address(units), address(exists)
            )

        each(unit, range(0, panels, PANELS), self.stocks.threads)
        return units, exists
