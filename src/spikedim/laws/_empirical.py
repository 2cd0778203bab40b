"""The empirical law of directly coded networks."""

from typing import ClassVar, final

from spikedim._core import AssumptionError
from spikedim.laws._empirical_curve import EmpiricalCurve
from spikedim.laws._inputs import LawInputs
from spikedim.laws._network_law import AbstractNetworkLaw
from spikedim.laws._output_error import squared_output_error
from spikedim.laws._result import Cause
from spikedim.laws._target import LawTarget

__all__ = ["Empirical"]


@final
class Empirical(AbstractNetworkLaw):
    """Steps of a directly coded network, from evaluations at two or more T.

    Its spikes are not random: the error is a transient of the start, set by the weights. So the
    law is a line through what was measured, ln epsilon^2 against ln T.

    Examples
    --------
    >>> Empirical().name, Empirical().target.value
    ('empirical', 'error of the outputs')
    """

    name: ClassVar[str] = "empirical"
    catch: ClassVar[str] = "a line through errors measured on this network"
    reference: ClassVar[str] = "theory index 14, directly coded networks"
    assumptions: ClassVar[tuple[str, ...]] = (
        (
            "ln epsilon^2 is linear in ln T between evaluated T, and beyond the last with the "
            "slope of the last two."
        ),
        (
            "Outputs at the largest T evaluated, at least 16 times the last T used, stand for "
            "those of infinitely many steps."
        ),
        "The error is of the network's outputs, not of the data.",
    )
    target: ClassVar[LawTarget] = LawTarget.OUTPUT_ERROR

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T where the line meets the target."""
        curve, allowed = self._curve(inputs)
        return curve.steps_for(allowed)

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return the samples and, beyond the evaluated T, the exponent."""
        curve, allowed = self._curve(inputs)
        rate = curve.rate
        named = (
            ("samples behind the errors", curve.steps_by_samples(allowed)),
            ("exponent beyond the evaluated T", curve.steps_by_exponent(allowed)),
        )
        return tuple(Cause(name, *ends, rate, rate) for name, ends in named if ends[0] < ends[1])

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return what the error is of, what it is counted from, and how far it reaches."""
        curve, allowed = self._curve(inputs)
        last = curve.steps[-1]
        beyond = self.unrounded_steps(inputs) > last
        easy = "The target is trivial: an output of 0 meets it."
        return (
            *((easy,) if allowed >= curve.reference_mean_square else ()),
            (
                f"Epsilon is the error of the {curve.outputs:,} outputs against the same network "
                f"after T = {curve.reference_steps:,}; under wiener, subspace and reconstructed it "
                "is that of the data."
            ),
            *((f"Extrapolated beyond T = {last:,}, the last one used.",) if beyond else ()),
            (
                "Scope: this directly coded network; rate-coded twins, circuits and noise-trained "
                "nets follow the response law."
            ),
            *curve.warnings,
        )

    def _curve(self, inputs: LawInputs) -> tuple[EmpiricalCurve, float]:
        """Return the curve and the squared error that is allowed."""
        curve = inputs.empirical
        if curve is None and inputs.curve is not None:
            raise AssumptionError(
                f"empirical: speaks of directly coded networks; {inputs.curve.model} is "
                "rate-coded and follows the response law."
            )
        if curve is None:
            raise AssumptionError(
                "empirical: needs two evaluations of a trained spiking network. Plan a run of "
                "`spikedim train`."
            )
        allowed = squared_output_error(
            inputs.epsilon, outputs=curve.outputs, mean_square=curve.reference_mean_square
        )
        return curve, allowed
