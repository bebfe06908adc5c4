"""A cuDF frame: columns of plain numbers stay in the GPU's memory, the rest comes as Arrow columns."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from factors.data.device.columns import CardTable
from factors.data.device.transfer import CardPiece
from factors.data.native.passes import KINDS
from factors.data.sources.frames import FrameSource, chunked, wide_columns

if TYPE_CHECKING:
    from factors.backends.cudf import CudfReader

log = logging.getLogger("factors")


class CudfSource(FrameSource):
    """A cuDF frame; what a GPU is to compute from stays in its memory, the rest comes as Arrow columns.

    Parameters
    ----------
    frame : cudf.DataFrame
        Levels of its index count as columns, as those of pandas.

    Raises
    ------
    InputError
        If the columns are a MultiIndex.
    """

    def __init__(self, frame: Any) -> None:
        labels = {str(label): label for label in frame.columns}
        if any(isinstance(label, tuple) for label in labels.values()):
            raise wide_columns(frame.columns.names)
        names = list(labels)
        columns: dict[str, Callable[[], Any]] = {
            name: partial(lambda label: chunked(frame[label].to_arrow()), label) for name, label in labels.items()
        }
        time = None
        for level in range(frame.index.nlevels):
            values = frame.index.get_level_values(level)
            name = frame.index.names[level]
            if name is None and getattr(values.dtype, "kind", "") == "M":
                name = time = "index" if frame.index.nlevels == 1 else f"index level {level}"
            if name is not None and str(name) not in columns:
                names.append(str(name))
                columns[str(name)] = partial(lambda values: chunked(values.to_arrow()), values)
        super().__init__("cudf", "the frame", columns, names, time)
        self._frame, self._labels = frame, labels

    def use_device(self, tables: Callable[[], CudfReader | None], columns: Sequence[str]) -> CudfReader | None:
        """Leave columns of plain numbers where they are; None if one is none, or gaps cannot be filled there."""
        if not all(name in self._labels for name in columns):
            return None
        kinds = {getattr(self._frame[self._labels[name]].dtype, "str", "")[1:] for name in columns}
        found = tables() if kinds <= set(KINDS) else None
        if found is None:
            return None
        try:
            arrays = found.columns(self._frame, {name: self._labels[name] for name in columns})
        except MemoryError as error:
            log.warning(
                "the frame: the GPU has no room for numbers without gaps (%s): it goes over the host", str(error)
            )
            return None
        self._card = CardTable(found.card, [CardPiece(arrays, slice(0, len(self._frame)))])
        return found
