"""A pretrained model whose softmax, in some layers or all, is a spike circuit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_integer,
)
from spikedim.circuits import SoftmaxMode, softmax
from spikedim.models.pretrained._bert_layers import exact_softmax
from spikedim.models.pretrained._pretrained import PretrainedTransformer
from spikedim.models.pretrained._softmax_tally import SoftmaxTally
from spikedim.models.pretrained._spiking_softmax_run import SCOPE, SpikingSoftmaxRun
from spikedim.models.pretrained._token_batch import TokenBatch

__all__ = ["SpikingSoftmaxTransformer", "replace_softmax"]

_CALLER = "replace_softmax"
_STOCHASTIC = (SoftmaxMode.GLI_RANDOM_PHASE, SoftmaxMode.GLI_ESCAPE, SoftmaxMode.RACE)


@final
@dataclass(frozen=True, eq=False)
class SpikingSoftmaxTransformer:
    """A pretrained model and which softmax circuits run in it; made by `replace_softmax`.

    Only softmax spikes: queries, keys, values, feed-forward parts and LayerNorm stay real-valued.

    Parameters
    ----------
    model : PretrainedTransformer
        The weights.
    layers : tuple of int
        Layers whose softmax is a circuit, ascending, counted from 0.
    mode : SoftmaxMode
        Which circuit.
    steps : int
        T of every circuit.

    Raises
    ------
    InputError
        If a layer does not exist or is named twice, none is named, `steps` < 1, or `mode` is
        unknown.
    """

    model: PretrainedTransformer
    layers: tuple[int, ...]
    mode: SoftmaxMode
    steps: int

    def __post_init__(self) -> None:
        check_integer(self.steps, name="steps", caller=_CALLER)
        mode = check_choice(self.mode, SoftmaxMode, name="mode", caller=_CALLER)
        wanted = [
            check_integer(layer, name="layers", caller=_CALLER, minimum=0) for layer in self.layers
        ]
        most = self.model.config.layers
        if not wanted or len(set(wanted)) < len(wanted) or max(wanted) >= most:
            raise InputError(
                f"{_CALLER}: `layers` must be different numbers from 0 to {most - 1}, at least "
                f"one; got {wanted}."
            )
        object.__setattr__(self, "mode", SoftmaxMode(mode))
        object.__setattr__(self, "layers", tuple(sorted(wanted)))

    def embed(
        self,
        tokens: TokenBatch,
        *,
        generator: np.random.Generator | None = None,
        measure_error: bool | None = None,
        progress: AbstractProgress = SilentProgress(),  # noqa: B008
    ) -> SpikingSoftmaxRun:
        """Embed sentences, and say what the circuits did.

        Parameters
        ----------
        tokens : TokenBatch
            S sentences.
        generator : numpy.random.Generator or None
            Randomness of a stochastic circuit; None for a deterministic one.
        measure_error : bool or None
            As in `spikedim.circuits.softmax`; None (default) measures unless one sentence alone
            has more than 2**20 attention scores in a layer.
        progress : AbstractProgress
            Listener; its unit is a sentence.

        Returns
        -------
        SpikingSoftmaxRun
            Embeddings [S, D] with errors, certificates and spikes of each replaced layer.

        Raises
        ------
        InputError
            If the tokens do not fit the model, or a stochastic circuit got no generator.

        Notes
        -----
        The rows of all heads and sentences of a batch are one circuit call. Padded keys are masked
        with -inf, and rows of padded queries are left out. Later layers see what the earlier
        circuits said, so their logits are not those of the exact model; each layer's attention
        error is against the exact softmax of its own logits.
        """
        drawn = self.mode in _STOCHASTIC
        if not isinstance(generator, np.random.Generator) and (drawn or generator is not None):
            raise InputError(
                "SpikingSoftmaxTransformer.embed: `generator` must be a numpy.random.Generator; "
                f"got {type(generator).__name__}. Pass `numpy.random.default_rng(0)`."
            )
        tallies = {layer: SoftmaxTally(layer) for layer in self.layers}

        def spiking(layer: int, logits: Tensor) -> Tensor:
            if layer not in tallies:
                return exact_softmax(layer, logits)
            rows = _real_rows(logits)
            result = softmax(
                logits[rows],
                mode=self.mode,
                steps=self.steps,
                generator=generator,
                measure_error=measure_error,
            )
            tallies[layer].add(result)
            attention = torch.zeros_like(logits)
            attention[rows] = torch.from_numpy(result.value).to(logits.dtype)
            return attention

        embeddings = self.model.embed(tokens, softmax=spiking, progress=progress)
        return SpikingSoftmaxRun(
            embeddings=embeddings,
            mode=str(self.mode),
            steps=self.steps,
            sentences=tokens.sentences,
            tokens=tokens.tokens,
            layers=tuple(tally.close() for tally in tallies.values()),
            scope=SCOPE,
            provenance=Provenance.now(
                command="spikedim.models.SpikingSoftmaxTransformer.embed",
                data_fingerprint=tokens.fingerprint,
                assumptions=(SCOPE, f"Weights: {self.model.fingerprint or 'not from a file'}."),
            ),
        )


def replace_softmax(
    model: PretrainedTransformer,
    *,
    steps: int,
    layers: str | Iterable[int] = "all",
    mode: SoftmaxMode | str = SoftmaxMode.GLI,
) -> SpikingSoftmaxTransformer:
    """Replace the softmax of some layers, or of all, by a spike circuit.

    Parameters
    ----------
    model : PretrainedTransformer
        The model; it is not changed.
    steps : int
        T, time steps of every circuit.
    layers : "all" or iterable of int
        Which layers, counted from 0.
    mode : SoftmaxMode or str
        Which circuit, `gli` by default.

    Returns
    -------
    SpikingSoftmaxTransformer
        The same weights; only softmax is a circuit.

    Raises
    ------
    InputError
        If a layer does not exist or is named twice, `steps` < 1, or `mode` is unknown.

    Examples
    --------
    >>> from spikedim.models import PretrainedConfig
    >>> config = PretrainedConfig(1, heads=2, width=4, hidden_width=8, vocabulary=5, positions=3)
    >>> weights = {key: torch.ones(shape) for key, shape in config.tensor_shapes().items()}
    >>> spiking = replace_softmax(PretrainedTransformer(config, weights), steps=8)
    >>> ids = torch.tensor([[1, 2, 3]])
    >>> run = spiking.embed(TokenBatch(ids, torch.ones_like(ids)))
    >>> run.layers[0].rows, run.holds
    (6, True)
    """
    chosen: Iterable[int]
    if isinstance(layers, str):
        check_choice(layers, ["all"], name="layers", caller=_CALLER)
        chosen = range(model.config.layers)
    elif isinstance(layers, Iterable):
        chosen = layers
    else:
        raise InputError(
            f"{_CALLER}: `layers` must be 'all' or numbers of layers; got {layers!r}. "
            f"Write [{layers!r}] for one layer."
        )
    name = check_choice(mode, SoftmaxMode, name="mode", caller=_CALLER)
    return SpikingSoftmaxTransformer(model, tuple(chosen), SoftmaxMode(name), steps)


def _real_rows(logits: Tensor) -> Tensor:
    """Return which rows [B, H, N] belong to tokens: the keys that are masked are the padding."""
    padded = torch.isneginf(logits[:, :, :1, :]).all(dim=1)  # [B, 1, N], the same for every head
    return ~padded.expand(logits.shape[0], logits.shape[1], logits.shape[-1])
