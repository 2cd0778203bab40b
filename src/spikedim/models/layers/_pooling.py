"""Max-pooling of channels-last maps."""

from torch import Tensor
from torch.nn import functional

from spikedim.models.layers._counts import counts_of, mark_counts
from spikedim.models.layers._pool_counts import pool_counts

__all__ = ["max_pool"]


def max_pool(x: Tensor, *, stride: int = 2) -> Tensor:
    """Return the 3 x 3 maxima of maps [T, B, H, W, D]; stride 2 halves H and W."""
    counts = counts_of(x)
    if counts is not None and stride == 2:
        pooled = pool_counts(x.flatten(0, 1))
        y = pooled.reshape(*x.shape[:2], *pooled.shape[1:])
        mark_counts(y, counts.most)
        return y
    images = x.flatten(0, 1).permute(0, 3, 1, 2)
    pooled = functional.max_pool2d(images, kernel_size=3, stride=stride, padding=1)
    y = pooled.permute(0, 2, 3, 1)
    return y.reshape(*x.shape[:2], *y.shape[1:])
