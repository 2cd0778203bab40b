"""Arrow tables, from parquet or from a hub data set: which column is what, and as which array."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._arrays import arrange, check_dtype
from spikedim.data._decode import decode, look
from spikedim.data._delimited import class_numbers
from spikedim.data._embedding import embed
from spikedim.data._source import Request, Source, check_labels, refuse
from spikedim.data._streams import rebatch
from spikedim.data._texts import LABEL_NAMES, TEXT_NAMES, Texts

__all__ = ["Table", "open_table"]

_REMEDY = "Name one column: FILE.parquet:COLUMN."
_IMAGE_ROWS = 64
_TEXT_ROWS = 1024
_TEXT_BYTES = 64


@dataclass(frozen=True, eq=False)
class Table:
    """An Arrow table that can be read again and again in record batches.

    Parameters
    ----------
    what : str
        How to call it in messages.
    schema : pyarrow.Schema
        Its columns.
    count : int
        Rows.
    read : callable
        ``read(rows, columns)`` yields record batches or tables of at most `rows` rows.
    fingerprint : str
        Identity of the content.
    notes : tuple of str
        What a reader of the result must know.
    class_names : tuple of str
        Names of the label's classes, if the format knows them.
    local_files : bool
        Whether an image may be a path instead of bytes.
    """

    what: str
    schema: Any
    count: int
    read: Callable[[int, list[str]], Iterable[Any]]
    fingerprint: str
    notes: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    local_files: bool = False


def open_table(table: Table, request: Request, column: str | None = None) -> Source:
    """Return a source over the column(s) that hold the samples."""
    import pyarrow.types as kinds

    label = _label_column(table, column)
    kind, columns = _choose(table, column, label, kinds)
    labels, names = _labels(table, label, request.memory_budget)
    about: dict[str, Any] = {
        "fingerprint": table.fingerprint,
        "labels": labels,
        "class_names": table.class_names or names,
    }
    if kind == "text":
        texts = _texts(table, columns[0], request.memory_budget)
        found = Texts(
            texts=texts, notes=(f"Texts of column {columns[0]!r}.", *table.notes), **about
        )
        return embed(found, request)
    if kind == "image":
        return _images(table, columns[0], about, request.memory_budget)
    return _numbers(table, columns, kind == "list", request, about)


def _label_column(table: Table, column: str | None) -> str | None:
    lower = {name.lower(): name for name in reversed(table.schema.names)}
    found = next((lower[name] for name in LABEL_NAMES if name in lower), None)
    return None if found == column else found


def _choose(
    table: Table, column: str | None, label: str | None, kinds: Any
) -> tuple[str, list[str]]:
    """Return the kind of the samples (image, text, list, numbers) and their columns."""
    schema = table.schema
    if column is not None and column not in schema.names:
        raise refuse(f"name one of the columns {', '.join(schema.names)}", repr(column), _REMEDY)
    candidates = [column] if column is not None else [n for n in schema.names if n != label]
    by_kind: dict[str, list[str]] = {"image": [], "text": [], "list": [], "numbers": []}
    for name in candidates:
        kind = _kind(schema.field(name).type, kinds)
        if kind is not None and not name.startswith("__index_level_"):
            by_kind[kind].append(name)
    texts = [name for name in by_kind["text"] if name.lower() in TEXT_NAMES] or by_kind["text"]
    by_kind["text"] = texts
    for kind in ("image", "text", "list"):
        if len(by_kind[kind]) == 1:
            return kind, by_kind[kind]
        if by_kind[kind]:
            raise refuse(
                f"have one {kind} column", f"{', '.join(by_kind[kind])} in {table.what}", _REMEDY
            )
    if by_kind["numbers"]:
        return "numbers", by_kind["numbers"]
    raise refuse(
        "have columns of numbers, lists of numbers, texts or images",
        f"{', '.join(f'{f.name}: {f.type}' for f in schema)} in {table.what}",
        "Convert them first.",
    )


def _kind(arrow: Any, kinds: Any) -> str | None:
    if kinds.is_struct(arrow):
        return "image" if any(field.name == "bytes" for field in arrow) else None
    if kinds.is_binary(arrow) or kinds.is_large_binary(arrow):
        return "image"
    if kinds.is_string(arrow) or kinds.is_large_string(arrow):
        return "text"
    if _is_list(arrow, kinds):
        inner = arrow
        while _is_list(inner, kinds):
            inner = inner.value_type
        return "list" if _is_number(inner, kinds) else None
    return "numbers" if _is_number(arrow, kinds) else None


def _is_list(arrow: Any, kinds: Any) -> bool:
    return bool(
        kinds.is_list(arrow) or kinds.is_large_list(arrow) or kinds.is_fixed_size_list(arrow)
    )


def _is_number(arrow: Any, kinds: Any) -> bool:
    return bool(kinds.is_integer(arrow) or kinds.is_floating(arrow) or kinds.is_boolean(arrow))


def _labels(
    table: Table, label: str | None, budget: int
) -> tuple[AnyArray | None, tuple[str, ...]]:
    """Return the label column, read whole."""
    if label is None:
        return None, ()
    check_labels(table.count, budget)
    raw: list[str] = []
    letters = 0
    for part in table.read(_TEXT_ROWS, [label]):
        for value in part.column(label).to_pylist():
            if value is None or isinstance(value, list | dict):
                return None, ()
            raw.append(str(int(value)) if isinstance(value, bool) else str(value))
            letters += len(raw[-1])
        check_labels(table.count, budget, letters=letters)
    return class_numbers(raw)


def _texts(table: Table, column: str, budget: int) -> list[str]:
    """Return all texts; a column of few kB may stand for many GB, so count them as they come."""
    texts: list[str] = []
    used = 0
    for part in table.read(_TEXT_ROWS, [column]):
        more = part.column(column).to_pylist()
        if any(text is None for text in more):
            raise refuse(
                "hold no missing texts",
                f"a null in column {column!r} of {table.what}",
                "Remove or fill those rows.",
            )
        used += sum(_TEXT_BYTES + len(text) for text in more)
        if used > budget:
            raise refuse(
                f"be more than {used:,} bytes to hold the texts of {table.what}",
                f"{budget:,}",
                "Raise it.",
                name="memory_budget",
            )
        texts += more
    return texts


def _numbers(
    table: Table, columns: list[str], lists: bool, request: Request, about: dict[str, Any]
) -> Source:
    """Return numeric columns side by side, or one column of equal lists."""
    first = next((_array(part, columns, lists, table, 0) for part in table.read(1, columns)), None)
    if first is None:
        raise refuse("hold at least 2 samples", f"0 in {table.what}", "Supply more samples.")
    shape = (table.count, *first.shape[1:])
    dtype, scale, notes = check_dtype(first.dtype, table.what)
    modality, item_shape, change, more = arrange(shape, first.dtype, request.layer, table.what)

    def read(rows: int) -> Iterator[AnyArray]:
        def chunks() -> Iterator[AnyArray]:
            start = 0
            for part in table.read(rows, columns):
                chunk = _array(part, columns, lists, table, start)
                if chunk.shape[1:] != first.shape[1:]:
                    raise refuse(
                        f"hold lists of one shape, {first.shape[1:]} like the first",
                        f"{chunk.shape[1:]} from sample {start} on in {table.what}",
                        "Pad or cut them.",
                    )
                start += len(chunk)
                yield change(chunk.astype(dtype, copy=False))

        return rebatch(chunks(), rows)

    return Source(
        modality=modality,
        item_shape=item_shape,
        count=table.count,
        dtype=dtype,
        scale=scale,
        read=read,
        notes=(
            f"Columns {', '.join(columns[:5])}{', ...' if columns[5:] else ''}.",
            *notes,
            *more,
            *table.notes,
        ),
        **about,
    )


def _array(part: Any, columns: list[str], lists: bool, table: Table, start: int) -> AnyArray:
    """Return [b, ...] from the columns of one record batch."""
    import pyarrow as pa

    arrays = []
    for name in columns:
        column = part.column(name)
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if column.null_count:
            raise refuse(
                "hold no missing values",
                f"a null in column {name!r} near sample {start} of {table.what}",
                "Impute or remove those rows.",
            )
        arrays.append(_unlist(column, table) if lists else column.to_numpy(zero_copy_only=False))
    if lists:
        return arrays[0]
    common = np.result_type(*arrays)
    return np.stack(arrays, axis=1).astype(common, copy=False)


def _unlist(column: Any, table: Table) -> AnyArray:
    """Return nested lists of equal lengths as one array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    shape = [len(column)]
    while _is_list(column.type, pa.types):
        lengths = pc.list_value_length(column)
        if column.null_count or (len(column) and pc.min(lengths) != pc.max(lengths)):
            raise refuse(
                "hold lists of equal lengths without nulls", table.what, "Pad or cut them."
            )
        shape.append(int(lengths[0].as_py()) if len(column) else 0)
        column = column.flatten()
    if column.null_count:
        raise refuse("hold no missing values", f"a null in a list of {table.what}", "Impute them.")
    values: AnyArray = column.to_numpy(zero_copy_only=False)
    return values.reshape(shape)


