"""The state of a population of neurons between two steps."""

from typing import NamedTuple, final

import torch
from torch import Tensor

from spikedim._core import InputError, check_integer
from spikedim.neurons._parameters import LIFParameters

__all__ = ["LIFState", "init_state"]


# A named tuple and not a dataclass: torch.func and torch.compile look inside tuples.
@final
class LIFState(NamedTuple):
    """What a population remembers from one step to the next; each field has its shape.

    Parameters
    ----------
    membrane : Tensor
        Potential u of the last step that was not refractory, before any reset.
    pending : Tensor
        1 where a spike fired and its reset has still to act, else 0; floating point.
    silence : Tensor
        Refractory steps still to come, int32.

    Notes
    -----
    Rows are independent: index all three fields alike to select or permute samples.

    Examples
    --------
    >>> init_state((2,), LIFParameters()).membrane
    tensor([0., 0.])
    """

    membrane: Tensor
    pending: Tensor
    silence: Tensor


def init_state(
    shape: tuple[int, ...],
    parameters: LIFParameters,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> LIFState:
    """State before the first step: the initial membrane, no spike, no silence.

    Parameters
    ----------
    shape : tuple of int
        Shape of one step of current, for example [B, N, D]; no time axis.
    parameters : LIFParameters
        Supplies the initial membrane.
    dtype : torch.dtype, default torch.float32
        Floating type of the currents.
    device : torch.device, optional
        Where the currents live; the default device without one.

    Returns
    -------
    LIFState
        Three fresh tensors of shape `shape`.

    Raises
    ------
    InputError
        If an extent is not a positive integer or `dtype` is not floating.

    See Also
    --------
    warm_up : The same after some steps on a first current.

    Examples
    --------
    >>> init_state((3,), LIFParameters(initial_membrane=0.5)).membrane
    tensor([0.5000, 0.5000, 0.5000])
    """
    extents = tuple(check_integer(n, name="shape", caller="init_state") for n in shape)
    if not dtype.is_floating_point:
        raise InputError(f"init_state: `dtype` must be a floating type; got {dtype}.")
    return LIFState(
        torch.full(extents, parameters.initial_membrane, dtype=dtype, device=device),
        torch.zeros(extents, dtype=dtype, device=device),
        torch.zeros(extents, dtype=torch.int32, device=device),
    )
