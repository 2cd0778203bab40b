"""Any torch module, with populations marked by the names of its submodules."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, final

from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change
from spikedim.response.networks._attention_heads import attention_heads
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

    model: nn.Module

    def __init__(self, model: nn.Module, populations: Sequence[str] | None, *, caller: str) -> None:
        self.model = model
        self.name = type(model).__name__
        self.caller = caller
        self.heads = attention_heads(model)
        self.marks = None if populations is None else self._marked(populations)

    def run(self, x: Tensor, change: Change) -> Tensor:
        """Return what the module returns."""
        calls: Counter[str] = Counter()
        with ExitStack() as stack:
            stack.enter_context(evaluation_mode(self.model))
            if self.marks is None:
                return self._checked(self.model(change("input", self._rates("input", x, x))), x)
            for mark in self.marks:
                hook = self._hook(mark, x, change, calls)
                handle = self.model.get_submodule(mark).register_forward_hook(hook)
                stack.callback(handle.remove)
            return self._checked(self.model(x), x)

    def _marked(self, populations: Sequence[str]) -> tuple[str, ...]:
        """Return the names of submodules, each once, or raise `InputError`."""
        known = {name for name, _ in self.model.named_modules() if name}
        marks = (populations,) if isinstance(populations, str) else tuple(populations)
        odd = [mark for mark in marks if mark not in known]
        twice = [mark for mark, times in Counter(marks).items() if times > 1]
        wrong = [*odd, *twice, *(marks if isinstance(populations, str) else ())]
        if wrong or not marks:
            raise InputError(
                f"{self.caller}: `populations` must be a tuple of names of submodules, each once; "
                f"got {wrong[0] if wrong else 'none'!r}. Choose from `model.named_modules()`, or "
                "leave it out if the input holds the rates."
            )
        return marks

    def _hook(self, mark: str, x: Tensor, change: Change, calls: Counter[str]) -> Any:
        """Return a hook for rates [B, ..., D]."""

        def replace(module: nn.Module, given: Any, found: Any) -> Tensor:  # noqa: ARG001
            calls[mark] += 1
            name = mark if calls[mark] == 1 else f"{mark}:{calls[mark]}"
            return change(name, self._rates(name, found, x))

        return replace

    def _rates(self, name: str, found: Any, x: Tensor) -> Tensor:
        """Return rates of so many samples, or raise `InputError`."""
        if (
            not isinstance(found, Tensor)
            or not found.is_floating_point()
            or found.ndim < 2
            or len(found) != len(x)
        ):
            raise InputError(
                f"{self.caller}: `model` must have rates [B, ..., D] of floats for a batch of "
                f"{len(x)}; got {_shown(found)} in {name!r}. Mark a submodule that returns them "
                "with `populations`."
            )
        return found

    def _checked(self, outputs: Any, x: Tensor) -> Tensor:
        if (
            not isinstance(outputs, Tensor)
            or not outputs.is_floating_point()
            or outputs.ndim < 1
            or len(outputs) != len(x)
        ):
            raise InputError(
                f"{self.caller}: `model` must return a tensor [B, ...] of floats for a batch of "
                f"{len(x)}; got {_shown(outputs)}. Wrap it in a module that returns the output "
                "you mean."
            )
        return outputs


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{value.dtype} of shape {tuple(value.shape)}"
    return type(value).__name__
