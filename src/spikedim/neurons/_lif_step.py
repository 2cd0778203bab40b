"""One step of a leaky integrate-and-fire neuron: state in, state out."""

import torch
from torch import Tensor

from spikedim.neurons._checks import check_current, check_membrane
from spikedim.neurons._parameters import InputScale, LIFParameters, Reset
from spikedim.neurons._state import LIFState
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["advance", "integrate", "lif_step", "settle"]


def integrate(
    current: Tensor, state: LIFState, parameters: LIFParameters, leak: float | Tensor
) -> Tensor:
    """Return the membrane that is compared with the threshold."""
    membrane, pending = state.membrane, state.pending
    if parameters.reset is Reset.SOFT_POST_LEAK:
        carried = leak * membrane - parameters.threshold * pending
    elif parameters.reset is Reset.SOFT_CARRIED:
        carried = leak * (membrane - parameters.threshold * pending)
    else:
        carried = leak * (membrane * (1 - pending) + parameters.v_reset * pending)
    driven = carried + (
        current if parameters.input_scale is InputScale.ONE else (1 - leak) * current
    )
    if parameters.refractory_steps:
        return torch.where(state.silence > 0, membrane, driven)
    return driven


def settle(
    fired: Tensor, membrane: Tensor, state: LIFState, parameters: LIFParameters
) -> tuple[Tensor, LIFState]:
    """Return the spikes of neurons that may fire, and the state after them."""
    if not parameters.refractory_steps:
        pending = fired.detach() if parameters.detach_reset else fired
        return fired, LIFState(membrane, pending, state.silence)
    still = state.silence > 0
    spikes = torch.where(still, torch.zeros_like(fired), fired)
    # The clock of a refractory neuron stands still, so the reset waits with it.
    pending = torch.where(still, state.pending, fired)
    silence = torch.where(
        spikes > 0, parameters.refractory_steps, (state.silence - 1).clamp(min=0)
    ).to(torch.int32)
    if parameters.detach_reset:
        pending = pending.detach()
    return spikes, LIFState(membrane, pending, silence)


def advance(
    current: Tensor,
    state: LIFState,
    parameters: LIFParameters,
    surrogate: AbstractSurrogate | None,
    leak: float | Tensor,
) -> tuple[Tensor, LIFState]:
    """Return `lif_step` without its checks."""
    membrane = integrate(current, state, parameters, leak)
    distance = membrane - parameters.threshold
    fired = (distance >= 0).to(membrane.dtype) if surrogate is None else surrogate(distance)
    return settle(fired, membrane, state, parameters)


def lif_step(
    current: Tensor,
    state: LIFState,
    parameters: LIFParameters,
    *,
    surrogate: AbstractSurrogate | None = None,
    leak: Tensor | None = None,
) -> tuple[Tensor, LIFState]:
    r"""One time step of leak, input, threshold and pending reset.

    The equations are those of `LIFParameters`. In words: the reset of the last spike acts, the
    membrane leaks, the current is added, and the neuron fires if it is not below the threshold.

    Parameters
    ----------
    current : Tensor of shape [...]
        Input current I of this step, in the unit of the membrane.
    state : LIFState
        State of the step before, of the shape and type of `current`.
    parameters : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate, optional
        Supplies the gradient of the step; without one, spikes carry no gradient.
    leak : Tensor, optional
        Learnable leak in the place of ``parameters.leak``; broadcasts against `current`, and
        its values in [0, 1] are the caller's promise.

    Returns
    -------
    tuple of Tensor and LIFState
        Spikes, 0 or 1, of the shape and type of `current`, and the state after the step; its
        ``membrane`` is the potential that was compared with the threshold.

    Raises
    ------
    InputError
        If `current` is not floating, does not fit `state`, or is not finite.
    NumericsError
        If a membrane overflows.

    See Also
    --------
    lif_run : All steps at once, checked once.

    Notes
    -----
    Pure: nothing is stored between calls and `state` is not written to. About eight passes over
    the population, in the type of `current`. Values cannot be checked inside `torch.func`
    transforms or `torch.compile`.

    References
    ----------
    .. [1] L. Lapicque, "Recherches quantitatives sur l'excitation electrique des nerfs", Journal
       de Physiologie et de Pathologie Generale 9, 1907.

    Examples
    --------
    >>> import torch
    >>> neuron = LIFParameters(leak=0.5)
    >>> state = LIFState(torch.tensor([0.8]), torch.tensor([0.0]), torch.tensor([0]).int())
    >>> spikes, state = lif_step(torch.tensor([0.7]), state, neuron)
    >>> spikes, state.membrane
    (tensor([1.]), tensor([1.1000]))
    """
    check_current(current, state, name="current", caller="lif_step", time=False)
    spikes, after = advance(
        current, state, parameters, surrogate, parameters.leak if leak is None else leak
    )
    check_membrane(after.membrane, current, name="current", caller="lif_step")
    return spikes, after
