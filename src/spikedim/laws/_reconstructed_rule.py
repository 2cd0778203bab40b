"""The reconstructed rule T = C L^2 d_eff / (epsilon_rms^2 n d r), its inverse, its constant."""

from spikedim._core import Interval, check_fraction, check_integer, check_positive

__all__ = [
    "PUBLISHED_CONSTANT",
    "PUBLISHED_CONSTANT_INTERVAL",
    "reconstructed_epsilon",
    "reconstructed_steps",
    "subspace_constant",
]

PUBLISHED_CONSTANT = 2.3
PUBLISHED_CONSTANT_INTERVAL = Interval(1.9, 2.7, 0.95, "published")


def reconstructed_steps(
    *,
    dimension: float,
    neurons: int,
    rate: float,
    epsilon_rms: float,
    lipschitz: float = 1.0,
    constant: float = PUBLISHED_CONSTANT,
) -> float:
    r"""Return steps by the reconstructed rule, before rounding up.

    .. math:: T = \frac{C L^2 d_{\mathrm{eff}}}{\epsilon_{\mathrm{rms}}^2\, n d\, \bar r}

    Parameters
    ----------
    dimension : float
        d_eff of the data, above 0.
    neurons : int
        n * d of the spiking population.
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].
    epsilon_rms : float
        RMS error per entry, in output units, above 0.
    lipschitz : float
        L, in output units per unit of rate, above 0.
    constant : float
        C, above 0; 2.3 as published.

    Returns
    -------
    float
        T before rounding up, above 0.

    Raises
    ------
    InputError
        If an argument is outside its range.

    Notes
    -----
    The published account gives no formula for T; this one follows from its spike count with nd
    replaced by d_eff. It is empirical: no theorem has this constant (see `subspace_constant`).

    References
    ----------
    .. [1] "Closing the Theory-Practice Gap in Spiking Transformers via Effective Dimension",
       arXiv 2604.15769, 2026; reconstructed as equation (7.1) of the theory index.

    Examples
    --------
    >>> steps = reconstructed_steps(dimension=47.0, neurons=64 * 384, rate=0.2, epsilon_rms=0.01)
    >>> round(steps)
    220
    """
    caller = "reconstructed_steps"
    d_eff = check_positive(dimension, name="dimension", caller=caller)
    size = check_integer(neurons, name="neurons", caller=caller)
    firing = check_fraction(rate, name="rate", caller=caller)
    error = check_positive(epsilon_rms, name="epsilon_rms", caller=caller)
    gain = check_positive(lipschitz, name="lipschitz", caller=caller)
    factor = check_positive(constant, name="constant", caller=caller)
    return factor * d_eff / (size * firing) * (gain / error) ** 2


def reconstructed_epsilon(
    *,
    steps: float,
    dimension: float,
    neurons: int,
    rate: float,
    lipschitz: float = 1.0,
    constant: float = PUBLISHED_CONSTANT,
) -> float:
    """Return the RMS error that `steps` buy under the reconstructed rule: its inverse.

    Parameters
    ----------
    steps : float
        T, above 0.
    dimension, neurons, rate, lipschitz, constant : float
        As for `reconstructed_steps`.

    Returns
    -------
    float
        epsilon_rms per entry, in output units.

    Raises
    ------
    InputError
        If an argument is outside its range.

    Examples
    --------
    >>> round(reconstructed_epsilon(steps=4.0, dimension=47.0, neurons=24576, rate=0.2), 4)
    0.0742
    """
    count = check_positive(steps, name="steps", caller="reconstructed_epsilon")
    at_one = reconstructed_steps(
        dimension=dimension,
        neurons=neurons,
        rate=rate,
        epsilon_rms=1.0,
        lipschitz=lipschitz,
        constant=constant,
    )
    return float((at_one / count) ** 0.5)


def subspace_constant(rate: float) -> float:
    r"""Return the constant that Theorem 6.3 proves, :math:`\bar r^2 (1 - \bar r)`.

    Parameters
    ----------
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].

    Returns
    -------
    float
        C_th, to be compared with the published C = 2.3.

    Raises
    ------
    InputError
        If `rate` is outside (0, 1].

    Examples
    --------
    >>> round(subspace_constant(0.2), 6)
    0.032
    """
    firing = check_fraction(rate, name="rate", caller="subspace_constant")
    return firing**2 * (1 - firing)
