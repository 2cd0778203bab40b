"""Names of the authors' SpikingResformer."""

from collections.abc import Iterator

from spikedim.models.weights._key_map import KeyMap

__all__ = ["SPIKINGRESFORMER"]

_PAIRS = (1, 2, 3)
_ATTENTION = (
    ("W", "patch"),
    (r"norm\.bn", "patch.norm"),
    ("Wproj", "proj"),
    (r"norm_proj\.bn", "proj.norm"),
)
_ATTENTION_TENSORS = (
    ("firing_rate_x", "map.rate.running_rate", 1.0),
    ("firing_rate_attn", "mix.rate.running_rate", 1.0),
    # Its parameter w is the logit of 1 / tau, ours that of the leak 1 - 1 / tau.
    (r"activation_in\.w", "lif.lif.leak_logit", -1.0),
    (r"activation_attn\.w", "attn_lif.lif.leak_logit", -1.0),
    (r"activation_out\.w", "out_lif.lif.leak_logit", -1.0),
)
_MLP = (
    (r"up\.1", "up"),
    (r"up\.2\.bn", "up.norm"),
    (r"conv\.0\.1", "group"),
    (r"conv\.0\.2\.bn", "group.norm"),
    (r"down\.1", "down"),
    (r"down\.2\.bn", "down.norm"),
)
_MLP_TENSORS = (
    (r"up\.0\.w", "lif1.lif.leak_logit", -1.0),
    (r"conv\.0\.0\.w", "lif2.lif.leak_logit", -1.0),
    (r"down\.0\.w", "lif3.lif.leak_logit", -1.0),
)


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Yield the paths of attention and MLP, and ours of their block: theirs count all modules."""
    for stage, pairs in enumerate(_PAIRS):
        for pair in range(pairs):
            first = 2 * pair + (stage > 0)  # behind the down-sampling
            block = f"stage.{stage}.block.{pair}"
            yield rf"layers\.{stage}\.{first}\.", rf"layers\.{stage}\.{first + 1}\.", block


SPIKINGRESFORMER = KeyMap(
    origin=(
        "xyshi2000/SpikingResformer:models/spikingresformer.py and models/submodules/layers.py"
        "@3f751275dedfda8b0a4ed0bf50e85e02a4335f3e"
    ),
    modules=(
        (r"prologue\.0", "stem"),
        (r"prologue\.1\.bn", "stem.norm"),
        (r"layers\.([12])\.0\.conv", r"stage.\1.down.conv"),
        (r"layers\.([12])\.0\.norm\.bn", r"stage.\1.down.conv.norm"),
        *(
            (attention + theirs, f"{block}.attn.{ours}")
            for attention, _, block in _pairs()
            for theirs, ours in _ATTENTION
        ),
        *((mlp + t, f"{block}.mlp.{ours}") for _, mlp, block in _pairs() for t, ours in _MLP),
        ("classifier", "head"),
    ),
    tensors=(
        (r"layers\.([12])\.0\.activation\.w", r"stage.\1.down.lif.lif.leak_logit", -1.0),
        *(
            (attention + theirs, f"{block}.attn.{ours}", factor)
            for attention, _, block in _pairs()
            for theirs, ours, factor in _ATTENTION_TENSORS
        ),
        *(
            (mlp + theirs, f"{block}.mlp.{ours}", factor)
            for _, mlp, block in _pairs()
            for theirs, ours, factor in _MLP_TENSORS
        ),
    ),
)
