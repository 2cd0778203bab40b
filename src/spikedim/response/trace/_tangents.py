"""How outputs move when rates are moved: derivatives in forward mode."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from spikedim._core import InputError
from spikedim.response.networks import AbstractRateNetwork, check_rates
from spikedim.response.trace._passes import check_outputs

__all__ = ["push"]


def push(
    network: AbstractRateNetwork,
    x: Tensor,
    shift: Callable[[str, Tensor], Tensor | None],
    *,
    caller: str,
) -> Tensor:
    """Return sum over l of J_l e_l, [B, m], with e_l what `shift` says of a name and its rates.

    All shifts travel in one pass: what earlier ones did to the rates of a population is added to
    its own.
    """

    def move(name: str, rates: Tensor) -> Tensor:
        exact, moved = _parts(rates)
        check_rates(name, exact, caller=caller)
        own = shift(name, exact)
        if own is None:
            return rates
        total = own if moved is None else moved + own
        dual: Tensor = forward_ad.make_dual(exact, total)  # type: ignore[no-untyped-call]
        return dual

    _load_forward_mode()
    # Of the kernels of attention only the plain one knows forward mode.
    with (
        torch.inference_mode(False),
        torch.no_grad(),
        forward_ad.dual_level(),
        sdpa_kernel([SDPBackend.MATH]),
    ):
        try:
            outputs, moved = _parts(network.run(x, move))
        except NotImplementedError as error:
            raise InputError(
                f"{caller}: `model` must be made of operations with a forward derivative; got one "
                f"without ({str(error).partition('.')[0]:.80}). Replace that operation."
            ) from error
        check_outputs(outputs, len(x), caller=caller)
        flat = torch.zeros_like(outputs) if moved is None else moved
        return flat.reshape(len(x), -1)


def _load_forward_mode() -> None:
    """Let torch load its forward derivatives, which warns of a compiler that it uses itself."""
    with warnings.catch_warnings(), forward_ad.dual_level():
        warnings.simplefilter("ignore", DeprecationWarning)
        forward_ad.make_dual(torch.zeros(1), torch.zeros(1))  # type: ignore[no-untyped-call]


def _parts(x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return a value and how it moves; None if it does not."""
    value, moved = forward_ad.unpack_dual(x)  # type: ignore[no-untyped-call]
    return value, moved
