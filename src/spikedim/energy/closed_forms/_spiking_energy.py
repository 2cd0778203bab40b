"""Energy of the spiking network before training, from its card, T and a firing rate."""

from spikedim._core import InputError, check_fraction, check_integer
from spikedim.energy.closed_forms._estimate import EnergyEstimate
from spikedim.energy.expected import expected_operations
from spikedim.energy.pricing import (
    CLOSED_FORM_RULES,
    Movement,
    PricedOperations,
    Rules,
    Stem,
    check_option,
    price,
)
from spikedim.models import Card

__all__ = ["spiking_energy"]


def spiking_energy(
    card: Card,
    *,
    steps: int,
    rate: float,
    rate_low: float | None = None,
    rate_high: float | None = None,
    rules: Rules = Rules.M0,
    stem: Stem = Stem.ONCE,
    movement: Movement = Movement.EVENTS,
) -> EnergyEstimate:
    r"""Energy of one inference of the spiking network under one rule set.

    With MACs :math:`M_l` per step, rate r and T steps,

    * M0: :math:`4.6\,M_{stem} + 0.9\,\sum_l r\,T\,M_l` pJ;
    * M1: M0 and 3.12 pJ a bit for the weights read and for each membrane, read and written T times;
    * M3: :math:`\sum_l r\,T\,M_l\,(E_{acc} + E_{event}\,h)` and the neurons' comparisons.

    Parameters
    ----------
    card : Card
        Shapes of the model.
    steps : int
        T >= 1.
    rate : float
        Mean spikes per neuron and step, in (0, 1]; one value for every layer.
    rate_low, rate_high : float, optional
        Range of the rate, around `rate`; default: `rate`.
    rules : Rules
        Rule set, one of `CLOSED_FORM_RULES`; energies under different ones cannot be compared.
    stem : Stem
        Whether a static image passes the first layer once (default) or every step. Event
        data pass it every step.
    movement : Movement
        How spikes travel under M3: as events (default) or as dense bit maps.

    Returns
    -------
    EnergyEstimate
        Millijoule; `breakdown_mj` adds up to `value_mj`, `band` says what the interval covers.

    Raises
    ------
    InputError
        If `steps` is not an integer >= 1, a rate is not in (0, 1], the range does not contain
        `rate`, or `rules`, `stem` or `movement` is unknown.

    Notes
    -----
    O(layers): `price` of `expected_operations`. Layers whose input is real-valued inside the net
    are booked as MACs; sums of spikes as accumulates weighted by their value (the notes give the
    other reading).

    References
    ----------
    .. [1] M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014.
    .. [2] "STEP", NeurIPS 2025, arXiv 2505.11151.
    .. [3] Z. Yan et al., arXiv 2409.08290v4, 2026.

    Examples
    --------
    >>> from spikedim.models import card
    >>> energy = spiking_energy(card("spikformer-4-384"), steps=4, rate=0.1, rules=Rules.M0)
    >>> round(energy.value_mj, 3)
    0.342
    """
    caller = "spiking_energy"
    check_integer(steps, name="steps", caller=caller)
    rate = check_fraction(rate, name="rate", caller=caller)
    low = rate if rate_low is None else check_fraction(rate_low, name="rate_low", caller=caller)
    high = rate if rate_high is None else check_fraction(rate_high, name="rate_high", caller=caller)
    if not low <= rate <= high:
        raise InputError(
            f"{caller}: `rate` must be in [rate_low, rate_high] = [{low:g}, {high:g}]; "
            f"got {rate:g}. Widen the range."
        )
    rules = check_option(rules, Rules, name="rules", caller=caller, members=CLOSED_FORM_RULES)
    stem = check_option(stem, Stem, name="stem", caller=caller)
    movement = check_option(movement, Movement, name="movement", caller=caller)

    def at(firing: float) -> PricedOperations:
        counts = expected_operations(card, steps=steps, rate=firing)
        return price(counts, rules=rules, stem=stem, movement=movement)

    point = at(rate)
    ends = [point, *(at(end) for end in (low, high) if end != rate)]
    causes = f"firing rate {low:g} to {high:g}" if low < high else f"firing rate {low:g} only"
    return EnergyEstimate(
        subject="snn",
        rules=point.rules,
        value_mj=point.value_mj,
        low_mj=min(end.low_mj for end in ends),
        high_mj=max(end.high_mj for end in ends),
        breakdown_mj=point.breakdown_mj,
        band=f"{causes}; {point.band}",
        constants=point.constants,
        notes=point.notes,
    )
