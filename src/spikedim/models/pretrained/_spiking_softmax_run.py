"""What a pretrained model with spiking softmax returns: embeddings, spikes, certificates."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import FloatArray, Provenance, Result
from spikedim.circuits import Certificate, all_hold

__all__ = ["SCOPE", "EntropyBin", "SoftmaxLayerRun", "SpikingSoftmaxRun"]

SCOPE = (
    "Only softmax is a spike circuit; queries, keys, values, feed-forward parts and LayerNorm "
    "stay real-valued."
)


@final
@dataclass(frozen=True)
class EntropyBin:
    """Rows of attention whose entropy lies in one range.

    Parameters
    ----------
    low_bits, high_bits : float
        Shannon entropy of the exact row, in [low, high).
    rows : int
        How many.
    mean_spikes : float
        Mean read-out spikes of a row.
    error_l2_rms : float
        RMS over rows of the l2 row error.
    """

    low_bits: float
    high_bits: float
    rows: int
    mean_spikes: float
    error_l2_rms: float


@final
@dataclass(frozen=True)
class SoftmaxLayerRun:
    """The softmax rows of one layer: all heads and sentences, padding left out.

    Parameters
    ----------
    layer : int
        Counted from 0.
    rows : int
        Rows that ran, one for each head and token.
    silent_rows : int
        Rows without a read-out spike; their attention is 0, and no error counts them.
    error_l1_rms, error_l2_rms : float or None
        RMS over rows of the l1 and l2 row error, against the exact softmax of the very logits
        that the circuit got; None if not measured.
    certificate : Certificate
        Of the batch that came closest to its bound, or broke it.
    holds : bool or None
        Whether the certificate of every batch holds; None if that is not known.
    row_spikes : int
        Read-out spikes of all rows.
    spikes : int
        Spikes of all populations.
    mean_row_entropy_bits : float or None
        Mean Shannon entropy of the exact rows; None if not measured.
    by_entropy : tuple of EntropyBin
        Rows that spoke, by entropy; empty if not measured.
    """

    layer: int
    rows: int
    silent_rows: int
    error_l1_rms: float | None
    error_l2_rms: float | None
    certificate: Certificate
    holds: bool | None
    row_spikes: int
    spikes: int
    mean_row_entropy_bits: float | None
    by_entropy: tuple[EntropyBin, ...]

    @property
    def mean_row_spikes(self) -> float:
        """Return the read-out spikes of a row."""
        return self.row_spikes / self.rows


@final
@dataclass(frozen=True, eq=False)
class SpikingSoftmaxRun(Result):
    """Embeddings of sentences by a model whose softmax is a spike circuit.

    Parameters
    ----------
    embeddings : FloatArray
        Shape [S, D]; mean token vector of each sentence, not normalised.
    mode : str
        Which circuit.
    steps : int
        T of every circuit.
    sentences, tokens : int
        What was embedded, padding left out.
    layers : tuple of SoftmaxLayerRun
        The layers whose softmax was replaced.
    scope : str
        What spikes and what does not, to be repeated beside every number.
    provenance : Provenance
        Where it comes from.
    """

    schema: ClassVar[str] = "spikedim.spiking_softmax_run/1"

    embeddings: FloatArray
    mode: str
    steps: int
    sentences: int
    tokens: int
    layers: tuple[SoftmaxLayerRun, ...]
    scope: str
    provenance: Provenance

    @property
    def spikes_per_sentence(self) -> float:
        """Return the spikes of all replaced softmax circuits for one sentence."""
        return sum(layer.spikes for layer in self.layers) / self.sentences

    @property
    def silent_rows(self) -> int:
        """Return the rows without a value, of all layers."""
        return sum(layer.silent_rows for layer in self.layers)

    @property
    def holds(self) -> bool | None:
        """Say whether every certificate of every layer holds; None if that is not known."""
        return all_hold(layer.holds for layer in self.layers)
