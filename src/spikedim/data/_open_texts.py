"""The sentences of a fetched set of texts, before any embedding."""

from spikedim._core import InputError, check_choice
from spikedim.data._cache import cached
from spikedim.data._named import named_texts
from spikedim.data._registry import card_of, names
from spikedim.data._texts import Texts

__all__ = ["open_texts"]


def open_texts(name: str, *, split: str = "train") -> Texts:
    """Return the sentences of a fetched data set, with labels.

    Parameters
    ----------
    name : str
        A set of texts of `names`, e.g. ``"movie-reviews"``.
    split : str
        ``"train"`` (default) or ``"test"``.

    Returns
    -------
    Texts
        Sentences in a fixed order, held in memory.

    Raises
    ------
    InputError
        If `name` is no set of texts, was not fetched or is damaged, or has no such split.

    Examples
    --------
    >>> open_texts("digits")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    spikedim._core._errors.InputError: open_texts: `name` must be one of movie-reviews; got ...
    """
    known = [known for known in names() if card_of(known).modality == "text"]
    name = check_choice(name, known, name="name", caller="open_texts")
    split = check_choice(split, card_of(name).splits, name="split", caller="open_texts")
    if not cached(name):
        raise InputError(
            f"open_texts: `name` must be a data set that is on this machine; got {name!r}, which "
            f"is not fetched yet. Run `spikedim data fetch {name}`."
        )
    return named_texts(name, split)
