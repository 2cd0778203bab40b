"""A tiny random BERT folder, and the same forward pass written out number by number."""

import json
import math

import numpy as np
import torch
from safetensors.torch import save_file

from spikedim.models import PretrainedConfig

TINY = PretrainedConfig(
    layers=2,
    heads=2,
    width=8,
    hidden_width=12,
    vocabulary=11,
    positions=7,
    segments=2,
    layer_norm_epsilon=1e-6,
)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "good", "bad", "film", "##s", "it", "."]


def tiny_weights(config=TINY, *, dtype=torch.float32):
    """Return random weights: LayerNorm around one, the rest large enough for peaky attention."""
    generator = torch.Generator().manual_seed(1)
    weights = {}
    for name, shape in config.tensor_shapes().items():
        draw = torch.randn(shape, generator=generator, dtype=torch.float64)
        scale = 0.1 if "LayerNorm" in name else 1.0
        weights[name] = (draw * scale + ("LayerNorm.weight" in name)).to(dtype).contiguous()
    return weights


def tiny_settings(config=TINY):
    """Return what ``config.json`` says of `config`."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "hidden_size": config.width,
        "intermediate_size": config.hidden_width,
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.positions,
        "type_vocab_size": config.segments,
        "layer_norm_eps": config.layer_norm_epsilon,
    }


def write_bert(folder, *, weights=None, **settings):
    """Write a folder that `read_pretrained` reads, and return it."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(tiny_settings() | settings))
    save_file(tiny_weights() if weights is None else weights, str(folder / "model.safetensors"))
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return folder


def naive_bert(weights, config, ids, attend):
    """Return token vectors [N, D] of one sentence; `attend` is a softmax of one row."""
    w = {name: tensor.double().numpy() for name, tensor in weights.items()}

    def linear(name, x):
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    def norm(name, x):
        centred = x - x.mean()
        scaled = centred / math.sqrt((centred**2).mean() + config.layer_norm_epsilon)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def gelu(x):
        return np.array([v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x])

    x = [
        norm(
            "embeddings.LayerNorm",
            w["embeddings.word_embeddings.weight"][token]
            + w["embeddings.position_embeddings.weight"][place]
            + w["embeddings.token_type_embeddings.weight"][0],
        )
        for place, token in enumerate(ids)
    ]
    size = config.width // config.heads
    for layer in range(config.layers):
        at = f"encoder.layer.{layer}"
        q, k, v = (
            [linear(f"{at}.attention.self.{part}", token) for token in x]
            for part in ("query", "key", "value")
        )
        after = []
        for i, token in enumerate(x):
            heads = []
            for head in range(config.heads):
                part = slice(head * size, (head + 1) * size)
                scores = np.array([q[i][part] @ key[part] for key in k]) / math.sqrt(size)
                row = attend(scores)
                heads.append(sum(a * value[part] for a, value in zip(row, v, strict=True)))
            out = linear(f"{at}.attention.output.dense", np.concatenate(heads))
            after.append(norm(f"{at}.attention.output.LayerNorm", out + token))
        x = [
            norm(
                f"{at}.output.LayerNorm",
                linear(f"{at}.output.dense", gelu(linear(f"{at}.intermediate.dense", y))) + y,
            )
            for y in after
        ]
    return np.array(x)


def naive_softmax(scores):
    """Return the softmax of one row."""
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()
