"""Energy of the twins: the same layers without spikes, fp32 or quantised."""

from spikedim._core import check_integer
from spikedim.energy.closed_forms._estimate import EnergyEstimate
from spikedim.energy.closed_forms._spiking_energy import to_millijoule
from spikedim.energy.pricing._memory import memory_twin
from spikedim.energy.pricing._movement import movement_twin
from spikedim.energy.pricing._prices import Prices, corners, nominal, uncertainty, used
from spikedim.energy.pricing._rules import CLOSED_FORM_RULES, Rules, check_option
from spikedim.energy.pricing._sop_proxy import sop_twin
from spikedim.models import Card

__all__ = ["twin_energy", "twin_name", "twin_parts"]

_BITS = "share of set bits in an activation 0.25 to 1 (0.5)"


def twin_name(bits: int | None) -> str:
    """Name a twin, as `EnergyEstimate.subject` spells it."""
    return "ann_fp32" if bits is None else f"qann_{bits}bit"


def twin_parts(card: Card, bits: int | None, rules: Rules, prices: Prices) -> dict[str, float]:
    """Return the parts of one rule set in pJ."""
    if rules is Rules.M0:
        return sop_twin(card, bits, prices)
    if rules is Rules.M1:
        return memory_twin(card, bits, prices)
    return movement_twin(card, bits, prices)


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
        Rule set.

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
    O(layers). The twin is dense: sparsity of its activations would lower it further. Softmax,
    normalisation and activation functions are not priced.

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
    parts = to_millijoule(twin_parts(card, bits, rules, nominal()))
    value = sum(parts.values())
    cases = [sum(twin_parts(card, bits, rules, p).values()) * 1e-9 for p in corners(rules)]
    serial = bits is not None and rules is not Rules.M3
    return EnergyEstimate(
        subject=twin_name(bits),
        rules=str(rules),
        value_mj=value,
        low_mj=min(*cases, value),
        high_mj=max(*cases, value),
        breakdown_mj=parts,
        band="; ".join([uncertainty(rules), *([_BITS] if serial else [])]),
        constants=used(rules),
        notes=(
            "dense twin of the same layers",
            "softmax, normalisation and activation functions are not priced",
        ),
    )
