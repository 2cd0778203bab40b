"""Hugging Face data sets, by hub name or from a folder written by `save_to_disk`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spikedim._core import require
from spikedim.data._columns import Table, open_table
from spikedim.data._source import Request, Source, refuse
from spikedim.data._texts import LABEL_NAMES

__all__ = ["open_huggingface"]


def open_huggingface(name: str, request: Request) -> Source:
    """Return a source over ``NAME``, ``NAME@CONFIG`` or a local folder, memory-mapped by Arrow."""
    datasets = require("datasets", extra="hf", purpose=f"open_samples: the data set hf:{name}")
    data = _load(datasets, name, request.split)
    names: tuple[str, ...] = ()
    for column, feature in data.features.items():
        if column.lower() in LABEL_NAMES and hasattr(feature, "names"):
            names = tuple(str(n) for n in feature.names)
            break
    arrow = data.with_format("arrow")

    def read(rows: int, columns: list[str]) -> Iterator[Any]:
        for part in arrow.select_columns(columns).iter(batch_size=rows):
            yield part.combine_chunks()

    info = data.info
    table = Table(
        what=f"hf:{name}",
        schema=data.features.arrow_schema,
        count=len(data),
        read=read,
        fingerprint=f"hf:{data._fingerprint}",
        class_names=names,
        local_files=True,
        notes=(
            "The fingerprint is the data set library's own, of its files and processing steps.",
            f"Licence as stated by its publisher: {info.license or 'none given'}.",
        ),
    )
    return open_table(table, request)


def _load(datasets: Any, name: str, split: str) -> Any:
    """Load one split; no code of the data set is run."""
    folder = Path(name).expanduser()
    hub, _, config = name.partition("@")
    try:
        if (folder / "dataset_dict.json").is_file():
            return datasets.load_from_disk(str(folder))[split]
        if (folder / "state.json").is_file():
            return datasets.load_from_disk(str(folder))
        return datasets.load_dataset(
            str(folder) if folder.is_dir() else hub, config or None, split=split
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise refuse(
            "name a Hugging Face data set that has this split",
            f"hf:{name} with split {split!r}",
            f"The datasets library said: {reason:.200}.",
        ) from error
