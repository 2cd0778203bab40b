"""What every tensor operator is: moved numbers for free, elementary work, or a product."""

from typing import NamedTuple, final

from spikedim.energy.operations import OperationKind

__all__ = [
    "CHECKS",
    "ELEMENTARY",
    "LOOKUPS",
    "MOVES",
    "NEW",
    "NORMS",
    "POOLS",
    "SOFTMAXES",
    "SUMS",
    "THRESHOLDS",
    "Work",
]


@final
class Work(NamedTuple):
    """Elementary operations for each number written."""

    kind: OperationKind
    additions: int = 0
    multiplications: int = 0
    comparisons: int = 0
    specials: int = 0


_ACT, _ELEMENT = OperationKind.ACTIVATION, OperationKind.ELEMENTWISE

ELEMENTARY = {
    "relu": Work(_ACT, comparisons=1),
    "clamp": Work(_ACT, comparisons=2),
    "clamp_min": Work(_ACT, comparisons=1),
    "clamp_max": Work(_ACT, comparisons=1),
    "hardtanh": Work(_ACT, comparisons=2),
    "leaky_relu": Work(_ACT, multiplications=1, comparisons=1),
    "threshold": Work(_ACT, comparisons=1),
    "sigmoid": Work(_ACT, additions=1, specials=2),
    "log_sigmoid_forward": Work(_ACT, additions=1, specials=2),
    "softplus": Work(_ACT, additions=1, specials=2),
    "tanh": Work(_ACT, additions=2, specials=2),
    "silu": Work(_ACT, additions=1, multiplications=1, specials=2),
    "elu": Work(_ACT, additions=1, comparisons=1, specials=1),
    "gelu": Work(_ACT, additions=1, multiplications=2, specials=1),
    "hardswish": Work(_ACT, additions=1, multiplications=2, comparisons=2),
    "hardsigmoid": Work(_ACT, additions=1, multiplications=1, comparisons=2),
    "prelu": Work(_ACT, multiplications=1, comparisons=1),
    "_prelu_kernel": Work(_ACT, multiplications=1, comparisons=1),
    "add": Work(_ELEMENT, additions=1),
    "sub": Work(_ELEMENT, additions=1),
    "rsub": Work(_ELEMENT, additions=1),
    "lerp": Work(_ELEMENT, additions=2, multiplications=1),
    "addcmul": Work(_ELEMENT, additions=1, multiplications=1),
    "addcdiv": Work(_ELEMENT, additions=1, specials=1),
    "mul": Work(_ELEMENT, multiplications=1),
    "square": Work(_ELEMENT, multiplications=1),
    "neg": Work(_ELEMENT),
    "abs": Work(_ELEMENT),
    "where": Work(_ELEMENT),
    "masked_fill": Work(_ELEMENT),
    "maximum": Work(_ELEMENT, comparisons=1),
    "minimum": Work(_ELEMENT, comparisons=1),
    "amax": Work(_ELEMENT, comparisons=1),
    "amin": Work(_ELEMENT, comparisons=1),
    "max": Work(_ELEMENT, comparisons=1),
    "min": Work(_ELEMENT, comparisons=1),
    "fmod": Work(_ELEMENT, specials=1),
    "remainder": Work(_ELEMENT, specials=1),
    "div": Work(_ELEMENT, specials=1),
    "reciprocal": Work(_ELEMENT, specials=1),
    "exp": Work(_ELEMENT, specials=1),
    "expm1": Work(_ELEMENT, specials=1),
    "exp2": Work(_ELEMENT, specials=1),
    "log": Work(_ELEMENT, specials=1),
    "log1p": Work(_ELEMENT, specials=1),
    "log2": Work(_ELEMENT, specials=1),
    "logaddexp": Work(_ELEMENT, additions=2, comparisons=1, specials=2),
    "logsumexp": Work(_ELEMENT, additions=1, comparisons=1, specials=2),
    "logcumsumexp": Work(_ELEMENT, additions=2, comparisons=1, specials=2),
    "pow": Work(_ELEMENT, specials=1),
    "sqrt": Work(_ELEMENT, specials=1),
    "rsqrt": Work(_ELEMENT, specials=1),
    "sin": Work(_ELEMENT, specials=1),
    "cos": Work(_ELEMENT, specials=1),
    "atan": Work(_ELEMENT, specials=1),
    "erf": Work(_ELEMENT, specials=1),
    "linalg_vector_norm": Work(_ELEMENT, additions=1, multiplications=1, specials=1),
    "bernoulli": Work(_ELEMENT, comparisons=1, specials=1),
    "binomial": Work(_ELEMENT, specials=1),
}
"""Work for each number written; of reductions for each number read."""

THRESHOLDS = frozenset({"ge", "gt", "le", "lt", "heaviside", "sign", "sgn", "round", "floor"})
"""What makes spikes of potentials, if a number is made of its result."""

SUMS = frozenset({"sum", "mean", "cumsum", "nansum"})

NORMS = frozenset(
    {
        *("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm"),
        *("_batch_norm_no_update", "miopen_batch_norm", "_native_batch_norm_legit"),
        *("native_layer_norm", "native_group_norm", "rms_norm", "_fused_rms_norm"),
    }
)

POOLS = frozenset(
    {
        *("max_pool2d_with_indices", "max_pool3d_with_indices", "avg_pool2d", "avg_pool3d"),
        *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "avg_pool1d"),
    }
)

SOFTMAXES = frozenset({"_softmax", "_safe_softmax", "_log_softmax"})

LOOKUPS = frozenset({"embedding"})

MOVES = frozenset(
    {
        *("view", "_unsafe_view", "_reshape_alias", "reshape", "t", "transpose", "permute"),
        *("expand", "clone", "copy", "_to_copy", "contiguous", "unsqueeze", "squeeze", "select"),
        *("slice", "split", "split_with_sizes", "unbind", "cat", "stack", "detach", "alias"),
        *("as_strided", "roll", "flip", "repeat", "index", "index_select", "gather", "narrow"),
        *("constant_pad_nd", "reflection_pad2d", "replication_pad2d", "diagonal", "unfold"),
        *("im2col", "lift_fresh", "lift_fresh_copy", "pixel_shuffle", "pixel_unshuffle", "chunk"),
        *("movedim", "view_as", "expand_as", "select_scatter", "slice_scatter", "index_put"),
        *("_conj", "conj", "resolve_conj", "resolve_neg", "_unsafe_index", "tril", "triu", "fill"),
        *("scatter", "dropout", "native_dropout", "alias_copy", "view_copy", "set", "rot90"),
        *("upsample_nearest2d", "masked_select", "masked_scatter", "channel_shuffle", "sort"),
        *("view_as_real", "view_as_complex"),
    }
)
"""Numbers that change their place and not their value."""

NEW = frozenset(
    {
        *("zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"),
        *("new_zeros", "new_ones", "new_empty", "new_full", "new_empty_strided", "zero"),
        *("randint_like", "empty_strided", "uniform", "normal", "exponential", "random"),
    }
)
"""Results that depend on the shape of their input only."""

CHECKS = frozenset(
    {
        *("_local_scalar_dense", "is_nonzero", "equal", "all", "any", "isfinite", "isnan", "isinf"),
        *("is_same_size", "allclose", "count_nonzero", "argmax", "argmin", "aminmax", "_has_nan"),
        *("sym_size", "sym_numel", "sym_stride", "record_stream", "_assert_async"),
    }
)
"""Questions about values, not part of an inference."""
