"""Leak per step from a membrane time constant: two discretisations, two functions."""

import math

from spikedim._core import InputError, check_positive

__all__ = ["leak_euler", "leak_exact"]


def leak_exact(tau_mem_steps: float) -> float:
    r"""Part of the potential kept per step when the decay is integrated exactly.

    .. math:: \beta = e^{-\Delta t / \tau_m}

    Parameters
    ----------
    tau_mem_steps : float
        Membrane time constant in time steps, above 0.

    Returns
    -------
    float
        Leak beta in [0, 1).

    Raises
    ------
    InputError
        If `tau_mem_steps` is not a number above 0.

    See Also
    --------
    leak_euler : The first-order discretisation that most libraries use.

    Notes
    -----
    Cost O(1). Both forms agree for slow membranes: the gap is below 1/(2 tau^2).

    Examples
    --------
    >>> round(leak_exact(2.0), 4)
    0.6065
    """
    return math.exp(-1 / check_positive(tau_mem_steps, name="tau_mem_steps", caller="leak_exact"))


def leak_euler(tau_mem_steps: float) -> float:
    r"""Part of the potential kept per step when the decay is integrated by Euler's method.

    .. math:: \beta = 1 - \Delta t / \tau_m

    Parameters
    ----------
    tau_mem_steps : float
        Membrane time constant in time steps, at least 1.

    Returns
    -------
    float
        Leak beta in [0, 1).

    Raises
    ------
    InputError
        If `tau_mem_steps` is not a number of at least 1: a shorter one would turn the leak
        negative.

    See Also
    --------
    leak_exact : The exact discretisation.

    Notes
    -----
    Cost O(1).

    Examples
    --------
    >>> leak_euler(2.0)
    0.5
    """
    tau = check_positive(tau_mem_steps, name="tau_mem_steps", caller="leak_euler")
    if tau < 1:
        raise InputError(
            f"leak_euler: `tau_mem_steps` must be at least 1; got {tau_mem_steps!r}. "
            "Use `leak_exact` for a membrane faster than one step."
        )
    return 1 - 1 / tau
