"""Names of the authors' SpikingBERT, of two and of four encoders."""

from collections.abc import Iterator

from spikedim.models.weights._key_map import KeyMap

__all__ = ["SPIKINGBERT"]

_ENCODERS = 4
_FEEDBACK = ("13", "25")  # behind the layers of two and of four encoders
_LAYERS = (  # of one encoder, in the order of their numbers
    ("dense", "attn.k"),
    ("dense", "attn.v"),
    ("query", "attn.q"),
    ("dense", "attn.output.linear"),
    ("dense", "mlp.intermediate"),
    ("dense", "mlp.output.linear"),
)


def _layers() -> Iterator[tuple[str, str]]:
    """Yield the path of every layer of every encoder, and ours."""
    for encoder in range(_ENCODERS):
        for index, (theirs, ours) in enumerate(_LAYERS):
            number = len(_LAYERS) * encoder + index + 1
            yield rf"network_s{number}\.{theirs}", f"encoder.{encoder}.{ours}"
            norm = f"encoder.{encoder}.{ours.removesuffix('.linear')}.norm"
            yield rf"network_s{number}\.LayerNorm", norm


SPIKINGBERT = KeyMap(
    origin=(
        "NeuroCompLab-psu/SpikingBERT:implicit_bert/models/snn_ide_bert_classi_{4_spike,spike_2}.py"
        " and implicit_bert/modules/snn_bert_modules.py@765e39b982d5edc8adb6772fde7e8d59bff78e6b"
    ),
    modules=(
        (r"network_x\.(word|position)_embeddings", r"embedding.\1s"),
        (r"network_x\.token_type_embeddings", "embedding.segments"),
        (r"network_x\.LayerNorm", "embedding.norm"),
        *_layers(),
        (rf"network_s(?:{'|'.join(_FEEDBACK)})\.fc", "unused.feedback"),
        ("fit_dense", "unused.fit_dense"),
        (r"pooler_layer\.dense", "unused.pooler"),
        ("classification", "head"),
    ),
    dead=(
        r"(?:snn_func|snn_func_copy|snn_ide_conv)\..*",  # the same tensors under other names
        rf"network_s(?:{'|'.join(_FEEDBACK)})\.fc\.weight",  # feedback, switched off
        r"(?:fit_dense|pooler_layer\.dense)\.(?:weight|bias)",
    ),
)
