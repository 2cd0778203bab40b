"""What a data set fixes about a model: input shape, classes, time steps, stem or tables."""

from dataclasses import dataclass

from spikedim.models.cards._card import EVENT_DATASETS

__all__ = ["Setting", "setting"]


@dataclass(frozen=True)
class Setting:
    """Input shape, classes, steps; pooling of the five-convolution stem, or tables of text."""

    dataset: str
    input_shape: tuple[int, ...]  # [channels, height, width], or [sequence length]
    classes: int
    steps: int
    stem_pool: tuple[bool, bool, bool, bool] = (False, False, False, False)
    notes: tuple[str, ...] = ()
    vocabulary: int = 0  # rows of the token table; 0 of images
    positions: int = 0  # rows of the position table; 0: as many as tokens
    separator: int | None = None  # token that ends the first of two sentences

    @property
    def tokens(self) -> int:
        """Longest sequence of a text."""
        return self.input_shape[0]

    @property
    def channels(self) -> int:
        """Channels of the image."""
        return self.input_shape[0]

    @property
    def side(self) -> int:
        """Height and width of the image."""
        return self.input_shape[-1]

    @property
    def imagenet(self) -> bool:
        """Whether it takes the ImageNet form of a family, whatever the side of the images."""
        return self.dataset.partition("-")[0] == "imagenet"

    @property
    def static(self) -> bool:
        """Whether every time step sees the same input."""
        return self.dataset not in EVENT_DATASETS


_LAST = (False, False, False, True)
_LAST_TWO = (False, False, True, True)
_ALL = (True, True, True, True)
_DIGITS_NOTE = "8 x 8 images: the stem pools once only, which leaves 4 x 4 tokens"

_SETTINGS = {
    found.dataset: found
    for found in (
        Setting("digits", (1, 8, 8), 10, 4, _LAST, notes=(_DIGITS_NOTE,)),
        Setting("mnist", (1, 28, 28), 10, 4, _LAST_TWO),
        Setting("fashion-mnist", (1, 28, 28), 10, 4, _LAST_TWO),
        Setting("cifar10", (3, 32, 32), 10, 4, _LAST_TWO),
        Setting("cifar100", (3, 32, 32), 100, 4, _LAST_TWO),
        Setting("imagenet", (3, 224, 224), 1000, 4, _ALL),
        Setting("imagenet-288", (3, 288, 288), 1000, 4, _ALL),
        Setting("imagenet-384", (3, 384, 384), 1000, 4, _ALL),
        Setting("cifar10-dvs", (2, 128, 128), 10, 16, _ALL),
        Setting("dvs128-gesture", (2, 128, 128), 11, 16, _ALL),
    )
}


def setting(dataset: str) -> Setting:
    """Return the setting of a data set of images or events."""
    return _SETTINGS[dataset]
