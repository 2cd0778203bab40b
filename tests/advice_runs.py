"""Advice for kept runs, asked for once however many tests look at it."""

from functools import cache
from pathlib import Path

from spikedim.planning import advise

RUNS = Path(__file__).parents[1] / "studies" / "cpu_training" / "runs"
SAMPLES = 359


@cache
def twin_advice():
    """Return verified advice for the twin of the digits, without the changes that fit something."""
    names = (
        "unequal steps",
        "unequal steps by energy",
        "sigma-delta code",
        "noise-aware training",
    )
    return advise(RUNS / "digits-twin", samples=SAMPLES, only=names, verify=True)
