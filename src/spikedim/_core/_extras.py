"""Optional packages: import them late, and say how to get them."""

import importlib
from types import ModuleType

from spikedim._core._errors import MissingExtraError

__all__ = ["require"]


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional `module`, or raise `MissingExtraError` naming the extra to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs the package {module.split('.')[0]!r}, which is not installed "
            f"or does not import ({error}). Install it with: pip install 'spikedim[{extra}]'"
        ) from error
