"""Emitting a schedule as a program in C++ over the lane type V; only the files put around it know the device.

1. Each loop over the minutes becomes a function (`loops`), and so does each piece of arithmetic on values.
2. What a node is called where it is read stands in one place (`operands`).
3. The block calls these functions, and those of the kernel folder, in the order of the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence

from factors.engine.codegen.loops import emit_loop
from factors.engine.codegen.operands import Operands
from factors.engine.codegen.program import BESIDE, Function, Line, Program, lines
from factors.engine.ir.analysis import weight
from factors.engine.ir.graph import SERIES, VALUE, StageRef
from factors.engine.ir.ops import OPS, Elementwise, KernelCall
from factors.engine.schedule.steps import CallStep, LoopStep, Schedule, ValueStep, slot_count


def emit(schedule: Schedule, fields: Sequence[str], stage_series: int | None = None) -> Program:
    """Return the program.

    Parameters
    ----------
    schedule : Schedule
        What to compute.
    fields : sequence of str
        Fields of the storage, in their order.
    stage_series : int, optional
        Series beside the storage, which other stages write or read; default: nothing is beside it.
    """
    staged = stage_series is not None
    operands = Operands(schedule, fields)
    prefetched = _prefetched(schedule, operands)
    functions: list[Function] = []
    block: list[Line] = []
    takes, gets = (BESIDE, ", g, p") if staged else ("", "")
    for number, step in enumerate(schedule.steps):
        name = f"step{number}"
        match step:
            case LoopStep():
                parameters = f"const double* f, double* s, V* v, long fs{takes}"
                functions.append(emit_loop(name, parameters, step, operands, prefetched.get(number, ())))
                block.append(Line(f"  {name}(f, s, v, fs{gets});", name))
            case ValueStep():
                beside = f", long fs{takes}" if staged else ""
                parameters = f"V* __restrict v, double* __restrict out, long row{beside}"
                functions.append(Function(name, parameters, lines(_values(step, schedule.outputs, operands))))
                block.append(Line(f"  {name}(v, out, row{', fs' + gets if staged else ''});", name))
            case CallStep():
                block.append(Line(_call(step.node, operands)))
    written = {i for step in schedule.steps if isinstance(step, ValueStep) for i in step.nodes}
    rest = [(k, i) for k, i in enumerate(schedule.outputs) if i not in written]
    block += [Line(f"  st(out + {k} * row, {operands.value(i)});") for k, i in rest]
    return Program(
        schedule.graph.minutes, slot_count(schedule.stored), slot_count(schedule.values), len(schedule.outputs),
        len(fields), stage_series, _headers(schedule), tuple(functions), tuple(block),
    )  # fmt: skip


def _values(step: ValueStep, outputs: Sequence[int], of: Operands) -> list[str]:
    """Emit arithmetic on values: what other steps read is kept, what leaves is written where it goes."""
    own = set(step.nodes)
    earlier = sorted({a for i in step.nodes for a in of.nodes[i].args if of.nodes[a].kind == VALUE} - own)
    text = [f"  {of.type(i)} w{i} = {of.value(i)};" for i in earlier]
    text += [f"  {of.type(i)} w{i} = {of.expression(i)};" for i in step.nodes]
    text += [f"  {of.kept(i)} = {of.as_number(i, f'w{i}')};" for i in step.nodes if i in of.values]
    leaving = [(k, i) for k, i in enumerate(outputs) if i in own]
    return text + [f"  st(out + {k} * row, {of.as_number(i, f'w{i}')});" for k, i in leaving]


def _call(i: int, of: Operands) -> str:
    """Emit a call of a function of the kernel folder."""
    node = of.nodes[i]
    kernel = OPS[node.op]
    assert isinstance(kernel, KernelCall)
    arguments = [*map(of.column, node.args[: kernel.series]), *map(of.value, node.args[kernel.series :])]
    arguments += [*map(str, node.window), *map(_argument, node.constants)]
    if node.kind == SERIES:
        return f"  k_{node.op}({', '.join([f'series(s, {of.stored[i]})', *arguments])});"
    return f"  {of.kept(i)} = k_{node.op}({', '.join(arguments)});"


def _argument(constant: float | StageRef) -> str:
    """Write a constant of a call: a number, or where a series lies beside the storage."""
    return f"g + {constant.slot} * fs" if isinstance(constant, StageRef) else str(constant)


def _headers(schedule: Schedule) -> tuple[str, ...]:
    """Return the files of what is called, but for the one that is always there."""
    nodes = schedule.graph.nodes
    called = [OPS[nodes[step.node].op] for step in schedule.calls]
    used = [OPS[name] for name in {node.op for node in nodes}]
    files = {op.header for op in called if isinstance(op, KernelCall)}
    files |= {op.header for op in used if isinstance(op, Elementwise)}
    return tuple(sorted(files - {"common", ""}))


def _prefetched(schedule: Schedule, of: Operands) -> dict[int, list[int]]:
    """Return the fields of the next block that each loop fetches on its way: few at a time, heavy loops first."""
    loops = {
        n: step for n, step in enumerate(schedule.steps)
        if isinstance(step, LoopStep) and not step.guarded(schedule.graph)
    }  # fmt: skip
    weights = {n: weight(schedule.graph, loop.results, schedule.stored) for n, loop in loops.items()}
    lengths = {n: loop.window[1] - loop.window[0] for n, loop in loops.items()}
    longest = max(lengths.values(), default=0)
    heavy = sorted((n for n in loops if lengths[n] == longest), key=lambda n: -weights[n])
    prefetched: dict[int, list[int]] = {}
    for k, name in enumerate(schedule.fields if heavy else ()):
        prefetched.setdefault(heavy[k % len(heavy)], []).append(of.place[name])
    return prefetched
