"""What the fused engine is given of earlier days: a quantile of their values, made in C++ before the first stage.

Any other use of `past_<field>` is left to the matrix engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.cube.cube import EarlierDays, MinuteCube
from factors.engine.cross_section.passes import address, each_blocks, library
from factors.engine.ir.trace import NotTraceable
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


def quantiles(
    cube: MinuteCube, name: str, q: float, days: int, day: int, threads: int, earlier: EarlierDays | None = None
) -> Floats:
    """Return the q-quantile of a field's values above 0 on the days before one of a cube, shape (stocks,).

    Missing where the stock has no bar on one of these days. `earlier` are the days before the cube's first.
    """
    blocks, stocks = cube.storage.shape[1], len(cube.symbols)
    places = [place for back in range(1, days + 1) if (place := _day(cube, earlier, name, day - back)) is not None]
    if len(places) < days:
        return np.full(stocks, np.nan)
    each_day = np.array(places, np.int64)
    rows = int(each_day[:, 5].sum())
    out = np.empty(blocks * LANES)

    def work(first: int, last: int) -> None:
        room = np.empty((2 * rows, library().width()))
        library().quantiles(address(each_day), days, first, last, q, address(room), address(out))

    each_blocks(blocks, threads, work)
    return out[:stocks]


def _day(cube: MinuteCube, past: EarlierDays | None, name: str, day: int) -> tuple[int, ...] | None:
    """Return where a field's series of a day lies, as the C++ text's `Day`; None for a day that nobody has."""
    if day >= 0:
        minutes, field = cube.sessions[day].minutes, cube.storage[day, :, cube.fields.index(name)]
        return field.ctypes.data, field.strides[0] // 8, LANES, 1, len(cube.symbols), minutes
    if past is None or name not in past.series or day + len(past.dates) < 0:
        return None
    rows = past.series[name][day + len(past.dates)]
    assert rows.flags.c_contiguous
    stocks, minutes = rows.shape
    return rows.ctypes.data, LANES * minutes, 1, minutes, stocks, minutes
