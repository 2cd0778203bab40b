"""Down to the tensors of a checkpoint: through dictionaries and common prefixes."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from spikedim._core import InputError

__all__ = ["unwrap"]

_WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "module", "state_dict_ema")
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")
_DEPTH = 4  # a dictionary may hold itself


def unwrap(
    state: Mapping[str, Any], *, caller: str, name: str
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the tensors of a checkpoint by their names, and what was taken off."""
    taken: list[str] = []
    current: Any = state
    while isinstance(current, Mapping) and not any(isinstance(v, Tensor) for v in current.values()):
        wrapper = next((key for key in _WRAPPERS if isinstance(current.get(key), Mapping)), None)
        if wrapper is None or len(taken) == _DEPTH:
            raise InputError(
                f"{caller}: `{name}` must hold tensors by name, at its top or under one of "
                f"{', '.join(_WRAPPERS)}; got {_shown(current)}. Pass the state dict itself."
            )
        left = [key for key in current if key != wrapper]
        taken.append(f"{wrapper}, leaving {', '.join(map(str, left))}" if left else wrapper)
        current = current[wrapper]
    foreign = [key for key, value in current.items() if not isinstance(value, Tensor)]
    if foreign:
        raise InputError(
            f"{caller}: `{name}` must hold tensors only; got {type(current[foreign[0]]).__name__} "
            f"under {foreign[0]!r}. Pass the state dict of the model alone."
        )
    tensors = {str(key): value for key, value in current.items()}
    for prefix in _PREFIXES * 2:
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
            taken.append(prefix)
    return tensors, tuple(taken)


def _shown(value: Any) -> str:
    """Return the keys of a dictionary, or the type of what is none."""
    if not isinstance(value, Mapping):
        return type(value).__name__
    return f"the keys {', '.join(map(str, list(value)[:8]))}" if value else "an empty one"
