"""A pretrained sentence model, read from a folder and run by plain tensor operations."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    fingerprint_file,
)
from spikedim.models.pretrained._bert_layers import (
    SoftmaxOfLayer,
    encode,
    exact_softmax,
    mean_of_tokens,
)
from spikedim.models.pretrained._pretrained_config import PretrainedConfig, read_config
from spikedim.models.pretrained._pretrained_weights import check_finite, check_shapes, read_weights
from spikedim.models.pretrained._token_batch import TokenBatch
from spikedim.models.pretrained._tokenise import tokenise

__all__ = ["PretrainedTransformer", "read_pretrained"]

# Attention scores of one layer and batch; up to here a circuit measures its error unasked.
_MOST_SCORES = 1 << 20


@final
@dataclass(frozen=True, eq=False)
class PretrainedTransformer:
    r"""A BERT encoder with given weights.

    Each layer computes, for every head,
    :math:`\operatorname{softmax}(QK^\top/\sqrt{d_k})\,V`, then a feed-forward part with GELU;
    each of the two is followed by a residual sum and a LayerNorm.

    Parameters
    ----------
    config : PretrainedConfig
        Sizes.
    weights : Mapping of str to Tensor
        Exactly the tensors of ``config.tensor_shapes()``, all of one floating-point type.
    folder : Path or None
        Where the tokeniser lies; None if there is none.
    fingerprint : str
        Identity of the weights' file, empty if they come from elsewhere.

    Raises
    ------
    InputError
        If a tensor is missing, unexpected, misshapen, not finite or of another type.

    References
    ----------
    .. [1] J. Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
       Understanding", NAACL, 2019, section 3.
    .. [2] A. Vaswani et al., "Attention Is All You Need", NeurIPS, 2017, equation 1.

    Examples
    --------
    >>> config = PretrainedConfig(1, heads=2, width=4, hidden_width=8, vocabulary=5, positions=3)
    >>> weights = {key: torch.ones(shape) for key, shape in config.tensor_shapes().items()}
    >>> model = PretrainedTransformer(config, weights)
    >>> tuple(model.forward(torch.tensor([[1, 2, 3]])).shape)
    (1, 3, 4)
    """

    config: PretrainedConfig
    weights: Mapping[str, Tensor]
    folder: Path | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        shapes = {key: tuple(tensor.shape) for key, tensor in self.weights.items()}
        check_shapes(shapes, self.config, caller="PretrainedTransformer", name="weights")
        kinds = {tensor.dtype for tensor in self.weights.values()}
        if len(kinds) != 1 or not next(iter(kinds)).is_floating_point:
            raise InputError(
                "PretrainedTransformer: `weights` must be of one floating-point type; got "
                f"{sorted(str(kind) for kind in kinds)}."
            )
        check_finite(self.weights, caller="PretrainedTransformer", name="weights")

    @property
    def dtype(self) -> torch.dtype:
        """Return the type of weights and token vectors."""
        return next(iter(self.weights.values())).dtype

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        *,
        softmax: SoftmaxOfLayer = exact_softmax,
    ) -> Tensor:
        """Return the token vectors of the last layer.

        Parameters
        ----------
        input_ids : Tensor of shape [B, N]
            Token numbers below the size of the vocabulary, N at most the number of positions.
        attention_mask : Tensor of shape [B, N] or None
            1 for a token, 0 for padding; None if there is no padding.
        softmax : callable
            ``softmax(layer, logits)`` gives the attention [B, H, N, N] of logits [B, H, N, N] that
            are -inf at padded keys; exact by default.

        Returns
        -------
        Tensor of shape [B, N, D]
            Meaningless, but finite, where the token is padding.

        Raises
        ------
        InputError
            If shapes, types or token numbers do not fit.
        NumericsError
            If a token vector is not finite.

        Notes
        -----
        Cost O(B N D (D + N)) for each layer. All tokens belong to the first segment.
        """
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        batch = TokenBatch(input_ids, mask)
        columns = batch.input_ids.shape[1]
        self._check(batch, columns, caller="PretrainedTransformer.forward")
        return encode(self.weights, self.config, batch.input_ids, batch.attention_mask, softmax)

    def embed(
        self,
        tokens: TokenBatch,
        *,
        softmax: SoftmaxOfLayer = exact_softmax,
        progress: AbstractProgress = SilentProgress(),  # noqa: B008
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the mean token vector of each sentence, not normalised.

        Parameters
        ----------
        tokens : TokenBatch
            S sentences.
        softmax : callable
            As in `forward`; it is called once for each layer and batch of sentences.
        progress : AbstractProgress
            Listener; its unit is a sentence.

        Returns
        -------
        ndarray of shape [S, D]
            In float64, whatever the weights are; sentences in the order given.

        Raises
        ------
        InputError
            If token numbers or lengths do not fit.
        NumericsError
            If a token vector is not finite.

        Notes
        -----
        Sentences of like length run together, in batches of at most 2**20 attention scores.
        """
        self._check(tokens, int(tokens.lengths.max()), caller="PretrainedTransformer.embed")
        out = np.empty((tokens.sentences, self.config.width))
        task = progress.start("embedding sentences", float(tokens.sentences))
        try:
            for rows, columns in tokens.batches(
                scores_per_square=self.config.heads, most_scores=_MOST_SCORES
            ):
                ids = tokens.input_ids[rows, :columns]
                mask = tokens.attention_mask[rows, :columns]
                with torch.inference_mode():
                    hidden = encode(self.weights, self.config, ids, mask, softmax)
                    out[rows.numpy()] = mean_of_tokens(hidden, mask).to(torch.float64).numpy()
                progress.advance(task, float(len(rows)))
        finally:
            progress.finish(task)
        return out

    def tokenise(self, texts: Iterable[str], *, max_tokens: int = 256) -> TokenBatch:
        """Return the token numbers of `texts`, cut to `max_tokens`.

        Parameters
        ----------
        texts : iterable of str
            Sentences, at least one.
        max_tokens : int
            Most tokens of a sentence, start and end included; 3 to the number of positions.

        Returns
        -------
        TokenBatch
            Padded to the longest of them.

        Raises
        ------
        InputError
            If a text is no string or cannot be split or cut, or the folder has no tokeniser that
            can be read.
        MissingExtraError
            If the extra ``hf`` is not installed.
        """
        return tokenise(self.folder, texts, max_tokens=max_tokens, positions=self.config.positions)

    def _check(self, tokens: TokenBatch, columns: int, *, caller: str) -> None:
        """Refuse tokens that this model has no vectors for."""
        largest = int(tokens.input_ids.max())
        if largest >= self.config.vocabulary:
            raise InputError(
                f"{caller}: `input_ids` must be below {self.config.vocabulary}, the size of the "
                f"vocabulary; got {largest}. Use this model's own tokeniser."
            )
        if columns > self.config.positions:
            raise InputError(
                f"{caller}: `input_ids` must have at most {self.config.positions} columns, the "
                f"positions of this model; got {columns}. Cut the sentences."
            )


