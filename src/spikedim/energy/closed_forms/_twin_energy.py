"""Energy of the twins: the same layers without spikes, fp32 or quantised."""

from spikedim._core import check_integer
from spikedim.energy.closed_forms._estimate import EnergyEstimate
from spikedim.energy.expected import expected_twin_operations
from spikedim.energy.pricing import CLOSED_FORM_RULES, Rules, check_option, price
from spikedim.models import Card

__all__ = ["twin_energy", "twin_name"]


def twin_name(bits: int | None) -> str:
    """Name a twin, as `EnergyEstimate.subject` spells it."""
    return "ann_fp32" if bits is None else f"qann_{bits}bit"


def twin_energy(card: Card, *, bits: int | None, rules: Rules = Rules.M0) -> EnergyEstimate:
    """Energy of one inference of the same architecture without spikes.

    Every layer acts once, on `bits`-bit activations; weights keep their width. A `bits`-bit
    product costs one addition for each set bit (M0, M1) or one accumulate for each bit (M3).

    Parameters
    ----------
    card : Card
        Shapes of the model.
    bits : int or None
        Activation bits (see `quantised_bits`), or None for the fp32 network.
    rules : Rules
        Rule set, one of `CLOSED_FORM_RULES`.

    Returns
    -------
    EnergyEstimate
        Millijoule; `breakdown_mj` adds up to `value_mj`.

    Raises
    ------
    InputError
        If `bits` is neither None nor an integer >= 1, or `rules` is unknown.

    Notes
    -----
    O(layers): `price` of `expected_twin_operations`. The twin is dense: sparsity of its
    activations would lower it further. Softmax, normalisation and activation functions are not
    priced.

    References
    ----------
    .. [1] "STEP", NeurIPS 2025, arXiv 2505.11151 (bit-serial price of a quantised product).
    .. [2] Z. Yan et al., arXiv 2409.08290v4, 2026.

    Examples
    --------
    >>> from spikedim.models import card
    >>> round(twin_energy(card("spikformer-4-384"), bits=None, rules=Rules.M0).value_mj, 2)
    4.3
    """
    if bits is not None:
        check_integer(
            bits, name="bits", caller="twin_energy", advice="Give None for the fp32 network."
        )
    rules = check_option(
        rules, Rules, name="rules", caller="twin_energy", members=CLOSED_FORM_RULES
    )
    priced = price(expected_twin_operations(card), rules=rules, activation_bits=bits)
    return EnergyEstimate(
        subject=twin_name(bits),
        rules=priced.rules,
        value_mj=priced.value_mj,
        low_mj=priced.low_mj,
        high_mj=priced.high_mj,
        breakdown_mj=priced.breakdown_mj,
        band=priced.band,
        constants=priced.constants,
        notes=(
            "dense twin of the same layers",
            "softmax, normalisation and activation functions are not priced",
        ),
    )
