"""The embedded data set: scikit-learn's 8 x 8 handwritten digits."""

import numpy as np

from spikedim._core import fingerprint_arrays
from spikedim.data._arrays import array_source
from spikedim.data._registry import card_of
from spikedim.data._source import Request, Source, refuse

__all__ = ["open_digits"]


def open_digits(request: Request) -> Source:
    """Return all 1797 digits as uint8 0..16 with scale 1/16."""
    if request.split != "train":
        raise refuse(
            "be 'train' for digits, which have no split",
            repr(request.split),
            "Leave `split` out.",
            name="split",
        )
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.astype(np.uint8)[..., None]
    card = card_of("digits")
    return array_source(
        images,
        fingerprint=fingerprint_arrays(images),
        scale=1 / 16,
        labels=digits.target.astype(np.int64),
        class_names=card.class_names,
        licence=card.licence,
        citation=card.citation,
        notes=("8-bit values v in 0..16 stand for v / 16.",),
    )
