"""First-order errors of sigma-delta at a given T, signs included."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    FloatArray,
    InputError,
    NumericsError,
    Provenance,
    Result,
    SilentProgress,
    check_integer,
)
from spikedim.response.codes import check_each_steps, rounding_error
from spikedim.response.networks import (
    AbstractRateNetwork,
    NetworkLike,
    check_inputs,
    check_weights,
    fingerprint_tensor,
    rate_network,
)
from spikedim.response.trace._tangents import push

__all__ = ["CoherentError", "coherent_error"]

_CALLER = "coherent_error"
_BATCH = 16
_RELIABLE = 16  # T below which rounding errors are not small


@final
@dataclass(frozen=True)
class CoherentError(Result):
    """Squared errors that sigma-delta makes at chosen T, to first order.

    Parameters
    ----------
    model : str
        Name of the network.
    steps : tuple of int
        T of all populations, as asked for.
    squared_errors : tuple of float
        Mean over samples of ||sum_l J_l e_l||^2 at each T.
    deviations : tuple of float
        Their standard errors over samples.
    sample_errors : FloatArray of shape [P, S]
        Those of every sample at each T.
    n_samples, outputs : int
        S and m, entries of one output.
    data_fingerprint : str
        Identity of the inputs.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, time.
    """

    schema: ClassVar[str] = "spikedim.coherent_error/1"

    model: str
    steps: tuple[int, ...]
    squared_errors: tuple[float, ...]
    deviations: tuple[float, ...]
    sample_errors: FloatArray
    n_samples: int
    outputs: int
    data_fingerprint: str
    notes: tuple[str, ...]
    provenance: Provenance


def coherent_error(
    model: NetworkLike,
    x: Tensor,
    *,
    steps: Sequence[int] = (16, 32),
    populations: Sequence[str] | None = None,
    batch_size: int | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> CoherentError:
    r"""Squared error of the outputs that sigma-delta makes at given T, to first order.

    Its errors are no noise: a rate x is decoded as :math:`\lfloor x T + 1/2 \rfloor / T`, always
    the same, so that errors e_l of all populations add with their signs,

    .. math:: \hat f - f \approx \sum_l J_l e_l.

    Parameters
    ----------
    model : torch.nn.Module, a rate-coded twin, a circuit or a network of rates
        Run in evaluation mode and left as it was.
    x : Tensor of shape [S, ...]
        Inputs as the model reads them.
    steps : sequence of int, default (16, 32)
        T of all populations, each at least 1.
    populations : sequence of str, optional
        Submodules of a plain module whose outputs are rates; its input without them.
    batch_size : int, optional
        Samples that run together; 16 without it.
    progress : AbstractProgress
        Told of every batch.
    command : str, optional
        What to write into the provenance.

    Returns
    -------
    CoherentError
        Squared errors >= 0, one for each T.

    Raises
    ------
    InputError
        If the model is not rate-coded, `x` does not fit it, a parameter is out of its range, or
        an operation has no forward derivative.
    NumericsError
        If weights, rates, outputs or derivatives are not finite.

    See Also
    --------
    response_trace : The mean over many different rates, K / T^2.

    Notes
    -----
    Cost: one forward pass with a forward derivative for each T, roughly three plain ones; no
    backward pass, and any number of outputs. Errors are those of the exact rates: what a wrong
    rate does to the rounding behind it is second order. Below T = 16 simulate instead, which needs
    no repeats either.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> layer = nn.Linear(2, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = layer.weight.copy_(torch.tensor([[1.0, 1.0]]))
    >>> found = coherent_error(layer, torch.tensor([[0.45, 0.30]]), steps=[2])
    >>> [round(error, 4) for error in found.squared_errors]  # 0.05 and 0.20 too much
    [0.0625]
    """
    network = rate_network(model, populations, caller=_CALLER)
    asked = check_each_steps(steps, caller=_CALLER)
    if not asked:
        raise InputError(f"{_CALLER}: `steps` must name a T; got none. Pass (16, 32).")
    if batch_size is not None:
        check_integer(batch_size, name="batch_size", caller=_CALLER)
    size = batch_size or _BATCH
    check_weights(network.model, caller=_CALLER)
    with torch.inference_mode(False):
        x = check_inputs(network, x, caller=_CALLER)
        errors = np.zeros((len(asked), len(x)))
        outputs = 0
        task = progress.start("coherent error", float(len(x)))
        try:
            for start in range(0, len(x), size):
                part = x[start : start + size]
                for row, count in enumerate(asked):
                    moved = _moved(network, part, count)
                    outputs = moved.shape[1]
                    squares = moved.double().square().sum(dim=1)
                    errors[row, start : start + len(part)] = squares.cpu().numpy()
                progress.advance(task, float(len(part)))
        finally:
            progress.finish(task)
        data = fingerprint_tensor(x)
    few = min(asked) < _RELIABLE
    note = f"below T = {_RELIABLE} first order is not to be trusted: simulate"
    spread = errors.std(axis=1, ddof=1) / math.sqrt(len(x)) if len(x) > 1 else np.zeros(len(asked))
    return CoherentError(
        model=network.name,
        steps=asked,
        squared_errors=tuple(float(error) for error in errors.mean(axis=1)),
        deviations=tuple(float(deviation) for deviation in spread),
        sample_errors=errors,
        n_samples=len(x),
        outputs=outputs,
        data_fingerprint=data,
        notes=(note,) if few else (),
        provenance=Provenance.now(command=command, data_fingerprint=data),
    )


def _moved(network: AbstractRateNetwork, x: Tensor, steps: int) -> Tensor:
    """Return sum_l J_l e_l, [B, m]."""
    moved = push(network, x, lambda _, rates: rounding_error(rates, steps=steps), caller=_CALLER)
    if not bool(torch.isfinite(moved).all()):
        raise NumericsError(
            f"{_CALLER}: derivatives must be finite; got NaN or infinity. Look at the weights."
        )
    return moved
