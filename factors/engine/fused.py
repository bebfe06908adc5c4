"""The fused engine: all factors of a plan as one compiled function over blocks of stocks.

1. For each session among the days, the plan's definitions are traced (`trace`) and scheduled (`schedule`).
2. The schedule becomes C++ text (`emit`), compiled once and kept (`compile`).
3. Threads take ranges of blocks; each call leaves the interpreter's lock.
4. What cannot be traced runs on the matrix engine, and the notes say why.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend
from factors.data.cube import LANES, MinuteCube
from factors.data.rows import Floats
from factors.data.session import NotInSession, Session
from factors.definition import Definition, Factor
from factors.engine import compile as compiling
from factors.engine import matrix
from factors.engine.between import Between, Unfit
from factors.engine.choose import refuse_device
from factors.engine.emit import emit, slots
from factors.engine.given import Given, answered, beyond, prepare
from factors.engine.launch import Code, execute
from factors.engine.lower import between, count, where
from factors.engine.lower_order import share_orders
from factors.engine.market import MARKET
from factors.engine.plan import Plan, make_plan
from factors.engine.schedule import Schedule, make_schedule
from factors.engine.stages import PUT, Crossing, goes_beyond
from factors.engine.trace import SERIES, Graph, Node, NotTraceable, Traced, combine
from factors.threads import each

RANGE = 160
"""Blocks a thread takes at a time, at most."""


@dataclass(frozen=True)
class Fusion:
    """A plan fused for one session.

    Attributes
    ----------
    names : tuple of str
        Factors it computes, in the order of the plan.
    refused : dict of str to str
        Factors that do not fuse, with the reason.
    values : tuple of str
        Shared values that these read, and that are computed beside the factors.
    schedule : Schedule
        Passes and loops.
    text : str
        The emitted C++.
    """

    names: tuple[str, ...]
    refused: dict[str, str]
    values: tuple[str, ...]
    schedule: Schedule
    text: str


_FUSIONS: WeakKeyDictionary[Plan, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""Fusions live as long as their plan: another call traces again, and so sees changed declarations and globals."""
_OWN: dict[tuple[Definition, ...], dict[tuple[Any, ...], Any]] = {}
"""Fusions of the library's own definitions, which nobody changes."""
MOST = 32
"""Plans whose fusions are kept there."""
_LIBRARIES: dict[str, ctypes.CDLL] = {}
_CODES: dict[tuple[str, tuple[str, ...]], Code] = {}
_THREAD = threading.local()


def run(
    plan: Plan, cube: MinuteCube, backend: Backend, threads: int = 1, notes: dict[str, str] | None = None,
    given: Given | None = None,
) -> Floats:  # fmt: skip
    """Compute the plan's factors.

    Parameters and returned array are those of the matrix engine; `notes` receives the factors that ran there instead,
    with the reason.

    Raises
    ------
    ArgumentError
        If the backend is not the CPU.
    CompilerError
        If there is no C++ compiler, or it fails.
    DefinitionError
        If a definition fails or returns something that is not one value per stock.
    """
    refuse_device(backend)
    found = np.full((len(cube.dates), len(cube.symbols), len(plan.factors)), np.nan)
    others: dict[str, str] = {}
    shared: list[dict[str, Floats]] = []
    whole = answered(plan, cube, given.market if given else None)
    for days in _sessions(cube):
        own: dict[str, Floats] = {}
        for fusion, made in _stages(plan, whole, days, threads, backend):
            others |= fusion.refused
            columns = [i for i, f in enumerate(plan.factors) if f.name in fusion.names]
            found[days][:, :, columns] = made[:, :, : len(columns)]
            own |= {name: made[:, :, len(columns) + k] for k, name in enumerate(fusion.values)}
        shared.append(own)
    if others:
        rest = make_plan([f for f in plan.factors if f.name in others], cube.fields)
        columns = [i for i, f in enumerate(plan.factors) if f.name in others]
        known = {
            name: np.concatenate([one[name] for one in shared])
            for name in shared[0]
            if all(name in one for one in shared)
        }
        whole = prepare(rest, cube, threads, whole.market, known)
        found[:, :, columns] = matrix.run(rest, cube, backend, threads, given=whole)
        if notes is not None:
            notes.update(others)
    found[~cube.listed] = np.nan
    return found


