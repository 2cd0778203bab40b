"""The exponential as a Taylor series of coincidences."""

from typing import Any

import numpy as np
from scipy import stats

from spikedim._core import check_choice
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_generator, check_steps
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.exponential._coincidence_series import (
    Streams,
    draw_series,
    series_variance,
    series_wiring,
)
from spikedim.circuits.exponential._exp_entries import (
    FAILURE,
    check_exponents,
    deviation,
    exponential_result,
    input_rates,
    warn_of_amplification,
)
from spikedim.circuits.exponential._exp_law import check_order, taylor_order, taylor_weights

__all__ = ["exp_taylor_coincidence"]

_TRUNCATION = 1e-4  # of e^M, if no order is given
_THEOREM = Theorem(
    name="2.1",
    statement="|E_hat - e^z| <= e^z P(Poisson(z + M) > J) + min(Bernstein(T, Var), Hoeffding(T))",
    quantity="largest error of an entry",
    assumptions=(
        Assumption("streams and steps are independent Bernoulli draws at r = (z + M)/(2M)", True),
        Assumption("z lies in [-M, M]", True),
    ),
    failure_probability=FAILURE,
)


def exp_taylor_coincidence(
    z: Any,
    *,
    half_range: float,
    order: int | None = None,
    streams: Streams | str = Streams.FRESH,
    steps: int,
    generator: np.random.Generator,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Spikes to e^z: coincidences of j streams stand for the powers r^j.

    .. math:: \hat E = e^{-M} \sum_{j=0}^{J} \frac{(2M)^j}{j!}\, \bar C_j, \qquad
        C_j = \prod_{i \le j} b^{(i)}, \qquad b^{(i)} \sim \mathrm{Bernoulli}(r), \qquad
        r = \frac{z + M}{2M}

    Parameters
    ----------
    z : array or Tensor of shape [...]
        Exponents in [-M, M].
    half_range : float
        M, above 0 and at most 27; a warning above 3, where the noise is amplified by e^M.
    order : int, optional
        J, 1 to 128; by default the truncation error is at most 1e-4 e^M.
    streams : Streams or str
        ``"fresh"`` (default): j streams for order j, J(J + 1)/2 in all; ``"nested"``: J streams,
        shared, at two to five times the variance.
    steps : int
        T, at least 1.
    generator : numpy.random.Generator
        Source of the spikes.
    measure_error : bool, optional
        Whether to compare with e^z; by default up to 4,096 x 256 entries.

    Returns
    -------
    CircuitResult
        ``value`` [...] estimates e^z and is at least e^-M. No entry is ``silent``: the read-out
        starts at e^-M, which is exact at z = -M.

    Raises
    ------
    InputError
        If z is not finite or leaves [-M, M], or a number is out of its range.

    Warns
    -----
    WeakResultWarning
        If M is above 3.

    See Also
    --------
    taylor_variance : The exact variance.
    exp_bernoulli_factory : No truncation, one output neuron.
    published_exp_series : The series without the change of variable.

    Notes
    -----
    Assumptions:

    1. Streams and steps are independent Bernoulli draws at r = (z + M)/(2M). A stream must not
       meet itself: its coincidence with itself has rate r, not r^2.
    2. z lies in [-M, M].

    Spike counts are drawn in the law of T simulated steps: O(J) binomials per entry for nested
    streams, O(J^2) for fresh ones, at any T. Delays of the coincidence neurons are equal, so
    they move no spike against another.

    References
    ----------
    .. [1] B. R. Gaines, "Stochastic computing systems", Advances in Information Systems Science
       2, 1969.
    .. [2] S. Boucheron, G. Lugosi and P. Massart, Concentration Inequalities, Oxford University
       Press, 2013, section 2.8.

    Examples
    --------
    >>> got = exp_taylor_coincidence(
    ...     [0.0, 1.0], half_range=2.0, steps=10_000, generator=np.random.default_rng(0)
    ... )
    >>> bool(abs(got.value - np.exp([0.0, 1.0])).max() < 0.1), got.certificate.holds
    (True, True)
    """
    caller = "exp_taylor_coincidence"
    array, limit = check_exponents(z, half_range, caller=caller)
    kind = Streams(check_choice(streams, list(Streams), name="streams", caller=caller))
    count = check_steps(steps, caller=caller)
    source = check_generator(generator, caller=caller)
    terms = (
        taylor_order(half_range=limit, error=_TRUNCATION)
        if order is None
        else check_order(order, caller=caller)
    )
    warn_of_amplification(limit, limit, caller=caller)
    flat = array.ravel()
    weights = taylor_weights(limit, terms)
    rates = input_rates(flat, limit)
    value, spikes = draw_series(rates, weights, kind, count, source)
    bias = np.exp(flat) * stats.poisson.sf(terms, flat + limit)
    variance = series_variance(rates, weights, kind)
    width = float(weights[1:].sum())
    return exponential_result(
        caller,
        array,
        value,
        theorem=_THEOREM,
        bounds=bias + deviation(variance, width, count, flat.size),
        mean_squares=bias**2 + variance / count,
        spikes=spikes,
        silent=np.zeros(flat.shape, dtype=bool),
        steps=count,
        wiring=series_wiring(weights, kind, flat.size),
        measure_error=measure_error,
    )
