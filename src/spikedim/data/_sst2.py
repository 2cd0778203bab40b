"""A user's own copy of SST-2: GLUE's TSV files or the hub's parquet files."""

from dataclasses import replace
from pathlib import Path

from spikedim.data._delimited import read_texts
from spikedim.data._embedding import embed
from spikedim.data._parquet import find_shards, open_parquet
from spikedim.data._source import Request, Source, refuse

__all__ = ["open_sst2"]

_FILES = {"train": ("train",), "test": ("test",), "validation": ("dev", "validation")}
_CITATION = (
    "R. Socher et al., Recursive Deep Models for Semantic Compositionality over a Sentiment "
    "Treebank, EMNLP, 2013"
)


def open_sst2(folder: Path, request: Request) -> Source:
    """Return embedded sentences of ``train.tsv``, ``dev.tsv`` or the parquet files of the split."""
    if not folder.is_dir():
        raise refuse("be sst2:DIR with an existing folder", folder, "Check the path.")
    places = [folder, folder / "data", folder / "SST-2", folder / "sst2"]
    for place in (p for p in places if p.is_dir()):
        for stem in _FILES[request.split]:
            path = place / f"{stem}.tsv"
            if path.is_file():
                texts = read_texts(path, request.memory_budget)
                named = replace(texts, citation=_CITATION, class_names=("negative", "positive"))
                return embed(named, request)
        shards = find_shards(place, request.split)
        if shards:
            source = open_parquet(shards, request, "sentence")
            return replace(source, citation=_CITATION, class_names=("negative", "positive"))
    raise refuse(
        f"be the folder of SST-2 with {_FILES[request.split][0]}.tsv or parquet files",
        folder,
        "Download SST-2 from GLUE and name its folder.",
    )
