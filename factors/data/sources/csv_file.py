"""CSV files of minute bars: separator, encoding and header are found, columns parsed by the rules of a frame's."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from factors.data.parsing.values import EMPTY, is_number
from factors.data.sources.formats import HEAD, Block, telling
from factors.data.sources.frames import DaysOf
from factors.errors import InputError

_BLOCK = 1 << 24
_NULLS = sorted({form for word in (*EMPTY, "NaN", "#N/A") for form in (word, word.upper(), word.capitalize())})


class CsvBars:
    """A CSV file, plain or packed (.gz, .zip); its blocks are what the parser reads at a time.

    Parameters
    ----------
    path : Path
        The file.
    header : tuple of str
        Column names, used where the first line is data.

    Raises
    ------
    InputError
        If the file cannot be read, or has more columns than `header`.
    """

    numbers: tuple[str, ...] = ()

    def __init__(self, path: Path, header: tuple[str, ...] = ()) -> None:
        import pyarrow as pa

        self.path = path
        with self._stream() as stream:
            line = stream.read(1 << 16).partition(b"\n")[0].rstrip(b"\r")
        try:
            text, self._encoding = line.decode("utf-8-sig"), "utf8"
        except UnicodeDecodeError:
            text, self._encoding = line.decode("gb18030"), "gb18030"
        self._separator = max(",;\t|", key=text.count)
        names = [name.strip().strip('"') for name in text.split(self._separator)]
        self._headed = not (header and any(is_number(name) for name in names))
        if not self._headed:
            if len(names) > len(header):
                raise InputError(f"{path}: {len(names)} columns, and the schema's header names {len(header)}.")
            names = list(header[: len(names)])
        self.names = names
        self.types = {name: pa.string() for name in names}

    @contextmanager
    def _stream(self) -> Iterator[Any]:
        import pyarrow as pa

        if self.path.suffix.lower() != ".zip":
            with pa.input_stream(str(self.path), compression="detect") as stream:
                yield stream
            return
        with zipfile.ZipFile(self.path) as packed:
            members = [name for name in packed.namelist() if not name.endswith("/")]
            if len(members) != 1:
                raise InputError(f"{self.path}: holds {len(members)} files; zip files of one CSV are read.")
            with packed.open(members[0]) as member, pa.PythonFile(member, mode="r") as stream:
                yield stream

    def _options(self, columns: Sequence[str], numbers: bool) -> dict[str, Any]:
        import pyarrow as pa
        from pyarrow import csv

        types = {name: pa.float64() if numbers and name in self.numbers else pa.string() for name in columns}
        return {
            "read_options": csv.ReadOptions(
                block_size=_BLOCK, column_names=self.names, skip_rows=int(self._headed), encoding=self._encoding
            ),
            "parse_options": csv.ParseOptions(delimiter=self._separator),
            "convert_options": csv.ConvertOptions(
                include_columns=list(columns), column_types=types, null_values=_NULLS, strings_can_be_null=False
            ),
        }

    def _batches(self, columns: Sequence[str], numbers: bool = True) -> Iterator[Any]:
        from pyarrow import csv

        with telling(self.path), self._stream() as stream:
            yield from csv.open_csv(stream, **self._options(columns, numbers))

    def blocks(self, time_columns: Sequence[str], days_of: DaysOf) -> list[Block]:
        """Return rows and days of each block; the file is read once for it."""
        import pyarrow as pa

        found = []
        for batch in self._batches(time_columns):
            table = pa.Table.from_batches([batch])
            days = days_of(table, str(self.path), None)
            found.append(Block(len(days), int(days.min()), int(days.max())) if len(days) else Block(0, 0, -1))
        return found

    def read(self, columns: Sequence[str], blocks: Sequence[int] | None = None) -> Any:
        """Return some columns of some blocks; columns of numbers that do not parse as such come as text."""
        import pyarrow as pa

        try:
            return self._read(columns, blocks, True)
        except InputError as error:
            if isinstance(error.__cause__, pa.ArrowInvalid) and "conversion error" in str(error):
                return self._read(columns, blocks, False)
            raise

    def _read(self, columns: Sequence[str], blocks: Sequence[int] | None, numbers: bool) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        if blocks is None:
            with telling(self.path), self._stream() as stream:
                return csv.read_csv(stream, **self._options(columns, numbers))
        wanted = set(blocks)
        chosen = [batch for k, batch in enumerate(self._batches(columns, numbers)) if k in wanted]
        return pa.Table.from_batches(chosen, None if chosen else pa.schema([(name, pa.string()) for name in columns]))

    def head(self, columns: Sequence[str]) -> Any:
        """Return the leading blocks."""
        import pyarrow as pa

        for numbers in (True, False):
            chosen: list[Any] = []
            try:
                for batch in self._batches(columns, numbers):
                    chosen.append(batch)
                    if sum(b.num_rows for b in chosen) >= HEAD:
                        break
                return pa.Table.from_batches(chosen, None if chosen else pa.schema([(n, pa.string()) for n in columns]))
            except InputError:
                if not numbers:
                    raise
        raise AssertionError
