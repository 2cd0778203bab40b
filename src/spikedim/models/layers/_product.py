"""Products: a linear map or convolution with its normalisation, channels last."""

from abc import ABC, abstractmethod
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from spikedim.models.layers._counts import counts_of
from spikedim.models.layers._counts_product import convolve_counts, map_counts
from spikedim.models.layers._forward_pass import ForwardPass
from spikedim.models.layers._norm import fold, normalise
from spikedim.models.layers._rounded import rounded

__all__ = ["AbstractProduct", "ConvNorm", "LinearNorm"]


class AbstractProduct(nn.Module, ABC):
    """A linear map of activations [T, B, ..., D] followed by batch normalisation.

    Attributes
    ----------
    norm : torch.nn.BatchNorm1d or None
        Normalises the features of the product; None where there is none, or it was folded.
    synchronised : bool
        Whether its statistics are those of all processes (`spikedim.models.synchronise_norms`
        sets it).
    """

    norm: nn.BatchNorm1d | None
    synchronised: bool = False

    @abstractmethod
    def product(self, x: Tensor) -> Tensor:
        """Return the linear map alone, of the first axis of `x`."""

    @abstractmethod
    def fused(self) -> "AbstractProduct":
        """Return one product without normalisation that equals this one in evaluation mode."""

    def forward(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return the normalised product."""
        y = self.product(x)
        if self.norm is None:
            return y
        return normalise(
            y,
            self.norm,
            steps=context.steps,
            mask=context.mask,
            synchronised=self.synchronised,
        )


@final
class LinearNorm(AbstractProduct):
    """Linear map of the features of [T, B, ..., D], then batch normalisation.

    Parameters
    ----------
    d_in, d_out : int
        Features before and after.
    bias : bool, default False
        Whether the map has a bias of its own, as several released models do; the normalisation
        cancels it in training.
    norm : bool, default True
        Whether a normalisation follows.
    """

    def __init__(self, d_in: int, d_out: int, *, bias: bool = False, norm: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(d_out, d_in))
        self.bias = nn.Parameter(torch.empty(d_out)) if bias else None
        self.norm = nn.BatchNorm1d(d_out) if norm else None

    def product(self, x: Tensor) -> Tensor:
        """Return W x + b."""
        counts = counts_of(x)
        if counts is not None:
            return map_counts(x, counts, self.weight, self.bias)
        bias = None if self.bias is None else self.bias.to(x.dtype)
        return functional.linear(x, rounded(self.weight, x.dtype), bias)

    def fused(self) -> "LinearNorm":
        """Return the map with its normalisation in weight and bias."""
        d_out, d_in = self.weight.shape
        product = LinearNorm(d_in, d_out, bias=True, norm=False)
        weight, bias = fold(self.weight, self.bias, self.norm)
        product.weight, product.bias = nn.Parameter(weight), nn.Parameter(bias)
        return product

    def extra_repr(self) -> str:
        """Return the shape for `repr`."""
        d_out, d_in = self.weight.shape
        return f"{d_in}, {d_out}, bias={self.bias is not None}"


@final
class ConvNorm(AbstractProduct):
    """Convolution of maps [T, B, H, W, D], then batch normalisation.

    Parameters
    ----------
    c_in, c_out : int
        Channels before and after.
    kernel : int
        Side of the square kernel.
    stride : int, default 1
        Step of the kernel.
    padding : int, optional
        Zeros around the map; half the kernel without one.
    groups : int, default 1
        Groups of channels that do not see each other.
    bias : bool, default False
        Whether the convolution has a bias of its own.
    norm : bool, default True
        Whether a normalisation follows.
    """

    def __init__(
        self,
        c_in: int,
        c_out: int,
        *,
        kernel: int,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        bias: bool = False,
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(c_out, c_in // groups, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(c_out)) if bias else None
        self.norm = nn.BatchNorm1d(c_out) if norm else None
        self.stride = stride
        self.padding = kernel // 2 if padding is None else padding
        self.groups = groups

    def product(self, x: Tensor) -> Tensor:
        """Return the convolution [T, B, H', W', D'] of maps [T, B, H, W, D]."""
        counts = counts_of(x)
        if counts is not None:
            shape = self.stride, self.padding, self.groups
            y = convolve_counts(x.flatten(0, 1), counts, self.weight, self.bias, *shape)
            return y.reshape(*x.shape[:2], *y.shape[1:])
        bias = None if self.bias is None else self.bias.to(x.dtype)
        weight = rounded(self.weight, x.dtype)
        images = x.flatten(0, 1).permute(0, 3, 1, 2)  # channels-last in memory: no copy
        y = functional.conv2d(images, weight, bias, self.stride, self.padding, groups=self.groups)
        y = y.permute(0, 2, 3, 1)
        return y.reshape(*x.shape[:2], *y.shape[1:])

    def fused(self) -> "ConvNorm":
        """Return the convolution with its normalisation in weight and bias."""
        c_out, c_in, kernel, _ = self.weight.shape
        product = ConvNorm(
            c_in * self.groups,
            c_out,
            kernel=kernel,
            stride=self.stride,
            padding=self.padding,
            groups=self.groups,
            bias=True,
            norm=False,
        )
        weight, bias = fold(self.weight, self.bias, self.norm)
        product.weight, product.bias = nn.Parameter(weight), nn.Parameter(bias)
        return product

    def extra_repr(self) -> str:
        """Return the shape for `repr`."""
        c_out, c_in, kernel, _ = self.weight.shape
        return (
            f"{c_in * self.groups}, {c_out}, kernel={kernel}, stride={self.stride}, "
            f"padding={self.padding}, groups={self.groups}, bias={self.bias is not None}"
        )
