"""Normalisations folded into the products in front of them, for running a trained model."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.models._fusion_report import FusionReport, ParameterCount
from spikedim.models.blocks import RepConv
from spikedim.models.cards import Card, LayerRow
from spikedim.models.families import AbstractSpikingTransformer, ModelTrace
from spikedim.models.layers import AbstractProduct, SpikingPopulation

__all__ = ["Fusion", "fuse", "fuse_convolutions"]


@final
class Fusion(NamedTuple):
    """A fused model and what its fusion changed.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A copy in evaluation mode; the model it came from is as it was.
    report : FusionReport
        Parameters before and after, differences on the probe.
    """

    model: AbstractSpikingTransformer
    report: FusionReport


def fuse(model: AbstractSpikingTransformer, probe: Tensor, *, steps: int | None = None) -> Fusion:
    """Fold every batch normalisation into the weights and bias of its product.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A trained model; its own mode and weights stay.
    probe : Tensor
        Inputs as the model's `forward` takes them, on which both forms are compared.
    steps : int, optional
        T of the comparison; the model's own without it.

    Returns
    -------
    Fusion
        The model without batch normalisations, whose populations have the names they had and
        which runs at any T, and a report. Its card counts the fused layers.

    Raises
    ------
    InputError
        If `model` is not one of `build`, or `forward` refuses the probe.

    See Also
    --------
    fuse_convolutions : The form whose size is published for Spike-driven Transformer v2.

    Notes
    -----
    A re-parameterised convolution (`RepConv`) becomes one dense 3 x 3 convolution with bias, equal
    to it at the borders too. The depthwise 7 x 7 convolution and the 1 x 1 product behind it in
    Spike-driven Transformer v2 stay two: as one dense 7 x 7 they had up to 49 times the weights.
    Pooling between a normalisation and its neurons stays where it is. Layer normalisations depend
    on their input and stay.

    Weights are folded in float64 and rounded once to their type. A fused model has nothing left
    that evaluation and training mode treat differently, and cannot learn statistics.

    Costs two passes over the probe and three times the memory of the weights.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> model = build("spikformer-2-64/digits", dtype=torch.float64)
    >>> images = torch.ones(4, 1, 8, 8, dtype=torch.float64)
    >>> fused, report = fuse(model, images)
    >>> report.before.norms, report.after.norms, report.differing_spikes
    (2672, 0, 0)
    """
    return _fuse(model, probe, steps, lambda product: product.fused())


def fuse_convolutions(
    model: AbstractSpikingTransformer, probe: Tensor, *, steps: int | None = None
) -> Fusion:
    """Replace every re-parameterised convolution by the dense 3 x 3 one that it equals.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A trained model; its own mode and weights stay.
    probe : Tensor
        Inputs as the model's `forward` takes them, on which both forms are compared.
    steps : int, optional
        T of the comparison; the model's own without it.

    Returns
    -------
    Fusion
        The model with dense convolutions, all other normalisations as they were, and a report.
        Its state dict fits the model of the same name with ``-fused`` behind the size.

    Raises
    ------
    InputError
        If `model` is not one of `build`, or `forward` refuses the probe.

    See Also
    --------
    fuse : Folds the normalisations too.

    Notes
    -----
    The dense convolutions read spikes, where two of the three products they replace read real
    values; they have 9 D^2 weights in the place of 2 D^2 + 9 D. A model without such convolutions
    comes back as a copy.

    Examples
    --------
    >>> import torch
    >>> from spikedim.models import build
    >>> model = build("sdt-v2-xs/digits")
    >>> fused, report = fuse_convolutions(model, torch.ones(4, 1, 8, 8), steps=1)
    >>> report.before.total, report.after.total
    (622234, 1218714)
    """
    return _fuse(model, probe, steps, _dense)


def _dense(product: AbstractProduct) -> AbstractProduct:
    return product.dense() if isinstance(product, RepConv) else product


def _fuse(
    model: AbstractSpikingTransformer,
    probe: Tensor,
    steps: int | None,
    change: Callable[[AbstractProduct], AbstractProduct],
) -> Fusion:
    """Return a copy whose products are changed, compared with the model."""
    if not isinstance(model, AbstractSpikingTransformer):
        raise InputError(
            f"fuse: `model` must be a spiking transformer; got {type(model).__name__}. "
            "Make one with `build`."
        )
    before, after = copy.deepcopy(model).eval(), copy.deepcopy(model).eval()
    outermost = _products(before)
    changed = {name: change(product) for name, product in outermost.items()}
    changed = {name: new for name, new in changed.items() if new is not outermost[name]}
    found = {name: outermost[name] for name in changed}
    for name, product in changed.items():
        after.set_submodule(name, product.eval())
    after.card = _fused_card(model.card, found, changed)
    after.built_from = None  # `build` makes no such model
    return Fusion(after, _compare(before, after, probe, steps, found, changed))


def _products(model: nn.Module) -> Mapping[str, AbstractProduct]:
    """Return the outermost products that have a batch normalisation, by name."""
    found: dict[str, AbstractProduct] = {}
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in found)
        if isinstance(module, AbstractProduct) and not inside and _norms(module):
            found[name] = module
    return found


def _norms(module: nn.Module) -> int:
    """Count the parameters of batch normalisations."""
    norms = (m for m in module.modules() if isinstance(m, nn.BatchNorm1d))
    return sum(p.numel() for norm in norms for p in norm.parameters())


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _count(model: nn.Module) -> ParameterCount:
    """Count parameters by kind."""
    maps = [m for m in model.modules() if isinstance(m, AbstractProduct | nn.Linear)]
    pairs = [(getattr(m, "weight", None), getattr(m, "bias", None)) for m in maps]
    weights = sum(weight.numel() for weight, _ in pairs if weight is not None)
    biases = sum(bias.numel() for _, bias in pairs if bias is not None)
    norms = _norms(model)
    return ParameterCount(weights, biases, norms, _size(model) - weights - biases - norms)


def _fused_card(
    card: Card, before: Mapping[str, AbstractProduct], after: Mapping[str, AbstractProduct]
) -> Card:
    """Return the card with the rows of each changed product as one row."""

    def owner(row: LayerRow) -> str:
        inside = (name for name in after if row.name.startswith(f"{name}."))
        return row.name if row.name in after else next(inside, row.name)

    rows: list[LayerRow] = []
    for name, group in groupby(card.layers, key=owner):
        parts = tuple(group)
        if name not in after:
            rows.extend(parts)
            continue
        old, new = before[name], after[name]
        row = replace(
            parts[0],
            name=name,
            parameters=sum(part.parameters for part in parts) + _size(new) - _size(old),
            norm_parameters=_norms(new),
            population=next((p.population for p in parts if p.population is not None), None),
        )
        # The dense 3 x 3 has nine times the operations of the 1 x 1 that came first.
        rows.append(replace(row, macs=9 * row.macs) if isinstance(old, RepConv) else row)
    note = "products fused with the normalisations behind them"
    return replace(card, layers=tuple(rows), published_parameters="", notes=(*card.notes, note))


def _compare(
    before: AbstractSpikingTransformer,
    after: AbstractSpikingTransformer,
    probe: Tensor,
    steps: int | None,
    old: Mapping[str, AbstractProduct],
    new: Mapping[str, AbstractProduct],
) -> FusionReport:
    """Run both forms on the probe, and each product of one on the inputs of the other."""
    differences: list[tuple[float, float]] = []

    def watch(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def hook(_: nn.Module, given: Any, currents: Tensor) -> None:
            differences.append(_difference(new[name](*given), currents))

        return hook

    handles = [product.register_forward_hook(watch(name)) for name, product in old.items()]
    try:
        with torch.no_grad():
            reference = before.forward_with_states(probe, steps=steps)
            trace = after.forward_with_states(probe, steps=steps)
    finally:
        for handle in handles:
            handle.remove()
    spikes, differing = _differing_spikes(before, reference, trace)
    output, relative = _difference(trace.outputs, reference.outputs)
    return FusionReport(
        model=before.card.name,
        dtype=str(before.head.weight.dtype).removeprefix("torch."),
        samples=reference.outputs.shape[1],
        steps=reference.outputs.shape[0],
        before=_count(before),
        after=_count(after),
        products=len(new),
        current_difference=max((found[0] for found in differences), default=0.0),
        current_difference_relative=max((found[1] for found in differences), default=0.0),
        output_difference=output,
        output_difference_relative=relative,
        spikes=spikes,
        differing_spikes=differing,
    )


def _difference(got: Tensor, want: Tensor) -> tuple[float, float]:
    """Return the largest difference, and the same over the largest wanted value."""
    largest = float((got - want).abs().max())
    scale = float(want.abs().max())
    return largest, largest / scale if scale else largest


def _differing_spikes(
    model: AbstractSpikingTransformer, first: ModelTrace, second: ModelTrace
) -> tuple[int, int]:
    """Return the spikes of the first run, and how many places of the second differ."""
    names = [n for n, p in model.populations.items() if isinstance(p, SpikingPopulation)]
    pairs = [(first.populations[n].spikes, second.populations[n].spikes) for n in names]
    return (
        sum(int(a.count_nonzero()) for a, _ in pairs),
        sum(int((a != b).sum()) for a, b in pairs),
    )
