"""The response law: error of the outputs of a rate-coded network."""

from typing import ClassVar, final

from spikedim._core import AssumptionError, InputError
from spikedim.laws._inputs import LawInputs
from spikedim.laws._network_law import RATE_CODED_SCOPE, AbstractNetworkLaw
from spikedim.laws._output_error import squared_output_error
from spikedim.laws._result import Cause
from spikedim.laws._target import LawTarget
from spikedim.response import CurveAnswer, ResponseCurve

__all__ = ["Response"]


@final
class Response(AbstractNetworkLaw):
    """Steps after which the outputs of a rate-coded network are near enough to exact ones.

    The error is that of the outputs, m entries, against the same network with exact rates; the
    laws before training speak of the error of the data.

    Examples
    --------
    >>> Response().name, Response().target.value
    ('response', 'error of the outputs')
    """

    name: ClassVar[str] = "response"
    catch: ClassVar[str] = "measured on this rate-coded network, of its outputs"
    reference: ClassVar[str] = "theory index 14, response law"
    assumptions: ClassVar[tuple[str, ...]] = (
        "The network is rate-coded: given its rate, every neuron sends the spikes of the code.",
        "All populations have the same T.",
        "The error is of the network's outputs against exact rates, not of the data.",
        "K is a mean over the samples that were looked at; others are like them.",
    )
    target: ClassVar[LawTarget] = LawTarget.OUTPUT_ERROR

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T, on the log axis between the two whole T around the target."""
        curve = rate_coded_curve(self.name, inputs)
        allowed = squared_output_error(
            inputs.epsilon, outputs=curve.outputs, mean_square=curve.reference_mean_square
        )
        steps = _answer(curve, inputs).steps
        after = curve.at(steps).squared_error
        if steps == 1:
            return min(1.0, after / allowed)
        before = curve.at(steps - 1).squared_error
        if not before > allowed >= after:  # rounding at the edge of a step
            return float(steps)
        share = (before - allowed) / (before - after)
        return steps - 1 + share

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return the samples behind K and behind its calibration."""
        curve = rate_coded_curve(self.name, inputs)
        answer = _answer(curve, inputs)
        return sample_cause(self.unrounded_steps(inputs), answer, rate=curve.rate)

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return what the error is of, the scope, and what the curve itself warns of."""
        curve = rate_coded_curve(self.name, inputs)
        allowed = squared_output_error(
            inputs.epsilon, outputs=curve.outputs, mean_square=curve.reference_mean_square
        )
        easy = "The target is trivial: an output of 0 meets it."
        return (
            *((easy,) if allowed >= curve.reference_mean_square else ()),
            (
                f"Epsilon is the error of the {curve.outputs:,} outputs against exact rates; "
                "under wiener, subspace and reconstructed it is that of the data."
            ),
            *single_sample_warning(curve),
            RATE_CODED_SCOPE,
            *curve.warnings,
        )


def rate_coded_curve(name: str, inputs: LawInputs) -> ResponseCurve:
    """Return the curve; raise `AssumptionError` where there is none."""
    if inputs.curve is not None:
        return inputs.curve
    if inputs.empirical is not None:
        raise AssumptionError(
            f"{name}: speaks of rate-coded networks; {inputs.empirical.model} is directly coded "
            "and follows the empirical law."
        )
    raise AssumptionError(
        f"{name}: needs a rate-coded network to differentiate. Plan a run of a softmax twin."
    )


def single_sample_warning(curve: ResponseCurve) -> tuple[str, ...]:
    """Return the warning that an answer from one sample has no interval."""
    said = "One sample: the spread over samples is unknown, so T has no interval."
    return (said,) if curve.n_samples == 1 else ()


def sample_cause(unrounded: float, answer: CurveAnswer, *, rate: float) -> tuple[Cause, ...]:
    """Return the interval of an answer as a cause around T before rounding."""
    if not answer.low < answer.high:
        return ()
    ends = (unrounded * answer.low / answer.steps, unrounded * answer.high / answer.steps)
    return (Cause("samples behind K and its calibration", *ends, rate, rate),)


def _answer(curve: ResponseCurve, inputs: LawInputs) -> CurveAnswer:
    """Return the smallest whole T that meets the target, with its interval."""
    try:
        return curve.steps_for_error(inputs.epsilon)
    except InputError as error:  # out of reach, or outputs that are all 0
        raise AssumptionError(f"response: {error}") from error
