"""Tensors of a safetensors file, each of them expected, none of them missing, never a pickle."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from spikedim._core import InputError
from spikedim.models.pretrained._pretrained_config import PretrainedConfig

__all__ = ["check_finite", "check_shapes", "read_weights"]

_FILE = "model.safetensors"
# Stored by some savers, used by no token vector.
_UNUSED = frozenset({"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"})
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})


def check_shapes(
    shapes: Mapping[str, tuple[int, ...]], config: PretrainedConfig, *, caller: str, name: str
) -> None:
    """Refuse a missing, an unexpected or a misshapen tensor."""
    wanted = config.tensor_shapes()
    missing = [key for key in wanted if key not in shapes]
    foreign = sorted(set(shapes) - set(wanted) - _UNUSED)
    if missing or foreign:
        what = " and ".join(
            f"{len(keys)} {kind}, first {keys[0]!r}"
            for kind, keys in (("missing", missing), ("unexpected", foreign))
            if keys
        )
        raise InputError(
            f"{caller}: `{name}` must hold exactly the tensors of a BERT encoder of "
            f"{config.layers} layers; got {what:.300}. Save the encoder alone: "
            "transformers.BertModel.from_pretrained(...).save_pretrained(folder)."
        )
    for key, shape in wanted.items():
        if tuple(shapes[key]) != shape:
            raise InputError(
                f"{caller}: `{name}` must hold {key!r} of shape {shape}; got "
                f"{tuple(shapes[key])}. Its sizes and its tensors do not belong together."
            )


def check_finite(weights: Mapping[str, Tensor], *, caller: str, name: str) -> None:
    """Refuse NaN and infinity, which a larger type than this one may hold as a number."""
    for key, tensor in weights.items():
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(
                f"{caller}: `{name}` must hold weights that are finite in {tensor.dtype}; got NaN "
                f"or infinity in {key!r}. Read them as torch.float64, or fetch or save them again."
            )


def read_weights(folder: Path, config: PretrainedConfig, dtype: torch.dtype) -> dict[str, Tensor]:
    """Return the tensors of ``model.safetensors`` as copies of type `dtype`."""
    from safetensors import SafetensorError, safe_open

    path = folder / _FILE
    if not path.is_file():
        raise InputError(
            f"read_pretrained: `folder` must hold {_FILE}; got {_instead(folder)}. "
            "Save the model with save_pretrained(folder, safe_serialization=True), as one file."
        )
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
            check_shapes(
                {key: tuple(part.get_shape()) for key, part in slices.items()},
                config,
                caller="read_pretrained",
                name="folder",
            )
            weights = {}
            for key in config.tensor_shapes():
                kind = slices[key].get_dtype()
                if kind not in _FLOATS:
                    raise InputError(
                        f"read_pretrained: `folder` must hold floating-point weights; got {kind} "
                        f"in {key!r}. Save the model unquantised."
                    )
                weights[key] = file.get_tensor(key).to(dtype, copy=True)
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"read_pretrained: `folder` must hold a whole safetensors file; got {str(path)!r} "
            f"({str(error).splitlines()[0]:.120}). Fetch or save it again."
        ) from error
    check_finite(weights, caller="read_pretrained", name="folder")
    return weights


def _instead(folder: Path) -> str:
    """Say what the folder has in place of one safetensors file."""
    if (folder / f"{_FILE}.index.json").is_file():
        return "several shards"
    if (folder / "pytorch_model.bin").is_file():
        return "pytorch_model.bin, a pickle, which is never read"
    return f"none in {str(folder)!r}"
