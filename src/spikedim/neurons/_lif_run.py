"""All steps of a population of neurons, with or without its membranes."""

from collections.abc import Callable
from typing import NamedTuple, final

import torch
from torch import Tensor

from spikedim.neurons._checks import check_current, check_floating, check_membrane
from spikedim.neurons._lif_step import advance
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._state import LIFState, init_state
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["LIFTrace", "Run", "lif_run", "lif_trace", "warm_up"]

Run = Callable[..., tuple[Tensor, LIFState]]
"""Anything with the signature of `lif_run`."""


@final
class LIFTrace(NamedTuple):
    """Everything a run can show.

    Parameters
    ----------
    spikes : Tensor of shape [T, ...]
        Spikes, 0 or 1.
    membranes : Tensor of shape [T, ...]
        Potentials u_1 to u_T, as compared with the threshold, before any reset; a refractory
        neuron repeats its last one.
    state : LIFState
        State after the last step.

    Notes
    -----
    A named tuple, so that `torch.func` transforms may return it.
    """

    spikes: Tensor
    membranes: Tensor
    state: LIFState


def lif_run(
    currents: Tensor,
    state: LIFState,
    parameters: LIFParameters,
    *,
    surrogate: AbstractSurrogate | None = None,
    leak: Tensor | None = None,
) -> tuple[Tensor, LIFState]:
    """Spikes of T steps from a given state.

    Parameters
    ----------
    currents : Tensor of shape [T, ...]
        Input current of each step, T >= 1, in the unit of the membrane.
    state : LIFState
        State before the first step: `init_state`, `warm_up`, or what an earlier run returned.
    parameters : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate, optional
        Supplies the gradient of the step; without one, spikes carry no gradient.
    leak : Tensor, optional
        Learnable leak in the place of ``parameters.leak``; broadcasts against one step.

    Returns
    -------
    tuple of Tensor and LIFState
        Spikes [T, ...], 0 or 1, in the type of `currents`, and the state after the last step.

    Raises
    ------
    InputError
        If `currents` has no step, does not fit `state`, is not floating or not finite.
    NumericsError
        If a membrane overflows.

    See Also
    --------
    lif_trace : The same with membranes.
    accelerate : The same spikes from a compiled kernel.

    Notes
    -----
    T calls of `lif_step`, checked once: running the parts of `currents` one after the other
    gives the same spikes. Memory beyond the spikes does not grow with T unless gradients are
    asked for. ``warm_up_steps`` is not read here: the state given is the state used.

    Examples
    --------
    >>> import torch
    >>> neuron = LIFParameters.integrate_and_fire(phase=0.5)
    >>> spikes, _ = lif_run(torch.full((8, 1), 0.25), init_state((1,), neuron), neuron)
    >>> spikes[:, 0].tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    """
    check_current(currents, state, name="currents", caller="lif_run", time=True)
    kept = parameters.leak if leak is None else leak
    spikes = []
    for current in currents:
        fired, state = advance(current, state, parameters, surrogate, kept)
        spikes.append(fired)
    check_membrane(state.membrane, currents, name="currents", caller="lif_run")
    return torch.stack(spikes), state


def lif_trace(
    currents: Tensor,
    state: LIFState,
    parameters: LIFParameters,
    *,
    surrogate: AbstractSurrogate | None = None,
    leak: Tensor | None = None,
) -> LIFTrace:
    """Spikes and membranes of T steps from a given state.

    Parameters
    ----------
    currents : Tensor of shape [T, ...]
        Input current of each step, T >= 1, in the unit of the membrane.
    state : LIFState
        State before the first step.
    parameters : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate, optional
        Supplies the gradient of the step; without one, spikes carry no gradient.
    leak : Tensor, optional
        Learnable leak in the place of ``parameters.leak``; broadcasts against one step.

    Returns
    -------
    LIFTrace
        Spikes and membranes [T, ...], and the state after the last step.

    Raises
    ------
    InputError
        If `currents` has no step, does not fit `state`, is not floating or not finite.
    NumericsError
        If a membrane overflows.

    See Also
    --------
    lif_run : Spikes only.

    Notes
    -----
    Holds T membranes; `lif_run` does not.

    Examples
    --------
    >>> import torch
    >>> neuron = LIFParameters(leak=0.5)
    >>> lif_trace(torch.ones(3, 1), init_state((1,), neuron), neuron).membranes[:, 0].tolist()
    [1.0, 0.5, 1.25]
    """
    check_current(currents, state, name="currents", caller="lif_trace", time=True)
    kept = parameters.leak if leak is None else leak
    spikes, membranes = [], []
    for current in currents:
        fired, state = advance(current, state, parameters, surrogate, kept)
        spikes.append(fired)
        membranes.append(state.membrane)
    check_membrane(state.membrane, currents, name="currents", caller="lif_trace")
    return LIFTrace(torch.stack(spikes), torch.stack(membranes), state)


def warm_up(current: Tensor, parameters: LIFParameters, *, leak: Tensor | None = None) -> LIFState:
    """State before the first step, after ``warm_up_steps`` steps whose spikes are thrown away.

    Parameters
    ----------
    current : Tensor of shape [...]
        Current of the first step, which a static input keeps.
    parameters : LIFParameters
        The neuron; with no warm-up steps this is `init_state`.
    leak : Tensor, optional
        Learnable leak in the place of ``parameters.leak``.

    Returns
    -------
    LIFState
        Fresh state of the shape and type of `current`.

    Raises
    ------
    InputError
        If `current` is not floating or not finite.
    NumericsError
        If a membrane overflows.

    Notes
    -----
    A neuron of leak 0.9 that starts at 0 fires late: over drives spread evenly up to saturation
    its rate is .36/T too low. Two steps of warm-up leave .03/T, an initial membrane of half a
    threshold .04/T. At leak 0.5 the late first spike and the large reset after the leak cancel:
    there is no bias to remove, and half a threshold adds one. Cost is that of as many steps.

    Examples
    --------
    >>> import torch
    >>> warm_up(torch.tensor([0.4]), LIFParameters(warm_up_steps=2)).membrane
    tensor([0.8000])
    """
    check_floating(current, name="current", caller="warm_up")
    state = init_state(tuple(current.shape), parameters, dtype=current.dtype, device=current.device)
    kept = parameters.leak if leak is None else leak
    for _ in range(parameters.warm_up_steps):
        _, state = advance(current, state, parameters, None, kept)
    if parameters.warm_up_steps:
        check_membrane(state.membrane, current, name="current", caller="warm_up")
    return state
