"""The matrix engine: a definition's verbs run one by one on arrays of many stocks.

1. The cube is cut into tiles of stock-days, small enough on the CPU for the temporaries to stay in the cache.
2. For each tile a field becomes an array (stock-days, minutes) when its first reader comes.
3. The plan's steps run in order; a series is dropped after its last reader.
4. Each factor's values are masked where the stock-day has too few traded bars, infinities become NaN.
5. All factors of a tile leave the device together.
"""

from __future__ import annotations

import numpy as np

from factors.backends.base import Backend
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.cube.cube import MinuteCube
from factors.engine.matrix.across import evaluate_cross_sections
from factors.engine.matrix.evaluate import Loader, run_tile
from factors.engine.planning.external import ExternalInputs
from factors.engine.planning.plan import Plan
from factors.engine.planning.tiles import Tile, tiles


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None,
    given: ExternalInputs | None = None,
) -> Floats:  # fmt: skip
    """Compute the plan's factors.

    Parameters
    ----------
    plan : Plan
        What to run.
    cube : MinuteCube
        The bars.
    backend : Backend
        Where to run it.
    threads : int
        Tiles worked on at once, on the CPU.
    notes : dict of str to str, optional
        Not used; the fused engine tells in it what ran elsewhere.
    given : ExternalInputs, optional
        What the plan reads beyond its stock-days; default: it is made here, with the mean of the stocks as market.

    Returns
    -------
    numpy.ndarray of float64, shape (days, stocks, factors)
        NaN where the input lacks a field, the stock-day is missing or too thin.

    Raises
    ------
    DefinitionError
        If a definition fails or returns something that is not one value per stock.
    """
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    storage = backend.put(cube.storage)
    present = None if "volume" in cube.fields else backend.put(cube.present)
    given = given or evaluate_cross_sections(plan, cube, threads)

    def work(tile: Tile) -> None:
        with backend.device_context():
            values = backend.take(run_tile(plan, Loader(cube.fields, storage, present, tile, backend, given)))
        found[tile.day, tile.stock] = values

    each(work, tiles(cube, backend.block), 1 if backend.block is None else threads)
    return found
