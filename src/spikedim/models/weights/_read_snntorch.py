"""Networks of snnTorch."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from spikedim._core import InputError
from spikedim.models.weights._adapt import (
    Translation,
    adapt,
    check_module,
    class_paths,
    number,
    to_logit,
)
from spikedim.models.weights._adapted_model import AdaptedModel
from spikedim.models.weights._peer_surrogate import PeerSurrogate
from spikedim.neurons import (
    AbstractSurrogate,
    ATanSurrogate,
    LIFParameters,
    Reset,
    SigmoidSurrogate,
)

__all__ = ["read_snntorch"]

_CALLER = "read_snntorch"
_SPIKING = "snntorch._neurons.neurons.SpikingNeuron"
_LEAKY = "snntorch._neurons.leaky.Leaky"
_SURROGATES: Mapping[str, tuple[str, Callable[[float], AbstractSurrogate]]] = {
    "atan.<locals>.inner": ("alpha", ATanSurrogate),
    "sigmoid.<locals>.inner": ("slope", SigmoidSurrogate),
}
_RESETS = {"subtract": Reset.SOFT_POST_LEAK, "zero": Reset.HARD}


def read_snntorch(module: nn.Module, *, surrogate: AbstractSurrogate | None = None) -> AdaptedModel:
    """Read a network of snnTorch: the same spikes from neurons whose state is explicit.

    Parameters
    ----------
    module : torch.nn.Module
        Network of one step with ``snn.Leaky(..., init_hidden=True)`` neurons, each called once, for
        example an ``nn.Sequential``. It stays as it is; its weights are copied.
    surrogate : AbstractSurrogate, optional
        Surrogate gradient of every neuron; their own without it.

    Returns
    -------
    AdaptedModel
        In the mode of `module`.

    Raises
    ------
    InputError
        If there is no neuron, a neuron of another class (all are listed), or one that has no place
        here: without ``init_hidden``, without reset, with inhibition, quantised states, graded
        spikes, or a beta or threshold for each neuron.

    See Also
    --------
    read_spikingjelly : The same for SpikingJelly.

    Notes
    -----
    snnTorch need not be importable: modules are recognised by the names of their classes. Its
    neurons fire above the threshold, ours at it. A learnt beta stays learnable, a learnt threshold
    is fixed; `AdaptedModel.notes` says so.

    Examples
    --------
    >>> from torch import nn
    >>> read_snntorch(nn.Linear(2, 2))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    spikedim._core._errors.InputError: read_snntorch: `module` must have spiking neurons; got ...
    """
    check_module(module, caller=_CALLER)
    neurons = {
        name or "neuron": found
        for name, found in module.named_modules()
        if _SPIKING in class_paths(found)
    }
    unknown = [
        f"{name} ({type(found).__name__})"
        for name, found in neurons.items()
        if class_paths(found)[0] != _LEAKY
    ]
    if unknown:
        raise InputError(
            f"{_CALLER}: `module` must have neurons of snn.Leaky only; got {', '.join(unknown)}. "
            "Replace them before reading."
        )

    def translate(name: str, neuron: Any) -> Translation:
        _check(name, neuron)
        return _translated(name, neuron, surrogate or _surrogate(neuron.spike_grad))

    return adapt(module, neurons, translate, caller=_CALLER, source="snntorch")


def _check(name: str, neuron: Any) -> None:
    """Refuse what has no place in our neurons."""
    graded = number(
        neuron.graded_spikes_factor, caller=_CALLER, name=name, what="graded_spikes_factor"
    )
    reset = neuron.reset_mechanism
    for good, got, need in (
        (neuron.init_hidden, False, "init_hidden=True, so that it keeps the loop over T outside"),
        (reset in _RESETS, reset, "a reset_mechanism of 'subtract' or 'zero'"),
        (not neuron.inhibition, True, "no inhibition"),
        (not neuron.state_quant, neuron.state_quant, "states that are not quantised"),
        (graded == 1, graded, "spikes that are not graded, a factor of 1"),
    ):
        if not good:
            raise InputError(f"{_CALLER}: `{name}` must have {need}; got {got}.")


def _translated(name: str, neuron: Any, surrogate: AbstractSurrogate) -> Translation:
    """Return a neuron in our terms."""
    beta = neuron.beta.detach().clamp(0, 1)
    reset, notes = _RESETS[neuron.reset_mechanism], []
    if not neuron.reset_delay and reset is Reset.SOFT_POST_LEAK:
        reset = Reset.SOFT_CARRIED
        notes.append("resets at once, which differs here where u reaches twice the threshold")
    if isinstance(neuron.threshold, nn.Parameter):
        notes.append("its learnt threshold is fixed")
    parameters = LIFParameters(
        leak=number(beta, caller=_CALLER, name=name, what="beta"),
        threshold=number(neuron.threshold, caller=_CALLER, name=name, what="threshold"),
        reset=reset,
        detach_reset=bool(neuron.reset_delay),
    )
    return Translation(
        parameters,
        surrogate,
        pair=bool(neuron.output),
        leak_logit=to_logit(beta) if isinstance(neuron.beta, nn.Parameter) else None,
        note="; ".join(notes),
    )


def _surrogate(function: Any) -> AbstractSurrogate:
    """Return the surrogate gradient of a neuron; functions of snnTorch keep their slope inside."""
    known = _SURROGATES.get(getattr(function, "__qualname__", ""))
    if known and getattr(function, "__module__", "") == "snntorch.surrogate":
        name, make = known
        cells = dict(zip(function.__code__.co_freevars, function.__closure__, strict=True))
        return make(float(cells[name].cell_contents))
    return PeerSurrogate(function=function)
