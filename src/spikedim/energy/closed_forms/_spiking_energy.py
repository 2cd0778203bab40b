"""Energy of the spiking network before training, from its card, T and a firing rate."""

from spikedim._core import InputError, check_fraction, check_integer
from spikedim.energy.closed_forms._estimate import EnergyEstimate
from spikedim.energy.pricing._memory import memory_spiking
from spikedim.energy.pricing._movement import movement_spiking
from spikedim.energy.pricing._prices import Prices, corners, nominal, uncertainty, used
from spikedim.energy.pricing._rules import CLOSED_FORM_RULES, Movement, Rules, Stem, check_option
from spikedim.energy.pricing._sop_proxy import sop_spiking
from spikedim.models import Card

__all__ = ["spiking_energy", "spiking_parts", "to_millijoule"]

_LEFT_OUT = {
    Rules.M0: "memory, neuron updates, normalisation, residual additions and pooling are left out",
    Rules.M1: "activation traffic, neuron arithmetic, DRAM and control are left out",
    Rules.M3: "weight memory, multicast, reuse and control are left out",
}


def to_millijoule(parts: dict[str, float]) -> dict[str, float]:
    """Turn picojoule into millijoule."""
    return {name: energy * 1e-9 for name, energy in parts.items()}


def spiking_parts(
    card: Card,
    steps: int,
    rate: float,
    rules: Rules,
    prices: Prices,
    *,
    stem: Stem,
    movement: Movement = Movement.EVENTS,
) -> dict[str, float]:
    """Return the parts of one rule set in pJ."""
    if rules is Rules.M0:
        return sop_spiking(card, steps, rate, prices, stem)
    if rules is Rules.M1:
        return memory_spiking(card, steps, rate, prices, stem)
    return movement_spiking(card, steps, rate, prices, stem, movement)


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
        Rule set; energies under different ones cannot be compared.
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
    O(layers). Layers whose input is real-valued inside the net are booked as MACs; sums of
    spikes as accumulates weighted by their value (the notes give the other reading).

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
    if not card.static_input:
        stem = Stem.EVERY_STEP
    policies = (Stem.ONCE, Stem.EVERY_STEP) if card.static_input else (Stem.EVERY_STEP,)
    parts = to_millijoule(
        spiking_parts(card, steps, rate, rules, nominal(), stem=stem, movement=movement)
    )
    cases = [
        sum(spiking_parts(card, steps, r, rules, p, stem=s, movement=movement).values()) * 1e-9
        for p in corners(rules)
        for s in policies
        for r in (low, high)
    ]
    value = sum(parts.values())
    return EnergyEstimate(
        subject="snn",
        rules=str(rules),
        value_mj=value,
        low_mj=min(*cases, value),
        high_mj=max(*cases, value),
        breakdown_mj=parts,
        band=_band(card, rules, low, high),
        constants=used(rules),
        notes=_notes(card, steps, rate, rules, stem),
    )


def _band(card: Card, rules: Rules, low: float, high: float) -> str:
    """Say what the interval covers."""
    causes = [f"firing rate {low:g} to {high:g}" if low < high else f"firing rate {low:g} only"]
    if card.static_input:
        causes.append("stem once to every step")
    return "; ".join([*causes, uncertainty(rules)])


def _notes(card: Card, steps: int, rate: float, rules: Rules, stem: Stem) -> tuple[str, ...]:
    """Say what the rule leaves out and what other bookings would give."""
    notes = [_LEFT_OUT[rules]]
    if card.static_input:
        other = Stem.EVERY_STEP if stem is Stem.ONCE else Stem.ONCE
        total = sum(spiking_parts(card, steps, rate, rules, nominal(), stem=other).values())
        words = {Stem.ONCE: "once", Stem.EVERY_STEP: "every step"}
        notes.append(
            f"the stem acts {words[stem]}; {total * 1e-9:.3g} mJ if it acts {words[other]}"
        )
    else:
        notes.append("event input: the stem acts every step")
    integers = sum(row.macs for row in card.layers if row.integer_input)
    if integers and rules is not Rules.M3:
        prices = nominal()
        extra = (prices.mac - prices.accumulate) * integers * steps * rate * 1e-9
        notes.append(
            f"{integers / card.macs:.0%} of the operations read sums of spikes, booked as "
            f"accumulates; booked as multiplications they add {extra:.3g} mJ"
        )
    return tuple(notes)
