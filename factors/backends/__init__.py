"""Where the work runs: `get` turns ``backend=`` into a `Backend`.

A new one is a class that inherits from `Backend`, the contract in `base`, registered under a name::

    factors.backends.register("torch", "my_package.torch_backend:TorchBackend")

or announced by a package's entry point in the group ``factors.backends``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points

from factors.backends.base import Backend, complete
from factors.common.settings import setting
from factors.errors import ArgumentError, FactorsError, did_you_mean

if __name__ != "factors.backends":  # `import backends` in a checkout would load every file a second time
    raise ImportError("import factors.backends, not backends: the link at the root only shows where the code is")

__all__ = ["Backend", "available", "get", "register"]

log = logging.getLogger("factors")

_REGISTERED: dict[str, str | Callable[[], Backend]] = {
    "cpu": "factors.backends.cpu:CpuBackend",
    "gpu": "factors.backends.gpu:GpuBackend",
}


def register(name: str, target: str | Callable[[], Backend]) -> None:
    """Make a backend available under a name.

    Parameters
    ----------
    name : str
        What ``backend=`` is to say.
    target : str or callable
        ``"package.module:Class"``, imported on first use, or something that returns the backend when called.
    """
    _REGISTERED[name] = target


def _targets() -> dict[str, str | Callable[[], Backend]]:
    return {**_installed(), **_REGISTERED}


@lru_cache(maxsize=1)
def _installed() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group="factors.backends")}


def _make(name: str) -> Backend:
    target = _targets()[name]
    if isinstance(target, str):
        module, _, attribute = target.partition(":")
        target = getattr(import_module(module), attribute)
    made = target()
    found = complete(made)
    if found is None:
        raise ArgumentError(f"backend={name!r} is registered as {made!r}, which is no backend: see factors.backends.")
    return found


def get(backend: str | Backend = "auto") -> Backend:
    """Return the backend that ``backend=`` names.

    Parameters
    ----------
    backend : {"auto", "cpu", "gpu", "cuda:N"}, a registered name, or a Backend
        "auto" takes the environment variable FACTORS_BACKEND if it is set, else the GPU where there is one, else the
        CPU, and logs which. A device asked for by name is used or refused, never replaced.

    Raises
    ------
    ArgumentError
        If the name is unknown.
    BackendUnavailable
        If the device cannot be used; the message says why and what to install.
    """
    if not isinstance(backend, str):
        found = complete(backend)
        if found is not None:
            return found
        raise ArgumentError(
            f"backend={backend!r} is neither a name nor a backend. Names: auto, {', '.join(_targets())}, cuda:N."
        )
    name = backend
    if name == "auto":
        name = setting("FACTORS_BACKEND") or "auto"
    if name == "auto":
        try:
            chosen, why = _make("gpu"), "a GPU is there"
        except FactorsError as error:
            chosen, why = _make("cpu"), str(error).partition(": ")[2].partition(". ")[0]
        log.info("backend 'auto' took %s: %s", chosen.device, why)
        return chosen
    kind, _, number = name.partition(":")
    if kind == "cuda" and number.isdigit():
        from factors.backends.gpu import GpuBackend

        return GpuBackend(int(number))
    if name not in _targets():
        where = " (from FACTORS_BACKEND)" if backend == "auto" else ""
        raise ArgumentError(
            f"backend={name!r}{where} is unknown.{did_you_mean(name, ['auto', *_targets()])} "
            f"Choose 'auto', {', '.join(map(repr, _targets()))} or 'cuda:N'."
        )
    return _make(name)


def available() -> dict[str, str]:
    """Return each registered backend with its device, or with the reason why it cannot be used."""
    devices: dict[str, str] = {}
    for name in _targets():
        try:
            devices[name] = _make(name).device
        except FactorsError as error:
            devices[name] = f"unavailable: {error}"
        except Exception as error:  # a registered backend may fail in any way; the others are still of interest
            devices[name] = f"unavailable: {type(error).__name__}: {error}"
    return devices
