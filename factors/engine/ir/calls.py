"""Call steps: what a verb that does not stream becomes.

Such a verb is a C++ function of whole series that runs between the loops over the minutes, on one block of stocks. It
reads series where they lie (a field in the storage, any other in scratch memory) and returns a series or a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from factors.engine.ir.trace import SERIES, VALUE, NotTraceable, TracedArray, minutes_of, number


@dataclass(frozen=True)
class KernelCall:
    """A C++ function ``k_<op>`` of series.

    Its arguments, in order: where the series it returns goes (`double*`, rows of STRIDE doubles), its series (`Col`),
    its values (`V`), begin and end of its window (`int`), then the constants of the node. One that returns a value
    returns a `V`. Masks are 1.0 and 0.0 throughout.

    Attributes
    ----------
    header : str
        The file that has it: ``kernel/<header>.h``.
    returns : {"series", "value"}
        What it makes.
    mask : bool
        Whether that is a mask.
    series : int
        Number of series it reads; the arguments after them are values.
    """

    header: str
    returns: Literal["series", "value"]
    mask: bool = False
    series: int = 1


CALLS: dict[str, KernelCall] = {"top": KernelCall("common", "series", mask=True)}
"""Every call by the operation of its node."""


def call(
    op: str, *series: TracedArray | None, values: tuple[TracedArray | float, ...] = (), about: tuple[Any, ...] = ()
) -> TracedArray:
    """Return the symbol of a call's result.

    Parameters
    ----------
    op : str
        A key of `CALLS`.
    *series : TracedArray or None
        As many as the call declares, all of one window; None for one that is left out.
    values : tuple of TracedArrayArray or float
        Values per stock, or numbers.
    about : tuple
        Constants, written into the C++ text as they are.
    """
    made = CALLS[op]
    given = [x for x in series if x is not None]
    if len(series) != made.series or not given:
        raise TypeError(f"{op} reads {made.series} series, not {len(series)}")
    graph, window = given[0].graph, minutes_of(given[0])
    if [x for x in given if x.window != window]:
        raise NotTraceable("series of different windows do not mix")
    nothing = graph.constant(float("nan"))
    nodes = [nothing if x is None else x.node for x in series]
    for x in values:
        if isinstance(x, TracedArray) and x.window is not None:
            raise NotTraceable(f"{op} takes a value per stock, not a series")
        nodes.append(number(x).node if isinstance(x, TracedArray) else graph.constant(x))
    kind = SERIES if made.returns == "series" else VALUE
    node = graph.add(op, tuple(nodes), (*about, *window), kind=kind, mask=made.mask)
    return TracedArray(graph, node, window if kind == SERIES else None)
