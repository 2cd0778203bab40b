"""Any Lipschitz function of rates from windows of spike counts: Bernstein's construction."""

import math
from typing import Any

import numpy as np

from spikedim._core import InputError, check_integer
from spikedim.bounds import Assumption
from spikedim.circuits._certificate import Theorem
from spikedim.circuits._checks import check_generator, check_rates, check_steps
from spikedim.circuits._result import CircuitResult, SpikeCount
from spikedim.circuits._wiring import Dynamics, Pattern, Population, Projection, Wiring
from spikedim.circuits.universal._equivariance import (
    Array,
    TokenFunction,
    UserFunction,
    check_function,
    check_lipschitz,
)
from spikedim.circuits.universal._sample_result import sample_result

__all__ = ["bernstein_windows"]

_FAILURE = 1e-6
_CHUNK_ENTRIES = 1 << 20


def bernstein_windows(
    x: Any,
    *,
    function: UserFunction,
    window: int,
    windows: int = 1,
    lipschitz: float | None = None,
    batched: bool = False,
    generator: np.random.Generator,
    measure_error: bool | None = None,
) -> CircuitResult:
    r"""Average f over windows of spike counts, T = m W steps in all.

    .. math:: \hat f = \frac1W \sum_{w=1}^{W} f(C_w/m), \qquad
        C_{w,ia} \sim \mathrm{Binomial}(m, x_{ia}), \qquad
        \mathbb E \hat f = B_m f(X)

    Parameters
    ----------
    x : array or Tensor of shape [..., n, d]
        Rates in [0, 1].
    function : callable
        f, from an array of rates [n, d] in [0, 1] to [n, d'], permutation-equivariant.
    window : int
        m, steps of one window, at least 1.
    windows : int
        W, at least 1; more windows average the noise but leave the bias of one window.
    lipschitz : float, optional
        L in the Frobenius norm; by default the largest slope between samples, a lower estimate.
    batched : bool
        Whether f takes and returns many samples at once, [B, n, d] and [B, n, d'].
    generator : numpy.random.Generator
        Source of the spikes.
    measure_error : bool, optional
        Whether to compare with f; by default up to 4,096 x 256 entries.

    Returns
    -------
    CircuitResult
        ``value`` [..., n, d']; ``silent`` [..., n] is False throughout, as a count of 0 is a
        count. ``rms_law`` is an upper bound, L sqrt(sum x(1 - x)/m), not a prediction.

    Raises
    ------
    InputError
        If x has a rate outside [0, 1], f is not equivariant on samples, not finite or of a wrong
        shape, `lipschitz` is below a slope that samples show, or a number is not positive.

    See Also
    --------
    spikedim.bounds.rate_code_sufficient_steps : Steps for an error, wherever x lies.
    CodebookAttention : A deterministic construction that spells out the memory.

    Notes
    -----
    Assumptions:

    1. Given x, spikes are independent Bernoulli(x) draws over steps and entries.
    2. f is L-Lipschitz in the Frobenius norm on [0, 1]^(n x d).
    3. What follows the counters evaluates f on the window means exactly. Its neurons are not in
       the wiring: a look-up of all counts would need `codebook_size` with m + 1 cells.

    The mean error is at most L sqrt(sum x(1 - x)/m), by Jensen's inequality for every W. One
    spike moves f by at most L/T; with the sub-Gaussian constant of a Bernoulli draw [2]_ the
    error passes its mean by L sqrt(2 sum s(x) ln(B/eta)/T) in one of B samples with probability
    at most eta = 1e-6. Cost: f of W windows per sample, a bounded number of windows at a time.

    References
    ----------
    .. [1] G. G. Lorentz, Bernstein Polynomials, 2nd edition, Chelsea, 1986.
    .. [2] M. Kearns and L. Saul, "Large deviation methods for approximate probabilistic
       inference", Uncertainty in Artificial Intelligence, 1998, lemma 1.
    .. [3] C. McDiarmid, "On the method of bounded differences", Surveys in Combinatorics, 1989.

    Examples
    --------
    >>> def from_mean(x):
    ...     return x - x.mean(axis=0)
    >>> got = bernstein_windows(
    ...     [[0.8, 0.2], [0.3, 0.7]],
    ...     function=from_mean,
    ...     window=1024,
    ...     lipschitz=1.0,
    ...     generator=np.random.default_rng(0),
    ... )
    >>> got.value.round(1).tolist(), got.certificate.holds
    ([[0.3, -0.3], [-0.3, 0.3]], True)
    """
    caller = "bernstein_windows"
    rates = check_rates(x, caller=caller, name="x")
    if rates.ndim < 2:
        raise InputError(f"{caller}: `x` must have shape [..., n, d]; got {rates.shape}.")
    shape = rates.shape
    rates = rates.reshape(-1, *shape[-2:])
    length = check_integer(window, name="window", caller=caller)
    count = check_integer(windows, name="windows", caller=caller)
    steps = check_steps(length * count, caller=caller, name="window x windows")
    source = check_generator(generator, caller=caller)
    call, outputs = check_function(
        function, tokens=shape[-2], features=shape[-1], batched=batched, caller=caller
    )
    slope, assumption = check_lipschitz(lipschitz, call)
    value, spikes = _average(call, rates, length, count, outputs, source)
    wiring = _wiring(rates[0].size, length, len(rates))
    counted = SpikeCount("input", rates.size, spikes, spikes / rates.size / steps)
    mean_bound, bound = _bounds(rates, slope, length, steps)
    return sample_result(
        caller,
        call,
        rates,
        value,
        leading=shape[:-1],
        theorem=_theorem(assumption),
        bounds=bound,
        rms_law=float(np.sqrt((mean_bound**2).mean())),
        spikes=(counted,),
        steps=steps,
        wiring=wiring,
        measure_error=measure_error,
    )


