"""The f-I curve: firing rate of a neuron under constant drive, and the drive for a rate."""

import math

from spikedim._core import InputError, check_number
from spikedim.neurons._contracted_rotation import (
    check_leak,
    offset_for_rotation,
    rotation_number,
)
from spikedim.neurons._first_spike import steps_to_threshold
from spikedim.neurons._parameters import LIFParameters, Reset

__all__ = ["drive_for_rate", "firing_rate"]

_MARGIN = 1e-9
"""Distance, in thresholds, from the edge of the drives that fire in every step."""
_ROUNDING = 1e-12
"""Rates this close are the same number, told by way of a refractory period."""


def firing_rate(current: float, parameters: LIFParameters) -> float:
    r"""Long-run firing rate under constant drive.

    A soft reset makes the membrane a contracted rotation, whose winding number
    :math:`\rho(\delta)` is the rate without a refractory period; a hard reset makes the
    intervals equal. With :math:`\kappa` the size of a soft reset and k the steps from the reset
    potential to the threshold:

    .. math::

        r = \frac{\rho}{1 + t_{ref}\,\rho}, \quad
        \delta = (1 - \beta) + \beta\,\frac{g I - (1 - \beta) v_{th}}{\kappa}
        \ \text{(soft)}, \qquad
        r = \frac{1}{t_{ref} + k} \ \text{(hard)}

    Parameters
    ----------
    current : float
        Constant input current I, in the unit of the membrane.
    parameters : LIFParameters
        The neuron.

    Returns
    -------
    float
        Spikes per step in [0, 1 / (1 + t_ref)]; 0 if the drive is too weak to ever fire.

    Raises
    ------
    InputError
        If `current` is not a finite number, or the leak is in (0.9999, 1).

    See Also
    --------
    drive_for_rate : The inverse.
    rheobase : Where firing starts.

    Notes
    -----
    Without leak a soft reset gives clip(I / v_th, 0, 1), the exact linear encoder. With leak
    the curve is a devil's staircase: locked at every rational rate. Bisection over the
    Hecke-Mahler series, O(50 ln(1e18) / (1 - beta)); exact arithmetic is meant, a simulation may
    differ where the membrane meets the threshold exactly. A hard reset discards the overshoot:
    even without leak r = 1 / ceil(v_th / I), up to a factor 2 away from I / v_th.

    References
    ----------
    .. [1] Y. Bugeaud and J.-P. Conze, "Calcul de la dynamique de transformations lineaires
       contractantes mod 1 et arbre de Farey", Acta Arithmetica 88, 1999.

    Examples
    --------
    >>> firing_rate(0.3, LIFParameters.integrate_and_fire())
    0.3
    >>> firing_rate(0.9, LIFParameters(leak=0.5))
    0.5
    >>> firing_rate(0.6, LIFParameters(leak=0.5, reset=Reset.HARD)) == 1 / 3
    True
    """
    drive = check_number(current, name="current", caller="firing_rate") * parameters.gain
    check_leak(parameters.leak, "firing_rate")
    silent = parameters.refractory_steps
    if parameters.reset is Reset.HARD:
        interval = steps_to_threshold(parameters.v_reset, drive, parameters)
        return 0.0 if interval is None else 1 / (silent + interval)
    rotation = _soft_rotation(drive, parameters)
    return rotation / (1 + silent * rotation)


def _soft_rotation(drive: float, parameters: LIFParameters) -> float:
    """Return the firing rate of a soft reset without a refractory period."""
    leak, threshold, size = parameters.leak, parameters.threshold, parameters.reset_size
    if leak == 1:
        return min(1.0, max(0.0, drive / threshold))
    if steps_to_threshold(0.0, drive, parameters) is None:
        return 0.0
    excess = drive - (1 - leak) * threshold
    if excess >= size:
        return 1.0
    # Without memory a spike takes the threshold off the next step only.
    return rotation_number((1 - leak) + leak * excess / size, leak) if leak else 0.5


