"""Parquet files, one or a folder of shards, streamed by row group."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spikedim._core import require
from spikedim.data._columns import Table, open_table
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._source import Request, Source, refuse

__all__ = ["find_shards", "open_parquet"]

_SPLITS = {"train": ("train",), "test": ("test",), "validation": ("validation", "val", "dev")}


def find_shards(folder: Path, split: str) -> list[Path]:
    """Return the parquet files of `split` in a folder, sorted; all of them if none is named so."""
    shards = sorted(p for p in folder.glob("*.parquet") if not p.name.startswith("."))
    named = [p for p in shards if p.name.lower().startswith(_SPLITS[split])]
    divided = any(p.name.lower().startswith(sum(_SPLITS.values(), ())) for p in shards)
    return named if divided or split != "train" else shards


def open_parquet(paths: list[Path], request: Request, column: str | None = None) -> Source:
    """Return a source over the samples in parquet files that share one schema."""
    parquet = require("pyarrow.parquet", extra="hf", purpose="open_samples: reading a parquet file")
    return open_table(_table(paths, request, parquet, column), request, column)


def _table(paths: list[Path], request: Request, parquet: Any, column: str | None) -> Table:
    """Check the metadata of every file."""
    schema, count = None, 0
    for path in paths:
        with _opened(path, parquet) as file:
            schema = schema or file.schema_arrow
            if not file.schema_arrow.equals(schema):
                raise refuse("have one schema in all shards", path, "Rewrite that shard.")
            count += file.metadata.num_rows
            groups = [
                file.metadata.row_group(i).total_byte_size
                for i in range(file.metadata.num_row_groups)
            ]
            if max(groups, default=0) > request.memory_budget:
                raise refuse(
                    f"be at least the largest row group, {max(groups):,} bytes in {path}",
                    request.memory_budget,
                    "Raise it, or write smaller row groups.",
                    name="memory_budget",
                )
    root = paths[0] if len(paths) == 1 else paths[0].parent
    fingerprint, notes = fingerprint_paths(paths, root, salt=() if column is None else (column,))

    def read(rows: int, columns: list[str]) -> Iterator[Any]:
        for path in paths:
            with _opened(path, parquet) as file:
                try:
                    yield from file.iter_batches(rows, columns=columns, use_threads=False)
                except (OSError, ValueError) as error:
                    raise _corrupt(path, error) from error

    return Table(str(root), schema, count, read, fingerprint, notes)


def _opened(path: Path, parquet: Any) -> Any:
    try:
        return parquet.ParquetFile(path)
    except (ValueError, OSError) as error:  # pyarrow.ArrowInvalid is a ValueError
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise _corrupt(path, error) from error


def _corrupt(path: Path, error: Exception) -> Exception:
    if str(error).startswith("open_samples:"):
        return error
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return refuse("be a whole parquet file", path, f"Reading stopped: {reason}.")
