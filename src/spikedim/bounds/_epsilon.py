"""An error target that says which error it means."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from spikedim._core import InputError, check_integer, check_positive

__all__ = ["Epsilon", "EpsilonKind"]


class EpsilonKind(StrEnum):
    """Which error a number means."""

    RMS = "rms"  # root mean square over the entries of the output
    FRO = "fro"  # Frobenius norm of the whole output, = rms * sqrt(entries)
    RELATIVE = "relative"  # rms divided by the rms of the reference output


@final
@dataclass(frozen=True)
class Epsilon:
    """An error target.

    Parameters
    ----------
    value : float
        Above 0; in output units, or a pure number if `kind` is relative.
    kind : EpsilonKind
        ``rms``, ``fro`` or ``relative``.

    Raises
    ------
    InputError
        If `value` is not a finite number above 0 or `kind` is unknown.

    Examples
    --------
    >>> Epsilon.parse("0.07:relative").as_rms(entries=3072, reference_rms=0.5)
    0.035
    """

    value: float
    kind: EpsilonKind

    def __post_init__(self) -> None:
        check_positive(self.value, name="epsilon", caller="Epsilon")

    @classmethod
    def parse(cls, text: str) -> "Epsilon":
        """Read ``0.07:relative``, ``0.07:rms`` or ``0.07:fro``; a bare number is refused."""
        number, _, kind = str(text).partition(":")
        kinds = [member.value for member in EpsilonKind]
        if kind not in kinds:
            raise InputError(
                f"Epsilon.parse: `epsilon` must say which error it means; got {text!r}. "
                f"Write {number or '0.1'}:relative, {number or '0.1'}:rms or {number or '0.1'}:fro."
            )
        try:
            value = float(number)
        except ValueError as error:
            raise InputError(
                f"Epsilon.parse: `epsilon` must be a number and a kind; got {text!r}. "
                "Write e.g. 0.07:relative."
            ) from error
        return cls(value, EpsilonKind(kind))

    def as_rms(self, *, entries: int, reference_rms: float) -> float:
        """Return the same target as a per-entry RMS error.

        Parameters
        ----------
        entries : int
            Number of entries of the output.
        reference_rms : float
            RMS of the reference output, used by ``relative`` only.
        """
        check_integer(entries, name="entries", caller="Epsilon.as_rms")
        if self.kind is EpsilonKind.RMS:
            return self.value
        if self.kind is EpsilonKind.FRO:
            return self.value / math.sqrt(entries)
        return self.value * check_positive(
            reference_rms, name="reference_rms", caller="Epsilon.as_rms"
        )

    def as_squared_fro(self, *, entries: int, mean_square: float) -> float:
        """Return the same target as a squared Frobenius error of the whole output.

        Parameters
        ----------
        entries : int
            Number of entries of the output.
        mean_square : float
            Mean squared length of the reference output, used by ``relative`` only.
        """
        scale = {
            EpsilonKind.FRO: 1.0,
            EpsilonKind.RMS: float(entries),
            EpsilonKind.RELATIVE: mean_square,
        }[self.kind]
        return self.value**2 * scale

    def __str__(self) -> str:
        return f"{self.value:g}:{self.kind.value}"
