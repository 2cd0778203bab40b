"""The block of an encoder: attention, then an MLP."""

from typing import final

from torch import Tensor, nn

from spikedim.models.layers import ForwardPass

__all__ = ["EncoderBlock"]


@final
class EncoderBlock(nn.Module):
    """Attention and MLP one after the other, each of which adds to its input.

    Parameters
    ----------
    attn, mlp : torch.nn.Module
        From activations [T, B, ..., D] and a `ForwardPass` to activations of the same shape; the
        residual, of spikes or of currents, is theirs.
    """

    def __init__(self, attn: nn.Module, mlp: nn.Module) -> None:
        super().__init__()
        self.attn = attn
        self.mlp = mlp

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return activations of the shape of `x`."""
        attended: Tensor = self.attn(x, context)
        out: Tensor = self.mlp(attended, context)
        return out
