"""Sources of samples: one door, `open_samples`, for every data set, file format and view."""

from spikedim.data._cache import cache_folder, cached, clear_cache
from spikedim.data._fetch import fetch
from spikedim.data._open import open_samples
from spikedim.data._registry import DatasetCard, describe, names
from spikedim.data._samples import Samples

__all__ = [
    "DatasetCard",
    "Samples",
    "cache_folder",
    "cached",
    "clear_cache",
    "describe",
    "fetch",
    "names",
    "open_samples",
]
