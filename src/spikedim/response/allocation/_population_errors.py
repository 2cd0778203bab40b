"""Errors of populations one at a time: first order put to the test where it is used."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_integer,
    parse_bytes,
)
from spikedim.response.allocation._population_errors_result import (
    PopulationError,
    PopulationErrors,
)
from spikedim.response.codes import check_steps
from spikedim.response.networks import NetworkLike, rate_network
from spikedim.response.simulation import Simulator
from spikedim.response.trace import PopulationResponse, ResponseTrace

__all__ = ["population_errors"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CALLER = "population_errors"


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
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
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
        Independent codes of each sample; a deterministic code runs once.
    batch_size : int, optional
        Samples that run together; as many as the budget allows, up to 64, if left out.
    generator : torch.Generator, optional
        Seeds all draws; seed 0 if left out.
    memory_budget : int or str
        Bytes, or text like ``"4GB"``.
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
        If a population of the trace is missing, a number is not a positive integer, or outputs
        exceed the budget.
    NumericsError
        If weights or outputs are not finite.

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

    Cost: an exact pass, and for each of L populations as many coded passes as are asked for. The
    draws of one population do not depend on the others.

    Examples
    --------
    >>> layers = torch.nn.Linear(4, 3), torch.nn.Sigmoid(), torch.nn.Linear(3, 2)
    >>> model = torch.nn.Sequential(*layers)
    >>> from spikedim.response import response_trace
    >>> x = torch.rand(64, 4, generator=torch.Generator().manual_seed(0))
    >>> trace = response_trace(model, x, populations=["1"])
    >>> found = population_errors(
    ...     model, x, trace=trace, steps=16, populations=["1"], passes=32
    ... )
    >>> 0.8 < found.populations[0].ratio < 1.2  # linear behind the one population
    True
    """
    if not isinstance(trace, ResponseTrace):
        raise InputError(
            f"{_CALLER}: `trace` must be a ResponseTrace; got {type(trace).__name__}. Pass what "
            "`response_trace` returned."
        )
    rows = {each.name: each for each in trace.populations}
    times = _times(steps, rows)
    count = check_integer(passes, name="passes", caller=_CALLER)
    simulator = Simulator(
        rate_network(model, populations, caller=_CALLER),
        x,
        None,
        code=trace.code,
        batch_size=batch_size,
        generator=generator,
        memory_budget=parse_bytes(memory_budget, caller=_CALLER),
        progress=progress,
        caller=_CALLER,
    )
    _check_same(simulator, times)
    errors = [simulator.run(t, only=name, passes=count).errors for name, t in times.items()]
    measured = tuple(
        _measured(rows[name], t, own, trace.exponent)
        for (name, t), own in zip(times.items(), errors, strict=True)
    )
    return PopulationErrors(
        model=simulator.network.name,
        code=trace.code,
        exponent=trace.exponent,
        populations=measured,
        n_samples=len(x),
        passes=1 if simulator.deterministic else count,
        total=float(sum(own.mean() for own in errors)),
        notes=("one population spikes at a time: errors of several together need not add",),
        provenance=Provenance.now(command=command, seed=0 if generator is None else None),
    )


def _times(
    steps: int | Mapping[str, int], rows: Mapping[str, PopulationResponse]
) -> dict[str, int]:
    """Return T of every population."""
    if not isinstance(steps, Mapping):
        return dict.fromkeys(rows, check_steps(steps, caller=_CALLER))
    odd = [name for name in {**rows, **steps} if name not in rows or name not in steps]
    if odd:
        raise InputError(
            f"{_CALLER}: `steps` must name every population of the trace; got {odd[0]!r} on one "
            "side only. Take the steps of an Allocation of this trace, or one number."
        )
    return {name: check_steps(steps[name], caller=_CALLER) for name in rows}


def _check_same(simulator: Simulator, times: Mapping[str, int]) -> None:
    """Raise `InputError` unless the network has the populations of the trace."""
    missing = [name for name in times if name not in simulator.neurons]
    if missing:
        raise InputError(
            f"{_CALLER}: `model` must have the populations of `trace`; got none called "
            f"{missing[0]!r}. Pass the model that was traced, with the same `populations`."
        )


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
