"""What a function of the user's is made of: its code, and everything of the user's that it reaches.

Source text is not asked: there is none at a prompt, it may have changed since it was loaded, and it says nothing of the
helpers and constants that a function uses. Nor is a pickle hashed, not even cloudpickle's: it names what lies in a
module instead of following it, so that a changed helper would go unseen, and its bytes vary with line numbers, the
order of sets and which equal strings are one object, so that an unchanged factor would be computed again.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import hashlib
import importlib
import io
import pickle
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from factors.definitions.decorators import Definition

_SCALARS = (bool, int, float, complex, str, bytes, type(None), type(...))
_CLASS_NOISE = {
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__firstlineno__", "__static_attributes__",
    "__annotations__", "__annotate_func__", "__annotations_cache__",
}  # fmt: skip


def fingerprint(function: Any) -> Any:
    """Return plain values, fit for JSON and the same in every process, that change when the function's results may.

    Parameters
    ----------
    function : callable
        Its code, constants, defaults and closure count, and the functions, classes and values that its global names
        stand for, theirs too, as far as they are the user's. Installed packages count by name and version, this
        library's own functions by name.
    """
    return _Walk(function).of(function)


class _Walk:
    """One walk; what is met again is told by its number, so that a circle ends."""

    def __init__(self, start: Any) -> None:
        self.home = _top(start)
        self.seen: dict[int, tuple[int, Any]] = {}  # with the value, so that no other object gets its id

    def of(self, value: Any) -> Any:
        if type(value) in _SCALARS:
            return [type(value).__name__, repr(value)]
        if id(value) in self.seen:
            return ["met", self.seen[id(value)][0]]
        self.seen[id(value)] = len(self.seen), value
        if isinstance(value, CodeType):
            return self._code(value)
        if isinstance(value, Definition):
            return [self.of(value.body), self.of(dict(value.params))]
        if isinstance(value, ModuleType):
            return self._module(value, ())
        if isinstance(value, FunctionType):
            return self._foreign(value) or self._function(value)
        if isinstance(value, MethodType):
            return [self.of(value.__func__), self.of(value.__self__)]
        if isinstance(value, functools.partial):
            return [self.of(part) for part in (value.func, value.args, value.keywords)]
        if isinstance(value, type):
            return self._foreign(value) or self._class(value)
        return self._object(value)

    def _function(self, value: FunctionType) -> Any:
        cells = []
        for cell in value.__closure__ or ():
            with contextlib.suppress(ValueError):  # an empty cell: named, not yet assigned
                cells.append(self.of(cell.cell_contents))
        codes = list(_codes(value.__code__))
        names = tuple(dict.fromkeys(name for code in codes for name in code.co_names))
        uses = {name: used for code in codes for name, used in _globals(code, value.__globals__)}
        reached = {
            name: self._module(used, names) if isinstance(used, ModuleType) else self.of(used)
            for name, used in uses.items()
        }
        more = (value.__defaults__, value.__kwdefaults__, vars(value))
        return [self._code(value.__code__), [self.of(part) for part in more], cells, reached]

    def _code(self, code: CodeType) -> Any:
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        shape = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        traps = code.co_exceptiontable.hex()
        return [code.co_code.hex(), traps, [list(part) for part in names], shape, [self.of(c) for c in code.co_consts]]

    def _module(self, module: ModuleType, names: tuple[str, ...]) -> Any:
        """Tell a module by name; of the user's own, also what the code may take from it."""
        foreign = self._foreign(module)
        if foreign:
            return foreign
        uses = {name: vars(module)[name] for name in names if name in vars(module)}
        return [module.__name__, {name: self.of(value) for name, value in uses.items()}]

    def _class(self, value: type) -> Any:
        own = {name: part for name, part in vars(value).items() if name not in _CLASS_NOISE}
        parts = {}
        for name, part in own.items():
            if isinstance(part, (staticmethod, classmethod)):
                part = part.__func__
            elif isinstance(part, property):
                part = (part.fget, part.fset)
            parts[name] = self.of(part)
        return [value.__qualname__, [self.of(base) for base in value.__bases__], parts]

    def _object(self, value: Any) -> Any:
        kind = type(value).__name__
        if isinstance(value, Mapping):
            return [kind, [[self.of(key), self.of(item)] for key, item in value.items()]]
        if isinstance(value, (set, frozenset)):
            return [kind, sorted((self.of(item) for item in value), key=repr)]
        if isinstance(value, (list, tuple)):
            return [kind, [self.of(item) for item in value]]
        if isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject:
            return [kind, str(value.dtype), list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
        if isinstance(value, (BuiltinFunctionType, np.ufunc)) or hasattr(value, "__wrapped__"):
            inner = None if self._foreign(value) else getattr(value, "__wrapped__", None)
            return [kind, getattr(value, "__module__", None), getattr(value, "__name__", ""), self.of(inner)]
        if self._foreign(type(value)):
            written = io.BytesIO()
            with contextlib.suppress(Exception):  # what cannot be pickled is told by its class alone
                _Pickler(self, written).dump(value)
                return [kind, hashlib.sha256(written.getvalue()).hexdigest()]
            return [kind]
        slots = {name: getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)}
        return [self.of(type(value)), self.of(slots), self.of(getattr(value, "__dict__", {}))]

    def _foreign(self, value: Any) -> Any:
        """Return name and version of what is not the user's: this library, Python's own, an installed package."""
        top = _top(value)
        name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', getattr(value, '__name__', ''))}"
        if top == "factors":
            return [name]
        if top == self.home or not top:
            return None
        if top == "builtins":  # also what code without a module's name calls its home
            plain = getattr(builtins, getattr(value, "__name__", ""), None) is value or value is builtins
            return [name] if plain else None
        if top in sys.stdlib_module_names or top == "numpy":
            return [name]
        package = sys.modules.get(top)
        where = Path(getattr(package, "__file__", None) or "").parts
        if "site-packages" in where or "dist-packages" in where:
            return [name, str(getattr(package, "__version__", ""))]
        return None


class _Pickler(pickle.Pickler):
    """Writes the user's functions and classes as their account, where pickle itself writes their names."""

    def __init__(self, walk: _Walk, file: io.BytesIO) -> None:
        super().__init__(file, protocol=4)
        self.walk = walk

    def reducer_override(self, value: Any) -> Any:
        """Return how to write a value; leave it to pickle."""
        if isinstance(value, (FunctionType, type)) and not self.walk._foreign(value):
            return str, (repr(self.walk.of(value)),)
        return NotImplemented


def _top(value: Any) -> str:
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return str(name or "").partition(".")[0]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _globals(code: CodeType, scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a code's global names and imports stand for."""
    steps = list(dis.get_instructions(code))
    for number, step in enumerate(steps):
        name = step.argval
        if step.opname == "IMPORT_NAME":
            level = steps[number - 2].argval
            dots = "." * level if isinstance(level, int) else ""
            with contextlib.suppress(Exception):  # the computation will tell
                yield f"import {name}", importlib.import_module(dots + name, scope.get("__package__"))
        elif step.opname.startswith("LOAD_") and ("GLOBAL" in step.opname or "NAME" in step.opname) and name in scope:
            yield name, scope[name]
