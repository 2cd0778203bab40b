"""Sentences before they are embedded."""

from dataclasses import dataclass
from typing import final

from spikedim._core import AnyArray

__all__ = ["LABEL_NAMES", "TEXT_NAMES", "Texts"]

TEXT_NAMES = ("text", "sentence", "review", "content", "document", "phrase")
LABEL_NAMES = ("label", "labels", "target", "targets", "class", "y", "fine_label", "sentiment")


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """Texts in a fixed order with what is known about them.

    Parameters
    ----------
    texts : list of str
        One text per sample.
    fingerprint : str
        Identity of the content.
    labels : ndarray of shape [S] or None
        Class numbers.
    class_names : tuple of str
        Name of each class number.
    licence, citation : str
        Terms of use and whom to cite.
    notes : tuple of str
        What a reader of the result must know.
    """

    texts: list[str]
    fingerprint: str
    labels: AnyArray | None = None
    class_names: tuple[str, ...] = ()
    licence: str = "unknown: the licence of your own data applies"
    citation: str = ""
    notes: tuple[str, ...] = ()
