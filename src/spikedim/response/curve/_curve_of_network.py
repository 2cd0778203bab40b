"""From a network to its curve."""

import math
from collections.abc import Sequence
from dataclasses import replace
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
    check_choice,
    check_integer,
    parse_bytes,
)
from spikedim.circuits import RateCode
from spikedim.response.codes import check_each_steps, noise_exponent
from spikedim.response.curve._calibration import Calibration
from spikedim.response.curve._curve_variant import CurveVariant
from spikedim.response.curve._decisions import Decisions, decisions_of
from spikedim.response.curve._error_law import rational, saturations
from spikedim.response.curve._response_curve import ResponseCurve
from spikedim.response.networks import NetworkLike, fingerprint_weights, rate_network
from spikedim.response.simulation import SimulatedSamples, Simulator
from spikedim.response.trace import ResponseTrace, response_trace

__all__ = ["response_curve"]

_CALLER = "response_curve"
_SCANNED = 64
_GRID = tuple(round(64 * (4 / 3) ** k) for k in range(1, 15))
_DEFAULTS = {
    CurveVariant.GRADIENT_FREE: (1, 4, 16),
    CurveVariant.SIMULATED: (1, 2, 4, 8, 16, 32, 64),
}
_DETERMINISTIC = (*range(1, 17), 24, 32, 64)
_CONSTANT = 1e-12  # of the mean square: less variance is rounding
_NO_K = (CurveVariant.GRADIENT_FREE,)
_CLOSED = (CurveVariant.FREE, CurveVariant.ASYMPTOTIC)
Array = np.ndarray[Any, np.dtype[np.float64]]


