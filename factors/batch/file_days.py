"""First and last day of an input file, from what it holds; its name is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from factors.batch.units import DayRange
from factors.errors import FactorsError

if TYPE_CHECKING:
    from factors.data.conventions.read_options import ReadOptions
    from factors.data.reader.reader import BarReader

_MODELS = 5


class FileDays:
    """Tells the days of files.

    Which day a time belongs to depends on the input's conventions: its zone, and whether midnight ends or starts a bar.
    They are inferred once, on the first file that tells them, and again for a file that does not fit.

    Parameters
    ----------
    options : ReadOptions
        How the run reads its files.
    known : mapping
        Days by path, size and time of last change, for files that earlier runs read with the same options.
    """

    def __init__(self, options: ReadOptions, known: Mapping[tuple[str, int, int], DayRange]) -> None:
        self._options, self._known = options, known
        self._model: BarReader | None = None

    def adopt_conventions(self, files: Iterable[Path]) -> None:
        """Take the conventions of the first of a few unknown files that tells them."""
        unknown = [file for file in files if self._remembered(file) is None]
        for file in unknown[:_MODELS]:
            try:
                self._model = self._open(file)
                return
            except (FactorsError, OSError):
                continue

    def __call__(self, file: Path) -> DayRange:
        """Return the first and last day of a file.

        Raises
        ------
        FactorsError
            If it cannot be read, or holds no rows.
        """
        remembered = self._remembered(file)
        if remembered is not None:
            return remembered
        if self._model is not None:
            try:
                return self._model.file_span(file)
            except FactorsError:
                pass  # it may have conventions of its own
        return self._open(file).file_span(file)

    def _remembered(self, file: Path) -> DayRange | None:
        stat = file.stat()
        return self._known.get((str(file.resolve()), stat.st_size, stat.st_mtime_ns))

    def _open(self, file: Path) -> BarReader:
        from factors.data.reader.reader import open_bars

        return open_bars(str(file), self._options, fields=("close",))


def coverage(files: Sequence[Path], options: ReadOptions) -> dict[str, dict[str, float]]:
    """Return, by day, how much of the session the bars cover.

    Returns
    -------
    dict of str to dict
        ``reach``: minutes up to the last bar, ``coverage``: bars of the median stock; as shares of the session.
    """
    from factors.data.reader.reader import open_bars

    shares = {}
    for day in open_bars([str(file) for file in files], options, fields=("close",)).days():
        minutes = day.session.minutes
        bars = np.unique(day.code.astype(np.int64) * minutes + day.minute) // minutes
        share = np.median(np.bincount(bars, minlength=len(day.symbols))) / minutes
        shares[str(day.date)] = {"reach": (int(day.minute.max()) + 1) / minutes, "coverage": float(share)}
    return shares
