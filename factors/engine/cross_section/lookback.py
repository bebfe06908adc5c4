"""What the fused engine is given of earlier days: a quantile of their values, made in C++ before the first stage.

Any other use of `past_<field>` is left to the matrix engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.days_before import NONE, Days
from factors.engine.cross_section.passes import address, each_blocks, library
from factors.engine.ir.trace import NotTraceable
from factors.engine.planning.external import ExternalInputs
from factors.ops.verb import Symbol


class LookbackSymbol(Symbol):
    """Stands for the series of earlier days while a definition is traced.

    Parameters
    ----------
    name : str
        Its name among the inputs.
    ask : callable
        Takes the share q and the number of days, and returns the symbol of that quantile.
    """

    def __init__(self, name: str, ask: Callable[[float, int], Any]) -> None:
        self._name, self._ask = name, ask

    def record(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the symbol of their quantile; refuse all else."""
        return self._ask(*args[1:]) if verb == "past_quantile" and not kwargs else self._refuse()

    def _refuse(self, *_: Any) -> NoReturn:
        raise NotTraceable(f"{self._name} is not among the day's own bars")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __abs__ = __getitem__ = __array__ = _refuse

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()


def quantiles(given: ExternalInputs, name: str, q: float, days: int, day: int, threads: int) -> Floats:
    """Return the q-quantile of a field's values above 0 on the stocks' last traded days, shape (stocks,).

    They are those before a day of the cube; missing where one of them is not known.
    """
    cube = given.cube
    blocks, stocks = cube.layout[1], len(cube.symbols)
    where = np.full((days, blocks * LANES), NONE)
    where[:, :stocks] = given.days_before(days)[day]
    place = np.zeros((3, *where.shape), np.int64)  # where its first minute lies, step, minutes
    for one in np.unique(where[where != NONE]).tolist():
        found = np.nonzero(where == one)
        for k, numbers in enumerate(_day(given, name, one, found[1])):
            place[k][found] = numbers
    rows = max(1, int(place[2].max(axis=1).sum()))
    out = np.empty(blocks * LANES)

    def work(first: int, last: int) -> None:
        room = np.empty((2 * rows, library().width()))
        library().quantiles(*map(address, place), days, first, last, blocks * LANES, q, address(room), address(out))

    each_blocks(blocks, threads, work)
    return out[:stocks]


def _day(given: ExternalInputs, name: str, day: int, stocks: Days) -> tuple[Any, ...]:
    """Return where some stocks' series of a day, given as by `days_before`, lie; doubles between minutes; minutes."""
    if day >= 0:
        field = given.cube.storage[day, :, given.cube.fields.index(name)]
        first = field.ctypes.data + field.strides[0] * (stocks // LANES) + 8 * (stocks % LANES)
        return first, LANES, given.cube.sessions[day].minutes
    if given.earlier is None or name not in given.earlier.series:
        return 0, 0, 0
    rows = given.earlier.series[name][-1 - day]
    assert rows.flags.c_contiguous
    return rows.ctypes.data + rows.strides[0] * stocks, 1, rows.shape[1]