def response_curve(
    model: NetworkLike,
    x: Tensor,
    targets: Tensor | None = None,
    *,
    trace: ResponseTrace | None = None,
    variant: CurveVariant | str = CurveVariant.TWO_POINT,
    calibration: Sequence[int] | None = None,
    passes: int = 4,
    code: RateCode | str = RateCode.BERNOULLI,
    populations: Sequence[str] | None = None,
    draws: int = 200,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> ResponseCurve:
    r"""Return error and accuracy at every T, from K and a few simulated points.

    .. math:: \varepsilon^2(T) = \frac{K}{T + a(T)}, \qquad
        a(T) = a_1 + (a_4 - a_1) \log_4 T, \qquad a_t = K / \hat\varepsilon^2(t) - t

    Parameters
    ----------
    model : torch.nn.Module, a rate-coded twin or a compiled circuit
        A module without marked `populations` reads rates in [0, 1].
    x : Tensor of shape [S, ...]
        Inputs as the model reads them.
    targets : Tensor of shape [S], optional
        Classes, for outputs [S, C]; without them accuracy is agreement with exact rates.
    trace : ResponseTrace, optional
        K of the same model, inputs and code; computed if left out, unless the form needs none.
    variant : CurveVariant or str, default "two_point"
        Form; deterministic codes are always simulated.
    calibration : sequence of int, optional
        T to simulate, ascending: the curve passes through what is found there. Left out, the
        two-point form simulates T = 1 and 4, predicts 16 and 64, simulates them too, and adds
        points where a prediction is off by more than 5 % or two standard errors.
    passes : int, default 4
        Coded passes at every T, mean over samples: samples that err more get more of them.
    code : RateCode or str
        Code of every population.
    populations : sequence of str, optional
        Submodules of a plain module whose outputs are rates; its input if left out.
    draws : int, default 200
        Gaussian draws for every sample, of the accuracy.
    batch_size : int, optional
        Samples that run together.
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
    ResponseCurve
        Errors and accuracies with intervals, and steps for either.

    Raises
    ------
    InputError
        If an argument does not fit, or `trace` is of other weights, inputs or another code.

    Notes
    -----
    Cost: K, an exact pass, and `passes` coded passes at every simulated T, whatever T.

    Where two points do not predict a third, ln(T^p eps^2 / K) is a monotone cubic in ln T through
    all that were simulated. Behind the last one it goes to 0 as 1/T from below (saturation) and as
    1/sqrt(T) from above (kinks of the network near the data), unless the last point is
    clear of K, which then is no limit (kinks at the data) and the curve falls as 1/T^p.

    Intervals are over samples, by the delta method, and 2.5 % of form between simulated points.

    Examples
    --------
    >>> model = torch.nn.Linear(3, 2, bias=False).requires_grad_(False)
    >>> _ = model.weight.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
    >>> curve = response_curve(model, torch.full((64, 3), 0.5), passes=16)
    >>> round(curve.trace, 3), abs(curve.at(8).squared_error * 8 / curve.trace - 1) < 0.1
    (1.25, True)
    """
    law = RateCode(check_choice(code, list(RateCode), name="code", caller=_CALLER))
    form, notes = _form(variant, law)
    check_integer(passes, name="passes", caller=_CALLER)
    check_integer(draws, name="draws", caller=_CALLER)
    chosen = _chosen_steps(calibration, form, law)
    network = rate_network(model, populations, caller=_CALLER)
    simulator = Simulator(
        network,
        x,
        targets,
        code=law,
        batch_size=batch_size,
        generator=generator,
        memory_budget=parse_bytes(memory_budget, caller=_CALLER),
        progress=progress,
        caller=_CALLER,
    )
    if trace is None and form is not CurveVariant.GRADIENT_FREE:
        trace = response_trace(
            network,
            x,
            code=law,
            batch_size=batch_size,
            generator=generator,
            memory_budget=memory_budget,
            progress=progress,
            command=command,
        )
    _check_trace(trace, simulator)
    traces = np.zeros(len(x)) if trace is None else trace.sample_traces

    def measure(t: int, weights: Array | None) -> SimulatedSamples:
        return simulator.run(t, passes=passes, weights=weights)

    mean_square = float(np.square(simulator.reference).sum(axis=1).mean())
    points = Calibration(
        measure,
        variant=form,
        traces=np.zeros(len(x)) if form is CurveVariant.GRADIENT_FREE else traces,
        exponent=noise_exponent(law),
        limit=2 * float(simulator.reference.var(axis=0).sum()),
    )
    if form is CurveVariant.FREE and points.law.limit <= _CONSTANT * mean_square:
        raise InputError(
            f"{_CALLER}: `variant` must not be free for outputs that are the same for every "
            "sample; got free. Use two_point."
        )
    if chosen is None:
        points.adapt()
    elif chosen:
        points.simulate(chosen)
    own = points.settle_limit()
    decisions = decisions_of(simulator, trace, points, draws=draws)
    seed = 0 if generator is None else None
    curve = ResponseCurve(
        model=network.name,
        code=law,
        variant=form,
        points=(),
        trace=points.trace,
        exponent=points.exponent,
        calibration_steps=points.steps,
        calibration_errors=points.errors,
        coefficients=_coefficients(points),
        accuracy_target=decisions.target,
        reference_accuracy=decisions.reference,
        decision_coefficients=decisions.coefficients,
        decision_steps=decisions.grid,
        decision_accuracies=decisions.accuracies,
        outputs=simulator.outputs,
        n_samples=len(x),
        reference_mean_square=mean_square,
        neurons=sum(simulator.neurons.values()),
        rate=simulator.rate / sum(simulator.neurons.values()),
        shift=_stacked([points.points[t].shift for t in points.steps], simulator.outputs),
        log_covariance=_log_covariance(points),
        notes=(*notes, *_check_notes(points), *decisions.notes),
        warnings=(*_warnings(points, own=own), *_guesses(simulator, decisions)),
        provenance=Provenance.now(
            command=command, data_fingerprint=simulator.fingerprint, seed=seed
        ),
        interpolated=points.law.interpolated,
        own_asymptote=points.law.own,
        limit=points.law.limit,
        calibration_accuracies=decisions.measured,
        calibration_deviations=points.deviations,
        checks=tuple(points.checks),
        passes=points.passes / len(x),
        group_references=decisions.group_references,
        group_accuracies=decisions.group_measured,
        group_decisions=decisions.group_accuracies,
        decided_steps=decisions.decided,
    )
    return replace(curve, points=curve.points_at((*range(1, _SCANNED + 1), *_GRID)))


def _form(variant: CurveVariant | str, code: RateCode) -> tuple[CurveVariant, tuple[str, ...]]:
    """Return the form; that of a code whose errors follow no law at small T is simulated."""
    form = CurveVariant(check_choice(variant, list(CurveVariant), name="variant", caller=_CALLER))
    if code is RateCode.BERNOULLI or form in (CurveVariant.ASYMPTOTIC, CurveVariant.SIMULATED):
        return form, ()
    return CurveVariant.SIMULATED, (
        f"Errors of {code.value} codes follow no law at small T: every T up to 16 was simulated.",
    )


def _chosen_steps(
    calibration: Sequence[int] | None, form: CurveVariant, code: RateCode
) -> tuple[int, ...] | None:
    """Return T to simulate, None to find them; raise `InputError` if they do not fit the form."""
    if calibration is None:
        if form in _CLOSED:
            return ()
        if form is CurveVariant.SIMULATED and code is not RateCode.BERNOULLI:
            return _DETERMINISTIC
        return _DEFAULTS.get(form)
    found = check_each_steps(calibration, name="calibration", caller=_CALLER)
    least, most = {
        CurveVariant.GRADIENT_FREE: (3, 3),
        CurveVariant.FREE: (0, 0),
        CurveVariant.ASYMPTOTIC: (0, 0),
    }.get(form, (2, math.inf))
    if list(found) != sorted(set(found)) or not least <= len(found) <= most:
        need = f"{least}" if least == most else f"at least {least}"
        raise InputError(
            f"{_CALLER}: `calibration` must be {need} numbers of steps, ascending, for the form "
            f"{form.value}; got {found}. Leave it out for the usual ones."
        )
    return found


def _check_trace(trace: ResponseTrace | None, simulator: Simulator) -> None:
    """Raise `InputError` unless a trace belongs to the network, the samples and the code."""
    if trace is None:
        return
    if not isinstance(trace, ResponseTrace):
        raise InputError(
            f"{_CALLER}: `trace` must be a ResponseTrace; got {type(trace).__name__}. Pass what "
            "`response_trace` returned, or leave it out."
        )
    if trace.code is not simulator.code:
        raise InputError(
            f"{_CALLER}: `trace` must be of {simulator.code.value} codes; got {trace.code.value}. "
            "Pass the same `code` to `response_trace`."
        )
    if trace.data_fingerprint not in (simulator.fingerprint, "") or len(trace.sample_traces) != len(
        simulator.x
    ):
        raise InputError(
            f"{_CALLER}: `trace` must be of the same inputs; got one of {trace.n_samples} samples, "
            f"fingerprint {trace.data_fingerprint}. Pass the `x` of `response_trace`."
        )
    names = [each.name for each in trace.populations]
    if names != list(simulator.neurons):
        raise InputError(
            f"{_CALLER}: `trace` must be of the same populations; got {names!r:.80}. Pass the "
            "same model and `populations`."
        )
    if trace.weights_fingerprint not in (fingerprint_weights(simulator.network.model), ""):
        raise InputError(
            f"{_CALLER}: `trace` must be of the same weights; got others, fingerprint "
            f"{trace.weights_fingerprint}. Trace this model, or leave it out."
        )


def _coefficients(points: Calibration) -> tuple[float, ...]:
    """Return the numbers that a form goes by."""
    variant, errors = points.law.variant, np.asarray(points.errors)
    if variant is CurveVariant.FREE:
        return (points.trace / points.law.limit,) if points.law.limit else ()
    if variant is CurveVariant.GRADIENT_FREE:
        return tuple(rational(points.steps, errors).tolist()) if errors.all() else ()
    if not points.steps or points.exponent != 1 or not errors.all():
        return ()
    return tuple(saturations(points.steps, points.trace, errors).tolist())


def _log_covariance(points: Calibration) -> Array:
    """Return the covariance over samples of the logs of K and of the errors."""
    rows = np.stack([points.traces, *(points.points[t].errors for t in points.steps)])
    means = rows.mean(axis=1, keepdims=True)
    scaled = np.divide(rows, means, out=np.ones_like(rows), where=means > 0)
    if rows.shape[1] < 2:
        return np.zeros((len(rows), len(rows)))
    return np.asarray(np.atleast_2d(np.cov(scaled)) / rows.shape[1])


def _stacked(rows: list[Array], width: int) -> Array:
    return np.stack(rows) if rows else np.zeros((0, width))


def _check_notes(points: Calibration) -> tuple[str, ...]:
    """Say what was predicted before it was simulated."""
    if not points.checks:
        return ()
    text = ", ".join(
        f"T = {each.steps}: {100 * (each.predicted / each.found - 1):+.1f} %"
        for each in points.checks
        if each.found > 0
    )
    return (f"Predicted before they were simulated, error of eps^2: {text}.",)


def _guesses(simulator: Simulator, decisions: Decisions) -> tuple[str, ...]:
    """Say that a network at chance can lose nothing."""
    if decisions.reference is None or simulator.targets is None or simulator.outputs < 2:
        return ()
    chance = 1 / simulator.outputs
    scatter = math.sqrt(chance * (1 - chance) / len(simulator.reference))
    if decisions.reference > chance + 2 * scatter:
        return ()
    return (
        (
            f"Exact rates answer {100 * decisions.reference:.3g} % right, no more than chance for "
            f"{simulator.outputs} classes: there is no accuracy to keep."
        ),
    )


def _warnings(points: Calibration, *, own: bool) -> tuple[str, ...]:
    """Say which guards failed."""
    found = []
    if points.guard_failed:
        found.append(
            "The closed form has a pole near some T here (T + a(T) below T / 2): simulated points "
            "are interpolated instead."
        )
    if own:
        last = points.steps[-1]
        ratio = math.exp(float(points.logs[-1] - points.logs[0])) * last**points.exponent
        found.append(
            f"At T = {last} the error is {ratio:.2f} times K / T^p: K is not its limit (kinks of "
            "the network lie at the data itself), and the curve goes on from that point."
        )
    if points.trace <= 0 and not points.degenerate and points.law.variant not in _NO_K:
        found.append(
            "K is 0 although errors were found: to first order no rate moves the outputs, and the "
            "curve goes on as 1 / T^p from its last point, which is too slow if errors vanish."
        )
    if points.steps and points.trace > 0:
        deviations = np.sqrt(np.diag(_log_covariance(points)))
        if deviations[0] > 0.1:
            found.append(
                f"K is known to {100 * deviations[0]:.0f} % over samples (a few of them make it "
                "up): errors on other samples scatter as much. Use more samples."
            )
        if points.steps[-1] >= 64 and deviations[0] > 1.25 * deviations[-1]:
            found.append(
                f"The error at T = {points.steps[-1]} is better known over samples than K."
            )
    return tuple(found)
