"""What a covariance sketch is made of, and how large it may be for a memory budget."""

from dataclasses import dataclass
from typing import final

from spikedim._core import InputError, SampleStream, parse_bytes

__all__ = ["TEST_VECTORS", "WORK_BYTES", "SketchSettings", "plan_sketch"]

TEST_VECTORS = 32
WORK_BYTES = 192 << 20

_MOST, _FEWEST = 1024, 16
_MOST_RESERVOIR = 1024
_DOUBLE_ENTRIES = 1 << 22


@final
@dataclass(frozen=True)
class SketchSettings:
    """Everything two shards must share to be merged."""

    n_features: int
    rank: int
    seed: int = 0
    dtype: str = "float64"
    reservoir: int = 512
    layer: str = "features"
    scale: float = 1.0
    offset: float = 0.0
    group_size: int = 1
    tokens: int = 1

    @property
    def batch_rows(self) -> int:
        """Rows worked on at once: a float64 copy of them stays below `WORK_BYTES`."""
        return max(1, min(WORK_BYTES // (8 * self.n_features), 8192))


def plan_sketch(
    stream: SampleStream, *, rank: int | None, memory_budget: int | str, seed: int, caller: str
) -> SketchSettings:
    """Choose rank, precision and reservoir for the samples [S, D] of `stream`.

    Per feature and unit of rank: the product, the basis of the later passes and its product (4 or
    8 bytes each) and one byte of the test matrix. One eighth of the budget holds the reservoir.
    """
    n_samples, n_features = stream.shape
    budget = parse_bytes(memory_budget, caller=caller)
    double = n_features * min(_MOST, n_features) <= _DOUBLE_ENTRIES
    size = 8 if double else 4
    row = size * n_features
    rest = budget * 7 // 8 - min(WORK_BYTES, budget // 4) - 4 * row * TEST_VECTORS
    most = min(rest // (3 * row + n_features), _MOST, n_features, max(n_samples, _FEWEST))
    least = min(_FEWEST, n_features)
    if (rank or least) > max(most, 0) and (rank is None or rank <= n_features):
        need = (3 * row + n_features) * (rank or least) + 4 * row * TEST_VECTORS
        raise InputError(
            f"{caller}: `memory_budget` must hold a sketch of {n_features} features and rank "
            f"{rank or least}, about {2 * need >> 20} MB; got {budget >> 20} MB. "
            "Raise it, or lower the resolution."
        )
    group = stream.group_size
    reservoir = min(budget // 8 // row, _MOST_RESERVOIR * group, n_samples)
    return SketchSettings(
        n_features=n_features,
        rank=min(most if rank is None else rank, n_features),
        seed=seed,
        dtype="float64" if double else "float32",
        reservoir=max(reservoir // group, 2) * group,
        layer=stream.layer,
        scale=float(stream.scale),
        offset=float(stream.offset),
        group_size=group,
        tokens=int(getattr(stream, "tokens", 1)),
    )
