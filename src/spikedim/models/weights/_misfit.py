"""One sentence for every key that does not fit."""

from collections.abc import Sequence

from spikedim._core import InputError

__all__ = ["refuse_misfits"]

_SHOWN = 5
_LONGEST = 120


def refuse_misfits(
    *,
    caller: str,
    name: str,
    model: str,
    missing: Sequence[str],
    unexpected: Sequence[str],
    misshapen: Sequence[str],
    advice: str,
) -> None:
    """Raise `InputError` that lists missing, unexpected and mis-shaped keys, if there are any."""
    kinds = (("missing", missing), ("unexpected", unexpected), ("mis-shaped", misshapen))
    found = "; ".join(_listed(kind, keys) for kind, keys in kinds if keys)
    if found:
        raise InputError(
            f"{caller}: `{name}` must hold exactly the tensors of {model}; got {found}. {advice}"
        )


def _listed(kind: str, keys: Sequence[str]) -> str:
    """Return the count and the first few keys."""
    more = f", and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"{len(keys)} {kind}: {', '.join(map(_printable, keys[:_SHOWN]))}{more}"


def _printable(key: str) -> str:
    """Return a key on one line, of a length that can be read: it may come from a foreign file."""
    plain = key if key.isprintable() else ascii(key)
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."
