"""A layer's normalisation, its neurons and its residual as plain tensor operations."""

from typing import Any, NamedTuple, final

import torch
from torch import Tensor

from spikedim._core import InputError, check_integer, check_positive
from spikedim.neurons._checks import check_floating, check_membrane
from spikedim.neurons._lif_run import warm_up
from spikedim.neurons._lif_step import advance
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._state import LIFState
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["NormLIFRun", "check_norm_lif", "inner_dtype", "norm_lif_run"]

_CALLER = "norm_lif_run"


@final
class NormLIFRun(NamedTuple):
    """What a normalised layer of neurons returns.

    Parameters
    ----------
    spikes : Tensor of shape [T, R, C]
        Spikes, 0 or 1, in the type of the input; plus the residual, if there was one.
    mean : Tensor of shape [C], optional
        Mean over the batch, detached; None where none was computed.
    variance : Tensor of shape [C], optional
        Biased variance over the batch, detached; None where none was computed.
    state : LIFState, optional
        State [R, C] after the last step, if it was asked for.

    Notes
    -----
    A named tuple, so that `torch.func` transforms may return it.
    """

    spikes: Tensor
    mean: Tensor | None
    variance: Tensor | None
    state: LIFState | None


def norm_lif_run(
    y: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    parameters: LIFParameters,
    *,
    surrogate: AbstractSurrogate | None = None,
    steps: int,
    mean: Tensor | None = None,
    variance: Tensor | None = None,
    eps: float = 1e-5,
    residual: Tensor | None = None,
    state: LIFState | None = None,
    keep_state: bool = False,
) -> NormLIFRun:
    r"""Normalise the outputs of a linear layer over the batch, and run them through neurons.

    .. math:: I_t = (y_t - \mu) \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} + \beta, \qquad
        o_t = r_t + s_t(I_1, \ldots, I_t)

    Parameters
    ----------
    y : Tensor of shape [T, R, C] or [1, R, C]
        Outputs of the layer for R rows (samples times positions) of C channels. One step stands
        for an input that is the same in all of them.
    weight, bias : Tensor of shape [C], or None
        Scale and shift of the normalisation; None for neurons without one.
    parameters : LIFParameters
        The neuron.
    surrogate : AbstractSurrogate, optional
        Supplies the gradient of the step; without one, spikes carry no gradient.
    steps : int
        Steps T, at least 1.
    mean, variance : Tensor of shape [C], optional
        Statistics to normalise by. Without them those of the batch are used, over steps and
        rows, and gradients go through them.
    eps : float, default 1e-5
        Added to the variance, above 0.
    residual : Tensor of shape [T, R, C] or [1, R, C], optional
        Added to the spikes, in the type of `y`.
    state : LIFState, optional
        State [R, C] before the first step; a fresh one without it.
    keep_state : bool, default False
        Whether to return the state after the last step.

    Returns
    -------
    NormLIFRun
        Outputs [T, R, C] in the type of `y`, batch statistics if they were computed, and the
        state if it was asked for.

    Raises
    ------
    InputError
        If a tensor has another shape or type, only one of a pair is given, or `y` is not finite.
    NumericsError
        If a membrane overflows.

    See Also
    --------
    fused_norm_lif : The same outputs from compiled loops.
    lif_run : The neurons alone.

    Notes
    -----
    Membranes, statistics and a state are in float32, or float64 if `y` is, whatever the type of
    `y`. Sums for the statistics are taken in float64, so that they do not depend on the order
    of the rows but for the last bit. For a running variance multiply by n / (n - 1) with
    n = T R, also for an input of one step.

    Examples
    --------
    >>> y = torch.tensor([[[1.0], [3.0]]])
    >>> neuron = LIFParameters(threshold=0.5)
    >>> run = norm_lif_run(y, torch.ones(1), torch.zeros(1), neuron, steps=2)
    >>> run.spikes[:, :, 0].tolist(), run.mean.item(), run.variance.item()
    ([[0.0, 1.0], [0.0, 1.0]], 2.0, 1.0)
    """
    check_norm_lif(y, weight, bias, steps, mean, variance, eps, residual, state)
    found: tuple[Tensor | None, Tensor | None] = None, None
    current = y.to(inner_dtype(y))
    if weight is not None and bias is not None:
        if mean is None or variance is None:
            variance, mean = torch.var_mean(current, dim=(0, 1), correction=0)
            found = mean.detach(), variance.detach()
        scale = weight.to(current.dtype) * torch.rsqrt(variance.to(current.dtype) + eps)
        current = (current - mean.to(current.dtype)) * scale + bias.to(current.dtype)
    if state is None:
        state = warm_up(current[0], parameters)
    outputs = []
    for t in range(steps):
        now = current[t if y.shape[0] > 1 else 0]
        fired, state = advance(now, state, parameters, surrogate, parameters.leak)
        outputs.append(fired.to(y.dtype))
    check_membrane(state.membrane, y, name="y", caller=_CALLER)
    output = torch.stack(outputs)
    output = output if residual is None else residual + output
    return NormLIFRun(output, *found, state if keep_state else None)


