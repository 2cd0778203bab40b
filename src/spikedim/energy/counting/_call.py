"""One call of one tensor operator on tensors that depend on the input."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from torch import Tensor

from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._origin import Moment, Origin
from spikedim.energy.counting._record import Record

__all__ = ["Call"]


@final
@dataclass(frozen=True)
class Call:
    """What an operator read and wrote.

    Parameters
    ----------
    func : operator overload
        The operator, with the names of its arguments.
    name : str
        Its name without the sign of one that writes in place.
    args, kwargs
        What it was called with; as it was before, if a factor was overwritten.
    data : tuple of (Tensor, Origin)
        Its arguments that depend on the input.
    outputs : tuple of Tensor
        What it returned, or wrote to.
    layout : Layout
        Steps and samples of the forward pass.
    """

    func: Any
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    data: tuple[tuple[Tensor, Origin], ...]
    outputs: tuple[Tensor, ...]
    layout: Layout

    @cached_property
    def main(self) -> tuple[Tensor, Origin]:
        """The argument with the most steps, samples and numbers."""
        return max(self.data, key=lambda pair: (pair[1].items, pair[0].numel()))

    @property
    def out(self) -> Tensor:
        """The result, the first of several."""
        return self.outputs[0]

    @cached_property
    def items(self) -> int:
        """Pairs of step and sample that it acted on."""
        return max(origin.items for _, origin in self.data)

    @cached_property
    def moment(self) -> Moment:
        """When its result is known."""
        if self.layout.is_whole(self.items):
            return Moment.STEPS
        return max(origin.moment for _, origin in self.data)

    @property
    def code_steps(self) -> int | None:
        """T of which a sum of its arguments is still a whole number of spikes, if they say."""
        found = {origin.code_steps for _, origin in self.data} - {None}
        most = max((steps for steps in found if steps is not None), default=1)
        whole = all(steps is not None and most % steps == 0 for steps in found)
        return most if found and whole else None

    @property
    def pending(self) -> tuple[Record, ...]:
        """What made its arguments and is not booked yet."""
        return tuple({id(r): r for _, origin in self.data for r in origin.pending}.values())

    @property
    def factors(self) -> int:
        """How many of its arguments are tensors of numbers that depend on the input."""
        return sum(x.is_floating_point() and x.ndim > 0 for x, _ in self.data)

    def given(self, name: str, default: Any = None) -> Any:
        """Return an argument by its name."""
        if name in self.kwargs:
            return self.kwargs[name]
        for place, argument in enumerate(self.func._schema.arguments):
            if argument.name == name and place < len(self.args):
                return self.args[place]
        return default

    def result(self) -> Origin:
        """Return the origin of a result of which nothing else is known."""
        return Origin(self.items, self.moment, self.main[1].time_axis, code_steps=self.code_steps)