def _average(
    function: TokenFunction,
    rates: Array,
    window: int,
    windows: int,
    outputs: int,
    generator: np.random.Generator,
) -> tuple[Array, int]:
    """Return f averaged over the windows, and all spikes; the draw does not depend on chunks."""
    sums = np.zeros((*rates.shape[:2], outputs))
    spikes = 0
    chunk = max(1, _CHUNK_ENTRIES // rates.size)
    for start in range(0, windows, chunk):
        some = min(chunk, windows - start)
        counts = generator.binomial(window, rates, size=(some, *rates.shape))
        spikes += int(counts.sum())
        seen = (counts / window).reshape(-1, *rates.shape[1:])
        sums += function(seen).reshape(some, *sums.shape).sum(axis=0)
    return sums / windows, spikes


def _bounds(rates: Array, lipschitz: float, window: int, steps: int) -> tuple[Array, Array]:
    """Return per sample the bound on the root mean square error, and that on the error."""
    mean = lipschitz * np.sqrt((rates * (1 - rates)).sum(axis=(1, 2)) / window)
    spread = 2 * _proxy(rates).sum(axis=(1, 2)) * math.log(len(rates) / _FAILURE) / steps
    return np.asarray(mean), np.asarray(mean + lipschitz * np.sqrt(spread))


def _proxy(rates: Array) -> Array:
    """Return the sub-Gaussian constant of a centred Bernoulli draw: 1/4 at x = 1/2, 0 at 0, 1."""
    inside = (rates > 0) & (rates < 1)
    half = np.abs(rates - 0.5) < 1e-4  # the quotient cancels; 1/4 is the maximum
    x = np.where(inside & ~half, rates, 0.25)
    proxy = (1 - 2 * x) / (2 * (np.log1p(-x) - np.log(x)))
    return np.where(half, 0.25, np.where(inside, proxy, 0.0))


def _theorem(lipschitz: Assumption) -> Theorem:
    """Return what is promised."""
    return Theorem(
        name="5B",
        statement=(
            "||f_hat - f||_F <= L sqrt(sum x(1 - x)/m) + L sqrt(2 sum s(x) ln(B/eta)/T), "
            "s = (1 - 2x)/(2 ln((1 - x)/x))"
        ),
        quantity="largest Frobenius error of a sample",
        assumptions=(
            Assumption("given x, spikes are independent Bernoulli(x) draws", True),
            lipschitz,
            Assumption("what follows the counters evaluates f on the window means exactly", True),
        ),
        failure_probability=_FAILURE,
    )


def _wiring(entries: int, window: int, copies: int) -> Wiring:
    """Return the inputs and their counters, which are read and emptied after each window."""
    return Wiring(
        populations=(
            Population("input", entries, Dynamics.BERNOULLI),
            Population("window counts", entries, Dynamics.ACCUMULATOR),
        ),
        projections=(
            Projection("input", "window counts", Pattern.ONE_TO_ONE, np.array(1 / window)),
        ),
        copies=copies,
    )
