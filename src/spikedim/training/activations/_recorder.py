"""What enters named modules while a network runs."""

from dataclasses import dataclass
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models import AbstractSpikingTransformer

__all__ = ["Recorder"]


class _EnoughError(Exception):
    """Everything wanted was seen: the rest of the network need not run."""


@final
@dataclass(frozen=True, eq=False)
class Recorder:
    """Runs a network as far as it must, and keeps what entered some of its modules.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        In evaluation mode.
    names : tuple of str
        Paths of modules.
    steps : int
        T.
    warm_up : int
        Steps before those that count.
    caller : str
        Who is asked.
    """

    model: AbstractSpikingTransformer
    names: tuple[str, ...]
    steps: int
    warm_up: int
    caller: str

    def record(self, x: Tensor) -> dict[str, Tensor]:
        """Return what entered every module, [T, B, n, d], for one batch.

        The axis T is 1 where all steps are the same: in front of the first neurons, and in networks
        without spikes.
        """
        found: dict[str, Tensor] = {}
        modules = dict(self.model.named_modules())
        hooks = [
            modules[name].register_forward_pre_hook(partial(self._note, name, found))
            for name in self.names
        ]
        try:
            with torch.no_grad():
                self.model.run(x, steps=self.warm_up + self.steps)
        except _EnoughError:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        missing = [name for name in self.names if name not in found]
        if missing:
            raise InputError(
                f"{self.caller}: `layer` must be a module that runs as one; got {missing[0]!r}, "
                "which is not called. Name the module that holds it."
            )
        return found

    def _note(
        self,
        name: str,
        found: dict[str, Tensor],
        module: nn.Module,  # noqa: ARG002
        given: tuple[Any, ...],
    ) -> None:
        """Keep a copy of the first argument, its places flattened to tokens."""
        if name in found:
            return
        x = given[0] if given else None
        if not isinstance(x, Tensor) or not x.is_floating_point() or x.ndim < 4:
            raise InputError(
                f"{self.caller}: `layer` must be a module that reads features of tokens; got "
                f"{name!r}, which reads something else. Name a block or an attention."
            )
        counted = x[self.warm_up :] if len(x) > 1 else x
        # A copy: an accelerated model writes over its activations.
        found[name] = counted.detach().clone().flatten(2, -2)
        if len(found) == len(self.names):
            raise _EnoughError