def drive_for_rate(rate: float, parameters: LIFParameters) -> float:
    r"""Constant drive under which a neuron fires at a given rate: the exact inverse.

    For a soft reset with leak the Hecke-Mahler series, with
    :math:`\rho = r / (1 - t_{ref}\, r)`:

    .. math::

        \delta(\rho) = (1 - \beta) \left[1 + \sum_{k \ge 1}
        \left(\lfloor (k+1)\rho \rfloor - \lfloor k\rho \rfloor\right) \beta^k\right], \qquad
        g I = (1 - \beta) v_{th} + \kappa\,\frac{\delta(\rho) - (1 - \beta)}{\beta}

    Parameters
    ----------
    rate : float
        Spikes per step, in (0, 1 / (1 + t_ref)].
    parameters : LIFParameters
        The neuron.

    Returns
    -------
    float
        Drive in the unit of the input current; amid the plateau where many drives give the
        rate, a hair above the edge if the neuron is to fire whenever it may.

    Raises
    ------
    InputError
        If `rate` is out of range, or no constant drive gives it: a hard reset reaches
        1 / (t_ref + k) only, a neuron with leak 0 one or two rates.

    See Also
    --------
    firing_rate : The curve itself.

    Notes
    -----
    O(ln(1e18) / (1 - beta)).

    References
    ----------
    .. [1] Y. Bugeaud and J.-P. Conze, "Calcul de la dynamique de transformations lineaires
       contractantes mod 1 et arbre de Farey", Acta Arithmetica 88, 1999.

    Examples
    --------
    >>> round(drive_for_rate(0.5, LIFParameters(leak=0.5)), 6)
    1.0
    """
    caller = "drive_for_rate"
    check_leak(parameters.leak, caller)
    number = check_number(rate, name="rate", caller=caller)
    silent = parameters.refractory_steps
    if not 0 < number <= 1 / (1 + silent):
        raise InputError(
            f"{caller}: `rate` must be in (0, {1 / (1 + silent):g}] after {silent} refractory "
            f"steps; got {rate!r}. Rate 0 is any drive below the rheobase."
        )
    if parameters.reset is Reset.HARD:
        return _hard_drive(number, parameters) / parameters.gain
    rotation = number / (1 - silent * number)
    rotation = 1.0 if abs(rotation - 1) < _ROUNDING else rotation
    return _soft_drive(rotation, parameters) / parameters.gain


def _soft_drive(rotation: float, parameters: LIFParameters) -> float:
    """Return the drive for a rate without a refractory period."""
    leak, threshold, size = parameters.leak, parameters.threshold, parameters.reset_size
    if leak == 1:
        return rotation * threshold
    lowest = (1 - leak) * threshold
    if rotation == 1:
        return lowest + size + _MARGIN * threshold
    if leak == 0:
        if parameters.reset is Reset.SOFT_POST_LEAK and rotation == 0.5:
            return lowest + size / 2
        raise InputError(
            "drive_for_rate: `rate` must be that of a neuron without memory, which fires "
            f"always or every other step; got rotation number {rotation:g}. Use a leak above 0."
        )
    return lowest + size * (offset_for_rotation(rotation, leak) - (1 - leak)) / leak


def _hard_drive(rate: float, parameters: LIFParameters) -> float:
    """Return the drive amid those whose intervals are 1 / rate."""
    silent = parameters.refractory_steps
    interval = round(1 / rate) - silent
    if abs(1 / (interval + silent) - rate) > 1e-9:
        low, high = math.ceil(1 / rate), math.floor(1 / rate)
        raise InputError(
            f"drive_for_rate: `rate` must be 1 over a whole number of steps, since a hard reset "
            f"makes all intervals equal; got {rate:g}. The nearest are {1 / low:g} and "
            f"{1 / high:g}."
        )
    least = _least_hard_drive(interval, parameters)
    if interval == 1:
        return least + _MARGIN * parameters.threshold
    most = _least_hard_drive(interval - 1, parameters)
    if most <= least:
        raise InputError(
            "drive_for_rate: `rate` must be 1 / (1 + refractory steps) for a neuron without "
            f"memory; got {rate:g}. Use a leak above 0."
        )
    return (least + most) / 2


def _least_hard_drive(interval: int, parameters: LIFParameters) -> float:
    """Return the weakest drive that climbs from reset to threshold in `interval` steps."""
    leak, threshold, start = parameters.leak, parameters.threshold, parameters.v_reset
    if leak == 1:
        return (threshold - start) / interval
    kept = leak**interval
    return (threshold - kept * start) * (1 - leak) / (1 - kept)
