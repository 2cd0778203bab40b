"""Opening a fetched data set from the cache."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim.data._cache import MARKER, cached, data_folder
from spikedim.data._embedding import embed
from spikedim.data._npy import open_npy
from spikedim.data._registry import card_of
from spikedim.data._source import Request, Source, refuse
from spikedim.data._texts import Texts
from spikedim.data._views import check_layer

__all__ = ["open_named"]


def open_named(name: str, request: Request) -> Source:
    """Return a source over one split of a fetched data set."""
    card = card_of(name)
    if request.split not in card.splits:
        raise refuse(
            f"be one of {', '.join(card.splits)} for {name}",
            repr(request.split),
            "Choose another split.",
            name="split",
        )
    check_layer(request.layer, card.modality)
    if not cached(name):
        raise refuse(
            "be a data set that is on this machine",
            f"{name!r}, which is not fetched yet",
            f"Run `spikedim data fetch {name}` ({card.download_bytes / 1e6:.0f} MB).",
        )
    folder = data_folder(name)
    record = _record(name)
    about: dict[str, Any] = {
        "labels": np.load(folder / f"{request.split}-y.npy", allow_pickle=False).astype(np.int64),
        "class_names": card.class_names,
        "licence": card.licence,
        "citation": card.citation,
    }
    fingerprint = str(record["fingerprints"][request.split])
    if card.modality == "text":
        texts = json.loads((folder / f"{request.split}-x.json").read_text(encoding="utf-8"))
        return embed(
            Texts(texts=texts, fingerprint=fingerprint, notes=card.notes, **about), request
        )
    source = open_npy(folder / f"{request.split}-x.npy", request, fingerprint=fingerprint)
    return replace(source, notes=(*source.notes, *card.notes), **about)


def _record(name: str) -> dict[str, Any]:
    """Read what `fetch` wrote beside the arrays."""
    path = data_folder(name) / MARKER
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict) and isinstance(record.get("fingerprints"), dict):
            return record
        reason = "it has no fingerprints"
    except (OSError, ValueError) as error:
        reason = str(error)
    raise refuse(
        "be a whole cached data set",
        f"{path} ({reason})",
        f"Run `spikedim data clear {name}`, then `spikedim data fetch {name}`.",
    )
