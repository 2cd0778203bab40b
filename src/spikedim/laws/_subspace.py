"""Theorem 6.3: a decoder that projects on the data's principal directions."""

import math
from typing import ClassVar, final

import numpy as np

from spikedim._core import (
    AssumptionError,
    check_in,
    check_number,
    check_positive,
)
from spikedim.dimension import Spectrum
from spikedim.laws._causes import lipschitz_cause, sampling_cause
from spikedim.laws._data_decoder import AbstractDataDecoder
from spikedim.laws._inputs import LawInputs
from spikedim.laws._result import Cause

__all__ = ["Subspace", "subspace_steps"]

_FRACTION = 0.95


def subspace_steps(*, rank: float, rate_variance: float, distortion: float) -> float:
    r"""Return steps for a projecting decoder of rank k, before rounding up.

    .. math:: T = \frac{\bar v L^2 k}{\epsilon_F^2}
        = \frac{\bar v L^2 k}{n d\, \epsilon_{\mathrm{rms}}^2}

    Parameters
    ----------
    rank : float
        k, dimension of the subspace that holds the data, >= 0.
    rate_variance : float
        v-bar, mean of x(1 - x) over all entries, in [0, 1/4].
    distortion : float
        (epsilon_F / L)^2, squared error allowed at the input, above 0.

    Returns
    -------
    float
        T before rounding up; 0 if nothing is random.

    Raises
    ------
    InputError
        If an argument is outside its range.

    Notes
    -----
    **Assumptions.** 1. Given the data x, spikes are independent Bernoulli(x) draws.
    2. The data lie in an affine subspace of dimension k that the decoder knows. 3. The noise
    variance x(1 - x) is spread evenly over that subspace (else v-bar k becomes tr U'DU).

    References
    ----------
    .. [1] Theorem 6.3, stated in the theory index of the manual (first and second moments only).

    Examples
    --------
    >>> subspace_steps(rank=32.0, rate_variance=0.16, distortion=0.08)
    64.0
    """
    caller = "subspace_steps"
    k = check_number(rank, name="rank", caller=caller)
    k = check_in(k, 0.0, math.inf, name="rank", caller=caller)
    variance = check_in(rate_variance, 0.0, 0.25, name="rate_variance", caller=caller)
    return variance * k / check_positive(distortion, name="distortion", caller=caller)


def captured_rank(spectrum: Spectrum) -> tuple[int, float]:
    """Return the rank that holds 95 % of the variance and the variance outside it."""
    cumulative = np.cumsum(spectrum.eigenvalues)
    target = _FRACTION * spectrum.total_variance
    # The eigenvalues of an exact spectrum add up to the trace only to rounding.
    rank = int(np.searchsorted(cumulative, target * (1 - 1e-12))) + 1
    if rank > cumulative.size:
        raise AssumptionError(
            f"subspace: the {cumulative.size:,} known eigenvalues hold less than "
            f"{_FRACTION:.0%} of the variance. Raise the memory budget."
        )
    return rank, max(0.0, spectrum.total_variance - float(cumulative[rank - 1]))


@final
class Subspace(AbstractDataDecoder):
    """Theorem 6.3 with the rank that holds 95 % of the data's variance.

    Examples
    --------
    >>> Subspace().name
    'subspace'
    """

    name: ClassVar[str] = "subspace"
    catch: ClassVar[str] = "a theorem for a decoder that projects on the data's top directions"
    reference: ClassVar[str] = "theory index 6.3, Theorem 6.3"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Given the data, spikes are independent Bernoulli draws with the entries as rates.",
        (
            "The decoder projects on the data's principal directions (95 % of the variance), "
            "flattened over tokens and features."
        ),
        "The 5 % of variance outside them is an error that no step removes.",
        "The function after the decoder is L-Lipschitz.",
    )

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return T of Theorem 6.3 for what the lost directions leave of the target."""
        rank, residual = captured_rank(inputs.spectrum)
        if inputs.distortion <= residual:
            entries, gain = inputs.data_population.neurons, inputs.lipschitz.value
            raise AssumptionError(
                f"subspace: the variance outside the {rank} kept directions alone is an RMS error "
                f"of {math.sqrt(residual / entries) * gain:.2g}, above the target "
                f"{inputs.epsilon_rms:.2g}: no number of steps reaches it with this projection. "
                "Use the wiener law."
            )
        return subspace_steps(
            rank=float(rank),
            rate_variance=inputs.spectrum.rate_variance,
            distortion=inputs.distortion - residual,
        )

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return the sampling of the spectrum and L."""
        return (*sampling_cause(self, inputs), *lipschitz_cause(self, inputs))

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:  # noqa: ARG002 - same for all laws
        """Return nothing: below its floor the law does not apply."""
        return ()
