"""First and last day of an input file, from what it holds; its name is not asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from factors.batch.plan import Span
from factors.errors import InputError


def file_span(path: Path, session: Any = "auto", tz: str | None = None) -> Span:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    for i, f in enumerate(file.schema_arrow):
        if pa.types.is_timestamp(f.type):
            st = [file.metadata.row_group(g).column(i).statistics for g in range(file.metadata.num_row_groups)]
            if st:
                return str(min(x.min for x in st))[:10], str(max(x.max for x in st))[:10]
    raise InputError(f"no rows in {path}")
