"""How much of a product is needed, item by item, from where its factors are not zero."""

import math
from collections.abc import Sequence
from typing import NamedTuple, final

import torch
from torch import Tensor

from spikedim.energy.counting._evidence import Seen

__all__ = ["ProductCount", "Window", "convolution_count", "linear_count", "overlap_count"]


@final
class ProductCount(NamedTuple):
    """What one product did; fields as in `Record`, each of shape [items].

    Parameters
    ----------
    synaptic : Tensor
        Pairs of non-zero factors.
    mass : Tensor
        The same weighted with magnitudes.
    active : Tensor
        Inputs that are not zero.
    read : Tensor
        Weights that an active input asks for; of a convolution the whole kernel of its channel.
    macs, inner_macs : int
        Dense multiply-accumulates of all items, with and without zeros of a padding.
    """

    synaptic: Tensor
    mass: Tensor
    active: Tensor
    read: Tensor
    macs: int
    inner_macs: int


@final
class Window(NamedTuple):
    """How the kernel of a convolution moves; one number for each axis of space.

    Parameters
    ----------
    kernel, stride, padding, dilation : sequence of int
        As torch names them.
    transposed : bool
        Whether each input spreads over outputs.
    groups : int
        Groups of channels that do not see each other.
    """

    kernel: Sequence[int]
    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]
    transposed: bool
    groups: int


def linear_count(seen: Seen, *, d_out: int, items: int) -> ProductCount:
    """Count x W of x [M, K] for `d_out` columns of W."""
    rows, d_in = seen.x.shape
    ones = seen.indicator()
    active = _by_item(_row_sums(ones), items)
    read = _any_active(ones, items)
    mass = active if seen.simple else _by_item(_row_sums(seen.magnitudes()), items)
    macs = rows * d_in * d_out
    return ProductCount(active * d_out, mass * d_out, active, read * d_out, macs, macs)


def convolution_count(
    seen: Seen, *, weight: Sequence[int], output: Sequence[int], window: Window, items: int
) -> ProductCount:
    """Count a convolution of x [M, C, ...] with a weight of one shape to outputs of another.

    Exact for any stride, padding, dilation and groups: an input counts as often as the window
    covers its place, which a product of one vector for each axis says.
    """
    fan_out = weight[1] if window.transposed else weight[0] // window.groups
    taps = math.prod(weight[2:])
    # An input of a place reaches as many outputs as the window has positions that cover it.
    reached = fan_out * _cover(seen.x.shape[2:], output[2:], window).to(seen.x.device)
    ones = seen.indicator()
    active_at = ones.sum(dim=1).double()
    mass_at = active_at if seen.simple else seen.magnitudes().sum(dim=1)
    channels = len(seen.x) * seen.x.shape[1]
    fan_in = seen.x.shape[1] // window.groups
    macs = (
        seen.x.numel() * fan_out * taps if window.transposed else math.prod(output) * fan_in * taps
    )
    return ProductCount(
        synaptic=_by_item((active_at * reached).flatten(1).sum(dim=1), items),
        mass=_by_item((mass_at * reached).flatten(1).sum(dim=1), items),
        active=_by_item(active_at.flatten(1).sum(dim=1), items),
        read=_any_active(ones.flatten(2).amax(dim=2), items) * (fan_out * taps),
        macs=macs,
        inner_macs=int(reached.sum()) * channels,
    )


def overlap_count(a: Seen, b: Seen, *, items: int) -> ProductCount:
    """Count a b of a [M, N, K] and b [M, K, L]: pairs of factors that are both not zero."""
    active_a = a.indicator().sum(dim=1).double()
    active_b = b.indicator().sum(dim=2).double()
    overlap = (active_a * active_b).sum(dim=1)
    mass = overlap
    # A real factor is added as it is: only the other one says how often.
    mass_a = active_a if a.simple else a.magnitudes().sum(dim=1)
    mass_b = active_b if b.simple else b.magnitudes().sum(dim=2)
    if not (a.simple and b.simple):
        mass = (mass_a * mass_b).sum(dim=1)
    count, rows, inner = a.x.shape
    macs = count * rows * inner * b.x.shape[2]
    return ProductCount(
        synaptic=_by_item(overlap, items),
        mass=_by_item(mass, items),
        active=_by_item(active_a.sum(dim=1), items),
        read=torch.zeros(1, dtype=torch.float64),
        macs=macs,
        inner_macs=macs,
    )


def _row_sums(x: Tensor) -> Tensor:
    """Return sums over the last axis; those of up to 2^24 ones are exact in float32."""
    exact = x.dtype == torch.float64 or x.shape[-1] < 1 << 24
    return x.sum(dim=-1).double() if exact else x.sum(dim=-1, dtype=torch.float64)


def _by_item(values: Tensor, items: int) -> Tensor:
    """Return sums over the entries of each item, which lie together; one sum if they do not."""
    if len(values) % items:
        return values.sum()[None]
    return values.reshape(items, -1).sum(dim=1)


def _any_active(ones: Tensor, items: int) -> Tensor:
    """Return how many features of [M, K] are active in any row of an item."""
    parts = 1 if len(ones) % items else items
    return ones.reshape(parts, -1, ones.shape[-1]).amax(dim=1).sum(dim=1, dtype=torch.float64)


def _cover(inputs: Sequence[int], outputs: Sequence[int], window: Window) -> Tensor:
    """Return how many outputs of one channel each input place reaches."""
    cover = torch.ones((), dtype=torch.float64)
    for axis, (size, out) in enumerate(zip(inputs, outputs, strict=True)):
        offsets = torch.arange(window.kernel[axis]) * window.dilation[axis]
        places = torch.arange(size)[:, None]
        if window.transposed:
            target = places * window.stride[axis] - window.padding[axis] + offsets
            hits = (target >= 0) & (target < out)
        else:
            start = places + window.padding[axis] - offsets
            target = start.div(window.stride[axis], rounding_mode="floor")
            hits = (start % window.stride[axis] == 0) & (target >= 0) & (target < out)
        cover = cover[..., None] * hits.sum(dim=1).double()
    return cover
