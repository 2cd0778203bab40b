"""Coded passes at chosen numbers of steps."""

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
    Interval,
    Provenance,
    SilentProgress,
    check_choice,
    check_integer,
    parse_bytes,
    wilson_interval,
)
from spikedim.circuits import RateCode
from spikedim.response.codes import check_each_steps
from spikedim.response.networks import NetworkLike, rate_network
from spikedim.response.simulation._response_simulation import ResponseSimulation, SimulatedPoint
from spikedim.response.simulation._simulator import SimulatedSamples, Simulator

__all__ = ["simulate_response"]

_CALLER = "simulate_response"
Array = np.ndarray[Any, np.dtype[np.float64]]


def simulate_response(
    model: NetworkLike,
    x: Tensor,
    targets: Tensor | None = None,
    *,
    steps: Sequence[int] = (1, 2, 4, 8, 16, 32),
    allocations: Sequence[Mapping[str, int]] = (),
    populations: Sequence[str] | None = None,
    code: RateCode | str = RateCode.BERNOULLI,
    passes: int = 1,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ResponseSimulation:
    """Run a network with spikes in place of its rates, and compare it with exact rates.

    Parameters
    ----------
    model : torch.nn.Module, a rate-coded twin or a compiled circuit
        A module without marked `populations` reads rates in [0, 1].
    x : Tensor of shape [S, ...]
        Inputs as the model reads them.
    targets : Tensor of shape [S], optional
        Classes, for outputs [S, C].
    steps : sequence of int
        T that all populations have, each once.
    allocations : sequence of mapping of str to int
        T of every population by name, for unequal steps; after `steps` in the answer.
    populations : sequence of str, optional
        Submodules of a plain module whose outputs are rates; its input if left out.
    code : RateCode or str
        Code of every population; a deterministic one runs once.
    passes : int
        Independent codes of every sample; two or more tell bias from variance.
    batch_size : int, optional
        Samples that run together; as many as the budget allows, up to 64, if left out.
    generator : torch.Generator, optional
        Seeds all draws; seed 0 if left out.
    memory_budget : int or str
        Bytes, or text like ``"4GB"``.
    progress : AbstractProgress
        Who is told how far it is.
    command : str, optional
        For the provenance.

    Returns
    -------
    ResponseSimulation
        Errors, answers and spikes at every point, also sample by sample.

    Raises
    ------
    InputError
        If an argument does not fit, rates leave [0, 1], or outputs exceed the budget.
    NumericsError
        If outputs are not finite.

    Notes
    -----
    Cost: one exact pass and one coded pass for every point and pass. A draw at one T does not
    depend on which others are asked for; it does on the batch size. Answers are the largest of the
    last axis of the outputs.

    Examples
    --------
    >>> model = torch.nn.Linear(3, 2, bias=False).requires_grad_(False)
    >>> _ = model.weight.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
    >>> found = simulate_response(model, torch.full((400, 3), 0.5), steps=(4,), passes=8)
    >>> abs(found.at(4).squared_error - 5 * 0.25 / 4) < 0.02  # tr(J D J^T) / T
    True
    """
    law = RateCode(check_choice(code, list(RateCode), name="code", caller=_CALLER))
    chosen = _checked_steps(steps, allocations)
    check_integer(passes, name="passes", caller=_CALLER)
    simulator = Simulator(
        rate_network(model, populations, caller=_CALLER),
        x,
        targets,
        code=law,
        batch_size=batch_size,
        generator=generator,
        memory_budget=parse_bytes(memory_budget, caller=_CALLER),
        progress=progress,
        caller=_CALLER,
    )
    asked: list[tuple[int, dict[str, int]]] = [(t, {}) for t in chosen]
    asked += [(0, simulator.checked_allocation(each)) for each in allocations]
    found = [simulator.run(t, allocation=allocation, passes=passes) for t, allocation in asked]
    drawn = 1 if simulator.deterministic else passes
    reference = simulator.reference
    return ResponseSimulation(
        model=simulator.network.name,
        code=law,
        points=tuple(
            _point(t, allocation, each, passes=drawn, fixed=simulator.deterministic)
            for (t, allocation), each in zip(asked, found, strict=True)
        ),
        n_samples=len(x),
        outputs=simulator.outputs,
        reference_accuracy=None if targets is None else float(simulator.right.mean()),
        reference_mean_square=float(np.square(reference).sum(axis=1).mean()),
        reference_variance=float(reference.var(axis=0).sum()),
        sample_errors=np.stack([each.errors for each in found]),
        sample_right=np.stack([each.right for each in found]),
        sample_agreed=np.stack([each.agreed for each in found]),
        shift=np.stack([each.shift for each in found]),
        notes=_notes(simulator, passes),
        provenance=Provenance.now(
            command=command,
            data_fingerprint=simulator.fingerprint,
            seed=0 if generator is None else None,
        ),
    )


def _point(
    steps: int, allocation: dict[str, int], found: SimulatedSamples, *, passes: int, fixed: bool
) -> SimulatedPoint:
    """Summarise a point over its samples."""
    error, count = float(found.errors.mean()), len(found.errors)
    bias: float | None = None
    if fixed or error == 0:
        bias = 1.0 if error else 0.0
    elif passes > 1:
        bias = min(max(float(found.bias.mean()) / error, 0.0), 1.0)
    return SimulatedPoint(
        steps=max(allocation.values()) if allocation else steps,
        allocation=allocation,
        squared_error=error,
        squared_error_deviation=float(found.errors.std(ddof=1)) / math.sqrt(count)
        if count > 1
        else 0.0,
        bias_share=bias,
        agreement=float(found.agreed.mean()),
        accuracy=float(found.right.mean()) if found.right.size else None,
        accuracy_interval=_interval(found.right, passes) if found.right.size else None,
        spikes=found.spikes,
        passes=passes,
    )


def _interval(right: Array, passes: int) -> Interval:
    """Return the interval of the accuracy from shares [S] of passes that answered right."""
    return wilson_interval(np.rint(right * passes), np.full(len(right), float(passes)))


def _checked_steps(
    steps: Sequence[int], allocations: Sequence[Mapping[str, int]]
) -> tuple[int, ...]:
    """Return the T asked for; raise `InputError` if one comes twice or nothing is asked."""
    chosen = check_each_steps(steps, caller=_CALLER)
    if len(set(chosen)) < len(chosen):
        raise InputError(
            f"{_CALLER}: `steps` must name each T once; got {chosen}. Average with `passes`."
        )
    if not chosen and not allocations:
        raise InputError(
            f"{_CALLER}: `steps` must name a T, or `allocations` some; got neither. Ask for one."
        )
    return chosen


def _notes(simulator: Simulator, passes: int) -> tuple[str, ...]:
    """Say what a reader must know."""
    notes = []
    if simulator.deterministic and passes > 1:
        notes.append("A deterministic code was run once: every pass would be the same.")
    if len(simulator.reference) == 1:
        notes.append("One sample shows no spread: its standard errors are 0, not small.")
    if simulator.axis == 1:
        notes.append("Outputs have one entry on their last axis: answers agree by construction.")
    return tuple(notes)
