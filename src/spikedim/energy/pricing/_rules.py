"""The names of the rule sets and of the choices they leave open."""

from enum import StrEnum
from typing import TypeVar

from spikedim._core import check_choice

__all__ = ["Movement", "Rules", "Stem", "check_option"]


class Rules(StrEnum):
    """A closed-form energy rule set."""

    M0 = "M0 sop"  # 4.6 pJ a MAC, 0.9 pJ a synaptic operation: what papers report
    M1 = "M1 sop+memory"  # M0, the weights that are read, the membrane read and written each step
    M3 = "M3 compute+movement"  # compute, and every activation moved over a network on chip


class Stem(StrEnum):
    """How often a static image passes the first layer."""

    ONCE = "once"  # its result is kept: the image does not change
    EVERY_STEP = "every_step"  # as most published tables count it


class Movement(StrEnum):
    """How the spikes of rule set M3 travel."""

    EVENTS = "events"  # one addressed event a spike
    DENSE = "dense"  # one bit a neuron and step, spike or not


Option = TypeVar("Option", Rules, Stem, Movement)


def check_option(value: object, kind: type[Option], *, name: str, caller: str) -> Option:
    """Return `value` as a member of `kind`, or raise `InputError`."""
    return kind(check_choice(value, [str(member) for member in kind], name=name, caller=caller))
