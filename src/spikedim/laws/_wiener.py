"""The floor-free form of Theorem 6.3: a decoder that weighs every direction by its signal."""

import math
from typing import ClassVar, final

import numpy as np
from scipy.optimize import brentq

from spikedim._core import (
    AnyArray,
    NumericsError,
    check_array,
    check_in,
    check_positive,
)
from spikedim.dimension import Spectrum
from spikedim.laws._causes import lipschitz_cause, sampling_cause, tail_cause
from spikedim.laws._data_decoder import AbstractDataDecoder
from spikedim.laws._inputs import LawInputs
from spikedim.laws._result import Cause

__all__ = ["Wiener", "wiener_error", "wiener_steps"]


def wiener_error(eigenvalues: AnyArray, *, noise: float) -> float:
    r"""Return the squared error of the Wiener decoder.

    .. math:: \sum_i \frac{\lambda_i \mu}{\lambda_i + \mu} = \mu\, d_\mu

    with the ridge dimension :math:`d_\mu` at noise level :math:`\mu`.

    Parameters
    ----------
    eigenvalues : ndarray of shape [k]
        Covariance spectrum of the data as rates, >= 0.
    noise : float
        mu, noise variance per direction; v-bar / T after T steps. Above 0.

    Returns
    -------
    float
        Expected squared Frobenius error, between 0 and the sum of `eigenvalues`.

    Raises
    ------
    InputError
        If `noise` is not above 0 or `eigenvalues` is not a finite vector.

    Notes
    -----
    O(k). Linear minimum mean squared error for signal covariance diag(lambda) and noise mu.

    Examples
    --------
    >>> import numpy as np
    >>> wiener_error(np.array([1.0, 1.0]), noise=1.0)
    1.0
    """
    spectrum = check_array(eigenvalues, name="eigenvalues", caller="wiener_error", ndim=(1,))
    mu = check_positive(noise, name="noise", caller="wiener_error")
    return _error(spectrum.astype(np.float64), mu)


def wiener_steps(eigenvalues: AnyArray, *, rate_variance: float, distortion: float) -> float:
    r"""Return steps for the Wiener decoder, before rounding up.

    Solves :math:`\frac{\bar v}{T}\, d_{\bar v / T} = \epsilon_F^2 / L^2` for T.

    Parameters
    ----------
    eigenvalues : ndarray of shape [k]
        Covariance spectrum of the data as rates, >= 0.
    rate_variance : float
        v-bar, mean of x(1 - x) over all entries, in [0, 1/4].
    distortion : float
        (epsilon_F / L)^2, squared error allowed at the input, above 0.

    Returns
    -------
    float
        T before rounding up; 0 if the mean of the data is already good enough or nothing is
        random.

    Raises
    ------
    InputError
        If an argument is outside its range.
    NumericsError
        If the target is so small that T is beyond floating point.

    Notes
    -----
    The left side falls with T, so a bracketed root search is exact; about 10 passes over the
    spectrum. Uses the same assumptions as `subspace_steps` without a known subspace: the decoder
    knows the covariance.

    References
    ----------
    .. [1] Floor-free form of Theorem 6.3, stated in the theory index of the manual.

    Examples
    --------
    >>> import numpy as np
    >>> round(wiener_steps(np.ones(4), rate_variance=0.25, distortion=2.0), 9)
    0.25
    """
    caller = "wiener_steps"
    spectrum = check_array(eigenvalues, name="eigenvalues", caller=caller, ndim=(1,))
    variance = check_in(rate_variance, 0.0, 0.25, name="rate_variance", caller=caller)
    allowed = check_positive(distortion, name="distortion", caller=caller)
    positive = spectrum[spectrum > 0].astype(np.float64)
    # Within rounding of the trace the mean alone is good enough.
    if variance == 0 or allowed >= positive.sum() * (1 - 1e-12):
        return 0.0
    steps = variance / _noise_for(positive, allowed)
    if not math.isfinite(steps):
        raise NumericsError(
            f"wiener_steps: `distortion` must be within floating point; got {distortion!r}. "
            "Ask for a larger error."
        )
    return steps


def _error(eigenvalues: AnyArray, noise: float) -> float:
    """Sum of lambda mu / (lambda + mu)."""
    return float(np.sum(eigenvalues * (noise / (eigenvalues + noise))))


