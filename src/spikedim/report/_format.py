"""Numbers as people read them: units, intervals, no more digits than they carry."""

import math

__all__ = [
    "ABSENT",
    "DASH",
    "DOT",
    "TIMES",
    "approximate",
    "count",
    "duration",
    "interval",
    "milli_joule",
    "percent",
    "share",
    "shorten",
    "size",
    "times",
]

DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"
ABSENT, DOT = DASH, "\N{MIDDLE DOT}"

_SCALES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def approximate(value: float | int, digits: int = 2) -> str:
    """Return `value` with `digits` significant digits, without an exponent where readable.

    Examples
    --------
    >>> approximate(46.71), approximate(0.01234), approximate(10900), approximate(3.2e-9)
    ('47', '0.012', '11,000', '3.2e-09')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, digits - 1 - exponent)
    if not -4 <= exponent < 7:
        return f"{value:.{digits - 1}e}"
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(decimals, 0)}f}"


def count(value: float | int, digits: int = 2) -> str:
    """Return a count: exact below 10,000 if it is whole, else with a decimal prefix.

    Examples
    --------
    >>> count(1536), count(1_900_000), count(24_576), count(0.4)
    ('1,536', '1.9 M', '25 k', '0.40')
    """
    if abs(value) < 10_000:
        return f"{value:,.0f}" if value == int(value) else approximate(value, digits)
    for scale, prefix in _SCALES:
        # 999,600 must become 1.0 M, not 1,000 k.
        if float(f"{abs(value):.{digits - 1}e}") >= scale:
            return f"{approximate(value / scale, digits)} {prefix}"
    return approximate(value, digits)


def interval(text: str, low: str | None, high: str | None) -> str:
    """Return ``4 (3\N{EN DASH}6)`` from formatted parts, or ``4`` if the interval adds nothing.

    Examples
    --------
    >>> interval("4", "3", "6"), interval("4", "4", "4"), interval("4", None, None)
    ('4 (3\N{EN DASH}6)', '4', '4')
    """
    if low is None or high is None or low == text == high:
        return text
    # A prefix that both ends share is written once.
    if " " in low and " " in high and low.split(" ", 1)[1] == high.split(" ", 1)[1]:
        low = low.split(" ", 1)[0]
    return f"{text} ({low}{DASH}{high})"


def milli_joule(value: float | int) -> str:
    """Return an energy in millijoule with two significant digits and no unit."""
    return approximate(value)


def percent(share: float | int) -> str:
    """Return a share of 1 in per cent.

    Examples
    --------
    >>> percent(0.07), percent(0.345), percent(0.0042)
    ('7 %', '34 %', '0.42 %')
    """
    return f"{approximate(100 * share).removesuffix('.0')} %"


def share(value: float | int) -> str:
    """Return an accuracy or a rate, a share of 1, in per cent with one decimal and no unit.

    Examples
    --------
    >>> share(0.97251), share(1.0)
    ('97.3', '100.0')
    """
    return f"{100 * value:.1f}"


def duration(seconds: float | int) -> str:
    """Return a wall time in its two largest units.

    Examples
    --------
    >>> duration(7.23), duration(131.0), duration(7384.0), duration(0.04)
    ('7.2 s', '2 min 11 s', '2 h 3 min', '0.0 s')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min"


def times(ratio: float | int) -> str:
    """Return a ratio as a factor.

    Examples
    --------
    >>> times(0.8), times(38.4)
    ('0.80\N{MULTIPLICATION SIGN}', '38\N{MULTIPLICATION SIGN}')
    """
    return f"{approximate(ratio)}{TIMES}"


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters, cut in the middle.

    Examples
    --------
    >>> shorten("block.0.attn.q", 9)
    'bloc…tn.q'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) <= limit:
        return line
    keep = limit - 1
    return f"{line[: keep - keep // 2]}…{line[len(line) - keep // 2 :]}"


def size(number_of_bytes: int) -> str:
    """Return a size in MB (powers of 1024), as memory budgets are written.

    Parameters
    ----------
    number_of_bytes : int
        At least 0.

    Returns
    -------
    str
        Three digits and a unit, MB or GB.

    Examples
    --------
    >>> size(138_940_914), size(0), size(3 << 30)
    ('133 MB', '0 MB', '3 GB')
    """
    if number_of_bytes >= 1 << 30:
        return f"{number_of_bytes / (1 << 30):.3g} GB"
    return f"{number_of_bytes / (1 << 20):.3g} MB"
