"""Rates as spikes show them, for any tensor of rates."""

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.circuits import RateCode
from spikedim.models.layers import send_rates

__all__ = ["code_rates"]


def code_rates(
    rates: Tensor,
    *,
    steps: int,
    code: RateCode | str = RateCode.BERNOULLI,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Return what T spikes of each rate say of it: their mean.

    .. math:: \hat r = \frac{1}{T} \begin{cases}
        \mathrm{Binomial}(T, r) & \text{bernoulli} \\
        \lfloor r T + \tfrac12 \rfloor & \text{sigma\_delta} \\
        \lfloor r T + U \rfloor,\ U \sim U[0, 1) & \text{random\_phase}
        \end{cases}

    Parameters
    ----------
    rates : Tensor of shape [...]
        Rates in [0, 1], floating point, on any device. Inside a transform of `torch.func` their
        values cannot be looked at.
    steps : int
        T, from 1 to 2^50.
    code : RateCode or str, default "bernoulli"
        ``"bernoulli"``, ``"sigma_delta"`` (phase 1/2) or ``"random_phase"``; entries are
        independent.
    generator : torch.Generator, optional
        On the device of the rates. ``"sigma_delta"`` draws nothing and needs none.

    Returns
    -------
    Tensor of shape [...]
        Means in [0, 1] in the type of `rates`: whole numbers over T, rounded to that type. The
        gradient passes straight through to the rates.

    Raises
    ------
    InputError
        If `steps` or `code` is none, `rates` are no floats in [0, 1], or a code that draws has no
        generator on their device.

    See Also
    --------
    spikedim.neurons.BernoulliEncoder : The spikes themselves, their bias, variance and errors.

    Notes
    -----
    Counts have the law of `AbstractEncoder.count` of the code in `spikedim.neurons`, and the same
    values where nothing is drawn. A Bernoulli count is exactly binomial but for the 24 bits of a
    uniform number (53 in float64) up to 16 steps, but for 64 bits of the rate up to 256 where loops
    are compiled, and drawn by rejection [1]_ otherwise: seeds give other numbers there. The cost
    for each rate is O(T) up to 256 steps and O(1) above, O(1) for the other codes.

    References
    ----------
    .. [1] W. Hormann, "The generation of binomial random variates", J. Statistical Computation and
       Simulation 46, 1993.

    Examples
    --------
    >>> import torch
    >>> code_rates(torch.tensor([0.1, 0.4, 1.0]), steps=4, code="sigma_delta")
    tensor([0.0000, 0.5000, 1.0000])
    """
    coded = send_rates(rates, steps=steps, code=code, generator=generator)
    if torch._C._functorch.peek_interpreter_stack() is None and rates.numel():
        low, high = (float(end) for end in rates.detach().aminmax())
        if not 0 <= low <= high <= 1:
            raise InputError(
                f"code_rates: `rates` must lie in [0, 1]; got [{low:.4g}, {high:.4g}]. Clip them."
            )
    return coded
