"""Softmax by whichever winner-take-all circuit is asked for."""

from enum import StrEnum
from typing import Any

import numpy as np

from spikedim._core import AbstractProgress, SilentProgress, check_choice
from spikedim.circuits._checks import check_generator
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.competition._cup import cup
from spikedim.circuits.competition._gli import gli
from spikedim.circuits.competition._gli_state import Emission
from spikedim.circuits.competition._race import race

__all__ = ["SoftmaxMode", "softmax"]


class SoftmaxMode(StrEnum):
    """Which circuit computes a softmax."""

    GLI = "gli"  # log-inhibition, integrate-and-fire: deterministic, error O(1/T)
    GLI_RANDOM_PHASE = "gli_random_phase"  # from random membranes: errors in common go, O(1/T)
    GLI_ESCAPE = "gli_escape"  # log-inhibition, random spikes: error O(1/sqrt(T))
    RACE = "race"  # first to fire: exact samples, unbiased, error O(1/sqrt(T))
    CUP = "cup"  # fullest fires: deterministic, error O(1/T), needs an arg-max


def softmax(
    logits: Any,
    *,
    mode: SoftmaxMode | str = SoftmaxMode.GLI,
    steps: int,
    generator: np.random.Generator | None = None,
    measure_error: bool | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitResult:
    r"""Softmax of each row as shares of spikes.

    .. math:: \hat\alpha_i = \frac{N_i}{\sum_j N_j} \to \frac{e^{z_i}}{\sum_j e^{z_j}}

    Parameters
    ----------
    logits : array or Tensor of shape [..., n]
        Logits z; -inf masks an entry.
    mode : SoftmaxMode or str
        ``"gli"`` (default), ``"gli_random_phase"``, ``"gli_escape"``, ``"race"`` or ``"cup"``.
    steps : int
        T >= 1.
    generator : numpy.random.Generator, optional
        Needed by ``"gli_random_phase"``, ``"gli_escape"`` and ``"race"``; not used by the other
        two.
    measure_error : bool, optional
        Whether to compare with the exact softmax; by default up to 4,096 x 256 entries.
    progress : AbstractProgress
        Told of the steps; by default nobody.

    Returns
    -------
    CircuitResult
        ``value`` [..., n]; its certificate is that of the circuit asked for.

    Raises
    ------
    InputError
        If `mode` is unknown, a random mode has no generator, or the circuit refuses its input.

    See Also
    --------
    gli, race, cup : The circuits, with their theorems and further settings.

    Notes
    -----
    Cost is that of the circuit: O(R n) for ``"race"``, O(T R n) otherwise; memory O(R n).

    Examples
    --------
    >>> softmax([0.0, 1.0, 2.0], steps=400).value.round(2).tolist()
    [0.09, 0.25, 0.67]
    """
    if generator is not None:
        check_generator(generator, caller="softmax")
    match SoftmaxMode(check_choice(mode, SoftmaxMode, name="mode", caller="softmax")):
        case SoftmaxMode.GLI:
            return gli(logits, steps=steps, measure_error=measure_error, progress=progress)
        case (SoftmaxMode.GLI_RANDOM_PHASE | SoftmaxMode.GLI_ESCAPE) as chosen:
            phase = chosen is SoftmaxMode.GLI_RANDOM_PHASE
            return gli(
                logits,
                steps=steps,
                emission=Emission.RANDOM_PHASE if phase else Emission.ESCAPE,
                generator=generator,
                measure_error=measure_error,
                progress=progress,
            )
        case SoftmaxMode.RACE:
            return race(logits, steps=steps, generator=generator, measure_error=measure_error)
        case SoftmaxMode.CUP:
            return cup(logits, steps=steps, measure_error=measure_error, progress=progress)
