"""Which changes are looked at."""

from collections.abc import Sequence

from spikedim._core import InputError
from spikedim.models import Coding
from spikedim.planning.advice._allocation_change import AllocationChange
from spikedim.planning.advice._change import AbstractChange
from spikedim.planning.advice._code_change import CodeChange
from spikedim.planning.advice._initial_membrane_change import InitialMembraneChange
from spikedim.planning.advice._noise_training_change import NoiseTrainingChange
from spikedim.planning.advice._norms_change import NormsChange
from spikedim.planning.advice._projector_change import ProjectorChange
from spikedim.planning.advice._read_out_change import ReadOutChange
from spikedim.planning.advice._training_steps_change import TrainingStepsChange
from spikedim.planning.advice._warm_up_change import WarmUpChange

__all__ = ["chosen_changes"]


def chosen_changes(
    coding: Coding, only: Sequence[str] | None, *, caller: str
) -> tuple[AbstractChange, ...]:
    """Return what can be done to a network of a coding, or what was asked for of it."""
    changes = _all_changes(coding)
    if only is None:
        return changes
    known = [each.name for each in changes]
    odd = [name for name in only if name not in known]
    if odd or not only:
        raise InputError(
            f"{caller}: `only` must name changes of {', '.join(known)}; got "
            f"{odd[0] if odd else 'none'!r}. Leave it out for all."
        )
    return tuple(each for each in changes if each.name in only)


def _all_changes(coding: Coding) -> tuple[AbstractChange, ...]:
    """Return what can be done to a network of a coding."""
    if coding is Coding.RATES:
        return (
            AllocationChange(),
            AllocationChange(by_energy=True),
            CodeChange(),
            ReadOutChange(),
            NormsChange(),
            ProjectorChange(),
            ProjectorChange(per_token=True),
            NoiseTrainingChange(),
        )
    return TrainingStepsChange(), WarmUpChange(1), WarmUpChange(2), InitialMembraneChange()
