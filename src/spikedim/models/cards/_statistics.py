"""Mean and deviation of the pixels, by which released models normalise their input."""

import difflib
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import InputError, Result

__all__ = ["InputStatistics", "input_statistics", "statistics_notes"]

_BORROWERS = frozenset({"spikformer", "spikingformer", "qkformer"})


@final
@dataclass(frozen=True)
class InputStatistics(Result):
    """What to subtract from each channel of an image in [0, 1], and what to divide it by.

    Parameters
    ----------
    dataset : str
        Data set of the images.
    means : tuple of float
        Mean of each channel, in [0, 1].
    deviations : tuple of float
        Standard deviation of each channel, above 0.
    source : str
        Where the numbers were read.
    """

    schema: ClassVar[str] = "spikedim.input_statistics/1"

    dataset: str
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    source: str


_STATISTICS = {
    "cifar10": InputStatistics(
        "cifar10",
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
        "cifar10.yml of ZK-Zhou/spikformer",
    ),
    "cifar100": InputStatistics(
        "cifar100",
        (0.5071, 0.4867, 0.4408),
        (0.2675, 0.2565, 0.2761),
        "CIFAR-100 configuration of BICLab/Spike-Driven-Transformer",
    ),
}


def input_statistics(dataset: str, *, legacy: bool = False) -> InputStatistics:
    """Return the mean and deviation of each channel of a data set.

    Parameters
    ----------
    dataset : str
        ``"cifar10"`` or ``"cifar100"``.
    legacy : bool, default False
        For CIFAR-100, return the numbers of CIFAR-10, as the released configurations of
        Spikformer, Spikingformer and QKFormer do. Weights trained with them need them.

    Returns
    -------
    InputStatistics
        Numbers for pixels in [0, 1], and where they were read.

    Raises
    ------
    InputError
        If the statistics of that data set are not known here.

    Examples
    --------
    >>> input_statistics("cifar100").means
    (0.5071, 0.4867, 0.4408)
    >>> input_statistics("cifar100", legacy=True).means
    (0.4914, 0.4822, 0.4465)
    """
    found = _STATISTICS.get(dataset)
    if found is None:
        close = difflib.get_close_matches(str(dataset), _STATISTICS, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise InputError(
            f"input_statistics: `dataset` must be one of {', '.join(_STATISTICS)}; "
            f"got {dataset!r}.{hint}"
        )
    if legacy and dataset == "cifar100":
        other = _STATISTICS["cifar10"]
        source = "CIFAR-100 configurations of ZK-Zhou/spikformer and its descendants"
        return InputStatistics("cifar100", other.means, other.deviations, source)
    return found


def statistics_notes(family: str, dataset: str) -> tuple[str, ...]:
    """Say of a family whose released CIFAR-100 configuration borrows CIFAR-10's statistics so."""
    if family not in _BORROWERS or dataset != "cifar100":
        return ()
    return (
        (
            "its released configuration normalises CIFAR-100 by the statistics of CIFAR-10: "
            "input_statistics('cifar100', legacy=True)"
        ),
    )
