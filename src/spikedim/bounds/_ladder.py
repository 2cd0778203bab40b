"""Every bound that speaks of one population, side by side."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from spikedim._core import AssumptionError, InputError, check_fraction, check_in, check_integer
from spikedim.bounds._bernoulli_code import bernoulli_spikes, bernoulli_steps
from spikedim.bounds._bernstein import bernstein_steps
from spikedim.bounds._bernstein_windows import (
    rate_code_sufficient_spikes,
    rate_code_sufficient_steps,
)
from spikedim.bounds._binary_code import binary_code_spikes, binary_code_steps
from spikedim.bounds._bound import Bound, BoundKind, Entries
from spikedim.bounds._gaussian_information import gaussian_information_bits
from spikedim.bounds._hoeffding import check_failure, hoeffding_steps
from spikedim.bounds._latency_code import latency_spikes, latency_steps
from spikedim.bounds._minimum_spikes import minimum_spikes_any_rate
from spikedim.bounds._population import count_entries, describe, input_precision
from spikedim.bounds._published_one_bit_per_spike import published_one_bit_per_spike
from spikedim.bounds._published_rate_distortion import published_rate_distortion
from spikedim.bounds._published_spike_count import published_spike_count
from spikedim.bounds._published_times import published_attention_time, published_wta_time
from spikedim.bounds._published_universal_sizes import published_universal_sizes
from spikedim.bounds._random_phase_code import random_phase_spikes, random_phase_steps
from spikedim.bounds._rate_code import rate_code_minimax_steps, rate_code_spikes, rate_code_steps
from spikedim.bounds._refractory import spikes_for_bits_refractory, steps_for_bits_refractory
from spikedim.bounds._refractory_code import refractory_code_spikes, refractory_code_steps
from spikedim.bounds._sigma_delta_code import (
    sigma_delta_max_error_steps,
    sigma_delta_spikes,
    sigma_delta_steps,
)
from spikedim.bounds._spikes_for_bits import spikes_for_bits, steps_for_bits
from spikedim.bounds._uniform_information import (
    uniform_information_bits,
    uniform_information_bits_upper,
)

__all__ = ["ladder"]

_CODES = {
    "binary_code": Entries.UNIFORM,
    "latency": Entries.SMOOTH,
    "sigma_delta": Entries.SMOOTH,
    "random_phase": Entries.SMOOTH,
    "bernoulli": Entries.GIVEN,
    "refractory_code": Entries.UNIFORM,
}
_LOWER, _UPPER, _PUBLISHED = BoundKind.LOWER, BoundKind.UPPER, BoundKind.PUBLISHED


def _about(entries: Entries, rows: Iterable[Bound]) -> tuple[Bound, ...]:
    """Say whose entries each row speaks of."""
    return tuple(replace(row, entries=entries) for row in rows)


def _row(
    theorem: Callable[..., Bound],
    unit: str,
    kind: BoundKind,
    population: str,
    arguments: dict[str, Any],
    *,
    missing: str = "",
) -> Bound:
    """Return the theorem's bound, or the row that says why it does not apply."""
    name = theorem.__name__
    reason = missing
    if not missing:
        try:
            return theorem(**arguments)
        except AssumptionError as error:
            reason = str(error).removeprefix(f"{name}: ")
    return Bound.not_applicable(name, unit=unit, kind=kind, population=population, reason=reason)


def _carriers(
    source: Bound, *, entries: int, rate: float, refractory_steps: int, steps: int | None
) -> list[Bound]:
    """Return what the bits of `source` cost in spikes and steps."""
    who, bits = source.population, source.value
    absent = source.reason if bits is None else ""
    message = {"bits": bits, "population": who}
    at_rate = {**message, "rate": rate}
    resting = {**at_rate, "refractory_steps": refractory_steps}
    awake = absent or ("" if refractory_steps else "no refractory period is given")
    timed = absent or ("" if steps else "no number of steps is given")
    everyone = {"neurons": entries}
    return [
        _row(spikes_for_bits, "spikes", _LOWER, who, at_rate, missing=absent),
        _row(steps_for_bits, "steps", _LOWER, who, at_rate | everyone, missing=absent),
        _row(spikes_for_bits_refractory, "spikes", _LOWER, who, resting, missing=awake),
        _row(steps_for_bits_refractory, "steps", _LOWER, who, resting | everyone, missing=awake),
        _row(
            minimum_spikes_any_rate,
            "spikes",
            _LOWER,
            who,
            message | everyone | {"steps": steps},
            missing=timed,
        ),
    ]