def inner_dtype(y: Tensor) -> torch.dtype:
    """Return the type of membranes and statistics."""
    return torch.float64 if y.dtype == torch.float64 else torch.float32


def check_norm_lif(
    y: Any,
    weight: Tensor | None,
    bias: Tensor | None,
    steps: int,
    mean: Tensor | None,
    variance: Tensor | None,
    eps: float,
    residual: Tensor | None,
    state: LIFState | None,
) -> None:
    """Raise `InputError` unless shapes and types fit together; values are looked at later."""
    check_floating(y, name="y", caller=_CALLER)
    check_integer(steps, name="steps", caller=_CALLER)
    check_positive(eps, name="eps", caller=_CALLER)
    if y.ndim != 3 or y.shape[0] not in (1, steps) or 0 in y.shape:
        raise InputError(
            f"{_CALLER}: `y` must have shape [{steps}, R, C] or [1, R, C] with R, C >= 1; "
            f"got {tuple(y.shape)}. Flatten samples and positions into rows."
        )
    _check_pair(weight, bias, "weight", "bias", y.shape[2])
    _check_pair(mean, variance, "mean", "variance", y.shape[2])
    if mean is not None and weight is None:
        raise InputError(
            f"{_CALLER}: `mean` must be None without `weight`; got a tensor. Neurons without "
            "normalisation have no use for statistics."
        )
    one, whole = (1, *y.shape[1:]), (steps, *y.shape[1:])
    if residual is not None and (
        tuple(residual.shape) not in (one, whole) or residual.dtype != y.dtype
    ):
        raise InputError(
            f"{_CALLER}: `residual` must have shape {whole} or {one} and {y.dtype} like `y`; "
            f"got {tuple(residual.shape)} and {residual.dtype}."
        )
    if state is not None and (
        any(field.shape != y.shape[1:] for field in state) or state.membrane.dtype != inner_dtype(y)
    ):
        raise InputError(
            f"{_CALLER}: `state` must have shape {tuple(y.shape[1:])} and {inner_dtype(y)}; got "
            f"{tuple(state.membrane.shape)} and {state.membrane.dtype}. Pass what an earlier run "
            "with `keep_state` returned."
        )


def _check_pair(
    first: Tensor | None, second: Tensor | None, name: str, other: str, channels: int
) -> None:
    if (first is None) != (second is None):
        raise InputError(
            f"{_CALLER}: `{name}` and `{other}` must be given together; got one of them."
        )
    for value, what in ((first, name), (second, other)):
        if value is not None and tuple(value.shape) != (channels,):
            raise InputError(
                f"{_CALLER}: `{what}` must have one entry for each of {channels} channels; "
                f"got shape {tuple(value.shape)}."
            )
