"""Steps after which a trained network answers nearly as well as it can."""

from typing import ClassVar, final

from spikedim._core import AssumptionError, InputError
from spikedim.laws._inputs import LawInputs
from spikedim.laws._network_law import RATE_CODED_SCOPE, AbstractNetworkLaw
from spikedim.laws._response import sample_cause, single_sample_warning
from spikedim.laws._result import Cause
from spikedim.laws._target import LawTarget
from spikedim.response import CurveAnswer, ResponseCurve

__all__ = ["Accuracy"]


@final
class Accuracy(AbstractNetworkLaw):
    """The smallest T whose expected accuracy is within a tolerance.

    Of a rate-coded network: of its accuracy with exact rates, by the response curve. Of a directly
    coded one: of the best accuracy that was evaluated, read between the evaluated T.

    Examples
    --------
    >>> Accuracy().name, Accuracy().target.value
    ('accuracy', 'accuracy')
    """

    name: ClassVar[str] = "accuracy"
    catch: ClassVar[str] = "expected accuracy of this network on samples like these"
    reference: ClassVar[str] = "theory index 14, accuracy"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Other samples are like those that were looked at.",
        (
            "The outputs of a rate-coded network scatter as the response curve says; of a directly "
            "coded one nothing is assumed between two evaluated T but a monotone line."
        ),
    )
    target: ClassVar[LawTarget] = LawTarget.ACCURACY

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T; it does not depend on epsilon."""
        if inputs.curve is None and inputs.empirical is not None:
            return inputs.empirical.steps_for_accuracy(tolerance=inputs.tolerance)[0]
        curve = self._curve(inputs)
        return float(self._answer(curve, inputs.tolerance).steps)

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return the samples that accuracy was measured or predicted on."""
        if inputs.curve is None and inputs.empirical is not None:
            value, low, high = inputs.empirical.steps_for_accuracy(tolerance=inputs.tolerance)
            rate = inputs.empirical.rate
            ends = (min(low, value), max(high, value), rate, rate)
            return (Cause("samples behind the accuracies", *ends),)
        curve = self._curve(inputs)
        answer = self._answer(curve, inputs.tolerance)
        return sample_cause(self.unrounded_steps(inputs), answer, rate=curve.rate)

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return what the tolerance is counted from, and the scope."""
        points = 100 * inputs.tolerance
        if inputs.curve is None and inputs.empirical is not None:
            best = max(inputs.empirical.accuracies)
            return (
                (
                    f"Within {points:g} points of {100 * best:.1f} %, the best accuracy evaluated; "
                    "the T of the training decides it."
                ),
            )
        curve = self._curve(inputs)
        reference = curve.reference_accuracy or 0.0
        whose = "the accuracy" if curve.accuracy_target == "labels" else "the agreement"
        return (
            f"Within {points:g} points of {100 * reference:.1f} %, {whose} with exact rates.",
            *single_sample_warning(curve),
            RATE_CODED_SCOPE,
            *curve.warnings,
        )

    def _answer(self, curve: ResponseCurve, tolerance: float) -> CurveAnswer:
        """Return T and its interval."""
        try:
            return curve.steps_for_accuracy(tolerance=tolerance)
        except InputError as error:  # out of reach
            raise AssumptionError(f"accuracy: {error}") from error

    def _curve(self, inputs: LawInputs) -> ResponseCurve:
        """Return a curve that predicts accuracy."""
        curve = inputs.curve
        if curve is None:
            raise AssumptionError(
                "accuracy: needs a trained network and labelled samples. Plan a run of "
                "`spikedim train`."
            )
        if not curve.accuracy_target:
            raise AssumptionError(
                "accuracy: needs a class for every sample; this curve has errors only."
            )
        return curve
