"""The graph: operations on earlier operations, equal ones folded.

Every node is a series (a value per minute), a value (one per stock-day) or a constant. What an operation needs to know
beside its operands are its attributes, of one type for each kind of operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

Window = tuple[int, int]
"""The minutes start < t <= stop on which something is defined."""

SERIES, VALUE, CONSTANT = "series", "value", "constant"


class Number(NamedTuple):
    """A constant, as text: so NaN equals itself, and one zero is not the other."""

    text: str


class FieldRef(NamedTuple):
    """A field of the bars, by its name."""

    field: str


class StageRef(NamedTuple):
    """What lies beside the storage for a stage, by its slot among those of its kind."""

    slot: int


class Over(NamedTuple):
    """The minutes that a running state or a reduction goes over."""

    window: Window


class OffsetBy(NamedTuple):
    """By how many minutes a series is moved, and the minutes it is defined on."""

    by: int
    window: Window


class CallArguments(NamedTuple):
    """The constants of a call, written into the C++ text as they are, and the minutes it goes over."""

    constants: tuple[float | StageRef, ...]
    window: Window


Attributes = Number | FieldRef | StageRef | Over | OffsetBy | CallArguments | None
"""Named tuples, since graphs are compared and hashed node by node; the operation tells one kind from another."""


class Node(NamedTuple):
    """An operation of the graph.

    Attributes
    ----------
    op : str
        Its name.
    args : tuple of int
        Operands, as indices of earlier nodes.
    attrs : Attributes
        What the operation needs to know beside them.
    kind : str
        `SERIES`, `VALUE` or `CONSTANT`.
    mask : bool
        Whether it is true or false rather than a number.
    """

    op: str
    args: tuple[int, ...]
    attrs: Attributes
    kind: str
    mask: bool

    @property
    def number(self) -> str:
        """Text of a constant."""
        assert isinstance(self.attrs, Number)
        return self.attrs.text

    @property
    def field(self) -> str:
        """Name of a field."""
        assert isinstance(self.attrs, FieldRef)
        return self.attrs.field

    @property
    def slot(self) -> int:
        """Slot of what lies beside the storage."""
        assert isinstance(self.attrs, StageRef)
        return self.attrs.slot

    @property
    def by(self) -> int:
        """Minutes of a lag or lead."""
        assert isinstance(self.attrs, OffsetBy)
        return self.attrs.by

    @property
    def constants(self) -> tuple[float | StageRef, ...]:
        """Constants of a call."""
        assert isinstance(self.attrs, CallArguments)
        return self.attrs.constants

    @property
    def window(self) -> Window:
        """Minutes that a state, reduction, lag, lead or call goes over."""
        assert isinstance(self.attrs, Over | OffsetBy | CallArguments)
        return self.attrs.window

    @property
    def is_nan(self) -> bool:
        """Whether it is the constant that stands for what is missing."""
        return self.kind == CONSTANT and self.attrs == ("nan",)


class Graph:
    """Nodes in the order of their making.

    Parameters
    ----------
    minutes : int
        Minutes of the session.
    nodes : iterable of Node
        Nodes that it has already.
    """

    def __init__(self, minutes: int, nodes: Iterable[Node] = ()) -> None:
        self.minutes = minutes
        self.nodes: list[Node] = list(nodes)
        self._places = {node: i for i, node in enumerate(self.nodes)}

    def add(
        self, op: str, args: tuple[int, ...] = (), attrs: Attributes = None, *, kind: str = "", mask: bool = False
    ) -> int:
        """Return the index of a node, made if there is none like it."""
        if not kind:
            kinds = {self.nodes[a].kind for a in args}
            kind = SERIES if SERIES in kinds else VALUE if VALUE in kinds else CONSTANT
        node = Node(op, args, attrs, kind, mask)
        place = self._places.setdefault(node, len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(node)
        return place

    def constant(self, number: float) -> int:
        """Return the node of a number."""
        return self.add("constant", attrs=Number(repr(float(number))), kind=CONSTANT)
