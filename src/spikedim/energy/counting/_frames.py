"""Which module runs: a stack of calls, and the neurons among them."""

from contextlib import AbstractContextManager
from typing import Any, final

from torch import Tensor, nn

from spikedim.energy.counting._record import Record

__all__ = ["Frame", "Frames", "first_tensor"]


@final
class Frame:
    """One call of one module.

    Parameters
    ----------
    layer : str
        Its path.

    Attributes
    ----------
    products : dict of int
        Products and neurons in it so far and their numbers: one for a weight, however often it is
        used.
    elementary : list of Record
        Work on single numbers, thrown away if the module turns out to be neurons.
    neurons : list of Record
        Populations found in it so far.
    thresholds : list of Record
        Comparisons of which spikes were made.
    plain : bool
        Whether nothing but work on single numbers happened, so that it may be neurons.
    """

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self.products: dict[int, int] = {}
        self.elementary: list[Record] = []
        self.neurons: list[Record] = []
        self.thresholds: list[Record] = []
        self.plain = True

    def number(self, weight: Tensor | None) -> int:
        """Return the number of a product or of neurons, by its weight if it has one."""
        place = -len(self.products) - 1 if weight is None else weight.data_ptr()
        return self.products.setdefault(place, len(self.products))


@final
class Frames(AbstractContextManager["Frames"]):
    """Follows the calls of the modules of a model.

    Parameters
    ----------
    model : torch.nn.Module
        Its modules are hooked inside the ``with`` block.
    settle : callable
        Called with frame, module, arguments and output when a call ends.
    aside : callable
        Returns a context in which operators are not recorded.
    """

    def __init__(self, model: nn.Module, settle: Any, aside: Any) -> None:
        self._model = model
        self._settle = settle
        self._aside = aside
        self._handles: list[Any] = []
        self._stack: list[Frame] = []
        self.booked: list[Record] = []

    @property
    def top(self) -> Frame:
        """The call that runs now."""
        return self._stack[-1]

    def __enter__(self) -> "Frames":
        """Return itself, every module hooked."""
        self._stack = [Frame("")]
        for name, module in self._model.named_modules():
            self._handles.append(
                module.register_forward_pre_hook(self._enter_hook(name), prepend=True)
            )
            self._handles.append(module.register_forward_hook(self._leave))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the hooks."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def finish(self) -> list[Record]:
        """Return everything that was booked; call it after the forward pass."""
        outer = self._stack[0]
        self._book([*outer.neurons, *outer.thresholds, *outer.elementary])
        return self.booked

    def _book(self, records: list[Record]) -> None:
        """Keep records, looking at values where that was put off."""
        for record in records:
            record.finish()
        self.booked.extend(records)

    def before_write(self, x: Tensor) -> None:
        """Look at values that are about to be overwritten, where that was put off."""
        storage = x.untyped_storage().data_ptr()
        for frame in self._stack:
            for record in (*frame.neurons, *frame.thresholds, *frame.elementary):
                if any(y.untyped_storage().data_ptr() == storage for y in record.reads):
                    record.finish()

    def _enter_hook(self, name: str) -> Any:
        def enter(module: nn.Module, args: Any) -> None:
            del module, args
            self._stack.append(Frame(name))

        return enter

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        with self._aside():
            self._close(module, args, output)

    def _close(self, module: nn.Module, args: Any, output: Any) -> None:
        frame = self._stack.pop()
        outer = self._stack[-1]
        self._settle(frame, module, args, output)
        outer.plain &= frame.plain
        if outer.plain:
            # It may be a part of neurons: a surrogate, or a loop over steps.
            outer.neurons.extend(frame.neurons)
            outer.thresholds.extend(frame.thresholds)
            outer.elementary.extend(frame.elementary)
        else:
            self._book([*frame.neurons, *frame.thresholds, *frame.elementary])


def first_tensor(output: Any) -> Tensor | None:
    """Return the tensor that a module returned, the first of several."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, tuple | list) and output and isinstance(output[0], Tensor):
        return output[0]
    return None
