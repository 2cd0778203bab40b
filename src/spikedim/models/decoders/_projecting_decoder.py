"""Rates estimated from spikes by shrinking towards the directions in which rates vary."""

from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError, check_number

__all__ = ["ProjectingDecoder"]

_CALLER = "ProjectingDecoder"


@final
class ProjectingDecoder(nn.Module):
    r"""Linear estimate of the rates of a population from the means of its spikes.

    With mean :math:`m`, orthonormal directions :math:`U`, a gain :math:`g_i` of each and one gain
    :math:`g_0` for everything outside them,

    .. math:: \hat x = m + U \operatorname{diag}(g) U^T (y - m) + g_0 (I - U U^T)(y - m).

    Parameters
    ----------
    mean : Tensor of shape [n * d]
        Mean rate of every neuron.
    basis : Tensor of shape [n * d, k] or [d, k]
        Orthonormal columns: directions of the whole population, or of the features of one token,
        used at every token alike.
    gains : Tensor of shape [k]
        What is kept of each direction, usually in [0, 1]; none is allowed.
    outside : float, default 0
        What is kept of all other directions.

    Raises
    ------
    InputError
        If the shapes do not fit, or a value is not finite.

    See Also
    --------
    fit_decoders : Directions and gains from training samples.

    Notes
    -----
    Estimates may leave [0, 1]; they are numbers for the next product, not rates to be sent again.
    Costs 2 n d k multiplications a sample, or (n d)^2 by one dense matrix where that is fewer; of
    the per-token form n times those of a token. Both give the same result. Buffers are float32
    until the module is moved to another type.

    Examples
    --------
    >>> import torch
    >>> along = torch.tensor([[0.6], [0.8]])
    >>> decoder = ProjectingDecoder(torch.zeros(2), along, torch.ones(1))
    >>> decoder(torch.tensor([[[1.0, 0.0]]]))
    tensor([[[0.3600, 0.4800]]])
    """

    mean: Tensor
    basis: Tensor
    gains: Tensor
    outside: Tensor
    matrix: Tensor | None

    def __init__(self, mean: Tensor, basis: Tensor, gains: Tensor, *, outside: float = 0.0) -> None:
        super().__init__()
        _check(mean, basis, gains, outside)
        self.register_buffer("mean", mean.detach().float())
        self.register_buffer("basis", basis.detach().float())
        self.register_buffer("gains", gains.detach().float())
        self.register_buffer("outside", torch.tensor(outside, device=mean.device).float())
        self.register_buffer("matrix", None, persistent=False)
        self._make_dense()
        self.register_load_state_dict_post_hook(_after_loading)  # type: ignore[no-untyped-call]

    def forward(self, rates: Tensor) -> Tensor:
        """Return estimates of the shape of `rates` [T, B, ..., D].

        Parameters
        ----------
        rates : Tensor of shape [T, B, ..., D]
            Means of spikes of n places with D features.
        """
        y = rates.flatten(2)
        if y.shape[2] != len(self.mean):
            raise InputError(
                f"{_CALLER}: `rates` must be those of {len(self.mean)} neurons, as in the fit; got "
                f"{y.shape[2]}. Fit decoders on inputs of this size."
            )
        y = (y - self.mean).reshape(*y.shape[:2], -1, len(self.basis))
        if self.matrix is not None:
            kept = y @ self.matrix
        else:
            kept = ((y @ self.basis) * (self.gains - self.outside)) @ self.basis.T
            kept = kept + self.outside * y
        estimates: Tensor = (kept.flatten(2) + self.mean).reshape(rates.shape)
        return estimates

    @property
    def multiplications(self) -> int:
        """Multiplications of one sample."""
        width, rank = self.basis.shape
        return len(self.mean) * min(width, 2 * rank)

    @property
    def per_token(self) -> bool:
        """Whether the directions are those of the features of one token."""
        return len(self.basis) < len(self.mean)

    def extra_repr(self) -> str:
        """Return sizes for `repr`."""
        form = f"{len(self.mean) // len(self.basis)} tokens of " if self.per_token else ""
        return f"{form}{len(self.basis)} neurons, {len(self.gains)} directions"

    def _make_dense(self) -> None:
        """Make the dense matrix of the buffers, where its product is the cheaper one."""
        width, rank = self.basis.shape
        if 2 * rank < width:
            return
        basis, gains = self.basis.double(), (self.gains - self.outside).double()
        dense = (basis * gains) @ basis.T
        dense.diagonal().add_(self.outside)
        self.matrix = dense.to(self.basis.dtype)


def _after_loading(module: nn.Module, keys: Any) -> None:  # noqa: ARG001
    if isinstance(module, ProjectingDecoder):
        module._make_dense()


def _check(mean: Tensor, basis: Tensor, gains: Tensor, outside: float) -> None:
    """Raise `InputError` unless the parts are finite and fit one another."""
    for name, part, axes in (("mean", mean, 1), ("basis", basis, 2), ("gains", gains, 1)):
        if part.ndim != axes:
            raise InputError(
                f"{_CALLER}: `{name}` must have {axes} {'axes' if axes > 1 else 'axis'}; got shape "
                f"{tuple(part.shape)}."
            )
        if not part.is_floating_point() or not bool(torch.isfinite(part).all()):
            raise InputError(
                f"{_CALLER}: `{name}` must hold finite numbers; got {part.dtype} with others. Fit "
                "on rates without NaN and infinity."
            )
    check_number(outside, name="outside", caller=_CALLER)
    width, rank = basis.shape
    if not width or not len(mean) or len(mean) % width or rank > width or len(gains) != rank:
        raise InputError(
            f"{_CALLER}: `basis` must have as many rows as `mean` or a divisor of them, and a "
            f"column of at most as many for each gain; got {(width, rank)} for {len(mean)} neurons "
            f"and {len(gains)} gains."
        )
