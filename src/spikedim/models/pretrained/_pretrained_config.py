"""The shape of a pretrained BERT encoder, read from ``config.json`` and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from spikedim._core import InputError, check_integer, check_positive

__all__ = ["PretrainedConfig", "read_config"]

_MAX_BYTES = 1 << 20
_MOST_LAYERS = 1024  # a name is made for every tensor of every layer before the file is read
_SIZES = {
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "width": "hidden_size",
    "hidden_width": "intermediate_size",
    "vocabulary": "vocab_size",
    "positions": "max_position_embeddings",
    "segments": "type_vocab_size",
}
# What a folder may say besides its sizes, and what it means if it says nothing.
_SUPPORTED = {
    "model_type": ("bert", None),
    "hidden_act": ("gelu", "gelu"),
    "position_embedding_type": ("absolute", "absolute"),
    "is_decoder": (False, False),
    "add_cross_attention": (False, False),
    "is_encoder_decoder": (False, False),
    "quantization_config": (None, None),
}


@final
@dataclass(frozen=True)
class PretrainedConfig:
    """Sizes of a BERT encoder: absolute positions, GELU, LayerNorm after each residual sum.

    Parameters
    ----------
    layers : int
        Encoder layers.
    heads : int
        H, attention heads of a layer; divides `width`.
    width : int
        D, features of a token.
    hidden_width : int
        Features between the two maps of the feed-forward part.
    vocabulary, positions, segments : int
        Rows of the three embedding tables.
    layer_norm_epsilon : float
        Added to the variance in every LayerNorm.

    Raises
    ------
    InputError
        If a size is not a positive integer, there are more than 1,024 layers, or `heads` does
        not divide `width`.

    Examples
    --------
    >>> PretrainedConfig(layers=6, heads=12, width=384, hidden_width=1536).parameters
    22565376
    """

    layers: int
    heads: int
    width: int
    hidden_width: int
    vocabulary: int = 30522
    positions: int = 512
    segments: int = 2
    layer_norm_epsilon: float = 1e-12

    def __post_init__(self) -> None:
        for name in _SIZES:
            check_integer(getattr(self, name), name=name, caller="PretrainedConfig")
        if self.layers > _MOST_LAYERS:
            raise InputError(
                f"PretrainedConfig: `layers` must be at most {_MOST_LAYERS}; got {self.layers}."
            )
        check_positive(
            self.layer_norm_epsilon, name="layer_norm_epsilon", caller="PretrainedConfig"
        )
        if self.width % self.heads:
            raise InputError(
                f"PretrainedConfig: `heads` must divide the width {self.width}; got {self.heads}."
            )

    @property
    def head_width(self) -> int:
        """Return the features of a token in one head."""
        return self.width // self.heads

    @property
    def parameters(self) -> int:
        """Return the number of weights."""
        total = 0
        for shape in self.tensor_shapes().values():
            size = 1
            for length in shape:
                size *= length
            total += size
        return total

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor the encoder needs, by its name in the file.

        Returns
        -------
        dict of str to tuple of int
            Linear maps are stored as [out, in].
        """
        wide, hidden = self.width, self.hidden_width
        shapes: dict[str, tuple[int, ...]] = {
            "embeddings.word_embeddings.weight": (self.vocabulary, wide),
            "embeddings.position_embeddings.weight": (self.positions, wide),
            "embeddings.token_type_embeddings.weight": (self.segments, wide),
            **_norm("embeddings.LayerNorm", wide),
        }
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}"
            for part in ("query", "key", "value"):
                shapes |= _linear(f"{at}.attention.self.{part}", wide, wide)
            shapes |= _linear(f"{at}.attention.output.dense", wide, wide)
            shapes |= _norm(f"{at}.attention.output.LayerNorm", wide)
            shapes |= _linear(f"{at}.intermediate.dense", hidden, wide)
            shapes |= _linear(f"{at}.output.dense", wide, hidden)
            shapes |= _norm(f"{at}.output.LayerNorm", wide)
        return shapes


def read_config(folder: Path) -> PretrainedConfig:
    """Return the sizes in ``config.json``; refuse an architecture that this forward is not."""
    path = folder / "config.json"
    data = _load(path)
    for key, (wanted, default) in _SUPPORTED.items():
        found = data.get(key, default)
        if found != wanted:
            raise InputError(
                f"read_pretrained: `folder` must hold a plain BERT encoder with {key} {wanted!r}; "
                f"got {key} {found!r:.80} in {str(path)!r}. No other architecture is read yet."
            )
    kinds = data.get("architectures") or ["BertModel"]
    if kinds != ["BertModel"] or data.get("pruned_heads"):
        raise InputError(
            f"read_pretrained: `folder` must hold a whole BertModel; got {kinds!r:.80} with pruned "
            f"heads {data.get('pruned_heads')!r:.80} in {str(path)!r}. Save the encoder alone: "
            "transformers.BertModel.from_pretrained(...).save_pretrained(folder)."
        )
    missing = [key for key in _SIZES.values() if key not in data]
    if missing:
        raise InputError(
            f"read_pretrained: `folder` must hold a config.json with {missing[0]}; got none in "
            f"{str(path)!r}. Save the model again."
        )
    sizes = {name: data[key] for name, key in _SIZES.items()}
    try:
        return PretrainedConfig(**sizes, layer_norm_epsilon=data.get("layer_norm_eps", 1e-12))
    except InputError as error:
        raise InputError(
            "read_pretrained: `folder` must hold a config.json of sizes that fit; got "
            f"{str(path)!r} ({str(error).removesuffix('.')}). Save the model again."
        ) from error


def _load(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`."""
    if not path.is_file():  # and not a pipe, which could make reading wait for ever
        raise InputError(
            f"read_pretrained: `folder` must hold a config.json; got none in {str(path.parent)!r}. "
            "Name the folder of a pretrained model."
        )
    data: Any = None
    problem = "no JSON object"
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_BYTES + 1)
        if len(text) > _MAX_BYTES:
            problem = f"larger than {_MAX_BYTES >> 20} MB"
        else:
            data = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        problem = str(error).splitlines()[0]
    if not isinstance(data, dict):
        raise InputError(
            f"read_pretrained: `folder` must hold a config.json; got {str(path)!r} "
            f"({problem:.120}). Name the folder of a pretrained model."
        )
    return data


def _linear(name: str, out: int, into: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
