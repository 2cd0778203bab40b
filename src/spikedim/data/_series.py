"""Time series in the .ts format of aeon and sktime, read line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spikedim._core import DEFAULT_MEMORY_BUDGET, AnyArray
from spikedim.data._delimited import class_numbers
from spikedim.data._fingerprints import fingerprint_paths
from spikedim.data._lines import BoundedLines
from spikedim.data._source import Request, Source, check_labels, refuse

__all__ = ["open_series", "series_source"]


@dataclass(frozen=True)
class _Header:
    tags: dict[str, str]
    lines: int

    @property
    def labelled(self) -> bool:
        """Whether each line ends with a class label or a target."""
        return any(
            self.tags.get(tag, "false").split()[:1] == ["true"]
            for tag in ("classlabel", "targetlabel")
        )


def open_series(path: Path, request: Request) -> Source:
    """Return a source over a .ts file, or over its sibling that holds another split."""
    return series_source(_split_file(path, request.split), request.memory_budget)


def series_source(path: Path, memory_budget: int = DEFAULT_MEMORY_BUDGET) -> Source:
    """Return a source of series [T, channels]; shorter ones are padded with zeros at the end."""
    header = _header(path, memory_budget)
    lengths: list[int] = []
    raw: list[str] = []
    channels = letters = 0
    for number, (dimensions, label) in enumerate(_lines(path, header, memory_budget)):
        channels = channels or len(dimensions)
        if len(dimensions) != channels:
            raise refuse(
                f"have {channels} dimensions in every series",
                f"{len(dimensions)} in series {number} of {path}",
                "Fix that line.",
            )
        lengths.append(max(d.count(",") for d in dimensions) + 1)
        raw.append(label)
        letters += len(label)
        check_labels(len(raw), memory_budget, letters=letters)
    if not lengths:
        raise refuse("hold series after @data", path, "There are none.")
    longest, shortest = max(lengths), min(lengths)
    labels, names = class_numbers(raw) if header.labelled else (None, ())
    fingerprint, hashed = fingerprint_paths([path], path)

    def read(rows: int) -> Iterator[AnyArray]:
        out, filled = np.zeros((rows, longest, channels)), 0
        for number, (dimensions, _) in enumerate(_lines(path, header, memory_budget)):
            for channel, text in enumerate(dimensions):
                values = _numbers(text, number, path)
                out[filled, : len(values), channel] = values
            filled += 1
            if filled == rows:
                yield out
                out, filled = np.zeros((rows, longest, channels)), 0
        if filled:
            yield out[:filled]

    notes = [f"{len(lengths)} series of {longest} steps and {channels} channels."]
    if shortest < longest:
        notes = [
            f"Lengths from {shortest} to {longest} steps: shorter series padded with zeros.",
            "The layer features:T or tokens:T keeps the first T steps.",
        ]
    return Source(
        modality="series",
        item_shape=(longest, channels),
        count=len(lengths),
        dtype=np.dtype(np.float64),
        read=read,
        fingerprint=fingerprint,
        labels=labels,
        class_names=names,
        notes=(*notes, *hashed),
    )


def _split_file(path: Path, split: str) -> Path:
    """Return NAME_TEST.ts for the test split of NAME_TRAIN.ts, the archive's habit."""
    if split == "train" or path.stem.endswith(f"_{split.upper()}"):
        return path
    sibling = path.with_name(path.name.replace("_TRAIN", f"_{split.upper()}"))
    if sibling == path or not sibling.is_file():
        raise refuse(
            f"be a split of {path.name}", split, f"There is no {sibling.name}.", name="split"
        )
    return sibling


def _header(path: Path, budget: int) -> _Header:
    """Read the @tags; refuse what is not a plain series file."""
    tags: dict[str, str] = {}
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(BoundedLines(stream, path, budget), 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            if not text.startswith("@"):
                break
            tag, _, value = text[1:].partition(" ")
            if tag.lower() == "data":
                if tags.get("timestamps", "false").lower() == "true":
                    raise refuse(
                        "have evenly spaced steps", f"time stamps in {path}", "Resample it."
                    )
                return _Header(tags, number)
            tags[tag.lower()] = value.strip().lower()
    raise refuse("be a .ts file with @tags and @data", path, "See the aeon data format.")


def _lines(path: Path, header: _Header, budget: int) -> Iterator[tuple[list[str], str]]:
    """Yield the dimensions of each series as text, and its label."""
    with path.open(encoding="utf-8") as stream:
        lines = BoundedLines(stream, path, budget)
        for number, line in enumerate(lines, 1):
            lines.done()
            text = line.strip()
            if number <= header.lines or not text or text.startswith("#"):
                continue
            parts = text.split(":")
            label = parts.pop().strip() if header.labelled else ""
            if not parts:
                raise refuse("hold values and a label", f"line {number} of {path}", "Fix it.")
            yield parts, label


def _numbers(text: str, number: int, path: Path) -> AnyArray:
    """Parse one dimension of one series."""
    try:
        return np.array([float(value) for value in text.split(",")])
    except ValueError as error:
        missing = "a missing value '?'" if "?" in text else str(error)
        raise refuse(
            "hold numbers only", f"{missing} in series {number} of {path}", "Impute or remove it."
        ) from error
