"""No file runs code when it is read: what Arrow's files may carry of Python is left alone, in bars and in stores."""

from __future__ import annotations

import ast
import contextlib
import os
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import factors
from factors.errors import FactorsError
from factors.store.store import Store
from tests.support.store_tools import day, put


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.proof),)


def armed(table: pa.Table, proof: Path) -> pa.Table:
    """Say of every column that its type is a pickled Python object, in the ways that Arrow had for it."""
    content = pickle.dumps(Payload(proof), protocol=0)
    fields = [
        field.with_metadata({"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": content})
        for field in table.schema
    ]
    told = {**(table.schema.metadata or {}), b"pickle": content, b"minute_factors": b"{}"}
    return table.cast(pa.schema(fields, told))


def test_the_payload_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "proof"), protocol=0))
    assert (tmp_path / "proof").exists()


@pytest.mark.parametrize("kind", ["parquet", "feather", "renamed"])
@pytest.mark.filterwarnings("ignore")
def test_a_bar_file_runs_nothing(tmp_path: Path, kind: str) -> None:
    proof = tmp_path / "proof"
    table = pa.Table.from_pandas(factors.simulate_bars(stocks=5), preserve_index=False)
    path = tmp_path / f"2024-01-08.{'parquet' if kind == 'renamed' else kind}"
    if kind == "parquet":
        pq.write_table(armed(table, proof), path)
    elif kind == "feather":
        feather.write_feather(armed(table, proof), path)
    else:
        path.write_bytes(pickle.dumps(Payload(proof)))  # which pandas.read_pickle would load
    for work in (lambda: factors.compute(path, "VP"), lambda: factors.run_batch(path, tmp_path / "store", "VP")):
        with contextlib.suppress(FactorsError):  # it may be refused
            work()
        assert not proof.exists()


@pytest.mark.filterwarnings("ignore")
def test_a_store_runs_nothing(tmp_path: Path) -> None:
    proof, store = tmp_path / "proof", Store(tmp_path / "store")
    put(store, day("2026-01-05"))
    path = store.day_path("2026-01-05")
    pq.write_table(armed(pq.read_table(path, partitioning=None), proof), path)
    (store.manifests_at / "2026-01-05.json").write_bytes(pickle.dumps(Payload(proof), protocol=0))
    with contextlib.suppress(FactorsError):
        factors.read_store(store.root)
    store.manifests()
    assert not proof.exists()


def test_nothing_in_the_library_unpickles() -> None:
    """Nor evaluates text, nor hands any to a shell."""
    banned = {"eval", "exec", "popen", "read_pickle", "mktemp", "Unpickler"}
    for file in Path(factors.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                owner = getattr(getattr(node.func, "value", None), "id", "")
                assert name not in banned, (file, node.lineno, name)
                assert owner not in {"marshal", "shelve", "yaml"}, (file, node.lineno, owner)
                assert (owner, name) not in {("pickle", "load"), ("pickle", "loads"), ("os", "system")}, (file, name)
                said = {word.arg: word.value for word in node.keywords}
                for word in ("shell", "allow_pickle"):
                    assert not (word in said and getattr(said[word], "value", True)), (file, node.lineno)
