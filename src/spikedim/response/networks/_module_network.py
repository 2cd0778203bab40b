"""Any torch module, with populations marked by the names of its submodules."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change
from spikedim.response.networks._evaluation_mode import evaluation_mode

__all__ = ["ModuleNetwork"]


@final
class ModuleNetwork(AbstractRateNetwork):
    """A module whose input, or the outputs of some submodules, are rates in [0, 1].

    Parameters
    ----------
    model : torch.nn.Module
        Reads [B, ...] and returns [B, ...]; it is run in evaluation mode.
    populations : sequence of str or None
        Names of the submodules whose outputs are rates; None if the input is the one population,
        called ``"input"``. A submodule that runs more than once is a population each time, the
        later ones called ``"name:2"``, ``"name:3"``.
    caller : str
        Named in errors.
    """

    def __init__(self, model: nn.Module, populations: Sequence[str] | None, *, caller: str) -> None:
        self.model = model
        self.name = type(model).__name__
        known = {name for name, _ in model.named_modules() if name}
        self.marks = None if populations is None else tuple(populations)
        odd = [name for name in self.marks or () if name not in known]
        if odd or self.marks == ():
            raise InputError(
                f"{caller}: `populations` must name submodules of the model; got "
                f"{odd[0] if odd else 'none'!r}. Choose from `model.named_modules()`, or leave it "
                "out if the input holds the rates."
            )

    def run(self, x: Tensor, change: Change) -> Tensor:
        """Return what the module returns."""
        calls: Counter[str] = Counter()
        with ExitStack() as stack:
            stack.enter_context(evaluation_mode(self.model))
            if self.marks is None:
                return self._checked(self.model(change("input", x)))
            for mark in self.marks:
                hook = _hook(mark, change, calls)
                handle = self.model.get_submodule(mark).register_forward_hook(hook)
                stack.callback(handle.remove)
            return self._checked(self.model(x))

    def _checked(self, outputs: Any) -> Tensor:
        if not isinstance(outputs, Tensor):
            raise InputError(
                f"response_trace: `model` must return a tensor; got {type(outputs).__name__}. Wrap "
                "it in a module that returns the output you mean."
            )
        return outputs


def _hook(mark: str, change: Change, calls: Counter[str]) -> Any:
    """Return a hook for rates [B, ..., D]."""

    def replace(module: nn.Module, given: Any, rates: Tensor) -> Tensor:  # noqa: ARG001
        calls[mark] += 1
        name = mark if calls[mark] == 1 else f"{mark}:{calls[mark]}"
        return change(name, rates)

    return replace
