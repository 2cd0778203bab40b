"""What was measured of the layers of a run."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.dimension import DimensionEstimate

__all__ = ["ActivationDimensions", "LayerDimension"]


@final
@dataclass(frozen=True)
class LayerDimension:
    """Dimensions of the tokens that enter one layer.

    Parameters
    ----------
    layer : str
        Path of the layer.
    step : int or None
        Time step from 1; None for the mean over time.
    tokens, features : int
        n and d.
    samples : int
        Rows: tokens of all inputs.
    estimates : tuple of DimensionEstimate
        One of each estimator; empty where there is none.
    reason : str
        Why `estimates` is empty or lacks one; else empty.
    """

    layer: str
    step: int | None
    tokens: int
    features: int
    samples: int
    estimates: tuple[DimensionEstimate, ...]
    reason: str = ""


@final
@dataclass(frozen=True)
class ActivationDimensions(Result):
    """Effective dimension of the token features that enter every block, per step and pooled.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    model : str
        Name of the model.
    weights_fingerprint : str
        Identity of the weights.
    data, split : str
        What the network read.
    inputs : int
        How many inputs.
    steps : int
        T.
    rows : tuple of LayerDimension
        By layer in the order of the network, then by step, the mean over time last.
    notes : tuple of str
        What a reader must know.
    provenance : Provenance
        Version, command, seed, fingerprint of the data.
    """

    schema: ClassVar[str] = "spikedim.activation_dimensions/1"

    headline: str
    model: str
    weights_fingerprint: str
    data: str
    split: str
    inputs: int
    steps: int
    rows: tuple[LayerDimension, ...]
    notes: tuple[str, ...]
    provenance: Provenance
