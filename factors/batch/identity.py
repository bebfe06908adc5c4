"""What makes a day done: the content of its input files, and the factors and options it was made with."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factors.batch.code_hash import fingerprint
from factors.errors import ArgumentError
from factors.store.files import hash_file

if TYPE_CHECKING:
    from factors.data.calendar.session import Session
    from factors.data.conventions.read_options import ReadOptions
    from factors.engine.planning.market import Market


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


def key_of(fingerprints: Iterable[Fingerprint], before: Iterable[Fingerprint] = (), market: object = None) -> str:
    """Return one hash for the content of several files, whatever they are called and wherever they lie.

    Files of the days before count where such are read, and so does what is known of a market that is given.
    """
    own, earlier = sorted(item.sha256 for item in fingerprints), sorted(item.sha256 for item in before)
    if not earlier and market is None:
        return _hash(own)
    return _hash({"own": own, "before": earlier, **({"market": market} if market is not None else {})})


def check_threads(threads: Any) -> None:
    """Refuse what is no number of threads."""
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ArgumentError(f"threads={threads!r} must be a whole number, 1 or more.")


def check(factors: Any, backend: Any, engine: str, market: Any = "mean", storage: str = "float64") -> dict[str, Any]:
    """Refuse wrong factors and devices before any file is read, and return what identifies the factors.

    A custom factor is identified by its code and all that this reaches (`reach`), as are the custom series it reads;
    the library's own by version.

    Raises
    ------
    FactorsError
        As `factors.compute` does for the same arguments.
    """
    from factors import backends
    from factors.catalogue import explain, resolve
    from factors.common.version import __version__
    from factors.engine.planning.market import MARKET, check_market
    from factors.engine.select import Executor, check_engine

    check_market(market)
    columns = resolve(factors)
    plan = explain(factors)
    reads_market = any(step.name in MARKET for step in plan.across)
    meant = market if isinstance(market, str) and market in ("mean", "amount") else "bars"  # told by day: `key_of`
    check_engine(engine)
    Executor(engine, backends.get(backend), storage)
    own = [step for step in plan.steps if not str(step.body.__module__).startswith("factors.library.")]
    return {
        "version": __version__,
        "factors": {
            name: {
                "is": f.name,
                "version": f.version,
                "params": f.params,
                "min_bars": f.min_bars,
                "window": f.window,
                **({"history": f.history} if f.history else {}),
            }
            for name, f in columns.items()
        },
        "custom": {step.name: [fingerprint(step.body), step.inputs, step.params] for step in own},
        **({"market": meant} if reads_market and meant != "mean" else {}),
    }


def days_before(factors: Any) -> int:
    """Return how many days before its own a day's factors read, at most."""
    from factors.catalogue import explain

    plan = explain(factors)
    return max(plan.history, int("pre_close" in plan.given))


def given_market(factors: Any, market: Any, session: str | Session) -> Market | None:
    """Return the market that is given by its bars, read once for all days; None where none is, or none is read."""
    from factors.catalogue import explain
    from factors.engine.planning.market import MARKET
    from factors.inputs.market import open_market

    read = any(step.name in MARKET for step in explain(factors).across)
    if not read or (isinstance(market, str) and market in ("mean", "amount")):
        return None
    return open_market(market, session)


def factor_set(made_by: Mapping[str, Any], options: ReadOptions) -> str:
    """Return one hash for the factors and the library's version (from `check`) and the options of reading."""
    return _hash({"made_by": plain(made_by), "reading": plain(options.as_arguments()), "dtype": "float64"})


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