def _noise_for(eigenvalues: AnyArray, allowed: float) -> float:
    """Solve error(mu) = allowed for mu, given 0 < allowed < sum(eigenvalues)."""
    low = (1 - 1e-6) * allowed / eigenvalues.size  # error(mu) <= k mu
    high = 2 * low
    while _error(eigenvalues, high) <= allowed:
        low, high = high, 4 * high
    # Root of log error as a function of log mu: nearly straight, so few passes.
    root = brentq(
        lambda x: math.log(float(np.sum(eigenvalues / (eigenvalues * math.exp(-x) + 1))) / allowed),
        math.log(low),
        math.log(high),
        xtol=1e-14,
        rtol=1e-14,
    )
    return math.exp(root)


def _with_flat_tail(spectrum: Spectrum) -> AnyArray:
    """Return the eigenvalues, the unseen variance spread evenly: the costliest tail there is."""
    missing, unseen = _unseen(spectrum)
    if unseen == 0:
        return spectrum.eigenvalues
    tail = np.full(unseen, missing / unseen)
    return np.concatenate([spectrum.eigenvalues, tail])


def _with_steep_tail(spectrum: Spectrum) -> AnyArray:
    """Return the eigenvalues, the unseen variance in as few directions as it can be."""
    missing, unseen = _unseen(spectrum)
    if unseen == 0:
        return spectrum.eigenvalues
    largest = float(spectrum.eigenvalues[-1])
    if spectrum.residual_norm is not None:
        largest = min(largest, spectrum.residual_norm)
    if largest * unseen <= missing:  # rounding: not even a flat tail of this height holds it
        return _with_flat_tail(spectrum)
    # The error is a concave function of each eigenvalue: as many as possible at the ceiling.
    full = int(missing / largest)
    tail = np.append(np.full(full, largest), missing - full * largest)
    return np.concatenate([spectrum.eigenvalues, tail])


def _unseen(spectrum: Spectrum) -> tuple[float, int]:
    """Return the variance that no known eigenvalue holds and how many could hold it."""
    missing = spectrum.total_variance - float(np.sum(spectrum.eigenvalues))
    rank = min(spectrum.n_features, spectrum.n_samples - 1)
    unseen = rank - spectrum.eigenvalues.size
    if missing <= 1e-9 * spectrum.total_variance or unseen < 1:
        return 0.0, 0
    return missing, unseen


@final
class Wiener(AbstractDataDecoder):
    """The floor-free form of Theorem 6.3, the default before training.

    Examples
    --------
    >>> Wiener().name
    'wiener'
    """

    name: ClassVar[str] = "wiener"
    catch: ClassVar[str] = "a theorem for a decoder that knows the data's covariance"
    reference: ClassVar[str] = "theory index 6.3, floor-free form of Theorem 6.3"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Given the data, spikes are independent Bernoulli draws with the entries as rates.",
        (
            "A linear decoder weighs every principal direction of the flattened data by its signal "
            "(Wiener filter); a decoder per token does not earn this."
        ),
        "The noise variance x(1 - x) is spread evenly over the directions.",
        "The function after the decoder is L-Lipschitz.",
    )

    def unrounded_steps(self, inputs: LawInputs) -> float:
        """Return the root of (v/T) d(v/T) = (epsilon_F / L)^2."""
        return wiener_steps(
            _with_flat_tail(inputs.spectrum),
            rate_variance=inputs.spectrum.rate_variance,
            distortion=inputs.distortion,
        )

    def causes(self, inputs: LawInputs) -> tuple[Cause, ...]:
        """Return the sampling of the spectrum, its unseen tail and L."""
        least = wiener_steps(
            _with_steep_tail(inputs.spectrum),
            rate_variance=inputs.spectrum.rate_variance,
            distortion=inputs.distortion,
        )
        return (
            *sampling_cause(self, inputs),
            *tail_cause(self, inputs, least),
            *lipschitz_cause(self, inputs),
        )

    def warnings(self, inputs: LawInputs) -> tuple[str, ...]:
        """Return the caution about few samples, which hide directions of the data."""
        spectrum = inputs.spectrum
        if spectrum.n_samples > spectrum.n_features:
            return ()
        return (
            (
                f"{spectrum.n_samples:,} samples of {spectrum.n_features:,} features show at most "
                f"{spectrum.n_samples - 1:,} directions; the true T may be larger."
            ),
        )
