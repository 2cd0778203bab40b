"""The names of the rule sets and of the choices they leave open."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from spikedim._core import check_choice

__all__ = ["CLOSED_FORM_RULES", "Movement", "Rules", "Stem", "check_option"]


class Rules(StrEnum):
    """An energy rule set: energies under different ones cannot be compared."""

    M0 = "M0 sop"  # 4.6 pJ a MAC, 0.9 pJ a synaptic operation: what papers report
    M1 = "M1 sop+memory"  # M0, the weights that are read, the membrane read and written each step
    M2 = "M2 lemaire"  # operations, addresses, and memory priced by its capacity
    M3 = "M3 compute+movement"  # compute, and every activation moved over a network on chip
    M4 = "M4 chip"  # the published energy of a synaptic operation on one chip
    SPIKFORMER_A = "spikformer rev. A"  # 77 fJ a synaptic operation
    SPIKFORMER_B = "spikformer rev. B"  # 0.9 pJ each, and one stem constant for every width
    SPIKINGFORMER = "spikingformer tool"  # only layers named conv or head
    SPIKINGRESFORMER = "spikingresformer monitor"  # 0.9 pJ each, without stem and classifier


CLOSED_FORM_RULES = (Rules.M0, Rules.M1, Rules.M3)
"""Rule sets that need no more than a card, T and a firing rate: those of a plan."""


class Stem(StrEnum):
    """How often a static image passes the first layer."""

    ONCE = "once"  # its result is kept: the image does not change
    EVERY_STEP = "every_step"  # as most published tables count it


class Movement(StrEnum):
    """How the spikes of rule set M3 travel."""

    EVENTS = "events"  # one addressed event a spike
    DENSE = "dense"  # one bit a neuron and step, spike or not


Option = TypeVar("Option", bound=StrEnum)


def check_option(
    value: object,
    kind: type[Option],
    *,
    name: str,
    caller: str,
    members: Iterable[Option] | None = None,
) -> Option:
    """Return `value` as a member of `kind`, one of `members` if given, or raise `InputError`."""
    allowed = [str(member) for member in (kind if members is None else members)]
    given = str(value) if isinstance(value, StrEnum) else value
    return kind(check_choice(given, allowed, name=name, caller=caller))
