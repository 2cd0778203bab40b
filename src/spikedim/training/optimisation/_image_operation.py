"""Operations on images of random strength, each over a batch with a strength per sample."""

from collections.abc import Callable
from enum import StrEnum

from jaxtyping import Float
from torch import Tensor

from spikedim._core import InputError, check_choice
from spikedim.training.optimisation._level_operations import (
    autocontrast,
    brightness,
    colour,
    contrast,
    equalize,
    invert,
    posterize,
    sharpness,
    solarize,
    solarize_add,
)
from spikedim.training.optimisation._moving_operations import (
    rotate,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
)

__all__ = ["ImageOperation", "apply_operation"]


class ImageOperation(StrEnum):
    """What can be done to an image without changing what it shows.

    Strengths run from -10 to 10; where a sign has no meaning, it is ignored. At strength 10:

    ============== =================================================================
    autocontrast   every channel stretched to [0, 1], at any strength
    equalize       every channel with an even histogram of 256 levels, at any strength;
                   nothing below 256 pixels, which have fewer pixels than levels
    invert         negative, at any strength
    rotate         30 degrees counterclockwise about the centre
    posterize      1 bit a channel (4 bits at 0)
    solarize       levels at or above 0, so all of them, negative (none at 0)
    solarize_add   0.43 (110 of 255) added to levels below one half
    colour         colours times 1.9 away from grey (0.1 at -10); one channel has none
    contrast       levels times 1.9 away from the mean level (0.1 at -10)
    brightness     levels times 1.9 (0.1 at -10)
    sharpness      detail times 1.9 beyond a 3 x 3 smoothing (0.1 at -10)
    shear_x        rows move left by 0.3 pixels a row, from the top
    shear_y        columns move up by 0.3 pixels a column, from the left
    translate_x    moved left by 0.45 of the width
    translate_y    moved up by 0.45 of the height
    ============== =================================================================

    Strengths between act in proportion. What enters an image is black.
    """

    AUTOCONTRAST = "autocontrast"
    EQUALIZE = "equalize"
    INVERT = "invert"
    ROTATE = "rotate"
    POSTERIZE = "posterize"
    SOLARIZE = "solarize"
    SOLARIZE_ADD = "solarize_add"
    COLOUR = "colour"
    CONTRAST = "contrast"
    BRIGHTNESS = "brightness"
    SHARPNESS = "sharpness"
    SHEAR_X = "shear_x"
    SHEAR_Y = "shear_y"
    TRANSLATE_X = "translate_x"
    TRANSLATE_Y = "translate_y"


def apply_operation(
    images: Float[Tensor, "B channels H W"],
    operation: ImageOperation,
    strength: Float[Tensor, "B"],
) -> Tensor:
    """Return images changed by one operation, each with a strength of its own.

    Parameters
    ----------
    images : Tensor of shape [B, channels, H, W]
        Levels in [0, 1].
    operation : ImageOperation
        What to do; its table says what a strength means.
    strength : Tensor of shape [B]
        From -10 to 10.

    Returns
    -------
    Tensor of shape [B, channels, H, W]
        Levels in [0, 1]. A sample does not depend on the others, to the bit.

    Raises
    ------
    InputError
        If the operation is unknown, or there is not one strength per image.

    Notes
    -----
    Strengths and their meaning are those of the "increasing" set of timm, which published recipes
    use, with three exceptions: posterize keeps 1 bit at least, since 0 bits are a black image;
    geometry interpolates bilinearly; and black enters, not the mean colour of the data.

    References
    ----------
    .. [1] E. D. Cubuk et al., "RandAugment: practical automated data augmentation with a reduced
       search space", NeurIPS, 2020, section 3.

    Examples
    --------
    >>> import torch
    >>> grey = torch.full((1, 1, 8, 8), 0.25)
    >>> darker = apply_operation(grey, ImageOperation.BRIGHTNESS, torch.tensor([-10.0]))
    >>> round(darker[0, 0, 0, 0].item(), 4)
    0.025
    """
    operation = ImageOperation(
        check_choice(operation, ImageOperation, name="operation", caller="apply_operation")
    )
    if images.ndim != 4 or strength.shape != images.shape[:1]:
        raise InputError(
            "apply_operation: `strength` must have one number per image [B, channels, H, W]; got "
            f"{list(strength.shape)} for {list(images.shape)}."
        )
    share = strength.to(images.dtype) / 10
    return _OPERATIONS[operation](images, share).clamp(0, 1)


_OPERATIONS: dict[ImageOperation, Callable[[Tensor, Tensor], Tensor]] = {
    ImageOperation.AUTOCONTRAST: autocontrast,
    ImageOperation.EQUALIZE: equalize,
    ImageOperation.INVERT: invert,
    ImageOperation.ROTATE: rotate,
    ImageOperation.POSTERIZE: posterize,
    ImageOperation.SOLARIZE: solarize,
    ImageOperation.SOLARIZE_ADD: solarize_add,
    ImageOperation.COLOUR: colour,
    ImageOperation.CONTRAST: contrast,
    ImageOperation.BRIGHTNESS: brightness,
    ImageOperation.SHARPNESS: sharpness,
    ImageOperation.SHEAR_X: shear_x,
    ImageOperation.SHEAR_Y: shear_y,
    ImageOperation.TRANSLATE_X: translate_x,
    ImageOperation.TRANSLATE_Y: translate_y,
}
