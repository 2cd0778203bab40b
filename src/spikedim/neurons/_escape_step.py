"""One step of a neuron that fires at random, more likely the higher its membrane."""

import torch
from torch import Tensor

from spikedim._core import check_positive
from spikedim.neurons._checks import check_current, check_generator, check_membrane
from spikedim.neurons._lif_step import integrate, settle
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._state import LIFState

__all__ = ["escape_step"]


def escape_step(
    current: Tensor,
    state: LIFState,
    parameters: LIFParameters,
    *,
    generator: torch.Generator,
    width: float = 1.0,
) -> tuple[Tensor, LIFState]:
    r"""One time step of a leaky neuron with exponential escape noise.

    The membrane follows `lif_step`; the threshold is soft:

    .. math:: P(s_t = 1 \mid u_t) = \min\left(1,\ e^{(u_t - v_{th}) / w}\right)

    Parameters
    ----------
    current : Tensor of shape [...]
        Input current I of this step, in the unit of the membrane.
    state : LIFState
        State of the step before, of the shape and type of `current`.
    parameters : LIFParameters
        The neuron: leak, threshold, reset, refractory period.
    generator : torch.Generator
        Source of the spikes.
    width : float, default 1.0
        Escape noise w in the unit of the membrane, above 0; towards 0 it becomes `lif_step`.

    Returns
    -------
    tuple of Tensor and LIFState
        Spikes, 0 or 1, of the shape and type of `current`, and the state after the step.

    Raises
    ------
    InputError
        If `current` does not fit `state` or is not finite, `width` is not above 0, or
        `generator` is not a generator.
    NumericsError
        If a membrane overflows.

    Notes
    -----
    With leak 0 and a hard reset to 0 the neuron has no memory and computes one exponential per
    step without truncation: the mean of its spikes is exp(I - v_th) wherever that is below 1.
    Spikes carry no gradient. Cost O(1) per neuron, one random number each, refractory or not.

    References
    ----------
    .. [1] W. Gerstner, W. M. Kistler, R. Naud and L. Paninski, "Neuronal Dynamics", Cambridge
       University Press, 2014, section 9.1 (escape noise).

    Examples
    --------
    >>> import torch
    >>> from spikedim.neurons import Reset, init_state
    >>> neuron = LIFParameters(leak=0.0, reset=Reset.HARD)
    >>> current = torch.full((10_000,), 0.5)
    >>> seeded = torch.Generator().manual_seed(0)
    >>> state = init_state((10_000,), neuron)
    >>> spikes, _ = escape_step(current, state, neuron, generator=seeded)
    >>> abs(spikes.mean().item() - 0.6065) < 0.02
    True
    """
    check_current(current, state, name="current", caller="escape_step", time=False)
    check_generator(generator, caller="escape_step")
    noise = check_positive(width, name="width", caller="escape_step")
    membrane = integrate(current, state, parameters, parameters.leak)
    check_membrane(membrane, current, name="current", caller="escape_step")
    probability = ((membrane - parameters.threshold) / noise).exp()
    # Half precision has too few numbers in [0, 1) to draw from.
    draw = torch.rand(
        membrane.shape,
        generator=generator,
        dtype=torch.promote_types(membrane.dtype, torch.float32),
        device=generator.device,
    )
    fired = (draw.to(membrane.device) < probability).to(membrane.dtype)
    return settle(fired, membrane, state, parameters)