def _images(table: Table, column: str, about: dict[str, Any], budget: int) -> Source:
    """Return encoded images, decoded as they are read."""

    def encoded() -> Iterator[tuple[bytes | Path, str]]:
        number = 0
        for part in table.read(_IMAGE_ROWS, [column]):
            for value in part.column(column).to_pylist():
                what = f"image {number} of {table.what}"
                data = value.get("bytes") if isinstance(value, dict) else value
                path = value.get("path") if isinstance(value, dict) else None
                if data is None and path and table.local_files:
                    data = Path(path)
                if data is None:
                    raise refuse("hold image bytes", f"none for {what}", "Embed the images.")
                yield data, what
                number += 1

    first = next(encoded(), None)
    if first is None:
        raise refuse("hold at least 2 samples", f"0 in {table.what}", "Supply more samples.")
    frame = look(*first, crop=None, budget=budget)

    def read(rows: int) -> Iterator[AnyArray]:
        decoded = (decode(*one, frame, crop=None, budget=budget) for one in encoded())
        return rebatch((pixels[None] for pixels in decoded), rows)

    return Source(
        modality="image",
        item_shape=frame,
        count=table.count,
        dtype=np.dtype(np.uint8),
        scale=1 / 255,
        read=read,
        notes=(f"Images of column {column!r}; 8-bit values v stand for v / 255.", *table.notes),
        **about,
    )
