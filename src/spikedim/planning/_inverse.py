"""The plan read backwards."""

from collections.abc import Sequence

from spikedim._core import AssumptionError, NumericsError
from spikedim.energy import BreakEven, spiking_energy
from spikedim.laws import AbstractLaw, LawInputs, LawTarget, epsilon_at
from spikedim.models import Card
from spikedim.planning._budgets import rate_ceiling, steps_within_energy
from spikedim.planning._energy_rows import HEADLINE_RULES, HEADLINE_TWIN
from spikedim.planning._network_answers import at_steps
from spikedim.planning._plan import InverseAnswers

__all__ = ["inverse_answers"]


def inverse_answers(
    *,
    law: AbstractLaw,
    inputs: LawInputs,
    card: Card | None,
    steps: int,
    planned_steps: int,
    energy_mj: float | None,
    break_even: Sequence[BreakEven],
) -> InverseAnswers:
    """Answer: which error at T steps, which T and rate within an energy, which rate to beat."""
    found = at_steps(inputs, steps) if law.target is not LawTarget.DATA_ERROR else None
    try:
        error = epsilon_at(law, inputs, steps=float(steps)) if found is None else found.epsilon
    except (AssumptionError, NumericsError):
        error = None
    if card is None:
        return InverseAnswers(steps, error, energy_mj)
    rates = [
        row.rate
        for row in break_even
        if row.twin == HEADLINE_TWIN and row.rules == str(HEADLINE_RULES)
    ]
    within, ceiling, one = None, None, None
    if energy_mj is not None:
        within = steps_within_energy(
            card, energy_mj=energy_mj, rate=inputs.rate.value, rules=HEADLINE_RULES
        )
        ceiling = rate_ceiling(card, energy_mj=energy_mj, steps=planned_steps, rules=HEADLINE_RULES)
        rate = inputs.rate.value
        one = spiking_energy(card, steps=1, rate=rate, rules=HEADLINE_RULES).value_mj
    return InverseAnswers(
        steps=steps,
        epsilon_at_steps=error,
        energy_mj=energy_mj,
        steps_within_energy=within,
        energy_rules=str(HEADLINE_RULES),
        rate_to_beat=rates[0] if rates else None,
        twin=HEADLINE_TWIN,
        rate_within_energy=ceiling,
        energy_of_one_step_mj=one,
        epsilon_low=None if found is None else found.epsilon_low,
        epsilon_high=None if found is None else found.epsilon_high,
        accuracy_at_steps=None if found is None else found.accuracy,
        accuracy_low=None if found is None else found.accuracy_low,
        accuracy_high=None if found is None else found.accuracy_high,
    )
