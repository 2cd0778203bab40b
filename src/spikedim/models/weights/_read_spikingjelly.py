"""Networks of SpikingJelly."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from spikedim._core import InputError
from spikedim.models.weights._adapt import Translation, adapt, check_module, class_paths
from spikedim.models.weights._adapted_model import AdaptedModel
from spikedim.models.weights._peer_surrogate import PeerSurrogate
from spikedim.neurons import (
    AbstractSurrogate,
    ATanSurrogate,
    GaussianSurrogate,
    InputScale,
    LIFParameters,
    PiecewiseLinearSurrogate,
    Reset,
    SigmoidSurrogate,
    leak_euler,
)

__all__ = ["read_spikingjelly"]

_CALLER = "read_spikingjelly"
_STATEFUL = "spikingjelly.activation_based.base.MemoryModule"
_NEURONS = ("LIFNode", "IFNode", "ParametricLIFNode")
_WITHOUT_EFFECT = ("Dropout", "Dropout2d")  # in evaluation mode
_SURROGATES: Mapping[str, Callable[[float], AbstractSurrogate]] = {
    "Sigmoid": SigmoidSurrogate,
    "ATan": ATanSurrogate,
    "Erf": lambda alpha: GaussianSurrogate(alpha * math.sqrt(2)),
    "PiecewiseQuadratic": PiecewiseLinearSurrogate,
}


def read_spikingjelly(
    module: nn.Module, *, surrogate: AbstractSurrogate | None = None
) -> AdaptedModel:
    """Read a network of SpikingJelly 2.0: the same spikes from neurons whose state is explicit.

    Parameters
    ----------
    module : torch.nn.Module
        Network with ``LIFNode``, ``IFNode`` or ``ParametricLIFNode``, all in one step mode, each
        called once a step. It stays as it is; its weights are copied.
    surrogate : AbstractSurrogate, optional
        Surrogate gradient of every neuron; their own without it.

    Returns
    -------
    AdaptedModel
        In the mode of `module`.

    Raises
    ------
    InputError
        If there is no neuron, a stateful module of another class (all are listed), a neuron that
        does not spike, or both step modes.

    See Also
    --------
    import_state_dict : For the spiking transformers that SpikingJelly contains.
    read_snntorch : The same for snnTorch.

    Notes
    -----
    SpikingJelly need not be importable: modules are recognised by the names of their classes. A
    reset to v_reset, to which its leak pulls too, becomes one to 0 with the threshold lowered by
    v_reset. A ``ParametricLIFNode`` keeps its time constant learnable.

    Examples
    --------
    >>> from torch import nn
    >>> read_spikingjelly(nn.Linear(2, 2))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    spikedim._core._errors.InputError: read_spikingjelly: `module` must have spiking neurons; ...
    """
    check_module(module, caller=_CALLER)
    stateful = {
        name or "neuron": found
        for name, found in module.named_modules()
        if _STATEFUL in class_paths(found) and not _is_one_of(found, _WITHOUT_EFFECT)
    }
    unknown = [
        f"{name} ({type(found).__name__})"
        for name, found in stateful.items()
        if not _is_one_of(found, _NEURONS)
    ]
    if unknown:
        raise InputError(
            f"{_CALLER}: `module` must have neurons of {', '.join(_NEURONS)} and no other state; "
            f"got {', '.join(unknown)}. Replace them before reading."
        )

    def translate(name: str, node: Any) -> Translation:
        return _translated(node, surrogate or _surrogate(name, node.surrogate_function))

    return adapt(module, stateful, translate, caller=_CALLER, source="spikingjelly")


def _is_one_of(module: nn.Module, names: tuple[str, ...]) -> bool:
    """Say whether the class itself, not a parent, is one of SpikingJelly's."""
    kind = type(module)
    return kind.__module__.startswith("spikingjelly.") and kind.__name__ in names


def _translated(node: Any, surrogate: AbstractSurrogate) -> Translation:
    """Return a node in our terms; potentials count from v_reset, to which its leak pulls."""
    kind, rest = type(node).__name__, 0.0 if node.v_reset is None else node.v_reset
    logit, leak, scale = None, 1.0, InputScale.ONE
    if kind == "LIFNode":
        leak = leak_euler(node.tau)
    elif kind == "ParametricLIFNode":
        logit = -node.w  # its parameter is the logit of 1 / tau
        leak = float(logit.detach().sigmoid())
    if kind != "IFNode" and node.decay_input:
        scale = InputScale.DECAY
    neuron = LIFParameters(
        leak=leak,
        threshold=node.v_threshold - rest,
        reset=Reset.SOFT_CARRIED if node.v_reset is None else Reset.HARD,
        input_scale=scale,
        detach_reset=node.detach_reset,
    )
    return Translation(neuron, surrogate, multi_step=node.step_mode == "m", leak_logit=logit)


def _surrogate(name: str, function: Any) -> AbstractSurrogate:
    """Return the surrogate gradient of a node."""
    if not getattr(function, "spiking", True):
        raise InputError(
            f"{_CALLER}: `{name}` must have a surrogate function in spiking mode; got one that "
            "gives real values. Call its set_spiking_mode(True)."
        )
    kind = type(function)
    if kind.__module__.startswith("spikingjelly."):
        make = _SURROGATES.get(kind.__name__)
        if make is not None:
            return make(float(function.alpha))
    # A module of theirs, which its owner may go on changing.
    return PeerSurrogate(function=copy.deepcopy(function))
