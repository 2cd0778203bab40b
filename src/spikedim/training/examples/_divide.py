"""Dividing samples by their content, so that no part knows a sample of another."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from spikedim._core import AnyArray, InputError

__all__ = ["DIGEST", "digests_of", "first_of_each", "leave_out_known", "take_share"]

DIGEST = np.dtype("S16")
"""Type of the hash of one sample. Trailing zero bytes do not count, which harms nothing."""


def digests_of(items: Iterable[Any]) -> AnyArray:
    """Return the hash of every item (an array or bytes), [S]."""
    found = [hashlib.blake2b(item, digest_size=DIGEST.itemsize).digest() for item in items]
    return np.array(found, DIGEST)


def first_of_each(digests: AnyArray) -> AnyArray:
    """Return for every sample the number of the first one with the same content, [S]."""
    _, first, inverse = np.unique(digests, return_index=True, return_inverse=True)
    found: AnyArray = first[inverse]
    return found


def leave_out_known(digests: AnyArray, test: AnyArray) -> AnyArray:
    """Return the numbers of the training samples that are not in the test part as well."""
    return np.flatnonzero(~np.isin(digests, test))


def take_share(
    digests: AnyArray, labels: AnyArray, share: float, *, part: str
) -> tuple[AnyArray, AnyArray, int]:
    """Divide samples into what is left and a stratified share, and count those that moved.

    In each class the samples with the smallest hashes make the share, at least one of them: the
    division depends on nothing but their content. Then copies follow the first of their kind.
    """
    chosen = np.zeros(len(labels), bool)
    for number in np.unique(labels):
        members = np.flatnonzero(labels == number)
        count = max(1, round(share * len(members)))
        if count >= len(members):
            raise InputError(
                f"open_examples: `spec` must have at least 2 samples of every class to keep a "
                f"{part} part aside; got {len(members)} of class {number}. Supply more samples"
                f"{' or set `validation` to 0' if part == 'validation' else ''}."
            )
        chosen[members[np.argsort(digests[members], kind="stable")[:count]]] = True
    settled = chosen[first_of_each(digests)]
    left, taken = np.flatnonzero(~settled), np.flatnonzero(settled)
    missing = set(labels.tolist()) - set(labels[left].tolist())
    if missing:
        raise InputError(
            f"open_examples: `spec` must have at least 2 different samples of every class to keep "
            f"a {part} part aside; got copies only in class {min(missing)}. Supply more samples."
        )
    return left, taken, int((settled != chosen).sum())
