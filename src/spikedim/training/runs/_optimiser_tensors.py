"""The state of an optimiser as named tensors, and back."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from spikedim._core import InputError

__all__ = ["optimiser_tensors", "restore_optimiser"]

_TREE = "tree"
"""Name of the tensor that holds all but the tensors, as JSON text in bytes."""


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of an optimiser as tensors, for a checkpoint.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
        Any whose state is made of tensors, numbers, text, lists and dictionaries.

    Returns
    -------
    dict of str to Tensor
        Tensors of the state themselves, not copies, by their place; and under ``tree`` everything
        else.

    Raises
    ------
    InputError
        If the state holds anything else.

    See Also
    --------
    restore_optimiser : The way back, exact to the bit.

    Examples
    --------
    >>> from torch import nn
    >>> sorted(optimiser_tensors(torch.optim.AdamW(nn.Linear(2, 2).parameters())))
    ['tree']
    """
    tensors: dict[str, Tensor] = {}
    tree = {
        "kind": type(optimiser).__name__,
        "shapes": [list(parameter.shape) for parameter in _parameters(optimiser)],
        "state": _encode(optimiser.state_dict(), "", tensors),
    }
    text = json.dumps(tree).encode()
    return {_TREE: torch.frombuffer(bytearray(text), dtype=torch.uint8), **tensors}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put the state of `optimiser_tensors` into an optimiser of the same kind and parameters.

    Parameters
    ----------
    optimiser : torch.optim.Optimizer
        Changed in place. Its parameters must be those of the first one, in the same order.
    tensors : mapping of str to Tensor
        From `optimiser_tensors`; copied.

    Raises
    ------
    InputError
        If they are those of another optimiser, or a part is missing; the optimiser is then as
        before.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.Linear(2, 2)
    >>> first, second = (torch.optim.SGD(model.parameters(), lr=r) for r in (0.1, 0.2))
    >>> restore_optimiser(second, optimiser_tensors(first))
    >>> second.param_groups[0]["lr"]
    0.1
    """
    tree = _tree(tensors)
    shapes = [list(parameter.shape) for parameter in _parameters(optimiser)]
    kind, groups = type(optimiser).__name__, [len(g["params"]) for g in optimiser.param_groups]
    try:
        state = _decode(tree["state"], tensors)
        theirs = [len(group["params"]) for group in state["param_groups"]]
        saved = (tree["kind"], tree["shapes"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "restore_optimiser: `tensors` must be whole, as optimiser_tensors gives them; got no "
            f"{error!s:.80}. Read the checkpoint again."
        ) from error
    problem = None
    if saved[0] != kind:
        problem = f"a state of {saved[0]} for {kind}"
    elif groups != theirs:
        problem = f"groups of {theirs} parameters for {groups}"
    elif saved[1] != shapes:
        pairs = zip(saved[1], shapes, strict=True)
        index, (one, other) = next((i, p) for i, p in enumerate(pairs) if p[0] != p[1])
        problem = f"shape {one} for {other} of parameter {index}"
    if problem is not None:
        raise InputError(
            "restore_optimiser: `tensors` must be those of an optimiser of the same kind and "
            f"parameters; got {problem}. Build model and optimiser as in the run."
        )
    optimiser.load_state_dict(state)
    _restore_types(optimiser, state)


def _parameters(optimiser: torch.optim.Optimizer) -> list[Tensor]:
    """Return all parameters in the order of their numbers."""
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _restore_types(optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Undo the rounding of `load_state_dict`, which casts states to the parameter's type."""
    for index, parameter in enumerate(_parameters(optimiser)):
        for key, value in state["state"].get(index, {}).items():
            mine = optimiser.state[parameter][key]
            if isinstance(value, Tensor) and mine.dtype != value.dtype:
                optimiser.state[parameter][key] = value.to(mine.device)


def _encode(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """Return JSON for a value; tensors go to `tensors` under their place."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Tensor):
        tensors[place] = value.detach()
        return {"tensor": place}
    if isinstance(value, list | tuple):
        items = [_encode(item, f"{place}.{i}", tensors) for i, item in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    if isinstance(value, dict):
        pairs = value.items()
        return {"dict": [[k, _encode(v, f"{place}.{k}".strip("."), tensors)] for k, v in pairs]}
    raise InputError(
        f"optimiser_tensors: `optimiser` must have a state of tensors and plain numbers; got "
        f"{type(value).__name__} in {place!r}. Use another optimiser."
    )


def _decode(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Return the value of `_encode`, its tensors copied."""
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content].clone()
    if kind == "tuple":
        return tuple(_decode(item, tensors) for item in content)
    return {key: _decode(item, tensors) for key, item in content}


def _tree(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return everything but the tensors."""
    try:
        return dict(json.loads(tensors[_TREE].numpy().tobytes()))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            "restore_optimiser: `tensors` must be what optimiser_tensors gives; got "
            f"{', '.join(sorted(tensors)[:4]) or 'nothing'}. Read the checkpoint again."
        ) from error
