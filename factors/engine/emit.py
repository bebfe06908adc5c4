"""Emitting a schedule as one C++ text over the lane type V; only the header it includes knows the device."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from factors.engine.schedule import OFFSET, STATEFUL, Loop, Schedule, closure, is_reduction
from factors.engine.trace import CONSTANT, SERIES, VALUE, Node

BINARY = {"add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
          "ne": "!=", "and": "&", "or": "|"}  # fmt: skip
CALLS = {"abs": "vabs", "sqrt": "vsqrt", "log": "vlog", "exp": "vexp", "sign": "vsign", "isnan": "isnan_",
         "not": "not_",          "neg": "-", "ratio": "ratio", "select": "select"}  # fmt: skip
START = {"sum": "0.0", "count": "0.0", "prod": "1.0", "max": "-INF", "min": "INF", "first": "NaN", "last": "NaN",
         "at": "NaN", "cummax": "NaN", "cummin": "NaN", "cumsum": "0.0", "shift": "NaN"}  # fmt: skip


def emit(schedule: Schedule, fields: Sequence[str]) -> str:
    """Return the C++ text.

    Parameters
    ----------
    schedule : Schedule
        What to compute.
    fields : sequence of str
        Fields of the cube, in storage order.
    """
    return _Emitter(schedule, fields).text()


class _Emitter:
    def __init__(self, schedule: Schedule, fields: Sequence[str]) -> None:
        self.s = schedule
        self.graph = schedule.graph
        self.nodes = schedule.graph.nodes
        self.place = {name: i for i, name in enumerate(fields)}
        self.no_nan: dict[int, bool] = {}

    def text(self) -> str:
        parts = [f"#define T {self.graph.minutes}", f"#define STORED {len(self.s.stored)}",
                 f"#define VALUES {max(1, len(self.s.values))}", '#include "lanes.h"', ""]  # fmt: skip
        calls = []
        for number, (kind, step) in enumerate(self.s.steps):
            if kind == "loop" and isinstance(step, Loop):
                parts += self._loop(number, step)
                calls.append(f"  step{number}(f, s, v, fs);")
            elif kind == "top" and isinstance(step, int):
                calls.append(self._top(step))
            elif isinstance(step, list):
                parts += [f"STEP void step{number}(V* v) {{", *self._values(step), "}", ""]
                calls.append(f"  step{number}(v);")
        parts += ["STEP void block(const double* f, double* s, V* v, long fs, double* out, long row) {", *calls]
        for k, node in enumerate(self.s.outputs):
            parts.append(f"  st(out + {k} * row, {self._value(node)});")
        return "\n".join([*parts, "}", "", '#include "run.h"', ""])

    def _value(self, i: int) -> str:
        node = self.nodes[i]
        if node.kind == CONSTANT:
            return _constant(node)
        kept = f"v[{self.s.values[i]}]"
        return f"mask({kept})" if node.mask else kept

    def _as_number(self, i: int, text: str) -> str:
        """Write a mask as the number it is stored as."""
        return f"number({text})" if self.nodes[i].mask else text

    def _type(self, i: int) -> str:
        return "M" if self.nodes[i].mask else "V"

    def _values(self, members: Sequence[int]) -> list[str]:
        return [f"  v[{self.s.values[i]}] = {self._as_number(i, self._expression(i, self._value))};" for i in members]

    def _memory(self, i: int, at: str = "t") -> str:
        node = self.nodes[i]
        if node.op == "field":
            return f"ld(f + {self.place[str(node.about[0])]} * fs + ({at}) * LANES)"
        loaded = f"lds(s, {self.s.stored[i]}, {at})"
        return f"mask({loaded})" if node.mask else loaded

    def _operand(self, i: int) -> str:
        node = self.nodes[i]
        return self._value(i) if node.kind != SERIES else f"x{i}"

    def _expression(self, i: int, operand: object) -> str:
        node = self.nodes[i]
        args = [operand(a) for a in node.args]  # type: ignore[operator]
        if node.op in BINARY:
            return f"{args[0]} {BINARY[node.op]} {args[1]}"
        return f"{CALLS[node.op]}({', '.join(args)})"

    def _top(self, i: int) -> str:
        numerator, denominator, begin, end = self.nodes[i].about
        key = self.nodes[i].args[0]
        if self.nodes[key].op == "field":
            source, step = f"f + {self.place[str(self.nodes[key].about[0])]} * fs", "LANES"
        else:
            source, step = f"series(s, {self.s.stored[key]})", "STRIDE"
        return f"  top({source}, {step}, series(s, {self.s.stored[i]}), {begin}, {end}, {numerator}, {denominator});"

    def _loop(self, number: int, loop: Loop) -> list[str]:
        inside = sorted(closure(self.graph, loop.roots, self.s.stored))
        states = [i for i in inside if self.nodes[i].op in STATEFUL or is_reduction(self.nodes[i])]
        lines = [f"STEP void step{number}(const double* f, double* s, V* v, long fs) {{"]
        lines += [f"  V a{i} = cst({START[self.nodes[i].op]});" for i in states]
        lines += [f"  M b{i} = nobody();" for i in states if self.nodes[i].op == "first"]
        values = sorted({a for i in inside for a in self.nodes[i].args if self.nodes[a].kind == VALUE})
        lines += [f"  {self._type(i)} w{i} = {self._value(i)};" for i in values]
        for begin, end in self._segments(loop, inside):
            lines += [f"  for (int t = {begin}; t < {end}; ++t) {{", *self._body(loop, begin, end), "  }"]
        for i in loop.reductions:
            node = self.nodes[i]
            none = {"max": "-INF", "min": "INF"}.get(node.op)
            value = f"select(a{i} == cst({none}), cst(NaN), a{i})" if none else f"a{i}"
            lines.append(f"  v[{self.s.values[i]}] = {value};")
        return [*lines, "}", ""]

    def _window(self, loop: Loop, i: int) -> tuple[int, int]:
        node = self.nodes[i]
        return node.about[-2:] if is_reduction(node) or node.op in STATEFUL else loop.window

    def _segments(self, loop: Loop, inside: Sequence[int]) -> list[tuple[int, int]]:
        """Cut the loop where a window begins or ends, and where a lag or lead leaves the series."""
        begin, end = loop.window
        begin = min([begin, *(self.nodes[i].about[-2] for i in inside if self.nodes[i].op in STATEFUL)])
        cuts = {begin, end}
        for i in inside:
            node = self.nodes[i]
            if node.op in STATEFUL:
                cuts |= set(node.about[-2:])
            elif node.op == "lag":
                cuts.add(node.about[1] + node.about[0])
            elif node.op == "lead":
                cuts.add(node.about[2] - node.about[0])
        cuts |= set(loop.window)
        edges = sorted(c for c in cuts if begin <= c <= end)
        return list(pairwise(edges))

    def _body(self, loop: Loop, begin: int, end: int) -> list[str]:
        roots = [i for i in loop.roots if loop.window[0] <= begin and end <= loop.window[1]]
        every = closure(self.graph, loop.roots, self.s.stored)
        running = [
            i for i in every
            if self.nodes[i].op in STATEFUL and self.nodes[i].about[-2] <= begin and end <= self.nodes[i].about[-1]
        ]  # fmt: skip
        needed = closure(self.graph, [*roots, *running], self.s.stored)
        loads = {a for i in needed for a in self.nodes[i].args if a in self.s.stored and self.nodes[i].op not in OFFSET}
        loads = {a for a in loads if a not in roots}
        lines = [f"    {self._type(i)} x{i} = {self._memory(i)};" for i in sorted(loads)]
        for i in sorted(needed - loads):
            lines += self._node(i, begin, end)
        stores = [i for i in loop.stores if i in roots]
        return lines + [f"    sts(s, {self.s.stored[i]}, t, {self._as_number(i, f'x{i}')});" for i in stores]

    def _named(self, i: int) -> str:
        node = self.nodes[i]
        return f"x{i}" if node.kind == SERIES else f"w{i}" if node.kind == VALUE else _constant(node)

    def _node(self, i: int, begin: int, end: int) -> list[str]:
        node = self.nodes[i]
        args = [self._named(a) for a in node.args]
        if node.op == "field":
            return [f"    V x{i} = {self._memory(i)};"]
        if node.op == "minute":
            return [f"    V x{i} = cst(t + 1);"]
        if node.op in OFFSET:
            by, first, last = node.about
            inside = begin >= first + by if node.op == "lag" else end <= last - by
            at = f"t - {by}" if node.op == "lag" else f"t + {by}"
            return [f"    V x{i} = {self._memory(node.args[0], at) if inside else 'cst(NaN)'};"]
        if node.op in STATEFUL:
            return self._running(i, node, args[0])
        if is_reduction(node):
            return [f"    {line}" for line in self._reduction(i, node, args)]
        return [f"    {self._type(i)} x{i} = {self._expression(i, self._named)};"]

    def _running(self, i: int, node: Node, x: str) -> list[str]:
        update = {
            "cummax": f"a{i} = select(not_({x} <= a{i}) & ({x} == {x}), {x}, a{i});",
            "cummin": f"a{i} = select(not_({x} >= a{i}) & ({x} == {x}), {x}, a{i});",
            "cumsum": f"a{i} = select({x} == {x}, a{i} + {x}, a{i});",
            "shift": f"a{i} = select(a{i} == a{i}, a{i}, {x});",
        }[node.op]
        result = f"select({x} == {x}, {x} - a{i}, cst(0.0))" if node.op == "shift" else f"a{i}"
        return [f"    {update}", f"    V x{i} = {result};"]

    def _reduction(self, i: int, node: Node, args: Sequence[str]) -> list[str]:
        x = args[0]
        a = f"a{i}"
        if node.op == "sum":
            return [
                f"{a} = {a} + {x};" if self._never_nan(node.args[0]) else f"{a} = select({x} == {x}, {a} + {x}, {a});"
            ]
        if node.op == "count":
            return [f"{a} = select({x}, {a} + cst(1.0), {a});"]
        if node.op == "prod":
            return [f"{a} = select({x} == {x}, {a} * {x}, {a});"]
        if node.op in ("max", "min"):
            return [f"{a} = select({x} {'>' if node.op == 'max' else '<'} {a}, {x}, {a});"]
        if node.op == "last":
            return [f"{a} = select({args[1]}, {x}, {a});"]
        if node.op == "at":
            return [f"{a} = {x};"]
        return [f"{a} = select({args[1]} & not_(b{i}), {x}, {a});", f"b{i} = b{i} | ({args[1]});"]

    def _never_nan(self, i: int) -> bool:
        """Whether a series always has a value: shifted values are 0 where there is none."""
        if i not in self.no_nan:
            node = self.nodes[i]
            if node.op == "constant":
                known = node.about[0] != "nan"
            else:
                known = node.op == "shift" or (
                    node.op in ("add", "sub", "mul", "neg", "abs") and all(map(self._never_nan, node.args))
                )
            self.no_nan[i] = known
        return self.no_nan[i]


def _constant(node: Node) -> str:
    number = {"nan": "NaN", "inf": "INF", "-inf": "-INF"}.get(str(node.about[0]), str(node.about[0]))
    return f"cst({number})"
