"""What is known of a forward pass while it is watched."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from spikedim.energy.counting._call import Call
from spikedim.energy.counting._evidence import Looks, Seen
from spikedim.energy.counting._frames import Frames
from spikedim.energy.counting._layout import Layout
from spikedim.energy.counting._operators import Work
from spikedim.energy.counting._origin import Moment, Origins
from spikedim.energy.counting._record import Record
from spikedim.energy.operations import OperationKind

__all__ = ["WatchedPass", "fold"]


@final
@dataclass
class WatchedPass:
    """One forward pass: where tensors are from, what they hold, and which module runs.

    Parameters
    ----------
    layout : Layout
        Steps and samples.
    looks : Looks
        Looks at values.
    frames : Frames
        The modules that run.
    code_steps : int, mapping of str to int, or None
        T of the spikes that stand for the rates of a twin, or that of each population.
    ours : bool
        Whether the model is one of this package, which tells more than its operators do.
    origins : Origins
        Where tensors are from.

    Attributes
    ----------
    order : int
        Operators so far.
    unknown : dict of (str, str) to int
        Operators that were not counted, with their layer, and how often they acted.
    """

    layout: Layout
    looks: Looks
    frames: Frames
    code_steps: int | Mapping[str, int] | None
    ours: bool
    origins: Origins
    order: int = 0
    unknown: dict[tuple[str, str], int] = field(default_factory=dict)

    def note_unknown(self, name: str) -> None:
        """Remember that something acted here that no rule counts."""
        key = name, self.frames.top.layer
        self.unknown[key] = self.unknown.get(key, 0) + 1

    def look(self, x: Tensor) -> Seen:
        """Return what a tensor holds."""
        origin = self.origins.of(x)
        if origin is None:
            return self.looks.see(x)
        return self.looks.see(x, pooled=origin.pooled, code_steps=origin.code_steps)

    def record(self, kind: OperationKind, call: Call, *, used: bool = True) -> Record:
        """Return an empty record of a call."""
        return Record(
            self.frames.top.layer,
            kind,
            call.name,
            call.items,
            time_axis=call.main[1].time_axis,
            once=call.moment is not Moment.STEPS,
            static=call.moment is Moment.INPUT,
            activated=any(origin.activated for _, origin in call.data),
            totals={"outputs": call.out.numel()},
            order=self.order,
            used=used,
        )

    def elementary(self, work: Work, call: Call, size: int, *, used: bool = False) -> Record:
        """Record work on each of `size` numbers; `used` says that it cannot be that of neurons."""
        record = self.record(work.kind, call, used=used)
        record.totals |= {
            "additions": size * work.additions,
            "multiplications": size * work.multiplications,
            "comparisons": size * work.comparisons,
            "specials": size * work.specials,
        }
        if used:
            self.frames.top.plain = False
        self.frames.top.elementary.append(record)
        return record

    def defer(self, record: Record, look: Callable[[], None], *reads: Tensor) -> Record:
        """Book what looks at values: at once, or when its module is known to be no neurons."""
        frame = self.frames.top
        frame.elementary.append(record)
        if frame.plain:
            record.look, record.reads = look, reads
        else:
            look()
        return record


def fold(x: Tensor, items: int) -> Tensor:
    """Return sums over the numbers of each item; one sum if they do not lie together."""
    if x.numel() % items or not x.numel():
        return x.sum(dtype=torch.float64)[None].cpu()
    rows = x.reshape(items, -1)
    exact = rows.dtype == torch.float64 or rows.shape[1] < 1 << 24
    return (rows.sum(dim=1).double() if exact else rows.sum(dim=1, dtype=torch.float64)).cpu()
