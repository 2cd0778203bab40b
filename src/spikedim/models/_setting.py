"""What a data set fixes about a model: input shape, classes, stem pooling, time steps."""

from dataclasses import dataclass

from spikedim.models._card import EVENT_DATASETS

__all__ = ["Setting", "setting"]


@dataclass(frozen=True)
class Setting:
    """Input side and channels, classes, steps and pooling of the five-convolution stem."""

    side: int
    channels: int
    classes: int
    steps: int
    stem_pool: tuple[bool, bool, bool, bool]
    static: bool = True
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """[channels, height, width]."""
        return (self.channels, self.side, self.side)


_LAST_TWO = (False, False, True, True)
_ALL = (True, True, True, True)

_SETTINGS = {
    "digits": Setting(
        8,
        1,
        10,
        4,
        (False, False, False, True),
        notes=("8 x 8 images: the stem pools once only, which leaves 4 x 4 tokens",),
    ),
    "mnist": Setting(28, 1, 10, 4, _LAST_TWO),
    "fashion-mnist": Setting(28, 1, 10, 4, _LAST_TWO),
    "cifar10": Setting(32, 3, 10, 4, _LAST_TWO),
    "cifar100": Setting(32, 3, 100, 4, _LAST_TWO),
    "imagenet": Setting(224, 3, 1000, 4, _ALL),
    "imagenet-288": Setting(288, 3, 1000, 4, _ALL),
    "imagenet-384": Setting(384, 3, 1000, 4, _ALL),
    "cifar10-dvs": Setting(128, 2, 10, 16, _ALL),
    "dvs128-gesture": Setting(128, 2, 11, 16, _ALL),
}


def setting(dataset: str) -> Setting:
    """Return the setting of a data set of images or events."""
    found = _SETTINGS[dataset]
    if dataset in EVENT_DATASETS:
        return Setting(
            found.side, found.channels, found.classes, found.steps, found.stem_pool, static=False
        )
    return found
