"""Emitting a loop over the minutes.

1. A loop is cut where a window begins or ends, and where a lag or lead leaves its series: in each part no minute has to
   ask where it is (`_segments`).
2. The first part ends once every lane has had the first value of its series, so that the minutes after it need not look
   for it (`_is_early`).
3. A minute reads what earlier steps stored, computes the rest, updates the registers, and stores what later steps read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from factors.engine.codegen.operands import Operands
from factors.engine.codegen.program import Function, lines
from factors.engine.ir.analysis import asks_existence, dependencies, is_reduction
from factors.engine.ir.graph import VALUE, Node
from factors.engine.ir.ops import IN_MEMORY, OFFSETS, OPS, RUNNING, Reduction, Running
from factors.engine.schedule.steps import LoopStep

CUTS = 3
"""Lags, and leads, for each of which a loop is cut; with more, a minute near the edge asks whether it has them."""


def emit_loop(name: str, parameters: str, loop: LoopStep, operands: Operands, prefetched: Collection[int]) -> Function:
    """Return a loop as a function.

    Parameters
    ----------
    name, parameters : str
        Of the function.
    loop : LoopStep
        The loop.
    operands : Operands
        The nodes.
    prefetched : collection of int
        Places of the fields of the next block that it fetches on its way.
    """
    return Function(name, parameters, lines(_Loop(loop, operands, prefetched).lines()))


class _Loop:
    def __init__(self, loop: LoopStep, operands: Operands, prefetched: Collection[int]) -> None:
        self.loop, self.of = loop, operands
        self.graph, self.nodes, self.stored = operands.graph, operands.nodes, operands.stored
        self.needed = dependencies(self.graph, loop.results, self.stored)
        with_register = (i for i in sorted(self.needed) if self.nodes[i].op in RUNNING or is_reduction(self.nodes[i]))
        self.states = [i for i in with_register if not self._is_shared(i)]
        self.early = [i for i in self.states if self._is_early(i)]
        self.prefetch = [f"    ahead(f + (FIELDS + {k}) * fs + t * LANES);" for k in prefetched]

    def _is_shared(self, i: int) -> bool:
        """Whether a node is the first value of a series that the loop shifts by it, in the register of that state."""
        return self.nodes[i].op == "origin" and self.nodes[i].args[1] in self.needed - set(self.stored)

    def lines(self) -> list[str]:
        """Return the body of the function."""
        of, nodes = self.of, self.nodes
        text = [f"  V a{i} = cst({_register(nodes[i]).start});" for i in self.states]
        text += [f"  M b{i} = nobody();" for i in self.states if nodes[i].op == "first"]
        values = sorted({a for i in self.needed for a in nodes[i].args if nodes[a].kind == VALUE})
        text += [f"  {of.type(i)} w{i} = {of.value(i)};" for i in values]
        if self.loop.guarded(self.graph):
            wanted = " | ".join(sorted({of.name(nodes[i].args[1]) for i in self.loop.reductions}))
            text += [f"  if (!any({wanted})) {{", *(f"    {of.kept(i)} = cst(NaN);" for i in self.loop.reductions)]
            text += ["    return;", "  }"]
        begin, end = self.loop.window
        for start, stop in self._segments():
            if self.early and start == begin:  # the part that looks for first values
                missing = " | ".join(f"not_(b{i})" if nodes[i].op == "first" else f"isnan_(a{i})" for i in self.early)
                text += [f"  int t = {begin};", f"  for (bool wait = true; t < {end} && wait; ++t) {{"]
                text += [*self.prefetch, *self._body(begin, end), f"    wait = any({missing});", "  }"]
            body = [*self.prefetch, *self._body(start, stop, self.early)]
            first = "" if self.early and start >= begin else f"int t = {start}"
            text += [f"  for ({first}; t < {stop}; ++t) {{", *body, "  }"] if body else []
        return [*text, *map(self._result, self.loop.reductions)]

    def _result(self, i: int) -> str:
        """Keep a reduction's value."""
        if self._is_shared(i):
            return f"  {self.of.kept(i)} = a{self.nodes[i].args[1]};"
        op = _register(self.nodes[i])
        empty = op.empty if isinstance(op, Reduction) else ""
        value = f"select(a{i} == cst({empty}), cst(NaN), a{i})" if empty else f"a{i}"
        return f"  {self.of.kept(i)} = {value};"

    def _is_early(self, i: int) -> bool:
        """Whether a node is known once every lane has had its first value, so that most minutes need not look."""
        node = self.nodes[i]
        if not _register(node).early:
            return False
        if node.op == "first" and not asks_existence(self.graph, node.args[1], node.args[0]):
            return False
        return node.window == self.loop.window

    def _segments(self) -> list[tuple[int, int]]:
        """Cut the loop where a window begins or ends, and where a lag or lead leaves the series."""
        begin, end = self.loop.window
        running = [self.nodes[i] for i in self.needed if self.nodes[i].op in RUNNING]
        begin = min([begin, *(node.window[0] for node in running)])
        cuts = {begin, end}.union(*(node.window for node in running))
        starts = {node.window[0] + node.by for i in self.needed if (node := self.nodes[i]).op == "lag"}
        ends = {node.window[1] - node.by for i in self.needed if (node := self.nodes[i]).op == "lead"}
        cuts |= starts if len(starts) <= CUTS else {max(starts)}
        cuts |= ends if len(ends) <= CUTS else {min(ends)}
        cuts |= set(self.loop.window)
        edges = sorted(c for c in cuts if begin <= c <= end)
        return list(pairwise(edges))

    def _body(self, begin: int, end: int, known: Collection[int] = ()) -> list[str]:
        """Emit the minutes of a segment, with what it is known to have met already."""
        loop, nodes = self.loop, self.nodes
        inside = loop.window[0] <= begin and end <= loop.window[1]
        roots = [i for i in loop.results if inside and (i not in known or not is_reduction(nodes[i]))]
        running = [
            i for i in self.needed
            if nodes[i].op in RUNNING and i not in known and nodes[i].window[0] <= begin and end <= nodes[i].window[1]
        ]  # fmt: skip
        needed = dependencies(self.graph, [*roots, *running], self.stored)
        text = self._nodes(needed, roots, begin, end, known)
        materialized = [i for i in loop.materialized if i in roots]
        return text + [f"    sts(s, {self.stored[i]}, t, {self.of.as_number(i, f'x{i}')});" for i in materialized]

    def _nodes(
        self, needed: Collection[int], roots: Collection[int], begin: int, end: int, known: Collection[int]
    ) -> list[str]:
        """Emit the nodes of a minute: those stored by earlier loops are read, the others computed."""
        readers = [self.nodes[i] for i in needed if self.nodes[i].op not in OFFSETS]
        loads = {a for node in readers for a in node.args if a in self.stored and a not in roots}
        text = [f"    {self.of.type(i)} x{i} = {self.of.minute(i)};" for i in sorted(loads)]
        for i in sorted(set(needed) - loads):
            text += [self._distance(i)] if i in known else self._node(i, begin, end)
        return text

    def _node(self, i: int, begin: int, end: int) -> list[str]:
        node, of = self.nodes[i], self.of
        op = OPS[node.op]
        if isinstance(op, Running):
            return self._running(i, op)
        if isinstance(op, Reduction):
            return self._reduction(i, op)
        if node.op in OFFSETS:
            expression = self._offset(node, begin, end)
        elif node.op in IN_MEMORY:
            expression = of.minute(i)
        elif node.op == "stage_broadcast":
            expression = f"cst(p[{node.slot} * T + t])"
        elif node.op == "minute":
            expression = "cst(t + 1)"
        else:
            expression = of.expression(i)
        return [f"    {of.type(i)} x{i} = {expression};"]

    def _offset(self, node: Node, begin: int, end: int) -> str:
        """Read a series at another minute of a segment, if it has that minute."""
        first, last = node.window
        if node.op == "lag":
            edge, sign, t = first + node.by, ">=", f"t - {node.by}"
            never, always = end <= edge, begin >= edge
        else:
            edge, sign, t = last - node.by, "<", f"t + {node.by}"
            never, always = begin >= edge, end <= edge
        if never:
            return "cst(NaN)"
        read = self.of.minute(node.args[0], t)
        return read if always else f"t {sign} {edge} ? {read} : cst(NaN)"

    def _running(self, i: int, op: Running) -> list[str]:
        update = op.update.format(a=f"a{i}", x=self.of.name(self.nodes[i].args[0]))
        return [f"    {update}", self._distance(i) if op.early else f"    V x{i} = a{i};"]

    def _distance(self, i: int) -> str:
        """Emit a series' distance from its first value, 0 where there is none."""
        mask, x = self.of.existing(self.nodes[i].args[0])
        return f"    V x{i} = select({mask}, {x} - a{i}, cst(0.0));"

    def _reduction(self, i: int, op: Reduction) -> list[str]:
        args: Sequence[int] = self.nodes[i].args
        if self._is_shared(i):
            return []
        x, mask = self.of.name(args[0]), self.of.name(args[-1])
        if op.every_minute and self.of.never_nan(args[0]):
            summand = self.nodes[args[0]]
            if summand.op == "mul" and args[0] not in self.stored:  # one rounding fewer, in every sum of the product
                return [f"    a{i} = vfma({', '.join(map(self.of.name, summand.args))}, a{i});"]
            return [f"    {op.every_minute.format(a=f'a{i}', x=x)}"]
        if op.every_minute:
            mask, x = self.of.existing(args[0])
        return [f"    {line.format(a=f'a{i}', b=f'b{i}', x=x, mask=mask)}" for line in op.update]


def _register(node: Node) -> Running | Reduction:
    """Return the operation of a node that has a register."""
    op = OPS[node.op]
    assert isinstance(op, Running | Reduction)
    return op
