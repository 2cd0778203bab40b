"""Published accuracies and energies of the models that have cards, each with its source.

The first row of a model is its headline: the authors' number at the card's resolution and T, if
there is one. Only numbers read in a paper, an official repository or a secondary source are here.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from spikedim.models.cards._published_result import PublishedResult, Source

__all__ = ["published"]

Row = tuple[str, int | None, float | None, float | None, str]
"""Model, T, accuracy [%], energy [mJ], note; the accuracy or the energy may be absent."""

_BIG = "spikformer-8-512/imagenet"
_STEM = (
    "4.6 pJ a multiply-accumulate and 0.9 pJ an accumulate; the stem is priced as that of width "
    "512 at every width"
)
_SECONDARY = "a secondary source (table, review page or issue)"
_LONG = "400 epochs, the others 300"
_CML = "variant that pools in front of the neurons; same parameters"
_LEAKY = "with the batch leak of the released code"
_FIXED = "with the batch leak corrected"
_NO_STEM = "energy without stem and head"
_UNSTATED = "numbers of encoders and steps not stated where it was read; taken for 4 encoders"
_RE_COUNTED = "layers that read sums of spikes priced as multiply-accumulates"

_SPIKFORMER = (
    ("spikformer-4-256/cifar10", 4, 93.94, None, ""),
    ("spikformer-4-256/cifar100", 4, 75.96, None, ""),
    ("spikformer-2-384/cifar10", 4, 94.80, None, ""),
    ("spikformer-2-384/cifar100", 4, 76.95, None, ""),
    ("spikformer-4-384/cifar10", 4, 95.19, None, ""),
    ("spikformer-4-384/cifar10", 4, 95.51, None, _LONG),
    ("spikformer-4-384/cifar10", 1, 93.51, None, ""),
    ("spikformer-4-384/cifar10", 2, 93.59, None, ""),
    ("spikformer-4-384/cifar10", 6, 95.34, None, ""),
    ("spikformer-4-384/cifar100", 4, 77.86, None, ""),
    ("spikformer-4-384/cifar100", 4, 78.21, None, _LONG),
    ("spikformer-4-384/cifar100", 1, 74.36, None, ""),
    ("spikformer-4-384/cifar100", 2, 76.28, None, ""),
    ("spikformer-4-384/cifar100", 6, 78.61, None, ""),
    ("spikformer-8-384/imagenet", 4, 70.24, 7.734, _STEM),
    ("spikformer-6-512/imagenet", 4, 72.46, 9.417, _STEM),
    (_BIG, 4, 73.38, 11.577, _STEM),
    (_BIG, 1, 70.14, None, ""),
    (_BIG, 2, 71.09, None, ""),
    (_BIG, 6, 73.70, None, ""),
    ("spikformer-10-512/imagenet", 4, 73.68, 13.899, _STEM),
    ("spikformer-8-768/imagenet", 4, 74.81, 21.477, _STEM),
    ("spikformer-2-256/cifar10-dvs", 16, 80.9, None, ""),
    ("spikformer-2-256/cifar10-dvs", 10, 78.9, None, ""),
)
_SPIKFORMER_FIRST_REVISION = tuple(
    (f"spikformer-{size}/imagenet", 4, None, energy, "first revision: 77 fJ an operation")
    for size, energy in (
        ("8-384", 0.525),
        ("6-512", 0.669),
        ("8-512", 0.854),
        ("10-512", 1.053),
        ("8-768", 1.701),
    )
)
_SPIKFORMER_RE_COUNTED = tuple(
    (f"spikformer-{size}/imagenet", 4, None, energy, _RE_COUNTED)
    for size, energy in (("8-384", 12.43), ("8-512", 18.82), ("8-768", 32.07))
)
_SPIKFORMER_GESTURE = tuple(
    ("spikformer-2-256/cifar10-dvs", steps, accuracy, None, "the same shape with 11 classes")
    for steps, accuracy in ((10, 96.9), (16, 98.3))
)
_SPIKINGFORMER = (
    ("spikingformer-4-256/cifar10", 4, 94.77, None, ""),
    ("spikingformer-4-256/cifar100", 4, 77.43, None, ""),
    ("spikingformer-2-384/cifar10", 4, 95.22, None, ""),
    ("spikingformer-2-384/cifar100", 4, 78.34, None, ""),
    ("spikingformer-4-384/cifar10", 4, 95.61, None, ""),
    ("spikingformer-4-384/cifar10", 4, 95.81, None, _LONG),
    ("spikingformer-4-384/cifar100", 4, 79.09, None, ""),
    ("spikingformer-4-384/cifar100", 4, 79.21, None, _LONG),
    ("spikingformer-8-384/imagenet", 4, 72.45, 4.69, ""),
    ("spikingformer-8-512/imagenet", 4, 74.79, 7.46, ""),
    ("spikingformer-8-768/imagenet", 4, 75.85, 13.68, ""),
    ("spikingformer-8-384/imagenet", 4, 74.35, None, _CML),
    ("spikingformer-8-512/imagenet", 4, 76.54, None, _CML),
    ("spikingformer-8-768/imagenet", 4, 77.64, None, _CML),
)
_SPIKINGFORMER_CML_ENERGY = tuple(
    (f"spikingformer-{size}/imagenet", 4, None, energy, _CML)
    for size, energy in (("8-384", 5.61), ("8-512", 8.68), ("8-768", 16.30))
)
_SDT_V1 = (
    ("sdt-v1-2-512/cifar10", 4, 95.6, None, ""),
    ("sdt-v1-2-512/cifar100", 4, 78.4, None, ""),
    ("sdt-v1-2-256/cifar10-dvs", 16, 80.0, None, ""),
    ("sdt-v1-8-384/imagenet", 4, 72.28, 3.90, ""),
    ("sdt-v1-6-512/imagenet", 4, 74.11, 3.56, ""),
    ("sdt-v1-8-512/imagenet", 4, 74.57, 4.50, ""),
    ("sdt-v1-10-512/imagenet", 4, 74.66, 5.53, ""),
)
_SDT_V2 = (
    ("sdt-v2-55m/imagenet", 4, 80.0, 52.4, "with distillation: a second head"),
    ("sdt-v2-31m/imagenet", 4, 77.2, 32.8, ""),
)
_QKFORMER = (
    ("qkformer-4-384/cifar10", 4, 96.18, None, _LEAKY),
    ("qkformer-4-384/cifar100", 4, 81.15, None, _LEAKY),
    ("qkformer-2-256/cifar10-dvs", 16, 84.0, None, _LEAKY),
    ("qkformer-2-256/cifar10-dvs", 10, 83.8, None, _LEAKY),
    ("qkformer-2-256/dvs128-gesture", 16, 98.6, None, _LEAKY),
    ("qkformer-2-256/dvs128-gesture", 10, 98.3, None, _LEAKY),
    ("qkformer-10-384/imagenet", 4, 78.80, 15.13, _LEAKY),
    ("qkformer-10-512/imagenet", 4, 82.04, 21.99, _LEAKY),
    ("qkformer-10-768/imagenet", 4, 84.22, 38.91, _LEAKY),
    ("qkformer-10-768/imagenet", 1, 81.69, 8.52, _LEAKY),
    ("qkformer-10-768/imagenet-288", 4, 85.25, 64.27, _LEAKY),
    ("qkformer-10-768/imagenet-384", 4, 85.65, 113.64, _LEAKY),
)
_QKFORMER_LOGS = tuple(
    (f"qkformer-{size}/imagenet", 4, accuracy, None, _LEAKY)
    for size, accuracy in (("10-384", 78.85), ("10-512", 82.08), ("10-768", 84.29))
)
_QKFORMER_FIXED = tuple(
    (f"qkformer-{size}/imagenet", 4, accuracy, None, _FIXED)
    for size, accuracy in (("10-384", 74.20), ("10-768", 78.70))
)
_SPILIFORMER = (
    ("spiliformer-4-384/cifar10", 4, 96.63, None, ""),
    ("spiliformer-4-384/cifar100", 4, 81.63, None, ""),
    ("spiliformer-2-256/cifar10-dvs", 16, 86.7, None, ""),
    ("spiliformer-10-768/imagenet", 4, 85.82, 44.17, ""),
    ("spiliformer-10-768/imagenet", 1, 81.54, 11.77, ""),
)
_SPIKINGBERT = tuple(
    (f"spikingbert-4/{task}", None, accuracy, None, _UNSTATED)
    for task, accuracy in (
        ("sst2", 88.19),
        ("qqp", 86.82),
        ("mnli", 78.10),
        ("qnli", 85.20),
        ("rte", 66.06),
    )
)


def _rows(
    rows: tuple[Row, ...],
    kind: Source,
    source: str,
    *,
    dataset: str = "",
    resolution: int | None = None,
) -> Iterator[tuple[str, PublishedResult]]:
    """Yield model and result of each row, on the model's own data set unless another is given."""
    for name, steps, accuracy, energy, note in rows:
        on = dataset or name.partition("/")[2]
        yield (
            name,
            PublishedResult(on, steps, accuracy, energy, resolution, kind, source, note),
        )


