"""Errors of populations one at a time: first order put to the test where it is used."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    InputError,
    NumericsError,
    Provenance,
    SilentProgress,
    check_integer,
)
from spikedim.circuits import RateCode
from spikedim.models import code_rates
from spikedim.response.allocation._population_errors_result import (
    PopulationError,
    PopulationErrors,
)
from spikedim.response.networks import (
    AbstractRateNetwork,
    NetworkLike,
    check_inputs,
    rate_network,
)
from spikedim.response.trace import PopulationResponse, ResponseTrace

__all__ = ["population_errors"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CALLER = "population_errors"
_BATCH = 32


def population_errors(
    model: NetworkLike,
    x: Tensor,
    *,
    trace: ResponseTrace,
    steps: int | Mapping[str, int],
    populations: Sequence[str] | None = None,
    passes: int = 1,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> PopulationErrors:
    r"""Let one population after the other spike, all others exact, and measure its error.

    Parameters
    ----------
    model : torch.nn.Module or circuit
        What `trace` is of.
    x : Tensor of shape [S, ...]
        Inputs; those of `trace` or others.
    trace : ResponseTrace
        Its first-order parts and its code.
    steps : int or mapping of str to int
        T of the population that spikes, or of each by name: the steps of an `Allocation`.
    populations : sequence of str, optional
        Of a plain module, as in `response_trace`.
    passes : int, default 1
        Independent codes of each sample; deterministic codes need one.
    batch_size : int, optional
        Samples run together, 32 by default.
    generator : torch.Generator, optional
        Source of the spikes; seed 0 by default.
    progress : AbstractProgress, optional
        Listener.
    command : str, optional
        Command to note in the provenance.

    Returns
    -------
    PopulationErrors
        Error and T_l^p times the error of every population beside its c_l.

    Raises
    ------
    InputError
        If a population of the trace is missing, or a number is not a positive integer.
    NumericsError
        If outputs are not finite.

    See Also
    --------
    allocate : Takes ``.traces`` as `traces`.

    Notes
    -----
    A ratio far from 1 says that noise of this population at these steps leaves the range in which
    the network is linear. Two causes were found in trained twins: a maximum over rates that are
    tied or nearly so prefers whatever noise raised, and rates that are clipped at 0 or 1 answer
    only to noise that leads inwards. What they add falls faster than 1/T.

    Allocating with measured parts and measuring again at the steps that come out is worth one
    repetition. Errors of several populations at once need not be the sum of those of each.

    Cost: 1 + L passes for each pass asked for, for L populations.

    Examples
    --------
    >>> layers = torch.nn.Linear(4, 3), torch.nn.Sigmoid(), torch.nn.Linear(3, 2)
    >>> model = torch.nn.Sequential(*layers)
    >>> from spikedim.response import response_trace
    >>> x = torch.rand(64, 4, generator=torch.Generator().manual_seed(0))
    >>> trace = response_trace(model, x, populations=["1"])
    >>> found = population_errors(model, x, trace=trace, steps=16, populations=["1"])
    >>> 0.8 < found.populations[0].ratio < 1.2  # linear behind the one population
    True
    """
    network = rate_network(model, populations, caller=_CALLER)
    x = check_inputs(network, x, caller=_CALLER)
    rows = {each.name: each for each in trace.populations}
    times = _times(steps, rows)
    count = check_integer(passes, name="passes", caller=_CALLER)
    size = (
        _BATCH
        if batch_size is None
        else check_integer(batch_size, name="batch_size", caller=_CALLER)
    )
    source = torch.Generator(x.device).manual_seed(0) if generator is None else generator
    errors: Array = np.zeros((len(rows), len(x)))
    task = progress.start("populations one at a time", float(len(x)))
    try:
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            with torch.no_grad():
                exact = network.run(x[part], lambda _, rates: rates).flatten(1).double()
            for row, (name, t) in enumerate(times.items()):
                moved = [
                    _coded(network, x[part], name, t, trace.code, source) - exact
                    for _ in range(count)
                ]
                errors[row, part] = _mean_squares(moved)
            progress.advance(task, float(min(size, len(x) - start)))
    finally:
        progress.finish(task)
    measured = tuple(
        _measured(rows[name], t, own, trace.exponent)
        for (name, t), own in zip(times.items(), errors, strict=True)
    )
    return PopulationErrors(
        model=network.name,
        code=trace.code,
        exponent=trace.exponent,
        populations=measured,
        n_samples=len(x),
        passes=count,
        total=float(errors.mean(axis=1).sum()),
        notes=("one population spikes at a time: errors of several together need not add",),
        provenance=Provenance.now(command=command, seed=0 if generator is None else None),
    )


def _times(
    steps: int | Mapping[str, int], rows: Mapping[str, PopulationResponse]
) -> dict[str, int]:
    """Return T of every population."""
    if not isinstance(steps, Mapping):
        return dict.fromkeys(rows, check_integer(steps, name="steps", caller=_CALLER))
    odd = [name for name in {**rows, **steps} if name not in rows or name not in steps]
    if odd:
        raise InputError(
            f"{_CALLER}: `steps` must name every population of the trace; got {odd[0]!r} on one "
            "side only. Take the steps of an Allocation of this trace, or one number."
        )
    return {name: check_integer(steps[name], name="steps", caller=_CALLER) for name in rows}


def _coded(
    network: AbstractRateNetwork,
    x: Tensor,
    name: str,
    steps: int,
    code: RateCode,
    generator: torch.Generator,
) -> Tensor:
    """Return outputs [B, m] with one population in spikes."""
    seen: list[str] = []

    def change(own: str, rates: Tensor) -> Tensor:
        seen.append(own)
        if own != name:
            return rates
        return code_rates(rates, steps=steps, code=code, generator=generator)

    with torch.no_grad():
        outputs = network.run(x, change).flatten(1).double()
    if name not in seen:
        raise InputError(
            f"{_CALLER}: `model` must have the populations of `trace`; got none called {name!r}. "
            "Pass the model that was traced, with the same `populations`."
        )
    return outputs


def _mean_squares(moved: Sequence[Tensor]) -> Array:
    """Return squared lengths [B], mean over passes."""
    total = torch.stack([each.square().sum(dim=1) for each in moved]).mean(dim=0)
    if not bool(torch.isfinite(total).all()):
        raise NumericsError(
            f"{_CALLER}: outputs must be finite; got NaN or infinity. Look at the weights."
        )
    return np.asarray(total.cpu().numpy(), dtype=np.float64)


def _measured(row: PopulationResponse, steps: int, errors: Array, exponent: int) -> PopulationError:
    """Return the error of one population beside its first order."""
    mean = float(errors.mean())
    deviation = float(errors.std(ddof=1) / math.sqrt(len(errors))) if len(errors) > 1 else 0.0
    power = float(steps) ** exponent
    return PopulationError(
        name=row.name,
        steps=steps,
        squared_error=mean,
        deviation=deviation,
        trace=power * mean,
        first_order=row.trace,
        ratio=power * mean / row.trace if row.trace > 0 else None,
        ratio_deviation=power * deviation / row.trace if row.trace > 0 else None,
    )
