"""Tracing: a definition is called once on symbols, and what it does becomes a graph.

Equal operations are one node, so definitions share whatever they have in common without knowing of each other. A series
carries its window, the minutes it is defined on; series of different windows do not mix, just as arrays of different
lengths do not.
"""

from __future__ import annotations

from typing import Any, NoReturn

from factors.engine.ir.graph import SERIES, VALUE, FieldRef, Graph, OffsetBy, Over, StageRef, Window
from factors.engine.ir.table import LOWER
from factors.ops.verb import Symbol

BROADCAST = "broadcast"
"""Of what lies beside the storage: a series that is the same for all stocks of a day."""


class NotTraceable(Exception):
    """A definition that does something symbols cannot stand for; it runs on the matrix engine."""


class TracedArray(Symbol):
    """Stands for an array (stock-days, minutes) or (stock-days, 1)."""

    __array_ufunc__ = None  # NumPy leaves operators to this class, and its functions refuse
    __hash__ = object.__hash__

    def __init__(self, graph: Graph, node: int, window: Window | None) -> None:
        self.graph, self.node, self.window = graph, node, window

    @property
    def mask(self) -> bool:
        """Whether it stands for a mask."""
        return self.graph.nodes[self.node].mask

    def record(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the symbol of a verb's result."""
        if verb not in LOWER:
            raise NotTraceable(f"m.{verb} does not fuse")
        return LOWER[verb](*(self.of(a) for a in args), **{k: self.of(a) for k, a in kwargs.items()})

    def of(self, x: Any) -> Any:
        """Return an argument as it is, refusing arrays of data."""
        if hasattr(x, "__array_interface__") and not isinstance(x, int | float):
            raise NotTraceable("an array of data in a definition does not fuse")
        return x

    def _with(self, op: str, *others: Any, mask: bool = False, swap: bool = False) -> TracedArray:
        return elementwise(op, *((others[0], self) if swap else (self, *others)), mask=mask)

    def __add__(self, other: Any) -> TracedArray:
        return self._with("add", other)

    def __radd__(self, other: Any) -> TracedArray:
        return self._with("add", other, swap=True)

    def __sub__(self, other: Any) -> TracedArray:
        return self._with("sub", other)

    def __rsub__(self, other: Any) -> TracedArray:
        return self._with("sub", other, swap=True)

    def __mul__(self, other: Any) -> TracedArray:
        return self._with("mul", other)

    def __rmul__(self, other: Any) -> TracedArray:
        return self._with("mul", other, swap=True)

    def __truediv__(self, other: Any) -> TracedArray:
        return self._with("div", other)

    def __rtruediv__(self, other: Any) -> TracedArray:
        return self._with("div", other, swap=True)

    def __pow__(self, power: Any) -> TracedArray:
        known = isinstance(power, int | float)
        if known and power == 0.5:
            return elementwise("sqrt", self)
        if known and power in range(2, 9):
            return self._power(int(power))
        shown = repr(power) if known else f"of type {type(power).__name__}"
        raise NotTraceable(f"power {shown} does not fuse; 0.5 and whole numbers from 2 to 8 do, m.power for x >= 0")

    def _power(self, n: int) -> TracedArray:
        x = number(self)
        return x if n == 1 else x._power(n // 2) * x._power(n - n // 2)

    def __neg__(self) -> TracedArray:
        return self._with("neg")

    def __abs__(self) -> TracedArray:
        return self._with("abs")

    def __lt__(self, other: Any) -> TracedArray:
        return self._with("lt", other, mask=True)

    def __le__(self, other: Any) -> TracedArray:
        return self._with("le", other, mask=True)

    def __gt__(self, other: Any) -> TracedArray:
        return self._with("gt", other, mask=True)

    def __ge__(self, other: Any) -> TracedArray:
        return self._with("ge", other, mask=True)

    def __eq__(self, other: Any) -> TracedArray:  # type: ignore[override]
        return self._with("eq", other, mask=True)

    def __ne__(self, other: Any) -> TracedArray:  # type: ignore[override]
        return self._with("ne", other, mask=True)

    def __and__(self, other: Any) -> TracedArray:
        return self._with("and", other, mask=True)

    def __or__(self, other: Any) -> TracedArray:
        return self._with("or", other, mask=True)

    def __invert__(self) -> TracedArray:
        return self._with("not", mask=True)

    def __bool__(self) -> NoReturn:
        raise NotTraceable("a decision on data (if, and, or, not) does not fuse; use m.where, & and |")

    def __iter__(self) -> NoReturn:
        raise NotTraceable("a loop over an array does not fuse")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise NotTraceable("a NumPy function does not fuse; use the verbs of factors.ops")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotTraceable(f"the array attribute .{name} does not fuse; use the verbs of factors.ops")


LOGICAL = {"and", "or", "not"}


def elementwise(op: str, *operands: Any, mask: bool = False) -> TracedArray:
    """Return the symbol of an elementwise operation on symbols and numbers."""
    graph = next(x.graph for x in operands if isinstance(x, TracedArray))
    window: Window | None = None
    nodes = []
    for i, x in enumerate(operands):
        if isinstance(x, TracedArray):
            if x.window is not None and window not in (None, x.window):
                raise NotTraceable(f"series of the windows {window} and {x.window} do not mix")
            window = window if x.window is None else x.window
            as_mask = op in LOGICAL or (op == "select" and i == 0)
            nodes.append(x.node if x.mask == as_mask else number(x).node if x.mask else _no_mask(op))
        elif isinstance(x, int | float):
            nodes.append(graph.constant(x))
        else:
            raise NotTraceable(f"an operand of type {type(x).__name__} does not fuse")
    return TracedArray(graph, graph.add(op, tuple(nodes), mask=mask), window)


def _no_mask(op: str) -> NoReturn:
    raise NotTraceable(f"{op} of numbers does not fuse; compare first")


def number(x: TracedArray) -> TracedArray:
    """Return a mask as 1.0 and 0.0; other symbols as they are."""
    if not x.mask:
        return x
    one, zero = x.graph.constant(1.0), x.graph.constant(0.0)
    return TracedArray(x.graph, x.graph.add("select", (x.node, one, zero)), x.window)


def reduced(op: str, *xs: TracedArray, wanted: TracedArray | None = None) -> TracedArray:
    """Return the symbol of a reduction; of a guarded one, with the value that says where it is wanted."""
    operands = xs if wanted is None else (*xs, wanted)
    node = xs[0].graph.add(op, tuple(x.node for x in operands), Over(common_window(*xs)), kind=VALUE)
    return TracedArray(xs[0].graph, node, None)


def running(op: str, x: TracedArray) -> TracedArray:
    """Return the symbol of a state that runs through the minutes."""
    window = minutes_of(x)
    return TracedArray(x.graph, x.graph.add(op, (x.node,), Over(window), kind=SERIES), window)


def moved(op: str, x: TracedArray, minutes: int) -> TracedArray:
    """Return the symbol of a series at another minute."""
    window = minutes_of(x)
    return TracedArray(x.graph, x.graph.add(op, (x.node,), OffsetBy(minutes, window), kind=SERIES), window)


def field(graph: Graph, name: str) -> TracedArray:
    """Return the symbol of a field of the bars."""
    return TracedArray(graph, graph.add("field", attrs=FieldRef(name), kind=SERIES), (0, graph.minutes))


def minute(graph: Graph) -> TracedArray:
    """Return the symbol of the grid minutes 1..T."""
    return TracedArray(graph, graph.add("minute", kind=SERIES), (0, graph.minutes))


def stage_input(graph: Graph, kind: str, slot: int) -> TracedArray:
    """Return the symbol of what lies beside the storage: a series or a value of each stock, or one series for all."""
    if kind == VALUE:
        return TracedArray(graph, graph.add("stage_value", attrs=StageRef(slot), kind=VALUE), None)
    op = "stage_broadcast" if kind == BROADCAST else "stage_series"
    return TracedArray(graph, graph.add(op, attrs=StageRef(slot), kind=SERIES), (0, graph.minutes))


def common_window(*xs: TracedArray) -> Window:
    """Return the window of series that go together."""
    window = minutes_of(xs[0])
    if [x for x in xs if x.window != window]:
        raise NotTraceable("series of different windows do not mix")
    return window


def minutes_of(x: TracedArray) -> Window:
    """Return the window of a series."""
    if x.window is None:
        raise NotTraceable("a verb over minutes got a value that has no minutes")
    return x.window
