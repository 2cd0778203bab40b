"""The energy questions read backwards."""

from spikedim._core import check_fraction, check_integer, check_positive
from spikedim.energy import Rules, spiking_energy
from spikedim.models import Card

__all__ = ["rate_ceiling", "steps_within_energy"]

_MOST_STEPS = 1 << 40


def steps_within_energy(
    card: Card, *, energy_mj: float, rate: float, rules: Rules = Rules.M0
) -> int:
    """Return the largest T whose energy fits a budget.

    Parameters
    ----------
    card : Card
        The model.
    energy_mj : float
        Budget per inference in millijoule, above 0.
    rate : float
        Mean firing rate in spikes per neuron and step, in (0, 1].
    rules : Rules
        Energy rule set.

    Returns
    -------
    int
        Steps; 0 if not even one fits.

    Raises
    ------
    InputError
        If `energy_mj` or `rate` is outside its range.

    Notes
    -----
    Energy grows with T, so doubling and bisection find the answer in about 2 log2(T)
    evaluations.

    Examples
    --------
    >>> from spikedim.models import card
    >>> steps_within_energy(card("spikformer-4-384/cifar10"), energy_mj=1e-9, rate=0.2)
    0
    """
    caller = "steps_within_energy"
    budget = check_positive(energy_mj, name="energy_mj", caller=caller)
    firing = check_fraction(rate, name="rate", caller=caller)

    def fits(steps: int) -> bool:
        estimate = spiking_energy(card, steps=steps, rate=firing, rules=rules)
        return estimate.value_mj <= budget

    low, high = 0, 1
    while high < _MOST_STEPS and fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def rate_ceiling(
    card: Card, *, energy_mj: float, steps: int, rules: Rules = Rules.M0
) -> float | None:
    """Return the largest mean firing rate whose energy at T steps fits a budget.

    Parameters
    ----------
    card : Card
        The model.
    energy_mj : float
        Budget per inference in millijoule, above 0.
    steps : int
        T, at least 1.
    rules : Rules
        Energy rule set.

    Returns
    -------
    float or None
        Spikes per neuron and step in (0, 1]; None if even a silent network costs more.

    Raises
    ------
    InputError
        If `energy_mj` or `steps` is outside its range.

    Notes
    -----
    Energy grows with the rate, so bisection finds the answer to 1e-9.

    Examples
    --------
    >>> from spikedim.models import card
    >>> rate_ceiling(card("spikformer-4-384/cifar10"), energy_mj=1e6, steps=4)
    1.0
    """
    caller = "rate_ceiling"
    budget = check_positive(energy_mj, name="energy_mj", caller=caller)
    count = check_integer(steps, name="steps", caller=caller)

    def fits(rate: float) -> bool:
        return spiking_energy(card, steps=count, rate=rate, rules=rules).value_mj <= budget

    if fits(1.0):
        return 1.0
    low, high = 1e-9, 1.0
    if not fits(low):
        return None
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
