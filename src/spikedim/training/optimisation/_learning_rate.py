"""Learning rate of an update: warm-up, half cosine, constant end."""

import math

from spikedim._core import InputError, check_integer, check_positive
from spikedim.training.recipes import Schedule

__all__ = ["learning_rate"]


def learning_rate(schedule: Schedule, highest: float, *, update: int, updates: int) -> float:
    r"""Return the learning rate of one update.

    With U updates, of which w are warm-up and c cool-down,

    .. math:: \eta_u = \begin{cases}
        \eta_{first} + (\eta - \eta_{first})\, u / w & u < w \\
        \eta_{last} + \tfrac12 (\eta - \eta_{last})
            \left(1 + \cos \pi \frac{u - w}{U - w - c}\right) & w \le u < U - c \\
        \eta_{last} & U - c \le u .
        \end{cases}

    Parameters
    ----------
    schedule : Schedule
        Shares of the two ends and their rates; w and c are those shares of U, rounded.
    highest : float
        Rate at the end of the warm-up, above 0.
    update : int
        Number u of the update, from 0 to U - 1.
    updates : int
        How many updates U the training has.

    Returns
    -------
    float
        At least 0.

    Raises
    ------
    InputError
        If `update` is no number of an update, or `highest` is not above 0.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts",
       ICLR, 2017, equation 5.

    Examples
    --------
    >>> schedule = Schedule(warm_up=0.2, first=0.0, last=0.0)
    >>> [round(learning_rate(schedule, 1.0, update=u, updates=10), 3) for u in (0, 1, 2, 6, 9)]
    [0.0, 0.5, 1.0, 0.5, 0.038]
    """
    caller = "learning_rate"
    highest = check_positive(highest, name="highest", caller=caller)
    updates = check_integer(updates, name="updates", caller=caller)
    update = check_integer(update, name="update", caller=caller, minimum=0)
    if update >= updates:
        raise InputError(
            f"{caller}: `update` must be below `updates` = {updates}; got {update}. "
            "Updates are counted from 0."
        )
    rising = round(schedule.warm_up * updates)
    falling_end = max(rising, updates - round(schedule.cool_down * updates))
    if update < rising:
        return schedule.first + (highest - schedule.first) * update / rising
    if update >= falling_end:
        return schedule.last
    share = (update - rising) / (falling_end - rising)
    return schedule.last + (highest - schedule.last) * (1 + math.cos(math.pi * share)) / 2
