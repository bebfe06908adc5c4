"""What is kept of programs, so that a second call need not make it again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Value = TypeVar("Value")


class ProgramCache(Generic[Value]):
    """The last values used, by their keys: of all, or of an owner, with which they go.

    Any thread may ask. Two that miss a value at once both make it, and both get the one that was kept first. A value
    must not keep its owner.

    Parameters
    ----------
    limit : int
        Values kept of each owner; the one not used for longest goes first.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._unowned: OrderedDict[Hashable, Value] = OrderedDict()
        self._owned: WeakKeyDictionary[Any, OrderedDict[Hashable, Value]] = WeakKeyDictionary()

    def get(self, key: Hashable, make: Callable[[], Value], owner: Any = None) -> Value:
        """Return the value of a key, made if it is not kept."""
        value = self.find(key, owner)
        return self.keep(key, make(), owner) if value is None else value

    def find(self, key: Hashable, owner: Any = None) -> Value | None:
        """Return the value of a key if it is kept."""
        with self._lock:
            values = self._unowned if owner is None else self._owned.get(owner)
            if values is None or key not in values:
                return None
            values.move_to_end(key)
            return values[key]

    def keep(self, key: Hashable, value: Value, owner: Any = None) -> Value:
        """Keep the value of a key, unless there is one; return the one that is kept."""
        with self._lock:
            values = self._unowned if owner is None else self._owned.setdefault(owner, OrderedDict())
            kept = values.setdefault(key, value)
            values.move_to_end(key)
            while len(values) > self.limit:
                values.popitem(last=False)
            return kept

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._unowned.clear()
            self._owned.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._unowned) + sum(map(len, self._owned.values()))
