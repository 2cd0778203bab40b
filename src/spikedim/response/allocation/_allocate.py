"""Unequal steps that buy the least error for a cost, or the least cost for an error."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from spikedim._core import InputError, Provenance, check_integer, check_number, check_positive
from spikedim.bounds import Epsilon
from spikedim.response.allocation._allocation import AllocatedPopulation, Allocation
from spikedim.response.allocation._whole_steps import StepsProblem, unrounded_steps
from spikedim.response.trace import ResponseTrace, squared_target

__all__ = ["allocate"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CALLER = "allocate"
_MOST_STEPS = 1 << 40


def allocate(
    trace: ResponseTrace,
    *,
    steps: int | None = None,
    epsilon: Epsilon | None = None,
    costs: Mapping[str, float] | None = None,
    unit: str = "spikes",
    latency_cap: int | None = None,
    traces: Mapping[str, float] | None = None,
    command: str | None = None,
) -> Allocation:
    r"""Choose the steps of every population: at the cost of equal steps, or at an error.

    Parameters
    ----------
    trace : ResponseTrace
        What the noise of each population does.
    steps : int, optional
        T: the least error is sought at the cost of T steps everywhere.
    epsilon : Epsilon, optional
        The least cost is sought at this error of the outputs. One of `steps` and `epsilon`.
    costs : mapping of str to float, optional
        w_l > 0, cost of one step of every population; by default its spikes, neurons times rate.
    unit : str, default "spikes"
        Unit of `costs`.
    latency_cap : int, optional
        The most steps of a population, at least `steps`.
    traces : mapping of str to float, optional
        c_l to use in the place of the first-order ones, such as those that `population_errors`
        measures; populations that it does not name keep theirs.
    command : str, optional
        Command to note in the provenance.

    Returns
    -------
    Allocation
        Whole steps with their cost and error; ``.steps`` is what `code_steps` of a twin takes.

    Raises
    ------
    InputError
        If neither or both of `steps` and `epsilon` are given, a name is unknown or lacks a cost,
        a number is out of range, no noise reaches the outputs, or the error cannot be reached.

    See Also
    --------
    population_errors : Measures c_l where first order does not hold.

    Notes
    -----
    Errors c_l / T_l^p add up to first order, and costs are w_l T_l. Lagrange's condition
    p c_l / T_l^(p+1) = \lambda w_l gives

    .. math:: T_l \propto (c_l / w_l)^{1/(1+p)}, \qquad
        \frac{\varepsilon^2}{\varepsilon_\mathrm{equal}^2} \ge
        \frac{\bigl(\sum_l c_l^{1/(1+p)} w_l^{p/(1+p)}\bigr)^{1+p}}
             {\sum_l c_l \bigl(\sum_l w_l\bigr)^p}

    at equal cost: square roots for independent spikes (p = 1), cube roots for deterministic codes
    (p = 2). By Hoelder's inequality (Cauchy and Schwarz's for p = 1) the bound is at most 1. Whole
    steps are the best ones for a few populations, and near a lower bound on the error of all whole
    steps for many. A population whose noise does
    not reach the outputs gets one step.

    Costs of a step are taken to be the same at every T, and errors to add: where pooled maxima or
    clipped rates follow a population, its own error at small T is far from c_l / T.

    Cost O(L^2) for L populations, without a pass of the network.

    References
    ----------
    .. [1] Theory index 14.
    .. [2] H. Everett, "Generalized Lagrange multiplier method for solving problems of optimum
       allocation of resources", Operations Research 11, 1963, theorem 1.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> from spikedim.response import response_trace
    >>> trace = response_trace(build("spikformer-2-64/digits:softmax"), torch.rand(8, 1, 8, 8))
    >>> found = allocate(trace, steps=8)
    >>> found.error_ratio < 1, found.cost <= 8 * trace.spikes_per_step
    (True, True)
    """
    if not isinstance(trace, ResponseTrace):
        raise InputError(
            f"{_CALLER}: `trace` must be a ResponseTrace; got {type(trace).__name__}. Pass what "
            "`response_trace` returned."
        )
    if (steps is None) == (epsilon is None):
        given = "neither" if steps is None else "both"
        raise InputError(
            f"{_CALLER}: `steps` or `epsilon` must be given, not both; got {given}. Give `steps` "
            "to spend as much as equal steps, `epsilon` to reach an error."
        )
    most = _most(steps, latency_cap)
    noise = _traces(trace, traces)
    prices = _costs(trace, costs)
    _check_free(trace, noise, prices)
    problem = StepsProblem(noise, prices, trace.exponent, most)
    if steps is not None:
        found = problem.at_cost(steps * float(prices.sum()))
    else:
        target = squared_target(
            epsilon,
            outputs=trace.outputs,
            reference_mean_square=trace.reference_mean_square,
            caller=_CALLER,
        )
        least = float((noise / float(most) ** trace.exponent).sum())
        if least > target:
            raise InputError(
                f"{_CALLER}: `epsilon` must be reachable in {most} steps; got a squared error of "
                f"{target:.4g} where {least:.4g} is the least. Allow more error or more steps."
            )
        found = problem.at_error(target)
    return _allocation(
        trace, problem, found, unit, latency_cap, traces is not None, command, steps is None
    )


def _most(steps: int | None, cap: int | None) -> int:
    """Return the most steps of a population."""
    low = 1 if steps is None else check_integer(steps, name="steps", caller=_CALLER)
    if low > _MOST_STEPS:
        raise InputError(
            f"{_CALLER}: `steps` must be at most 2**40; got one of {low.bit_length()} "
            "bits. Give fewer."
        )
    if cap is None:
        return _MOST_STEPS
    most = check_integer(cap, name="latency_cap", caller=_CALLER)
    if most < low:
        raise InputError(
            f"{_CALLER}: `latency_cap` must be at least `steps`, {low}; got {most}. Equal steps "
            "would pass it: lower `steps`."
        )
    return most


def _traces(trace: ResponseTrace, given: Mapping[str, float] | None) -> Array:
    """Return c_l of every population."""
    rows = {each.name: each.trace for each in trace.populations}
    for name, value in (given or {}).items():
        _check_known(name, rows, "traces")
        number = check_number(value, name="traces", caller=_CALLER)
        if number < 0:
            raise InputError(
                f"{_CALLER}: `traces` must be at least 0; got {number:.4g} for {name!r}. Take 0 "
                "for what is below the noise of a measurement."
            )
        rows[name] = number
    found = np.array(list(rows.values()), dtype=np.float64)
    if not found.any():
        raise InputError(
            f"{_CALLER}: `trace` must have noise that reaches the outputs; got K = 0. One step "
            "everywhere is without error: nothing is to allocate."
        )
    return found


def _costs(trace: ResponseTrace, given: Mapping[str, float] | None) -> Array:
    """Return w_l of every population."""
    spikes = {each.name: each.neurons * each.rate for each in trace.populations}
    if given is None:
        return np.array(list(spikes.values()), dtype=np.float64)
    for name in given:
        _check_known(name, spikes, "costs")
    missing = [name for name in spikes if name not in given]
    if missing:
        raise InputError(
            f"{_CALLER}: `costs` must name every population; got none of {missing[0]!r}. Add it."
        )
    values = [check_positive(given[name], name="costs", caller=_CALLER) for name in spikes]
    return np.array(values, dtype=np.float64)


def _check_known(name: str, known: Mapping[str, float], parameter: str) -> None:
    if name not in known:
        raise InputError(
            f"{_CALLER}: `{parameter}` must name populations of the trace; got {name!r}. Choose "
            f"from {', '.join(known)}."
        )


def _check_free(trace: ResponseTrace, traces: Array, costs: Array) -> None:
    """Raise `InputError` if steps that help cost nothing."""
    for each, noise, cost in zip(trace.populations, traces, costs, strict=True):
        if noise > 0 and cost <= 0:
            raise InputError(
                f"{_CALLER}: `traces` must be 0 where no neuron spikes; got {noise:.4g} for "
                f"{each.name!r}. Give `costs` if its steps are not free."
            )


def _allocation(
    trace: ResponseTrace,
    problem: StepsProblem,
    found: Any,
    unit: str,
    cap: int | None,
    measured: bool,
    command: str | None,
    by_error: bool,
) -> Allocation:
    """Return the result with its comparison."""
    p, traces, costs = trace.exponent, problem.traces, problem.costs
    error, cost, noise, price = problem.error(found), problem.cost(found), traces.sum(), costs.sum()
    same_cost = cost / price
    equal = (noise / error) ** (1 / p) if by_error else same_cost
    relaxed = unrounded_steps(traces, costs, p)
    weight = float((costs * relaxed).sum())
    scaled = relaxed * (cost / weight)
    bound = weight * (weight / float(price)) ** p / float(noise)
    spikes = [each.neurons * each.rate for each in trace.populations]
    return Allocation(
        model=trace.model,
        populations=tuple(
            AllocatedPopulation(each.name, int(t), float(r), float(c), float(w), s)
            for each, t, r, c, w, s in zip(
                trace.populations, found, scaled, traces, costs, spikes, strict=True
            )
        ),
        equal_steps=float(equal),
        cost=cost,
        equal_cost=float(equal * price),
        unit=unit,
        squared_error=error,
        equal_squared_error=float(noise / equal**p),
        error_ratio=float(error / (noise / same_cost**p)),
        bound=min(bound, 1.0),
        latency=int(found.max()),
        latency_cap=cap,
        spikes=float(sum(t * s for t, s in zip(found, spikes, strict=True))),
        notes=_notes(trace, found, float(equal), measured),
        provenance=Provenance.now(command=command),
    )


def _notes(trace: ResponseTrace, found: Any, equal: float, measured: bool) -> tuple[str, ...]:
    """Return what a reader must know."""
    source = "measured one population at a time" if measured else "to first order in the noise"
    most = f"{found.max()} steps, {found.max() / equal:.3g} times the equal ones"
    return (
        f"errors are {source}, and taken to add",
        f"one population takes {most}: without a pipeline an answer waits for it",
        f"rates and costs are means over {trace.n_samples} samples",
    )
