"""When a neuron under constant drive first reaches its threshold."""

from bisect import bisect_left

from spikedim._core import InputError, check_number
from spikedim.neurons._parameters import InputScale, LIFParameters

__all__ = ["first_spike_step", "rheobase", "steps_to_threshold"]

_NEVER = 2**52
"""Steps beyond which doubles cannot count, 140,000 years of milliseconds."""


def steps_to_threshold(start: float, drive: float, parameters: LIFParameters) -> int | None:
    """Return the first step at which the membrane reaches the threshold; None if it never does."""
    leak, threshold = parameters.leak, parameters.threshold

    def level(k: int) -> float:
        if leak == 1:
            return start + k * drive
        kept = leak**k
        return kept * start + drive * (1 - kept) / (1 - leak)

    if level(1) >= threshold:
        return 1
    climbs = drive > 0 if leak == 1 else drive / (1 - leak) > max(threshold, start)
    if not climbs:
        return None
    late = 2
    while level(late) < threshold:
        late *= 2
        if late > _NEVER:
            return None
    return bisect_left(range(late), threshold, lo=late // 2, key=level)


def rheobase(parameters: LIFParameters) -> float:
    r"""Constant drive below which the neuron never fires.

    .. math:: I_{rh} = \frac{(1 - \beta)\, v_{th}}{g}

    Parameters
    ----------
    parameters : LIFParameters
        The neuron.

    Returns
    -------
    float
        Drive in the unit of the input current; 0 without leak.

    Notes
    -----
    Cost O(1). At the rheobase itself the membrane creeps up to the threshold and never gets
    there, unless the leak is 0.

    Examples
    --------
    >>> rheobase(LIFParameters(leak=0.75))
    0.25
    >>> rheobase(LIFParameters.spikingjelly())
    1.0
    """
    if parameters.input_scale is InputScale.DECAY:
        return parameters.threshold
    return (1 - parameters.leak) * parameters.threshold


def first_spike_step(current: float, parameters: LIFParameters) -> int:
    r"""Step of the first spike under constant drive, counted from 1.

    The smallest k with

    .. math:: \beta^k u_0 + g I\, \frac{1 - \beta^k}{1 - \beta} \ge v_{th}

    Parameters
    ----------
    current : float
        Constant input current, in the unit of the membrane.
    parameters : LIFParameters
        The neuron; warm-up steps are not counted.

    Returns
    -------
    int
        Steps, at least 1.

    Raises
    ------
    InputError
        If `current` is not a number, or so weak that the neuron never fires.

    See Also
    --------
    firing_rate : What follows in the long run.

    Notes
    -----
    Cost O(1), in exact arithmetic: a simulation may differ by a step where the membrane meets
    the threshold exactly.

    Examples
    --------
    >>> first_spike_step(0.15, LIFParameters(leak=0.9))
    11
    """
    drive = check_number(current, name="current", caller="first_spike_step") * parameters.gain
    step = steps_to_threshold(parameters.initial_membrane, drive, parameters)
    if step is None:
        raise InputError(
            f"first_spike_step: `current` must be above the rheobase {rheobase(parameters):g}; "
            f"got {current!r}. This neuron never fires."
        )
    return step
