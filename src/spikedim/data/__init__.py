"""Sources of samples: one door, `open_samples`, for every data set, file format and view."""

from spikedim.data._cache import cache_folder, cached, clear_cache
from spikedim.data._fetch import fetch
from spikedim.data._minilm import minilm_folder
from spikedim.data._open import open_samples
from spikedim.data._open_texts import open_texts
from spikedim.data._registry import DatasetCard, describe, names
from spikedim.data._samples import Samples
from spikedim.data._texts import Texts

__all__ = [
    "DatasetCard",
    "Samples",
    "Texts",
    "cache_folder",
    "cached",
    "clear_cache",
    "describe",
    "fetch",
    "minilm_folder",
    "names",
    "open_samples",
    "open_texts",
]