def read_pretrained(
    folder: str | os.PathLike[str], *, dtype: torch.dtype = torch.float32
) -> PretrainedTransformer:
    """Read a BERT encoder from ``config.json`` and ``model.safetensors``.

    Parameters
    ----------
    folder : str or path
        What ``save_pretrained`` of the transformers library wrote, e.g.
        ``spikedim.data.minilm_folder()``.
    dtype : torch.dtype
        Type to compute in, ``torch.float32`` (default) or ``torch.float64``.

    Returns
    -------
    PretrainedTransformer
        Weights copied into memory; the folder is read again only by the tokeniser.

    Raises
    ------
    InputError
        If the folder or a file is missing or damaged, the architecture is another, or a tensor is
        missing, unexpected, misshapen, quantised or not finite.

    Notes
    -----
    Needs no optional package. Pickles are never read. The pooler and stored position numbers,
    which no token vector uses, are left out, whatever their shape and type.

    Examples
    --------
    >>> read_pretrained("nowhere")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    spikedim._core._errors.InputError: read_pretrained: `folder` must be an existing folder; got ...
    """
    path = Path(folder)
    try:
        path = path.expanduser()
        found = path.is_dir()
    except (RuntimeError, ValueError, OSError):  # no such user, a null character, a long name
        found = False
    if not found:
        raise InputError(
            f"read_pretrained: `folder` must be an existing folder; got {str(path)!r}. "
            "Name the folder of a pretrained model."
        )
    if dtype not in (torch.float32, torch.float64):
        raise InputError(
            f"read_pretrained: `dtype` must be torch.float32 or torch.float64; got {dtype}."
        )
    config = read_config(path)
    weights = read_weights(path, config, dtype)
    return PretrainedTransformer(
        config, weights, path, fingerprint_file(path / "model.safetensors")
    )
