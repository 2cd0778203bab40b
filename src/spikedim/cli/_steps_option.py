"""Values of T as people type them: a range that doubles, or a list."""

__all__ = ["parse_numbers", "parse_steps"]

_REMEDY = "Write FIRST..LAST, which doubles, or a list such as 4,8,16."


def parse_steps(text: str, *, name: str, caller: str) -> tuple[int, ...]:
    """Return the values of ``16..256`` or ``4,8,16``.

    Examples
    --------
    >>> parse_steps("16..200", name="--steps", caller="circuit")
    (16, 32, 64, 128, 200)
    >>> parse_steps("4, 8,16", name="--steps", caller="circuit")
    (4, 8, 16)
    """
    from spikedim._core import InputError

    first, dots, last = text.partition("..")
    try:
        if not dots:
            return tuple(int(word) for word in text.split(","))
        start, stop = int(first), int(last)
    except ValueError:
        raise InputError(
            f"{caller}: `{name}` must be whole numbers; got {text!r}. {_REMEDY}"
        ) from None
    if not 1 <= start <= stop:
        raise InputError(
            f"{caller}: `{name}` must be a rising range from 1 on; got {text!r}. {_REMEDY}"
        )
    values = []
    while start < stop:
        values.append(start)
        start *= 2
    return (*values, stop)


def parse_numbers(text: str, *, name: str, caller: str) -> list[float]:
    """Return the numbers of ``0.5,1,-2``.

    Examples
    --------
    >>> parse_numbers("0.5,-1", name="--z", caller="circuit exp")
    [0.5, -1.0]
    """
    from spikedim._core import InputError

    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise InputError(
            f"{caller}: `{name}` must be numbers with commas between them; got {text!r}. "
            "Write e.g. 0.5,1,-2."
        ) from None
