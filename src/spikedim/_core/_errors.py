"""The errors a caller can meet, and the one warning class."""

__all__ = [
    "AssumptionError",
    "InputError",
    "MissingExtraError",
    "NumericsError",
    "SpikedimError",
    "WeakResultWarning",
]


class SpikedimError(Exception):
    """Root of every error raised on purpose; catch this to catch them all."""


class InputError(SpikedimError, ValueError):
    """A parameter, file or specification is not what the function needs."""


class AssumptionError(SpikedimError, ValueError):
    """A theorem was asked for a value where one of its assumptions fails."""


class NumericsError(SpikedimError, ArithmeticError):
    """A computation could not reach a trustworthy finite number."""


class MissingExtraError(SpikedimError, ImportError):
    """An optional package is needed; the message says how to install it."""


class WeakResultWarning(UserWarning):
    """The result is valid but weaker than it looks; the message says how."""
