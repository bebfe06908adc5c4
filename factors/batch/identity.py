"""What makes a day done: the content of its input files, and the factors and options it was made with."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from factors.errors import choice
from factors.files import hash_file


@dataclass(frozen=True)
class Fingerprint:
    """An input file as it was at one moment.

    Parameters
    ----------
    path : str
        Where it lay.
    size, mtime_ns : int
        Bytes, and time of the last change.
    sha256 : str
        Hash of its content.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str

    def unchanged(self) -> bool:
        """Whether the file still has this size and time."""
        now = os.stat(self.path)
        return (now.st_size, now.st_mtime_ns) == (self.size, self.mtime_ns)


class Fingerprints:
    """Fingerprints of input files; a file whose size and time a manifest knows is not hashed again.

    Parameters
    ----------
    manifests : iterable of mapping
        Manifests of the store.
    verify : bool
        Hash every file, known or not.
    """

    def __init__(self, manifests: Iterable[Mapping[str, Any]], verify: bool) -> None:
        lists = distinct_inputs(manifests) if not verify else []
        self.known = {(i["path"], i["size"], i["mtime_ns"]): i["sha256"] for items in lists for i in items}

    def of(self, files: Iterable[Path]) -> list[Fingerprint]:
        """Return the fingerprints of files."""
        return [self._of(file) for file in files]

    def _of(self, file: Path) -> Fingerprint:
        path, stat = str(file.resolve()), file.stat()
        known = self.known.get((path, stat.st_size, stat.st_mtime_ns))
        return Fingerprint(path, stat.st_size, stat.st_mtime_ns, known or hash_file(file))


def distinct_inputs(manifests: Iterable[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the manifests' lists of inputs; one that many days share stands once."""
    return list({id(manifest["inputs"]): manifest["inputs"] for manifest in manifests}.values())


def key_of(fingerprints: Iterable[Fingerprint]) -> str:
    """Return one hash for the content of several files, whatever they are called and wherever they lie."""
    return _hash(sorted(item.sha256 for item in fingerprints))


def check(factors: Any, backend: Any, engine: str, reading: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse wrong arguments before any file is read, and return what identifies the factors.

    A custom factor is identified by its source and that of the custom series it reads, the library's by version.

    Raises
    ------
    FactorsError
        As `factors.compute` does for the same arguments.
    """
    from factors import __version__, backends
    from factors.catalogue import explain, resolve
    from factors.compute import ENGINES
    from factors.data.schema import as_schema

    columns = resolve(factors)
    plan = explain(factors)
    backends.get(backend)
    if engine != "auto" and engine not in ENGINES:
        raise choice("engine", engine, ("auto", *ENGINES))
    as_schema(reading["schema"], **{name: reading[name] for name in ("session", "label", "tz", "volume_unit")})
    own = [step for step in plan.steps if not step.body.__module__.startswith("factors.library")]
    return {
        "version": __version__,
        "factors": {name: {"is": f.name, "version": f.version, "params": f.params} for name, f in columns.items()},
        "custom": {step.name: _source(step.body) for step in own},
    }


def _source(body: Any) -> str:
    try:
        return inspect.getsource(body)
    except (OSError, TypeError):
        return repr((body.__code__.co_code, body.__code__.co_names))


def factor_set(made_by: Mapping[str, Any], reading: Mapping[str, Any]) -> str:
    """Return one hash for the factors and the library's version (from `check`) and the input options."""
    return _hash({"made_by": plain(made_by), "reading": plain(reading), "dtype": "float64"})


def plain(value: object) -> Any:
    """Turn an option into plain values, fit for JSON and the same in every process."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **plain(asdict(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return repr(value)


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
