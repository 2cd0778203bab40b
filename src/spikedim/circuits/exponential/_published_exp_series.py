"""The published coincidence series, taken literally: no change of variable."""

from typing import Any

import numpy as np
from scipy.special import gammaln

from spikedim._core import check_choice
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_generator, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.exponential._coincidence_series import (
    Streams,
    draw_series,
    series_mean,
    series_variance,
    series_wiring,
)
from spikedim.circuits.exponential._exp_entries import (
    check_exponents,
    exponential_result,
    input_rates,
)
from spikedim.circuits.exponential._exp_law import check_order

__all__ = ["published_exp_series"]

_NO_THEOREM = Theorem(
    name="",
    statement="the mean is the series of e^r at the rate r = (z + M)/(2M), not e^z",
    quantity="largest error of an entry",
)


def published_exp_series(
    z: Any,
    *,
    half_range: float,
    order: int = 12,
    streams: Streams | str = Streams.FRESH,
    steps: int,
    generator: np.random.Generator,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Spikes to the series of the published account, which tends to e^r instead of e^z.

    .. math:: \hat E = \sum_{j=0}^{J} \frac{1}{j!}\, \bar C_j, \qquad
        \mathbb E\, C_j = r^j, \qquad r = \frac{z + M}{2M}

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27.
    order : int
        J, 1 to 128; by default 12, where 1/(J + 1)! is below 1e-9.
    streams : Streams or str
        ``"fresh"`` (default) or ``"nested"``.
    steps : int
        T, at least 1.
    generator : numpy.random.Generator
        Source of the spikes.
    measure_error : bool, optional
        Whether to compare with e^z; by default up to 4,096 x 256 entries.

    Returns
    -------
    CircuitResult
        ``value`` [...] lies in [1, e], whatever z is. There is no theorem and no bound;
        ``rms_law`` is the exact RMS error against e^z, bias included.

    Raises
    ------
    InputError
        If z is not finite or leaves [-M, M], or a number is out of its range.

    See Also
    --------
    exp_taylor_coincidence : The series that does give e^z.

    Notes
    -----
    Kept for comparison. The error does not fall with T: at M = 2, z = 0 it is e^0.5 - 1 = 0.65.

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, lemma 2.

    Examples
    --------
    >>> got = published_exp_series(
    ...     [0.0], half_range=2.0, steps=100_000, generator=np.random.default_rng(0)
    ... )
    >>> float(got.value[0].round(2)), got.certificate.holds
    (1.65, None)
    """
    caller = "published_exp_series"
    array, limit = check_exponents(z, half_range, caller=caller)
    kind = Streams(check_choice(streams, list(Streams), name="streams", caller=caller))
    count = check_steps(steps, caller=caller)
    source = check_generator(generator, caller=caller)
    weights = np.exp(-gammaln(np.arange(check_order(order, caller=caller) + 1) + 1.0))
    flat = array.ravel()
    rates = input_rates(flat, limit)
    value, spikes = draw_series(rates, weights, kind, count, source)
    bias = series_mean(rates, weights) - np.exp(flat)
    return exponential_result(
        caller,
        array,
        value,
        theorem=_NO_THEOREM,
        bounds=None,
        mean_squares=bias**2 + series_variance(rates, weights, kind) / count,
        spikes=spikes,
        silent=np.zeros(flat.shape, dtype=bool),
        steps=count,
        wiring=series_wiring(weights, kind, flat.size),
        measure_error=measure_error,
    )
