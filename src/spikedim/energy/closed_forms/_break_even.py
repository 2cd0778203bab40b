"""The firing rate at which spikes stop paying."""

from collections.abc import Iterator

from scipy.optimize import brentq

from spikedim._core import check_integer
from spikedim.energy.closed_forms._estimate import BreakEven
from spikedim.energy.closed_forms._twin_energy import twin_name
from spikedim.energy.expected import Firing, expected_operations, expected_twin_operations
from spikedim.energy.operations import OperationCounts
from spikedim.energy.pricing import (
    CLOSED_FORM_RULES,
    AbstractRuleSet,
    PriceOptions,
    Rules,
    Stem,
    check_option,
    open_ledger,
    rule_set,
    sampled_values,
)
from spikedim.models import Card

__all__ = ["break_even_rate"]

_ANY_RATE = 1.0  # what a rule set charges does not depend on it, only what that adds up to
_TIE = 1e-12  # rounding must not tell equal sums apart


def break_even_rate(
    card: Card, *, steps: int, bits: int | None, rules: Rules = Rules.M0
) -> BreakEven:
    r"""Solve for the firing rate at which the spiking network costs as much as its twin.

    The root r of :math:`E_{snn}(r, T) = E_{twin}`; below it the spiking network costs less.

    Parameters
    ----------
    card : Card
        Shapes of the model.
    steps : int
        T >= 1.
    bits : int or None
        Activation bits of the twin (see `quantised_bits`), None for fp32.
    rules : Rules
        Rule set for both sides, one of `CLOSED_FORM_RULES`.

    Returns
    -------
    BreakEven
        `rate` in (0, 1] with the band of the constants and of the stem policy, or None with
        the reason.

    Raises
    ------
    InputError
        If `steps` or `bits` is not an integer >= 1, or `rules` is unknown.

    Notes
    -----
    The spiking energy rises strictly with the rate, so the root is unique; Brent's method to
    1e-15. The band holds the roots at every corner of the prices, and with the stem once and
    every step; an end without root is 0 or 1.

    References
    ----------
    .. [1] Z. Yan et al., arXiv 2409.08290v4, 2026: 5.7 % at T = 5, 4-bit weights and fan-in
       4096 (6.4 % in v2 and v3), 3.4 to 10.8 % for movement and weight prices +-50 %.

    Examples
    --------
    >>> from spikedim.models import card
    >>> round(break_even_rate(card("spikformer-4-384"), steps=4, bits=3, rules=Rules.M3).rate, 3)
    0.065
    """
    check_integer(steps, name="steps", caller="break_even_rate")
    if bits is not None:
        check_integer(
            bits, name="bits", caller="break_even_rate", advice="Give None for the fp32 network."
        )
    rules = check_option(
        rules, Rules, name="rules", caller="break_even_rate", members=CLOSED_FORM_RULES
    )
    found = rule_set(rules)
    spiking = expected_operations(card, steps=steps, rate=_ANY_RATE)
    twin = expected_twin_operations(card)
    rate, reason = _root(spiking, twin, bits, found, Stem.ONCE)
    if reason:
        return BreakEven(twin_name(bits), str(rules), None, None, None, reason)
    roots = [rate, *_corner_roots(spiking, twin, bits, found)]
    return BreakEven(twin_name(bits), str(rules), rate, min(roots), max(roots))


def _corner_roots(
    spiking: OperationCounts, twin: OperationCounts, bits: int | None, rules: AbstractRuleSet
) -> Iterator[float]:
    """Yield the root at every corner of prices and stem policy."""
    static = any(operation.static for operation in spiking.operations)
    policies = (Stem.ONCE, Stem.EVERY_STEP) if static else (Stem.ONCE,)
    for variant in rules.variants(PriceOptions(activation_bits=bits)):
        for stem in policies:
            yield _root(spiking, twin, bits, variant, stem)[0]


def _root(
    spiking: OperationCounts,
    twin: OperationCounts,
    bits: int | None,
    rules: AbstractRuleSet,
    stem: Stem,
) -> tuple[float, str]:
    """Return the rate where both cost the same, or the end of [0, 1] and why there is none."""
    dense = open_ledger(rules, twin, PriceOptions(activation_bits=bits))
    wanted = dense.energy_mj(sampled_values(twin))
    ledger = open_ledger(rules, spiking, PriceOptions(stem=stem))
    firing = Firing(spiking.operations)

    def excess(rate: float) -> float:
        return ledger.energy_mj(firing.values(rate)) / wanted - 1

    full = excess(1.0)
    if full < -_TIE:
        return 1.0, "the spiking network costs less at every firing rate"
    if full <= 0:
        return 1.0, ""
    if excess(0.0) >= 0:
        return 0.0, "the twin costs less even at firing rate 0"
    return float(brentq(excess, 0.0, 1.0, xtol=1e-15, rtol=1e-14)), ""