def _all_rows() -> Iterator[tuple[str, PublishedResult]]:
    """Yield every result, the headline of each model first."""
    paper, log, others = Source.PAPER, Source.LOG, Source.OTHERS
    spikformer = "Z. Zhou et al., 'Spikformer', ICLR 2023, results tables"
    yield from _rows(_SPIKFORMER, paper, spikformer)
    yield from _rows(_SPIKFORMER_GESTURE, paper, spikformer, dataset="dvs128-gesture")
    yield from _rows(_SPIKFORMER_FIRST_REVISION, paper, spikformer)
    yield from _rows(
        _SPIKFORMER_RE_COUNTED, others, "C. Zhou et al., 'Spikingformer', arXiv 2304.11954"
    )
    spikingformer = "C. Zhou et al., 'Spikingformer', arXiv 2304.11954, and its README"
    yield from _rows(_SPIKINGFORMER, paper, spikingformer)
    yield from _rows(
        (("spikingformer-8-768/imagenet", 4, 78.46, None, _CML),),
        paper,
        spikingformer,
        resolution=288,
    )
    yield from _rows(
        (("spikingformer-8-512/imagenet", 4, None, 7.463502602, ""),),
        log,
        "zhouchenlin2096/Spikingformer imagenet/energy_consumption_logs",
    )
    yield from _rows(_SPIKINGFORMER_CML_ENERGY, others, _SECONDARY)
    yield from _sdt_rows()
    qkformer = "C. Zhou et al., 'QKFormer', NeurIPS 2024, results tables"
    yield from _rows(_QKFORMER, paper, qkformer)
    yield from _rows(_QKFORMER_LOGS, log, "zhouchenlin2096/QKFormer imagenet/logs")
    yield from _rows(_QKFORMER_FIXED, others, "zhouchenlin2096/QKFormer issue 14")
    yield from _spikingresformer_rows()
    yield from _spiliformer_rows()
    yield from _rows(_SPIKINGBERT, others, f"'SpikingBERT', AAAI 2024, in {_SECONDARY}")


