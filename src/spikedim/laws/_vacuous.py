"""Targets that ask for nothing."""

import math

from spikedim.laws._inputs import LawInputs

__all__ = ["UNIFORM_VACUOUS", "is_trivial", "vacuous_warnings"]

# (2 pi e)^(-1/2): from here on the Shannon lower bound of a uniform entry is 0 bits.
UNIFORM_VACUOUS = 1 / math.sqrt(2 * math.pi * math.e)


def is_trivial(inputs: LawInputs) -> bool:
    """Say whether the mean of the data, with no spike at all, already meets the target.

    Parameters
    ----------
    inputs : LawInputs
        Data and target.

    Returns
    -------
    bool
        True if (epsilon_F / L)^2 is at least the total variance of the data.
    """
    return inputs.distortion >= inputs.spectrum.total_variance


def vacuous_warnings(inputs: LawInputs) -> tuple[str, ...]:
    """Return what is wrong with a target that is too easy; empty if it is not.

    Parameters
    ----------
    inputs : LawInputs
        Data and target.

    Returns
    -------
    tuple of str
        At most one sentence.
    """
    per_entry = inputs.epsilon_rms / inputs.lipschitz.value
    entries = inputs.data_population.neurons
    spread = math.sqrt(inputs.spectrum.total_variance / entries)
    if is_trivial(inputs):
        return (
            (
                f"The target allows an RMS error of {per_entry:.2g} per entry, and the data vary "
                f"by only {spread:.2g} around their mean: a constant answer meets it, so one step "
                "is trivially enough."
            ),
        )
    if per_entry >= UNIFORM_VACUOUS:
        return (
            (
                f"The target, {per_entry:.2g} per entry, is above 0.242 L: the information bound "
                "for uniform entries is 0 bits there."
            ),
        )
    return ()
