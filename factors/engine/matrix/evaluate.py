"""A plan's definitions evaluated on the arrays of one tile of stock-days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from factors import ops as m
from factors.backends.base import Backend
from factors.data.calendar.session import Session
from factors.definitions.kinds import PAST, Definition, Factor
from factors.engine.planning.external import ExternalInputs
from factors.engine.planning.plan import Plan, readers
from factors.engine.planning.tiles import Tile
from factors.errors import DefinitionError, FactorsError, NotInSession

Array = Any


def series(
    steps: Sequence[Definition], names: Sequence[str], given: ExternalInputs, tile: Tile, backend: Backend
) -> list[Array | NotInSession]:
    """Return some inputs of a tile's stock-days, on the CPU: what a `CrossSection` of the day is made of."""
    cube = given.cube
    load = Loader(cube.fields, cube.storage, cube.present, tile, backend, given)
    with np.errstate(all="ignore"):
        alive = _walk(steps, load, names)
        return [alive[name] if name in alive else load(name) for name in names]


def run_tile(plan: Plan, load: Loader) -> Array:
    """Return the factors of a tile's stock-days, shape (stock-days, factors), on the device."""
    xp = load.xp
    columns: dict[str, Array] = {}
    counts: dict[tuple[int, int | None], Array | NotInSession] = {}
    on = m.elementwise.on_device(load.storage)
    missing = xp.full((len(load.tile.day), 1), np.nan, dtype=xp.float64, **on)

    def finish(factor: Factor, value: Array | NotInSession) -> None:
        columns[factor.name] = _finish(factor, value, load, counts, missing)

    with np.errstate(all="ignore"):
        _walk(plan.rest(load.known), load, (), finish)
    return xp.concat([columns.get(f.name, missing) for f in plan.factors], axis=1)


def _walk(
    steps: Sequence[Definition],
    load: Loader,
    wanted: Sequence[str],
    finish: Callable[[Factor, Array | NotInSession], None] | None = None,
) -> dict[str, Array | NotInSession]:
    """Run the steps, hand each factor's value to `finish`, and return what is left alive: the wanted series."""
    left = readers(steps)
    for name in wanted:
        left[name] = left.get(name, 0) + 1
    alive: dict[str, Array | NotInSession] = {}
    for step in steps:
        for name in step.inputs:
            if name not in alive or name.startswith(PAST):  # of as many days as this reader's
                alive[name] = load(name, step)
        value = _call(step, [alive[name] for name in step.inputs])
        for name in step.inputs:
            left[name] -= 1
            if not left[name]:
                del alive[name]
        if not isinstance(step, Factor):
            alive[step.name] = _read_only(value)
        elif finish is not None:
            finish(step, value)
    return alive


class Loader:
    """Brings a built-in input of a tile into the shape (stock-days, minutes)."""

    def __init__(
        self,
        fields: tuple[str, ...],
        storage: Array,
        present: Array | None,
        tile: Tile,
        backend: Backend,
        given: ExternalInputs,
    ) -> None:
        self.fields, self.storage, self.present, self.tile, self.xp = fields, storage, present, tile, backend.xp
        self._given, self._put = given, backend.put
        self.known = given.values  # shared values that need not run again
        self._rows = None if tile.rows is None else backend.put(tile.rows)

    def __call__(self, name: str, reader: Definition | None = None) -> Array:
        """Return the input; `traded` falls back on the delivered bars where there is no volume."""
        if name in self._given:
            found = self._given.rows(name, self.tile, reader.history if isinstance(reader, Factor) else 0)
            return found if isinstance(found, NotInSession) else _read_only(self._put(found))
        session: Session = self.tile.session
        if name == "session":
            return session
        if name == "minute":
            length = session.minutes
            on = m.elementwise.on_device(self.storage)
            return self.xp.reshape(self.xp.arange(1, length + 1, dtype=self.xp.float64, **on), (1, length))
        if name == "traded":
            return self._matrix(self.present) if "volume" not in self.fields else self("volume") > 0
        return self._matrix(self.storage, self.fields.index(name))

    def _matrix(self, blocked: Array, field: int | None = None) -> Array:
        days, blocks, minutes = self.tile.days, self.tile.blocks, self.tile.session.minutes
        part = blocked[days, blocks, :minutes, :] if field is None else blocked[days, blocks, field, :minutes, :]
        part = self.xp.permute_dims(part, (0, 1, 3, 2))
        matrix = self.xp.reshape(part, (-1, minutes))
        matrix = matrix if self._rows is None else self.xp.take(matrix, self._rows, axis=0)
        if isinstance(matrix, np.ndarray):  # NumPy adds up in the order of memory, which is another for a single block
            matrix = np.ascontiguousarray(matrix)
        return _read_only(matrix)


def _read_only(value: Array) -> Array:
    """Make a definition that edits its input in place fail, rather than change what others read (NumPy only)."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value


def _call(step: Definition, inputs: list[Array]) -> Array | NotInSession:
    """Run a definition's body; a window the session does not have makes it, and all that reads it, absent."""
    for value in inputs:
        if isinstance(value, NotInSession):
            return value
    try:
        return step.call(*inputs)
    except NotInSession as absent:
        return absent
    except FactorsError as error:
        raise type(error)(f"{step.kind} {step.name!r} ({step.place}): {error}") from None
    except Exception as error:
        shapes = ", ".join(f"{n} {getattr(v, 'shape', '')}" for n, v in zip(step.inputs, inputs, strict=True))
        raise DefinitionError(
            f"{step.kind} {step.name!r} ({step.place}) failed on {shapes}: {type(error).__name__}: {error}"
        ) from error


def _finish(
    factor: Factor,
    value: Array | NotInSession,
    load: Callable[[str], Array],
    counts: dict[tuple[int, int | None], Array | NotInSession],
    missing: Array,
) -> Array:
    """Check a factor's values, mask thin stock-days and turn infinities into NaN."""
    if isinstance(value, NotInSession):
        return missing
    xp = m.elementwise.namespace(missing)
    shape = getattr(value, "shape", None)
    if shape != missing.shape:
        what = f"{type(value).__name__} {shape or ''}".strip()
        if shape and len(shape) == 2:
            what = f"a series of {shape[1]} minutes; reduce it, as in m.mean(...) or m.sum(...)"
        elif not shape:
            what += ", one for all of them; array methods such as .mean() forget the axis, the verbs do not"
        raise DefinitionError(f"factor {factor.name!r} ({factor.place}) must return one value per stock, not {what}.")
    for window in ((0, None), *([factor.window] if factor.window else [])):
        if window not in counts:
            try:
                counts[window] = m.count(m.between(load("traded"), *window))
            except NotInSession as absent:
                counts[window] = absent
        number = counts[window]
        if isinstance(number, NotInSession):
            return missing
        value = xp.where(number >= factor.min_bars, m.elementwise.numeric(value), missing)
    return xp.where(xp.isfinite(value), value, missing)
