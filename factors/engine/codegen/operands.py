"""How a node is written where it is read: by its name, from memory, as an expression of others."""

from __future__ import annotations

from collections.abc import Sequence

from factors.engine.ir.analysis import implied, strip_scaling, under_mask
from factors.engine.ir.graph import CONSTANT, SERIES, VALUE, Node
from factors.engine.ir.ops import OPS, Elementwise, Running
from factors.engine.schedule.steps import Schedule


class Operands:
    """The nodes of a schedule.

    Parameters
    ----------
    schedule : Schedule
        What is computed.
    fields : sequence of str
        Fields of the storage, in their order.
    """

    def __init__(self, schedule: Schedule, fields: Sequence[str]) -> None:
        self.graph, self.nodes = schedule.graph, schedule.graph.nodes
        self.stored, self.values = schedule.stored, schedule.values
        self.place = {name: i for i, name in enumerate(fields)}
        self._never_nan: dict[int, bool] = {}
        self._implied: dict[int, set[int]] = {}

    def type(self, i: int) -> str:
        """Return the C++ type of a node."""
        return "M" if self.nodes[i].mask else "V"

    def name(self, i: int) -> str:
        """Return what a node is called inside a step."""
        node = self.nodes[i]
        return f"x{i}" if node.kind == SERIES else f"w{i}" if node.kind == VALUE else _constant(node)

    def as_number(self, i: int, text: str) -> str:
        """Write a mask as the number it is stored as."""
        return f"number({text})" if self.nodes[i].mask else text

    def kept(self, i: int) -> str:
        """Return where a value lies between steps."""
        return f"v[{self.values[i]} * APART]"

    def value(self, i: int) -> str:
        """Read a value that an earlier step made, one beside the storage, or a constant."""
        node = self.nodes[i]
        if node.kind == CONSTANT:
            return _constant(node)
        number = f"ld(g + GIVEN * fs + {node.slot} * LANES)" if node.op == "stage_value" else self.kept(i)
        return f"mask({number})" if node.mask else number

    def minute(self, i: int, t: str = "t") -> str:
        """Read a minute of a series that lies in memory."""
        node = self.nodes[i]
        if node.op == "field":
            return f"ld(f + {self.place[node.field]} * fs + ({t}) * LANES)"
        if node.op == "stage_series":
            return f"ld(g + {node.slot} * fs + ({t}) * LANES)"
        number = f"lds(s, {self.stored[i]}, {t})"
        return f"mask({number})" if node.mask else number

    def column(self, i: int) -> str:
        """Return where a whole series lies; where a call leaves one out stands a constant."""
        node = self.nodes[i]
        if node.kind == CONSTANT:
            return "Col{0, 0}"
        if node.op == "field":
            return f"Col{{f + {self.place[node.field]} * fs, LANES}}"
        if node.op == "stage_series":
            return f"Col{{g + {node.slot} * fs, LANES}}"
        return f"Col{{series(s, {self.stored[i]}), STRIDE}}"

    def expression(self, i: int) -> str:
        """Write an elementwise operation on operands that have names."""
        node = self.nodes[i]
        if node.op == "not" and self.nodes[node.args[0]].op == "isnan":
            x = self.name(self.nodes[node.args[0]].args[0])
            return f"{x} == {x}"
        op = OPS[node.op]
        assert isinstance(op, Elementwise)
        return op.c.format(*map(self.name, node.args))

    def existing(self, i: int) -> tuple[str, str]:
        """Return a mask and a series: where the mask holds the node exists and is the series."""
        masks: list[int] = []
        while i not in self.stored and (mask := under_mask(self.graph, i)) is not None:
            if mask not in self._implied:
                self._implied[mask] = implied(self.graph, mask)
            if not any(mask in self._implied[m] for m in masks):
                masks = [*(m for m in masks if m not in self._implied[mask]), mask]
            i = self.nodes[i].args[1]
        known = set().union(*(self._implied[m] for m in masks))
        own = self.name(strip_scaling(self.graph, i, self.stored))
        conditions = [self.name(m) for m in masks] + ([] if i in known else [f"({own} == {own})"])
        return " & ".join(conditions), self.name(i)

    def never_nan(self, i: int) -> bool:
        """Whether a series always has a value: shifted values are 0 where there is none."""
        if i not in self._never_nan:
            node = self.nodes[i]
            if node.op == "constant":
                never = not node.is_nan
            else:
                op = OPS[node.op]
                never = (isinstance(op, Running) and op.early) or (
                    isinstance(op, Elementwise) and op.keeps_values and all(map(self.never_nan, node.args))
                )
            self._never_nan[i] = never
        return self._never_nan[i]


def _constant(node: Node) -> str:
    number = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}.get(node.number, node.number)
    return f"cst({number})"
