"""From paths to files: folders, glob patterns, lists, and folders named ``key=value``."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from factors.common.threads import each
from factors.data.sources.csv_file import CsvBars
from factors.data.sources.files import FileSource
from factors.data.sources.formats import ArrowBars, BarFile, Block, ParquetBars, telling
from factors.data.sources.frames import DaysOf
from factors.errors import InputError

_PARQUET = (".parquet", ".pq", ".parq")
_CSV = (".csv", ".csv.gz", ".csv.zip")
_ENDINGS = (*_PARQUET, ".feather", ".arrow", ".ipc", ".arrows", *_CSV)


class HiveBars:
    """A file in folders named ``key=value``, each of which stands for a column."""

    def __init__(self, file: BarFile, keys: dict[str, str]) -> None:
        import pyarrow as pa

        self.path = file.path
        self.file = file
        self._keys = {key: value for key, value in keys.items() if key not in file.types}
        self.types = {**file.types, **{key: pa.string() for key in self._keys}}

    @property
    def numbers(self) -> tuple[str, ...]:
        """Columns known to hold numbers."""
        return self.file.numbers

    @numbers.setter
    def numbers(self, names: tuple[str, ...]) -> None:
        self.file.numbers = names

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return rows and days of each block; a date in a folder's name is read from there."""
        stored = [name for name in time_columns if name not in self._keys]

        def days_with_keys(table: Any, where: str, first_row: int | None) -> Any:
            return days_of(self._with_keys(table, time_columns), where, first_row)

        return self.file.blocks(stored, days_with_keys)

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some blocks."""
        return self._with_keys(self.file.read([c for c in columns if c not in self._keys], blocks), columns)

    def head(self, columns: Sequence[str]) -> Any:
        """Return some columns of the leading rows."""
        return self._with_keys(self.file.head([c for c in columns if c not in self._keys]), columns)

    def _with_keys(self, table: Any, columns: Sequence[str]) -> Any:
        import pyarrow as pa

        for key in columns:
            if key in self._keys:
                codes = pa.repeat(pa.scalar(0, pa.int32()), table.num_rows)
                table = table.append_column(key, pa.DictionaryArray.from_arrays(codes, pa.array([self._keys[key]])))
        return table.select(list(columns))


def find_files(paths: Any) -> list[Path]:
    """Return the files meant by a path, a folder, a glob pattern or a list of them.

    Raises
    ------
    InputError
        If nothing matches, or no match has a known ending.
    """
    if isinstance(paths, (str, os.PathLike)):
        return _expand(os.fspath(paths))
    found = [file for path in paths for file in _expand(os.fspath(path))]
    if not found:
        raise InputError("the list of files is empty.")
    return list(dict.fromkeys(found))


def _expand(path: str) -> list[Path]:
    if not path.strip():
        raise InputError("the path is empty. Pass a file, a folder or a glob pattern; '.' is the working directory.")
    if "://" in path:
        raise InputError(f"{path}: addresses are not read here; pass pyarrow.dataset.dataset({path!r}).")
    whole = Path(path).expanduser()
    if whole.is_dir():
        matches: Iterable[Path] = (file for file in sorted(whole.rglob("*")) if not _hidden(file.relative_to(whole)))
    elif whole.exists():
        if not whole.name.lower().endswith(_ENDINGS):
            raise InputError(f"{path}: no known ending. Read are {', '.join(_ENDINGS)}.")
        return [whole]
    elif glob.has_magic(path):
        matches = (Path(match) for match in sorted(glob.glob(str(whole), recursive=True)))
    else:
        raise InputError(f"{path}: no such file or folder (looked in {Path.cwd()}).")
    found: list[Path] = []
    others = 0
    for match in matches:
        if match.is_dir():
            found += [] if whole.is_dir() else _expand(str(match))
        elif match.name.lower().endswith(_ENDINGS):
            found.append(match)
        else:
            others += 1
    if not found:
        what = f"{others} files match, none ending in {', '.join(_ENDINGS)}" if others else "no file matches"
        raise InputError(f"{path}: {what}.")
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def file_source(paths: Any, header: tuple[str, ...] = ()) -> FileSource:
    """Open files as one input; `header` names the columns of CSV files without a header line."""
    found = find_files(paths)
    files = each(lambda path: _open(path, header), found, 4, "files")
    where = f"{paths if isinstance(paths, str) else found[0].parent} ({len(found)} files)"
    return FileSource("files", where if len(found) > 1 else str(found[0]), files)


def _open(path: Path, header: tuple[str, ...]) -> BarFile:
    with telling(path):
        if not path.stat().st_size:
            raise InputError(f"{path}: the file is empty.")
        name = path.name.lower()
        file: BarFile
        if name.endswith(_CSV):
            file = CsvBars(path, header)
        else:
            file = ParquetBars(path) if name.endswith(_PARQUET) else ArrowBars(path)
    keys = _keys(path)
    return HiveBars(file, keys) if keys else file


def _keys(path: Path) -> dict[str, str]:
    """Return the key=value folders of a path."""
    return dict(part.split("=", 1) for part in path.parts[:-1] if part.count("=") == 1)