@dataclass(frozen=True)
class Staged:
    """A plan fused for one session, in stages.

    Attributes
    ----------
    fusions : tuple of Fusion
        One a stage.
    crossing : Crossing
        What crosses between them.
    """

    fusions: tuple[Fusion, ...]
    crossing: Crossing


def _stages(
    plan: Plan, given: Given, days: slice, threads: int, backend: Backend, unfit: frozenset[str] = frozenset()
) -> list[tuple[Fusion, Floats]]:
    """Return what each stage computes for some days of one session, shape (days, stocks, factors and values)."""
    cube = given.cube
    session = cube.sessions[days.start]
    if hasattr(backend, "card") or not goes_beyond(plan, cube.fields):
        fusion = fuse(plan, session, cube.fields)
        return [(fusion, _execute(fusion, cube, days, threads, backend))]
    staged = stage(plan, session, cube.fields, unfit, tuple(filter(given.market.answers, MARKET)))
    between = Between(staged.crossing, given, days, threads)
    found = []
    for number, fusion in enumerate(staged.fusions):
        try:
            between.run(number)
        except Unfit as step:
            return _stages(plan, given, days, threads, backend, unfit | {step.name})
        made = _execute(fusion, cube, days, threads, between=between)
        for k, name in enumerate(fusion.values):
            between.keep(name, made[:, :, len(fusion.names) + k])
        found.append((fusion, made))
    return found


def fuse(plan: Plan, session: Session, fields: Sequence[str]) -> Fusion:
    """Trace, schedule and emit what a plan computes of a stock-day alone.

    For a session and the fields of a cube, in storage order.
    """
    found: Fusion = _kept(plan, session, fields, (), lambda: _fused(plan, session, fields))
    return found


def stage(
    plan: Plan, session: Session, fields: Sequence[str], unfit: Collection[str] = (), answered: Collection[str] = ()
) -> Staged:
    """Trace, schedule and emit a plan in stages; `unfit` and `answered` as for `Crossing`."""
    about = tuple(sorted(unfit)), tuple(answered)
    found: Staged = _kept(plan, session, fields, about, lambda: _staged(plan, session, fields, *about))
    return found


def _kept(
    plan: Plan, session: Session, fields: Sequence[str], about: tuple[tuple[str, ...], ...], make: Callable[[], Any]
) -> Any:
    """Return what was made of a plan before."""
    own = all(str(step.body.__module__).startswith("factors.library") for step in plan.steps)
    known = _OWN.setdefault(plan.steps, {}) if own else _FUSIONS.setdefault(plan, {})
    while len(_OWN) > MOST:
        del _OWN[next(iter(_OWN))]
    key = (session, tuple(fields), *about)
    if key not in known:
        known[key] = make()
    return known[key]


def _fused(plan: Plan, session: Session, fields: Sequence[str]) -> Fusion:
    graph, nodes, refused = trace(plan, session, fields)
    names, values, outputs = _leaving(plan, nodes, refused)
    return Fusion(names, refused, values, *_written(graph.minutes, tuple(graph.nodes), outputs, tuple(fields)))


def _staged(
    plan: Plan, session: Session, fields: Sequence[str], unfit: Collection[str], answered: Collection[str]
) -> Staged:
    crossing = Crossing(plan, session, unfit, answered)
    parts = []
    for stage in range(crossing.stages):
        crossing.open(stage)
        graph, nodes, refused = trace(plan, session, fields, crossing, stage)
        names, values, outputs = _leaving(plan, nodes, refused, crossing.later(stage))
        crossing.keep(stage, values)
        outputs += tuple(nodes[PUT + name] for name in crossing.puts.get(stage, ()))
        parts.append((graph, names, refused, values, outputs))
    number = len(crossing.names(SERIES))
    fusions = [
        Fusion(names, refused, values, *_written(graph.minutes, tuple(graph.nodes), outputs, tuple(fields), number))
        for graph, names, refused, values, outputs in parts
    ]
    return Staged(tuple(fusions), crossing)


