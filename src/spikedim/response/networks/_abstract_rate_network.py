"""A network whose rates can be looked at and replaced."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor, nn

__all__ = ["AbstractRateNetwork", "Change"]

Change = Callable[[str, Tensor], Tensor]
"""What the spikes of a population say, given its name and its rates [B, ..., D]."""


class AbstractRateNetwork(ABC):
    """Outputs as a function of an input and of what is done to the rates on the way.

    Attributes
    ----------
    name : str
        What to call it.
    input_shape : tuple of int or None
        Shape of one sample; None if the network does not know.
    model : torch.nn.Module or None
        The module whose weights it has; None if it is no module.
    heads : mapping of str to int
        Attention heads of populations whose features lie side by side head by head, by name.
    """

    name: str
    input_shape: tuple[int, ...] | None = None
    model: nn.Module | None = None
    heads: Mapping[str, int] = MappingProxyType({})

    @abstractmethod
    def run(self, x: Tensor, change: Change) -> Tensor:
        """Return outputs [B, ...] of inputs [B, ...].

        `change` is called once for every population, in the order of the forward pass, with its
        name and its rates [B, ..., D]; what it returns, of the same shape, goes on.
        """
