"""Emitting a schedule as one C++ text over the lane type V; only the header it includes knows the device."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from factors.engine.ir.analysis import (
    asks_existence,
    dependencies,
    implied,
    is_reduction,
    strip_scaling,
    under_mask,
    weight,
)
from factors.engine.ir.graph import CONSTANT, SERIES, VALUE, Node, StageRef
from factors.engine.ir.ops import IN_MEMORY, OFFSETS, OPS, RUNNING, Elementwise, KernelCall, Reduction, Running
from factors.engine.schedule.loops import Loop, Schedule

CUTS = 3
"""Lags, and leads, for each of which a loop is cut; with more, a minute near the edge asks whether it has them."""


def emit(schedule: Schedule, fields: Sequence[str], given: int | None = None) -> str:
    """Return the C++ text.

    Parameters
    ----------
    schedule : Schedule
        What to compute.
    fields : sequence of str
        Fields of the cube, in storage order.
    given : int, optional
        Series beside the storage, which other stages write or read; default: nothing is beside it.
    """
    return _Emitter(schedule, fields, given).text()


class _Emitter:
    def __init__(self, schedule: Schedule, fields: Sequence[str], given: int | None) -> None:
        self.s = schedule
        self.given = given
        self.takes = "" if given is None else ", double* g, const double* p"
        self.gets = "" if given is None else ", g, p"
        self.graph = schedule.graph
        self.nodes = schedule.graph.nodes
        self.place = {name: i for i, name in enumerate(fields)}
        self.no_nan: dict[int, bool] = {}
        self.implied: dict[int, set[int]] = {}
        self.fetches = self._fetches()

    def text(self) -> str:
        parts = [f"#define T {self.graph.minutes}", f"#define STORED {slots(self.s.stored)}",
                 f"#define VALUES {max(1, slots(self.s.values))}", f"#define FIELDS {len(self.place)}",
                 *([] if self.given is None else [f"#define GIVEN {self.given}"]),
                 '#include "lanes.h"', *(f'#include "{name}.h"' for name in self._headers()), ""]  # fmt: skip
        calls = []
        for number, (kind, step) in enumerate(self.s.steps):
            if kind == "loop" and isinstance(step, Loop):
                parts += self._loop(number, step)
                calls.append(f"  step{number}(f, s, v, fs{self.gets});")
            elif kind == "call" and isinstance(step, int):
                calls.append(self._call(step))
            elif isinstance(step, list):
                takes, gets = ("", "") if self.given is None else (", long fs" + self.takes, ", fs" + self.gets)
                parts += [f"STEP void step{number}(V* __restrict v, double* __restrict out, long row{takes}) {{",
                          *self._values(step), "}", ""]  # fmt: skip
                calls.append(f"  step{number}(v, out, row{gets});")
        parts += [f"STEP void block(const double* f, double* s, V* v, long fs, double* out, long row{self.takes}) {{"]
        parts += calls
        written = {i for kind, step in self.s.steps if kind == "values" and isinstance(step, list) for i in step}
        for k, i in enumerate(self.s.outputs):
            if i not in written:
                parts.append(f"  st(out + {k} * row, {self._value(i)});")
        return "\n".join([*parts, "}", "", '#include "run.h"', ""])

    def _value(self, i: int) -> str:
        node = self.nodes[i]
        if node.kind == CONSTANT:
            return _constant(node)
        kept = f"ld(g + GIVEN * fs + {node.slot} * LANES)" if node.op == "stage_value" else self._kept(i)
        return f"mask({kept})" if node.mask else kept

    def _kept(self, i: int) -> str:
        return f"v[{self.s.values[i]} * APART]"

    def _as_number(self, i: int, text: str) -> str:
        """Write a mask as the number it is stored as."""
        return f"number({text})" if self.nodes[i].mask else text

    def _type(self, i: int) -> str:
        return "M" if self.nodes[i].mask else "V"

    def _values(self, members: Sequence[int]) -> list[str]:
        """Emit arithmetic on values: what other steps read is kept, what leaves is written where it goes."""
        own = set(members)
        before = sorted({a for i in members for a in self.nodes[i].args if self.nodes[a].kind == VALUE} - own)
        lines = [f"  {self._type(i)} w{i} = {self._value(i)};" for i in before]
        lines += [f"  {self._type(i)} w{i} = {self._expression(i)};" for i in members]
        lines += [f"  {self._kept(i)} = {self._as_number(i, f'w{i}')};" for i in members if i in self.s.values]
        leaving = [(k, i) for k, i in enumerate(self.s.outputs) if i in own]
        return lines + [f"  st(out + {k} * row, {self._as_number(i, f'w{i}')});" for k, i in leaving]

    def _memory(self, i: int, at: str = "t") -> str:
        node = self.nodes[i]
        if node.op == "field":
            return f"ld(f + {self.place[node.field]} * fs + ({at}) * LANES)"
        if node.op == "stage_series":
            return f"ld(g + {node.slot} * fs + ({at}) * LANES)"
        loaded = f"lds(s, {self.s.stored[i]}, {at})"
        return f"mask({loaded})" if node.mask else loaded

    def _expression(self, i: int) -> str:
        """Emit an elementwise operation on operands that have names."""
        node = self.nodes[i]
        if node.op == "not" and self.nodes[node.args[0]].op == "isnan":
            x = self._named(self.nodes[node.args[0]].args[0])
            return f"{x} == {x}"
        op = OPS[node.op]
        assert isinstance(op, Elementwise)
        near = op.next_to_one and self._is_near_one(node.args[0])
        return (op.next_to_one if near else op.c).format(*map(self._named, node.args))

    def _is_near_one(self, i: int) -> bool:
        """Whether a series is the ratio of two others: returns and ranges are next to 1."""
        node = self.nodes[i]
        return node.op == "div" and self.nodes[node.args[1]].kind == SERIES

    def _call(self, i: int) -> str:
        """Emit a call step; where a series is left out stands a constant."""
        node = self.nodes[i]
        kernel = OPS[node.op]
        assert isinstance(kernel, KernelCall)
        number = kernel.series
        parts = [self._column(a) for a in node.args[:number]] + [self._value(a) for a in node.args[number:]]
        parts += [str(x) for x in (*node.window, *map(_argument, node.constants))]
        if node.kind == SERIES:
            return f"  k_{node.op}({', '.join([f'series(s, {self.s.stored[i]})', *parts])});"
        return f"  {self._kept(i)} = k_{node.op}({', '.join(parts)});"

    def _column(self, i: int) -> str:
        node = self.nodes[i]
        if node.kind == CONSTANT:
            return "Col{0, 0}"
        if node.op == "field":
            return f"Col{{f + {self.place[node.field]} * fs, LANES}}"
        if node.op == "stage_series":
            return f"Col{{g + {node.slot} * fs, LANES}}"
        return f"Col{{series(s, {self.s.stored[i]}), STRIDE}}"

    def _headers(self) -> list[str]:
        """Return the headers of what the text calls, but for the one that is always there."""
        called = [OPS[self.nodes[i].op] for _, step in self.s.steps if isinstance(step, int) for i in [step]]
        named = {op.header for op in called if isinstance(op, KernelCall)}
        named |= {op.header for op in map(OPS.__getitem__, {n.op for n in self.nodes}) if isinstance(op, Elementwise)}
        return sorted(named - {"common", ""})

    def _fetches(self) -> dict[int, list[int]]:
        """Return the fields of the next block that each loop fetches on its way: few at a time, heavy loops first."""
        loops = [(n, step) for n, (_, step) in enumerate(self.s.steps) if isinstance(step, Loop)]
        cost = {n: weight(self.graph, x.roots, self.s.stored) for n, x in loops}
        long = max((x.window[1] - x.window[0] for _, x in loops), default=0)
        heavy = sorted((n for n, x in loops if x.window[1] - x.window[0] == long), key=lambda n: -cost[n])
        found: dict[int, list[int]] = {}
        for k, name in enumerate(self.s.fields if heavy else ()):
            found.setdefault(heavy[k % len(heavy)], []).append(self.place[name])
        return found

    def _loop(self, number: int, loop: Loop) -> list[str]:
        inside = sorted(dependencies(self.graph, loop.roots, self.s.stored))
        states = [i for i in inside if self.nodes[i].op in RUNNING or is_reduction(self.nodes[i])]
        early = [i for i in states if self._is_early(loop, i)]
        lines = [f"STEP void step{number}(const double* f, double* s, V* v, long fs{self.takes}) {{"]
        lines += [f"  V a{i} = cst({_state(self.nodes[i]).start});" for i in states]
        lines += [f"  M b{i} = nobody();" for i in states if self.nodes[i].op == "first"]
        values = sorted({a for i in inside for a in self.nodes[i].args if self.nodes[a].kind == VALUE})
        lines += [f"  {self._type(i)} w{i} = {self._value(i)};" for i in values]
        ahead = [f"    ahead(f + (FIELDS + {k}) * fs + t * LANES);" for k in self.fetches.get(number, ())]
        begin, end = loop.window
        wait = [f"not_(b{i})" if self.nodes[i].op == "first" else f"isnan_(a{i})" for i in early]
        for start, stop in self._segments(loop, inside):
            if early and start == begin:  # the part that looks for first values ends with the last lane to get them
                lines += [f"  int t = {begin};", f"  for (bool wait = true; t < {end} && wait; ++t) {{"]
                lines += [*ahead, *self._body(loop, begin, end), f"    wait = any({' | '.join(wait)});", "  }"]
            body = [*ahead, *self._body(loop, start, stop, early)]
            first = "" if early and start >= begin else f"int t = {start}"
            lines += [f"  for ({first}; t < {stop}; ++t) {{", *body, "  }"] if body else []
        for i in loop.reductions:
            op = OPS[self.nodes[i].op]
            empty = op.empty if isinstance(op, Reduction) else ""
            value = f"select(a{i} == cst({empty}), cst(NaN), a{i})" if empty else f"a{i}"
            lines.append(f"  {self._kept(i)} = {value};")
        return [*lines, "}", ""]

    def _is_early(self, loop: Loop, i: int) -> bool:
        """Whether a node is known once every lane has had its first value, so that most minutes need not look."""
        node = self.nodes[i]
        if not _state(node).early or (
            len(node.args) > 1 and not asks_existence(self.graph, node.args[1], node.args[0])
        ):
            return False
        return node.window == loop.window

    def _segments(self, loop: Loop, inside: Sequence[int]) -> list[tuple[int, int]]:
        """Cut the loop where a window begins or ends, and where a lag or lead leaves the series."""
        begin, end = loop.window
        begin = min([begin, *(self.nodes[i].window[0] for i in inside if self.nodes[i].op in RUNNING)])
        cuts, starts, ends = {begin, end}, set(), set()
        for i in inside:
            node = self.nodes[i]
            if node.op in RUNNING:
                cuts |= set(node.window)
            elif node.op == "lag":
                starts.add(node.window[0] + node.by)
            elif node.op == "lead":
                ends.add(node.window[1] - node.by)
        cuts |= starts if len(starts) <= CUTS else {max(starts)}
        cuts |= ends if len(ends) <= CUTS else {min(ends)}
        cuts |= set(loop.window)
        edges = sorted(c for c in cuts if begin <= c <= end)
        return list(pairwise(edges))

    def _body(self, loop: Loop, begin: int, end: int, early: Sequence[int] = ()) -> list[str]:
        roots = [i for i in loop.roots if loop.window[0] <= begin and end <= loop.window[1]]
        roots = [i for i in roots if i not in early or not is_reduction(self.nodes[i])]
        every = dependencies(self.graph, loop.roots, self.s.stored)
        running = [
            i for i in every
            if self.nodes[i].op in RUNNING and i not in early
            and self.nodes[i].window[0] <= begin and end <= self.nodes[i].window[1]
        ]  # fmt: skip
        needed = dependencies(self.graph, [*roots, *running], self.s.stored)
        lines = self._nodes(needed, roots, begin, end, early)
        stores = [i for i in loop.stores if i in roots]
        return lines + [f"    sts(s, {self.s.stored[i]}, t, {self._as_number(i, f'x{i}')});" for i in stores]

    def _nodes(
        self, needed: Collection[int], roots: Collection[int], begin: int, end: int, known: Collection[int] = ()
    ) -> list[str]:
        """Emit the nodes of a minute: those stored by earlier loops are read, the others computed."""
        loads = {
            a for i in needed for a in self.nodes[i].args if a in self.s.stored and self.nodes[i].op not in OFFSETS
        }
        loads = {a for a in loads if a not in roots}
        lines = [f"    {self._type(i)} x{i} = {self._memory(i)};" for i in sorted(loads)]
        for i in sorted(set(needed) - loads):
            lines += self._shifted(i) if i in known else self._node(i, begin, end)
        return lines

    def _named(self, i: int) -> str:
        node = self.nodes[i]
        return f"x{i}" if node.kind == SERIES else f"w{i}" if node.kind == VALUE else _constant(node)

    def _node(self, i: int, begin: int, end: int) -> list[str]:
        node = self.nodes[i]
        args = [self._named(a) for a in node.args]
        if node.op in IN_MEMORY:
            return [f"    V x{i} = {self._memory(i)};"]
        if node.op == "stage_broadcast":
            return [f"    V x{i} = cst(p[{node.slot} * T + t]);"]
        if node.op == "minute":
            return [f"    V x{i} = cst(t + 1);"]
        if node.op in OFFSETS:
            by, (first, last) = node.by, node.window
            if node.op == "lag":
                edge, some, whole, there = first + by, end > first + by, begin >= first + by, ">="
            else:
                edge, some, whole, there = last - by, begin < last - by, end <= last - by, "<"
            read = self._memory(node.args[0], f"t - {by}" if node.op == "lag" else f"t + {by}") if some else "cst(NaN)"
            return [f"    V x{i} = {read if whole or not some else f't {there} {edge} ? {read} : cst(NaN)'};"]
        if node.op in RUNNING:
            return self._running(i, node, args[0])
        if is_reduction(node):
            return [f"    {line}" for line in self._reduction(i, node, args)]
        return [f"    {self._type(i)} x{i} = {self._expression(i)};"]

    def _running(self, i: int, node: Node, x: str) -> list[str]:
        op = OPS[node.op]
        assert isinstance(op, Running)
        result = self._shifted(i) if op.early else [f"    V x{i} = a{i};"]
        return [f"    {op.update.format(a=f'a{i}', x=x)}", *result]

    def _shifted(self, i: int) -> list[str]:
        mask, x = self._existing(self.nodes[i].args[0])
        return [f"    V x{i} = select({mask}, {x} - a{i}, cst(0.0));"]

    def _existing(self, i: int) -> tuple[str, str]:
        """Return a mask and a series: where the mask holds the node exists and is the series."""
        masks: list[int] = []
        while i not in self.s.stored and (mask := under_mask(self.graph, i)) is not None:
            if mask not in self.implied:
                self.implied[mask] = implied(self.graph, mask)
            if not any(mask in self.implied[m] for m in masks):
                masks = [*(m for m in masks if m not in self.implied[mask]), mask]
            i = self.nodes[i].args[1]
        known = set().union(*(self.implied[m] for m in masks))
        own = self._named(strip_scaling(self.graph, i, self.s.stored))
        asked = [self._named(m) for m in masks] + ([] if i in known else [f"({own} == {own})"])
        return " & ".join(asked), self._named(i)

    def _reduction(self, i: int, node: Node, args: Sequence[str]) -> list[str]:
        op, x, mask = OPS[node.op], args[0], args[-1]
        assert isinstance(op, Reduction)
        if op.every_minute and self._never_nan(node.args[0]):
            return [op.every_minute.format(a=f"a{i}", x=x)]
        if op.every_minute:
            mask, x = self._existing(node.args[0])
        return [line.format(a=f"a{i}", b=f"b{i}", x=x, mask=mask) for line in op.update]

    def _never_nan(self, i: int) -> bool:
        """Whether a series always has a value: shifted values are 0 where there is none."""
        if i not in self.no_nan:
            node = self.nodes[i]
            if node.op == "constant":
                known = not node.is_nan
            else:
                op = OPS[node.op]
                known = (isinstance(op, Running) and op.early) or (
                    isinstance(op, Elementwise) and op.keeps_values and all(map(self._never_nan, node.args))
                )
            self.no_nan[i] = known
        return self.no_nan[i]


def slots(places: Mapping[int, int]) -> int:
    """Return how many places nodes were given."""
    return 1 + max(places.values(), default=-1)


def _state(node: Node) -> Running | Reduction:
    """Return the operation of a node that has a register."""
    op = OPS[node.op]
    assert isinstance(op, Running | Reduction)
    return op


def _argument(constant: float | StageRef) -> str:
    """Write a constant of a call: a number, or where a series lies beside the storage."""
    return f"g + {constant.slot} * fs" if isinstance(constant, StageRef) else str(constant)


def _constant(node: Node) -> str:
    number = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}.get(node.number, node.number)
    return f"cst({number})"