def _sdt_rows() -> Iterator[tuple[str, PublishedResult]]:
    """Yield the results of both spike-driven transformers."""
    paper, others = Source.PAPER, Source.OTHERS
    first = "M. Yao et al., 'Spike-driven Transformer', NeurIPS 2023, results tables"
    wide = "sdt-v1-8-768/imagenet"
    yield from _rows(_SDT_V1, paper, first)
    yield from _rows(
        ((wide, 4, 76.32, None, "derived from a comparison in its text"),),
        others,
        "X. Shi et al., 'SpikingResformer', CVPR 2024",
    )
    yield from _rows(((wide, 4, 77.07, None, ""),), paper, first, resolution=288)
    yield from _rows(((wide, 4, None, 6.09, "it is not stated at which resolution"),), paper, first)
    yield from _rows((("sdt-v1-8-512/imagenet", 1, 71.68, 1.13, ""),), others, _SECONDARY)
    yield from _rows(
        (("sdt-v1-2-256/cifar10-dvs", 16, 99.3, None, "the same shape on gestures"),),
        paper,
        first,
        dataset="dvs128-gesture",
    )
    yield from _rows(_SDT_V2, others, f"'Spike-driven Transformer V2', ICLR 2024, in {_SECONDARY}")


def _spikingresformer_rows() -> Iterator[tuple[str, PublishedResult]]:
    """Yield the results of SpikingResformer."""
    others = Source.OTHERS
    rerun = "re-run for 400 epochs; the size is not stated"
    yield from _rows(
        (
            ("spikingresformer-ti/cifar10", 4, 95.69, None, rerun),
            ("spikingresformer-ti/cifar100", 4, 79.45, None, rerun),
        ),
        others,
        "Fancyssc/STEP cls/Results.md",
    )
    yield from _rows(
        (
            ("spikingresformer-ti/imagenet", 4, 74.34, 2.46, _NO_STEM),
            ("spikingresformer-m/imagenet", 4, 77.24, 5.46, _NO_STEM),
        ),
        others,
        f"'SpikingResformer', CVPR 2024, in {_SECONDARY}",
    )
    yield from _rows(
        (("spikingresformer-ti/imagenet", 4, 74.38, None, "the released weights, measured again"),),
        others,
        _SECONDARY,
    )
    yield from _rows(
        (("spikingresformer-l/imagenet", 4, 79.40, None, ""),),
        Source.PAPER,
        "X. Shi et al., 'SpikingResformer', CVPR 2024",
        resolution=288,
    )


def _spiliformer_rows() -> Iterator[tuple[str, PublishedResult]]:
    """Yield the results of SpiLiFormer."""
    readme = "README of SpiLiFormer, ICCV 2025"
    wide = "spiliformer-10-768/imagenet"
    yield from _rows(_SPILIFORMER, Source.PAPER, readme)
    for side, accuracy, energy in ((288, 86.62, 73.52), (384, 86.66, 129.45)):
        yield from _rows(((wide, 4, accuracy, energy, ""),), Source.PAPER, readme, resolution=side)
    events = "spiliformer-2-256/cifar10-dvs"
    yield from _rows(
        ((events, 16, 89.18, None, "the same shape on other events"),),
        Source.PAPER,
        readme,
        dataset="n-caltech101",
    )
    yield from _rows(
        ((events, 16, 81.2, None, "an independent run of the recipe"),),
        Source.OTHERS,
        _SECONDARY,
    )


@cache
def _results() -> Mapping[str, tuple[PublishedResult, ...]]:
    """Collect the results of each model in the order above."""
    found: dict[str, list[PublishedResult]] = {}
    for name, result in _all_rows():
        found.setdefault(name, []).append(result)
    return MappingProxyType({name: tuple(results) for name, results in found.items()})


def published(name: str) -> tuple[PublishedResult, ...]:
    """Return the published results of ``family-size/dataset``, its headline first, or none."""
    return _results().get(name, ())
