"""Numbers as people read them: two significant digits, units, intervals."""

import math

from spikedim.bounds import Epsilon, EpsilonKind
from spikedim.laws import Assumed

__all__ = [
    "assumed_text",
    "dimension_text",
    "epsilon_text",
    "interval_text",
    "number_text",
    "samples_text",
    "times_text",
]

_DASH = "\u2013"
_TIMES = "\u00d7"
_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))


def number_text(value: float, *, digits: int = 2) -> str:
    """Return `value` with `digits` significant digits, 1,900,000 as ``1.9 M``.

    Examples
    --------
    >>> number_text(0.003311), number_text(97.6), number_text(21504.0), number_text(1.94e6)
    ('0.0033', '98', '22,000', '1.9 M')
    """
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    for size, prefix in _PREFIXES:
        if abs(rounded) >= size:
            return f"{_plain(rounded / size, digits)} {prefix}"
    if abs(rounded) < 1e-4:
        return f"{rounded:.{digits - 1}e}"
    return _plain(rounded, digits)


def _plain(value: float, digits: int) -> str:
    """Return a number without exponent, with thousands separators."""
    exponent = math.floor(math.log10(abs(value)))
    return f"{value:,.{max(0, digits - 1 - exponent)}f}"


def interval_text(value: float, low: float, high: float, *, whole: bool = False) -> str:
    """Return ``5 (4-6)`` with an en dash, or ``5`` where the interval is a point.

    Examples
    --------
    >>> interval_text(5.0, 5.0, 5.0, whole=True)
    '5'
    """
    texts = [f"{round(x):,}" if whole else number_text(x) for x in (value, low, high)]
    return texts[0] if texts[1] == texts[2] == texts[0] else f"{texts[0]} ({_between(*texts[1:])})"


def _between(low: str, high: str) -> str:
    """Join two ends, a shared unit prefix said once."""
    first, _, unit = low.partition(" ")
    _second, _, other = high.partition(" ")
    if unit == other:
        return f"{first}{_DASH}{high}"
    return f"{low}{_DASH}{high}"


def dimension_text(value: float, low: float, high: float) -> str:
    """Return a dimension with as many decimals as its interval carries, ranks as whole numbers.

    Examples
    --------
    >>> dimension_text(217.0, 217.0, 217.0), dimension_text(9.1874, 9.1874, 9.1874)
    ('217', '9.19')
    """
    if value == round(value):
        return interval_text(value, float(math.floor(low)), float(math.ceil(high)), whole=True)
    width = high - low
    decimals = max(0, -math.floor(math.log10(width / 2))) if width > 0 else None
    if decimals is None or decimals > 2:
        decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    texts = [f"{each:,.{decimals}f}" for each in (value, low, high)]
    if texts[1] == texts[2]:
        return texts[0]
    return f"{texts[0]} ({texts[1]}{_DASH}{texts[2]})"


def samples_text(number: int) -> str:
    """Return how many samples there are.

    Examples
    --------
    >>> samples_text(1), samples_text(1536)
    ('1 sample', '1,536 samples')
    """
    return f"{number:,} sample{'' if number == 1 else 's'}"


def times_text(ratio: float) -> str:
    """Return a ratio with a multiplication sign.

    Examples
    --------
    >>> times_text(0.8123) == "0.81" + chr(0xD7)
    True
    """
    return f"{number_text(ratio)}{_TIMES}"


def epsilon_text(epsilon: Epsilon) -> str:
    """Return an error target in words.

    Examples
    --------
    >>> epsilon_text(Epsilon.parse("0.07:relative"))
    'a relative error of 7 %'
    """
    if epsilon.kind is EpsilonKind.RELATIVE:
        return f"a relative error of {100 * epsilon.value:.3g} %"
    if epsilon.kind is EpsilonKind.RMS:
        return f"an RMS error of {epsilon.value:.3g} per entry"
    return f"a Frobenius error of {epsilon.value:.3g}"


def assumed_text(assumed: Assumed) -> str:
    """Return a value with its range, if it has one.

    Examples
    --------
    >>> assumed_text(Assumed(1.0, 1.0, 1.0, "given"))
    '1'
    """
    if assumed.low == assumed.high:
        return f"{assumed.value:g}"
    return f"{assumed.value:g} ({assumed.low:g}{_DASH}{assumed.high:g})"