def _codes(
    target: dict[str, Any], who: str, *, rate: float, rate_variance: float, refractory_steps: int
) -> list[Bound]:
    """Return what explicit codes need, the thriftiest first."""
    firing = target | {"rate": rate}
    spread = target | {"rate_variance": rate_variance}
    resting = target | {"refractory_steps": refractory_steps}
    awake = "" if refractory_steps else "no refractory period is given"
    return [
        _row(binary_code_steps, "steps", _UPPER, who, target),
        _row(binary_code_spikes, "spikes", _UPPER, who, target),
        _row(latency_steps, "steps", _UPPER, who, target),
        _row(latency_spikes, "spikes", _UPPER, who, target),
        _row(sigma_delta_steps, "steps", _UPPER, who, target),
        _row(sigma_delta_spikes, "spikes", _UPPER, who, firing),
        _row(random_phase_steps, "steps", _UPPER, who, target),
        _row(random_phase_spikes, "spikes", _UPPER, who, firing),
        _row(bernoulli_steps, "steps", _UPPER, who, spread),
        _row(bernoulli_spikes, "spikes", _UPPER, who, spread | {"rate": rate}),
        _row(refractory_code_steps, "steps", _UPPER, who, resting, missing=awake),
        _row(refractory_code_spikes, "spikes", _UPPER, who, resting, missing=awake),
    ]


def _worst_cases(
    target: dict[str, Any],
    who: str,
    *,
    epsilon_fro: float,
    rate: float,
    max_error: float,
    failure_probability: float,
    max_rate: float,
) -> list[Bound]:
    """Return what must hold for every input, entry or function."""
    shape = {"tokens": target["tokens"], "features": target["features"]}
    whole = shape | {"epsilon_fro": epsilon_fro, "lipschitz": target["lipschitz"]}
    largest = shape | {"max_error": max_error}
    likely = largest | {"failure_probability": failure_probability}
    worst = (
        _row(rate_code_minimax_steps, "steps", _LOWER, who, target),
        _row(rate_code_sufficient_steps, "steps", _UPPER, who, whole),
        _row(rate_code_sufficient_spikes, "spikes", _UPPER, who, whole | {"rate": rate}),
    )
    every = (
        _row(sigma_delta_max_error_steps, "steps", _UPPER, who, largest),
        _row(bernstein_steps, "steps", _UPPER, who, likely | {"max_rate": max_rate}),
        _row(hoeffding_steps, "steps", _UPPER, who, likely),
    )
    return [*_about(Entries.WORST, worst), *_about(Entries.ANY, every)]


def _published(
    target: dict[str, Any], who: str, *, epsilon_fro: float, row_error: float, head_features: int
) -> list[Bound]:
    """Return the published forms, each with its verdict."""
    tokens, features = target["tokens"], target["features"]
    alone = "a population of one token has no attention" if tokens == 1 else ""
    bits = _row(published_rate_distortion, "bits", _PUBLISHED, who, target)
    head = {"tokens": tokens, "head_features": head_features, "epsilon_fro": epsilon_fro}
    softmax = {"tokens": tokens, "row_error": row_error}
    rows = [
        bits,
        _row(
            published_one_bit_per_spike,
            "spikes",
            _PUBLISHED,
            who,
            {"bits": bits.value, "population": bits.population},
            missing=bits.reason,
        ),
        _row(published_spike_count, "spikes", _PUBLISHED, who, target),
        _row(published_wta_time, "steps", _PUBLISHED, who, softmax, missing=alone),
        _row(published_attention_time, "steps", _PUBLISHED, who, head, missing=alone),
    ]
    name, reason = published_universal_sizes.__name__, alone
    if not alone:
        try:
            sizes = published_universal_sizes(features=features, **head)
        except AssumptionError as error:
            reason = str(error).removeprefix(f"{name}: ")
        else:
            return [*rows, sizes.layers, sizes.heads, sizes.steps]
    return rows + [
        Bound.not_applicable(name, unit=unit, kind=_PUBLISHED, population=who, reason=reason)
        for unit in ("layers", "heads", "steps")
    ]


