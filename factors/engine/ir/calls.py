"""Call steps: what a verb that does not stream becomes.

Such a verb is a C++ function of whole series that runs between the loops over the minutes, on one block of stocks. It
reads series where they lie (a field in the storage, any other in scratch memory) and returns a series or a value.
"""

from __future__ import annotations

from factors.engine.ir.graph import SERIES, VALUE, CallArguments, StageRef
from factors.engine.ir.ops import OPS, KernelCall
from factors.engine.ir.trace import NotTraceable, TracedArray, common_window, number


def call(
    op: str,
    *series: TracedArray | None,
    values: tuple[TracedArray | float, ...] = (),
    constants: tuple[float | StageRef, ...] = (),
) -> TracedArray:
    """Return the symbol of a call's result.

    Parameters
    ----------
    op : str
        The name of a `KernelCall`.
    *series : TracedArray or None
        As many as the call declares, all of one window; None for one that is left out.
    values : tuple of TracedArray or float
        Values per stock, or numbers.
    constants : tuple
        Numbers, or where something lies beside the storage; written into the C++ text.
    """
    kernel = OPS[op]
    assert isinstance(kernel, KernelCall)
    present = [x for x in series if x is not None]
    if len(series) != kernel.series or not present:
        raise TypeError(f"{op} reads {kernel.series} series, not {len(series)}")
    graph, window = present[0].graph, common_window(*present)
    nothing = graph.constant(float("nan"))
    nodes = [nothing if x is None else x.node for x in series]
    for x in values:
        if isinstance(x, TracedArray) and x.window is not None:
            raise NotTraceable(f"{op} takes a value per stock, not a series")
        nodes.append(number(x).node if isinstance(x, TracedArray) else graph.constant(x))
    kind = SERIES if kernel.returns == "series" else VALUE
    node = graph.add(op, tuple(nodes), CallArguments(constants, window), kind=kind, mask=kernel.mask)
    return TracedArray(graph, node, window if kind == SERIES else None)