def _leaving(
    plan: Plan, nodes: Mapping[str, int], refused: Collection[str], later: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Return the factors and the shared values that leave, and their nodes."""
    names = tuple(f.name for f in plan.factors if f.name in nodes)
    read = {name for step in _of(plan, refused) for name in step.inputs}.union(later)
    values = tuple(s.name for s in plan.steps if not isinstance(s, Factor) and s.name in nodes and s.name in read)
    return names, values, tuple(nodes[name] for name in (*names, *values))


@lru_cache(maxsize=16)
def _written(
    minutes: int, nodes: tuple[Node, ...], outputs: tuple[int, ...], fields: tuple[str, ...], given: int | None = None
) -> tuple[Schedule, str]:
    """Return schedule and text of a graph: an equal one needs neither to be made again."""
    graph = Graph(minutes)
    graph.nodes = list(nodes)
    schedule = make_schedule(*share_orders(graph, outputs))
    return schedule, emit(schedule, fields, given)


def trace(
    plan: Plan, session: Session, fields: Sequence[str], crossing: Crossing | None = None, stage: int = 0
) -> tuple[Graph, dict[str, int], dict[str, str]]:
    """Call the plan's definitions on symbols: all, or those of a stage.

    Returns
    -------
    graph : Graph
        What they do.
    nodes : dict of str to int
        The node of each factor that fuses, of each shared value, and of what else leaves the stage.
    refused : dict of str to str
        Why the others do not.
    """
    graph = Graph(session.minutes)
    known: dict[str, Any] = {"session": session, "minute": graph.minute()}
    known |= {name: graph.field(name) for name in fields}
    if "volume" in known:
        known["traded"] = combine("gt", known["volume"], 0, mask=True)
    else:
        known["traded"] = NotTraceable("without volume, traded minutes are known to the matrix engine alone")
    nodes: dict[str, int] = {}
    refused: dict[str, str] = {}
    known |= {step.name: NotTraceable(beyond(step)) for step in plan.steps if beyond(step)}
    if crossing is not None:
        known |= crossing.symbols(graph, stage)
    for step in [one for one in plan.steps if not beyond(one)] if crossing is None else crossing.steps(stage):
        try:
            value = _call(step, [known[name] for name in step.inputs])
            if isinstance(step, Factor):
                value = _finish(graph, step, value, known["traded"])
        except (NotInSession, NotTraceable) as reason:
            value = reason
        except Exception as error:  # the matrix engine will meet it again and tell it with its place
            value = NotTraceable(f"{type(error).__name__}: {error}")
        if not isinstance(step, Factor):
            known[step.name] = value
            if isinstance(value, Traced) and value.window is None and not value.mask:
                nodes[step.name] = value.node
        elif isinstance(value, NotInSession):
            nodes[step.name] = graph.constant(float("nan"))
        elif isinstance(value, Exception):
            refused[step.name] = str(value)
        else:
            nodes[step.name] = value.node
    if crossing is not None:
        crossing.put(stage, known, nodes)
    return graph, nodes, refused


def _of(plan: Plan, names: Collection[str]) -> tuple[Definition, ...]:
    """Return the steps that some factors of a plan need, given ones and those of all stocks included."""
    wanted = set(names)
    for step in reversed(plan.steps):
        if step.name in wanted:
            wanted.update(step.inputs)
    return tuple(step for step in plan.steps if step.name in wanted)


def _call(step: Definition, inputs: Sequence[Any]) -> Any:
    for value in inputs:
        if isinstance(value, Exception):
            raise value
    return step.call(*inputs)


def _finish(graph: Graph, factor: Factor, value: Any, traded: Any) -> Traced:
    """Mask thin stock-days and turn infinities into NaN, as every engine does."""
    if not isinstance(value, Traced) or value.window is not None:
        raise NotTraceable("it does not return one value per stock")
    if isinstance(traded, Exception):
        raise traded
    enough = count(traded) >= factor.min_bars
    if factor.window is not None:
        enough = enough & (count(between(traded, *factor.window)) >= factor.min_bars)
    value = where(enough, value)
    return where(combine("lt", combine("abs", value), float("inf"), mask=True), value)


def _sessions(cube: MinuteCube) -> list[slice]:
    """Return runs of days with the same session."""
    edges = [d for d in range(1, len(cube.dates)) if cube.sessions[d] != cube.sessions[d - 1]]
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(cube.dates)], strict=True)]


def _execute(
    fusion: Fusion, cube: MinuteCube, days: slice, threads: int, backend: Backend | None = None,
    between: Between | None = None,
) -> Floats:  # fmt: skip
    """Return the fused factors of some days, shape (days, stocks, factors)."""
    storage = cube.storage[days]
    number, blocks, fields, minutes, lanes = storage.shape
    total = number * blocks
    if not fusion.schedule.outputs:
        return np.empty((number, len(cube.symbols), 0))
    card = getattr(backend, "card", None)
    if card is not None:
        there = cube.resident if cube.resident is not None and cube.resident.card is card else None
        code = device_code(fusion, cube.fields, cube.fields if there else None)
        whole = storage.reshape(total, fields, minutes, lanes)
        out = execute(card, code, whole, threads, there, days.start * blocks)
        return out.reshape(len(out), number, blocks * lanes)[:, :, : len(cube.symbols)].transpose(1, 2, 0)
    library = _library(fusion.text)
    beside = () if between is None else between.beside
    out = np.empty((len(fusion.schedule.outputs), total * lanes))
    taken = max(1, min(RANGE, -(-total // (8 * threads))))  # several ranges a thread, so that none waits for the last

    def work(first: int) -> None:
        library.run(
            storage.ctypes.data, out.ctypes.data, _scratch(library.scratch_bytes()), first, min(first + taken, total),
            fields * minutes * lanes, minutes * lanes, total * lanes, *beside,
        )  # fmt: skip

    each(work, range(0, total, taken), threads)
    values = out.reshape(len(out), number, blocks * lanes)[:, :, : len(cube.symbols)]
    return values.transpose(1, 2, 0)


def device_code(fusion: Fusion, fields: Sequence[str], held: Sequence[str] | None = None) -> Code:
    """Return a fusion as a GPU runs it, for a storage of the fields held there; default: of those it reads."""
    schedule = fusion.schedule
    own = tuple(held or (name for name in fields if name in schedule.fields))
    key = (fusion.text, own)
    if key not in _CODES:
        _CODES[key] = Code(
            emit(schedule, own), tuple(fields.index(name) for name in own), slots(schedule.stored),
            slots(schedule.values), len(schedule.outputs),
        )  # fmt: skip
    return _CODES[key]


def _scratch(size: int) -> int:
    """Return the address of this thread's scratch memory, aligned to a cache line; it is kept for the next call."""
    raw: npt.NDArray[np.uint8] | None = getattr(_THREAD, "scratch", None)
    if raw is None or len(raw) < size + 64:
        raw = _THREAD.scratch = np.empty(size + 64, np.uint8)
    return raw.ctypes.data + -raw.ctypes.data % 64


def load(fusion: Fusion) -> None:
    """Compile what a fusion computes, or find it in the cache."""
    if fusion.schedule.outputs:
        _library(fusion.text)


def _library(text: str) -> ctypes.CDLL:
    """Return the compiled text, loaded."""
    if text not in _LIBRARIES:
        library = compiling.build(text, LANES)
        library.run.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_long] * 5
        if "#define GIVEN" in text:
            library.run.argtypes += [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_long, ctypes.c_long]
        library.run.restype = None
        library.scratch_bytes.restype = ctypes.c_long
        _LIBRARIES[text] = library
    return _LIBRARIES[text]
