"""A re-parameterised convolution: trained as three products in a row, run as one."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikedim.models.layers import (
    AbstractProduct,
    ConvNorm,
    ForwardPass,
    LinearNorm,
    affine,
    fold,
)

__all__ = ["RepConv"]


@final
class RepConv(AbstractProduct):
    """1 x 1 product, depthwise 3 x 3 convolution, 1 x 1 product, without neurons between them.

    Parameters
    ----------
    width : int
        Channels, before, inside and after.

    Notes
    -----
    The map is padded between the first normalisation and the depthwise convolution, with the value
    that this normalisation gives to 0 by its running statistics: then, in evaluation mode, the
    whole is linear in the map and equals one dense 3 x 3 convolution with zero padding, `dense`, at
    the borders too. In training the border has the running statistics too, as in the released code,
    so that what is trained is what runs; the released code stops gradients there, here they flow.

    The inner products read real values, the dense one reads spikes; it has 9 D^2 weights, these
    have 2 D^2 + 9 D.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = LinearNorm(width, width)
        self.depthwise = ConvNorm(width, width, kernel=3, padding=0, groups=width, norm=False)
        self.conv2 = LinearNorm(width, width)
        self.norm = nn.BatchNorm1d(width)

    def product(self, x: Tensor) -> Tensor:
        """Return maps [T, B, H, W, D] of maps [T, B, H, W, D], all steps of them."""
        context = ForwardPass(len(x))
        y = self.depthwise(self._pad(self.conv1(x, context)), context)
        out: Tensor = self.conv2(y, context)
        return out

    def dense(self) -> ConvNorm:
        """Return the 3 x 3 convolution with bias that `product` is, in front of the same norm."""
        with torch.no_grad():
            first, shift = fold(self.conv1.weight.double(), None, self.conv1.norm)
            last, bias = fold(self.conv2.weight.double(), None, self.conv2.norm)
            window = self.depthwise.weight[:, 0].double()
            weight = torch.einsum("om,mhw,mi->oihw", last, window, first)
            bias = bias + last @ (window.sum(dim=(1, 2)) * shift)
        width, kind = len(weight), self.conv1.weight.dtype
        product = ConvNorm(width, width, kernel=3, bias=True)
        product.weight, product.bias = nn.Parameter(weight.to(kind)), nn.Parameter(bias.to(kind))
        product.norm = self.norm
        return product

    def fused(self) -> ConvNorm:
        """Return the 3 x 3 convolution with bias that the whole is, normalisation included."""
        return self.dense().fused()

    def _pad(self, y: Tensor) -> Tensor:
        """Return [T, B, H + 2, W + 2, D] with the image of zero around the map."""
        norm, around = self.conv1.norm, (0, 0, 1, 1, 1, 1)
        if norm is None:
            return functional.pad(y, around)
        _, zero = affine(norm)
        frame = functional.pad(y.new_zeros(*y.shape[-3:-1], 1), around, value=1.0)
        return functional.pad(y, around) + frame * zero.to(y.dtype)
