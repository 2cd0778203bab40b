"""What the short names in results are called in a sentence."""

import re

from spikedim.bounds import BoundKind, Entries, EpsilonKind

__all__ = ["entries_words", "epsilon_axis", "kind_words", "subject_words", "title_words"]

_EPSILON = {
    EpsilonKind.RELATIVE: "relative error ε (RMS error / RMS of the reference output)",
    EpsilonKind.RMS: "RMS error ε per entry (output units)",
    EpsilonKind.FRO: "Frobenius error ε of the whole output (output units)",
}
_KINDS = {
    BoundKind.LOWER: "lower bound",
    BoundKind.UPPER: "upper bound",
    BoundKind.EXACT: "exact",
    BoundKind.ESTIMATE: "estimate",
    BoundKind.PUBLISHED: "published",
}
_ENTRIES = {
    Entries.GIVEN: "this data",
    Entries.ANY: "any data",
    Entries.SMOOTH: "smooth data",
    Entries.GAUSSIAN: "Gaussian, this covariance",
    Entries.UNIFORM: "uniform entries",
    Entries.WORST: "the worst entries",
}
_DENSE = re.compile(r"ann_(fp32|fp16|int8)(_zero_skipping)?")
_QUANTISED = re.compile(r"qann_(\d+)bit")


def epsilon_axis(kind: EpsilonKind) -> str:
    """Label an axis of errors."""
    return _EPSILON[kind]


def entries_words(entries: Entries | None, kind: BoundKind = BoundKind.LOWER) -> str:
    """Say for whose entries a bound holds; nothing for a published form.

    Examples
    --------
    >>> entries_words(Entries.WORST), entries_words(Entries.WORST, BoundKind.UPPER)
    ('the worst entries', 'any data')
    """
    if entries is Entries.WORST and kind is BoundKind.UPPER:
        return _ENTRIES[Entries.ANY]
    return "" if entries is None else _ENTRIES[entries]


def kind_words(kind: BoundKind) -> str:
    """Name the kind of a bound."""
    return _KINDS[kind]


def subject_words(subject: str) -> str:
    """Say what runs.

    Examples
    --------
    >>> subject_words("qann_3bit"), subject_words("ann_int8")
    ('3-bit twin', 'int8 twin')
    """
    if subject == "snn":
        return "spiking net"
    if dense := _DENSE.fullmatch(subject):
        return f"{'zero-skipping' if dense[2] else dense[1]} twin"
    quantised = _QUANTISED.fullmatch(subject)
    return f"{quantised[1]}-bit twin" if quantised else subject


def title_words(name: str) -> str:
    """Turn the name of a function into words.

    Examples
    --------
    >>> title_words("published_rate_distortion")
    'published rate distortion'
    """
    return name.replace("_", " ")
