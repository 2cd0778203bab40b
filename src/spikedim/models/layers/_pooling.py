"""Max-pooling of channels-last maps."""

from torch import Tensor
from torch.nn import functional

__all__ = ["max_pool"]


def max_pool(x: Tensor, *, stride: int = 2) -> Tensor:
    """Return the 3 x 3 maxima of maps [T, B, H, W, D]; stride 2 halves H and W."""
    images = x.flatten(0, 1).permute(0, 3, 1, 2)
    pooled = functional.max_pool2d(images, kernel_size=3, stride=stride, padding=1)
    y = pooled.permute(0, 2, 3, 1)
    return y.reshape(*x.shape[:2], *y.shape[1:])
