"""Opening a fetched data set from the cache."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from spikedim._core import AnyArray
from spikedim.data._cache import MARKER, cached, data_folder
from spikedim.data._embedding import embed
from spikedim.data._npy import open_npy
from spikedim.data._registry import card_of
from spikedim.data._source import Request, Source, refuse
from spikedim.data._texts import Texts
from spikedim.data._views import check_layer

__all__ = ["named_texts", "open_named"]

Part = TypeVar("Part")


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
    if card.modality == "text":
        return embed(named_texts(name, request.split), request)
    folder = data_folder(name)
    about = _about(name, request.split)
    source = _whole(
        name,
        folder / f"{request.split}-x.npy",
        lambda path: open_npy(path, request, fingerprint=_fingerprint(name, request.split)),
    )
    return replace(source, notes=(*source.notes, *card.notes), **about)


def named_texts(name: str, split: str) -> Texts:
    """Return one split of a fetched set of texts, not embedded."""
    texts = _whole(name, data_folder(name) / f"{split}-x.json", _load_json)
    return Texts(
        texts=texts,
        fingerprint=_fingerprint(name, split),
        notes=card_of(name).notes,
        **_about(name, split),
    )


def _fingerprint(name: str, split: str) -> str:
    return str(_record(name)["fingerprints"].get(split))


def _about(name: str, split: str) -> dict[str, Any]:
    """Return labels, class names, licence and citation."""
    card = card_of(name)
    return {
        "labels": _whole(name, data_folder(name) / f"{split}-y.npy", _load_labels),
        "class_names": card.class_names,
        "licence": card.licence,
        "citation": card.citation,
    }


def _load_labels(path: Path) -> AnyArray:
    labels: AnyArray = np.load(path, allow_pickle=False)
    return labels.astype(np.int64)


def _load_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _whole(name: str, path: Path, load: Callable[[Path], Part]) -> Part:
    """Return what `load` makes of a cached file; a damaged one must be fetched again."""
    try:
        return load(path)
    except (OSError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _damaged(name, path, reason) from error


def _record(name: str) -> dict[str, Any]:
    """Read what `fetch` wrote beside the arrays."""
    path = data_folder(name) / MARKER
    record = _whole(name, path, _load_json)
    if isinstance(record, dict) and isinstance(record.get("fingerprints"), dict):
        return record
    raise _damaged(name, path, "it has no fingerprints")


def _damaged(name: str, path: Path, reason: str) -> Exception:
    return refuse(
        "be a whole cached data set",
        f"{path} ({reason:.120})",
        f"Run `spikedim data clear {name}`, then `spikedim data fetch {name}`.",
    )
