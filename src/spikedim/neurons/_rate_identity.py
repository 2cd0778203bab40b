"""The exact identity between the rate of a neuron, its drive and its membrane."""

from torch import Tensor

from spikedim._core import InputError
from spikedim.neurons._checks import check_current
from spikedim.neurons._lif_run import LIFTrace
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._state import LIFState

__all__ = ["rate_from_membranes"]


def rate_from_membranes(
    currents: Tensor, start: LIFState, trace: LIFTrace, parameters: LIFParameters
) -> Tensor:
    r"""Tell the firing rate of a soft-reset neuron from its drive and membranes alone.

    .. math:: \kappa\, r = g\bar I - (1 - \beta)\,\bar u - \frac{u_T - u_0}{T}, \qquad
        \bar u = \frac1T \sum_{t=1}^{T} u_{t-1}, \quad r = \frac1T \sum_{t=1}^{T} s_{t-1}

    Parameters
    ----------
    currents : Tensor of shape [T, ...]
        Input current of each step.
    start : LIFState
        State before the first step.
    trace : LIFTrace
        What `lif_trace` returned for these currents and this start.
    parameters : LIFParameters
        The neuron: soft reset, no refractory period.

    Returns
    -------
    Tensor of shape [...]
        Rate r over the steps 0 to T - 1: the resets that have acted so far.

    Raises
    ------
    InputError
        If the reset is hard, has size 0, or there is a refractory period.

    Notes
    -----
    The identity sums the update over time and holds for every current, constant or not, up to
    rounding. It says where a leaky neuron loses rate: in (1 - beta) times its mean membrane. Cost
    O(T) per neuron.

    Examples
    --------
    >>> import torch
    >>> from spikedim.neurons import init_state, lif_trace
    >>> neuron = LIFParameters(leak=0.5)
    >>> start, currents = init_state((1,), neuron), torch.full((4, 1), 1.0)
    >>> trace = lif_trace(currents, start, neuron)
    >>> rate_from_membranes(currents, start, trace, neuron), trace.spikes[:3].sum() / 4
    (tensor([0.5000]), tensor(0.5000))
    """
    caller = "rate_from_membranes"
    check_current(currents, start, name="currents", caller=caller, time=True)
    if parameters.refractory_steps or parameters.reset_size == 0:
        raise InputError(
            f"{caller}: `parameters` must have no refractory period and a reset above 0; got "
            f"{parameters.refractory_steps} steps and {parameters.reset_size:g}."
        )
    steps = currents.shape[0]
    before = start.membrane + trace.membranes[:-1].sum(dim=0)
    change = trace.membranes[-1] - start.membrane
    lost = (1 - parameters.leak) * before / steps
    return (parameters.gain * currents.mean(dim=0) - lost - change / steps) / parameters.reset_size