def ladder(
    *,
    tokens: int,
    features: int,
    epsilon_rms: float,
    lipschitz: float,
    rate: float,
    rate_variance: float | None = None,
    eigenvalues: Any = None,
    refractory_steps: int = 0,
    steps: int | None = None,
    max_rate: float = 1.0,
    failure_probability: float = 0.01,
    head_features: int | None = None,
    row_error: float | None = None,
) -> tuple[Bound, ...]:
    """List every bound for one population, from the information bound to the worst case.

    Parameters
    ----------
    tokens, features : int
        Shape n x d of the population, each at least 1.
    epsilon_rms : float
        Per-entry RMS error of the output, above 0, in output units.
    lipschitz : float
        L in output units per unit rate, above 0.
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].
    rate_variance : float, optional
        Mean of x(1 - x) over the entries, in [0, 1/4]; by default rate (1 - rate), the most
        that a population of this mean can have.
    eigenvalues : array_like of shape [k], optional
        Covariance eigenvalues of this population, flattened; without them the Gaussian rows do
        not apply.
    refractory_steps : int, default 0
        Steps without a spike after each spike; at 0 the refractory rows do not apply.
    steps : int, optional
        T for the row that asks how few spikes T steps allow; without it that row does not apply.
    max_rate : float, default 1.0
        Largest rate of any entry, in (0, 1].
    failure_probability : float, default 0.01
        Probability, in (0, 1), that some entry misses the largest error.
    head_features : int, optional
        Features of one attention head, for the published times; by default `features`.
    row_error : float, optional
        Euclidean error of a softmax row, above 0, for the published time of the softmax
        circuit; by default `epsilon_rms`, since the published account has one epsilon.

    Returns
    -------
    tuple of Bound
        Always the same rows in the same order, in bits, spikes and steps per sample (and heads
        and layers in the published sizes). A row that does not apply has no value and says why.
        Rows that price bits appear twice, for uniform and for Gaussian data: `population` tells
        them apart.

    Raises
    ------
    InputError
        If an argument is outside the range stated above.

    Notes
    -----
    The largest error and the Frobenius error of the rows that need one are those that match the
    target: ``epsilon_rms / lipschitz`` (at most 1) on every rate, and ``epsilon_rms sqrt(n d)``
    on an output with as many entries as the population.

    References
    ----------
    .. [1] The theory index of this package lists the theorem behind each row.

    Examples
    --------
    >>> rows = ladder(tokens=64, features=384, epsilon_rms=0.07, lipschitz=1.0, rate=0.2)
    >>> [int(row.value) for row in rows if row.name in ("rate_code_steps", "bernoulli_steps")]
    [33, 33]
    """
    name = "ladder"
    entries = count_entries(tokens, features, caller=name)
    precision = input_precision(epsilon_rms, lipschitz, caller=name)
    firing = check_fraction(rate, name="rate", caller=name)
    spread = firing * (1 - firing) if rate_variance is None else rate_variance
    spread = check_in(spread, 0.0, 0.25, name="rate_variance", caller=name)
    silent = check_integer(refractory_steps, name="refractory_steps", caller=name, minimum=0)
    duration = None if steps is None else check_integer(steps, name="steps", caller=name)
    if eigenvalues is not None and np.size(eigenvalues) > entries:
        raise InputError(
            f"{name}: `eigenvalues` must be at most tokens * features = {entries} values; got "
            f"{np.size(eigenvalues)}. Pass the spectrum of this population, flattened."
        )
    check_fraction(max_rate, name="max_rate", caller=name)
    check_failure(failure_probability, caller=name)
    target: dict[str, Any] = {
        "tokens": tokens,
        "features": features,
        "epsilon_rms": epsilon_rms,
        "lipschitz": lipschitz,
    }
    who = describe(tokens, features, "population")
    epsilon_fro = epsilon_rms * math.sqrt(entries)
    uniform = uniform_information_bits(**target)
    gaussian = _row(
        gaussian_information_bits,
        "bits",
        BoundKind.EXACT,
        describe(tokens, features, "population of Gaussian entries"),
        {"eigenvalues": eigenvalues, "distortion": entries / precision**2},
        missing="no covariance spectrum of this population is given" if eigenvalues is None else "",
    )
    cost: dict[str, Any] = {
        "entries": entries,
        "rate": firing,
        "refractory_steps": silent,
        "steps": duration,
    }
    codes = _codes(target, who, rate=firing, rate_variance=spread, refractory_steps=silent)
    return (
        *_about(Entries.UNIFORM, (uniform, uniform_information_bits_upper(**target))),
        *_about(Entries.GAUSSIAN, (gaussian,)),
        *_about(Entries.UNIFORM, _carriers(uniform, **cost)),
        *_about(Entries.GAUSSIAN, _carriers(gaussian, **cost)),
        *(replace(row, entries=_CODES[row.name.rpartition("_")[0]]) for row in codes),
        *_about(Entries.UNIFORM, (rate_code_steps(**target), rate_code_spikes(**target))),
        *_worst_cases(
            target,
            who,
            epsilon_fro=epsilon_fro,
            rate=firing,
            max_error=min(1.0, 1 / precision),
            failure_probability=failure_probability,
            max_rate=max_rate,
        ),
        *_published(
            target,
            who,
            epsilon_fro=epsilon_fro,
            row_error=epsilon_rms if row_error is None else row_error,
            head_features=features if head_features is None else head_features,
        ),
    )
