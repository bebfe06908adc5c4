"""What makes an input file the same file: its content, which is hashed once for a size and a time of change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factors.store.files import hash_file


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


def content_key(fingerprints: Iterable[Fingerprint], earlier: Iterable[Fingerprint] = (), market: object = None) -> str:
    """Return one hash for the content of several files, whatever they are called and wherever they lie.

    Files of earlier days count where such are read, and so does what is known of a market that is given.
    """
    own, before = sorted(item.sha256 for item in fingerprints), sorted(item.sha256 for item in earlier)
    if not before and market is None:
        return hash_json(own)
    return hash_json({"own": own, "before": before, **({"market": market} if market is not None else {})})


def hash_json(value: object) -> str:
    """Return one hash for plain values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
