"""The energy tool that Spikingformer released."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

from spikedim.energy.operations import (
    PRODUCTS,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    Values,
)
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import PriceOptions, Word
from spikedim.energy.pricing._published_bookings import every_step, rate_charge, without_neurons
from spikedim.energy.pricing._rule_set import AbstractRuleSet
from spikedim.models import card, names

__all__ = ["SpikingformerTool"]

_BINARY = frozenset({Values.BINARY, Values.SCALED_BINARY})
_PAIRED = frozenset({OperationKind.ATTENTION, OperationKind.MASKING})
_UNSEEN = "left out: its released name has neither conv nor head"


@final
@dataclass(frozen=True)
class SpikingformerTool(AbstractRuleSet):
    """Spikingformer's tool: layers named conv or head, 4.6 pJ and 0.9 pJ [1]_.

    * A layer counts if its name contains "conv" or "head". Our layers have names of their own, so
      that of our models the released ones decide: convolutions and the head count; linear
      products count, because the released code writes them as 1 x 1 convolutions, except in
      Spikformer on small images, whose ``*_linear`` layers the tool does not see. In networks
      that are not ours the path of the module decides, as in the tool.
    * A layer whose inputs are all 0 or 1 costs 0.9 pJ for firing rate times dense operations; any
      other 4.6 pJ for each dense operation, sums of spikes included.
    * Attention costs 0.9 pJ for base (min(r_k, r_v) + r_q), an upper bound of the overlaps, with
      base the dense operations of one of its two products. The tool takes base = T h N d_k**2
      from a table edited by hand; here it is that of the product as executed. Where queries, keys
      and values have no neurons by these names, each product costs its rate times its operations.
    * The stem acts in every step; a head that reads means acts once.

    References
    ----------
    .. [1] C. Zhou et al., "Spikingformer", arXiv 2304.11954; energy_consumption_calculation/ of
       zhouchenlin2096/Spikingformer, read in flops_counter.py and ops.py.
    """

    constants: ClassVar[tuple[str, ...]] = ("fp32_mac", "fp32_add")
    left_out: ClassVar[str] = (
        "layers named neither conv nor head, memory, neuron updates, normalisation, residual "
        "additions and pooling are left out"
    )
    uncertainty: ClassVar[str] = "none: the published form"
    words: ClassVar[tuple[Word, ...]] = (Word.FP32,)

    fp32_add: float = charged("fp32_add")
    fp32_mac: float = charged("fp32_mac")

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield charges of what the tool sees, and of nothing for the rest."""
        del options
        bounds = _attention_bounds(counts)
        for index, operation in enumerate(counts.operations):
            if operation.kind in _PAIRED:
                if _block(operation) in bounds:
                    yield Charge(index, "attention", "upper bound: booked on queries and keys")
                else:
                    yield rate_charge(index, operation, self.fp32_add, "attention", counts.steps)
            elif operation.kind in PRODUCTS and operation.kind is not OperationKind.SUMMATION:
                yield self._layer(index, operation, counts)
            else:
                yield Charge(index, "", "free: folded" if operation.foldable else "left out")
        for rates in bounds.values():
            for index, each in rates:
                booked = "upper bound of attention"
                yield Charge(index, "attention", booked, self.fp32_add * each, "spikes")

    def variants(self, options: PriceOptions) -> tuple["SpikingformerTool", ...]:
        """Return the published form alone."""
        del options
        return (self,)

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say that the tool prices spiking networks with layers that it knows by their names."""
        del options
        if any(operation.kind is OperationKind.CONVOLUTION for operation in counts.operations):
            return without_neurons(counts)
        return "it knows layers by names of convolutions, and this network has none"

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the sum."""
        del counts, options
        return "stem", "synapses", "attention", "real_inputs", "head"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say what the tool does not see, and what it would cost by its own prices."""
        del options
        unseen = 0.0
        for operation in counts.operations:
            if operation.kind is OperationKind.LINEAR and not _is_seen(operation, counts):
                factor = every_step(operation, counts.steps)
                binary = operation.values in _BINARY
                each = self.fp32_add * operation.rate if binary else self.fp32_mac
                unseen += factor * each * operation.macs
        notes = ["biases, which the tool counts where a layer has some, are not charged"]
        if unseen:
            notes.append(
                f"layers that the tool does not see would add {unseen * 1e-9:.3g} mJ by its own "
                "prices"
            )
        return tuple(notes)

    def _layer(self, index: int, operation: Operation, counts: OperationCounts) -> Charge:
        """Book one layer, if the tool sees it."""
        if not _is_seen(operation, counts):
            return Charge(index, "", _UNSEEN)
        outer = {Place.STEM: "stem", Place.HEAD: "head"}.get(operation.place, "")
        if operation.values in _BINARY:
            return rate_charge(index, operation, self.fp32_add, outer or "synapses", counts.steps)
        # A head of means acts once in the released models, on the mean over steps.
        once = operation.place is Place.HEAD
        factor = 1 / operation.passes if once else every_step(operation, counts.steps)
        energy = self.fp32_mac * operation.macs * factor
        return Charge(index, outer or "real_inputs", "dense multiplications", fixed_pj=energy)


def _is_seen(operation: Operation, counts: OperationCounts) -> bool:
    """Tell whether the released name of a layer contains conv or head."""
    model = counts.subject.partition(":")[0]
    if model not in names():
        return any(word in operation.layer for word in ("conv", "head"))
    if operation.kind is OperationKind.CONVOLUTION or operation.place is Place.HEAD:
        return True
    size, _, dataset = model.partition("/")
    if not size.startswith("spikformer-"):
        return True
    return dataset.startswith("imagenet") or not card(model).static_input


def _block(operation: Operation) -> str:
    """Return the path of the attention that a product belongs to."""
    return operation.layer.rpartition(".")[0]


def _attention_bounds(counts: OperationCounts) -> dict[str, list[tuple[int, float]]]:
    """Map each attention to places of neurons and dense operations for each of their spikes."""
    dense: dict[str, float] = {}
    for operation in counts.operations:
        if operation.kind is OperationKind.ATTENTION:
            dense[_block(operation)] = dense.get(_block(operation), 0.0) + operation.macs
    bounds = {}
    for block, macs in dense.items():
        found = {part: _neurons(counts, f"{block}.{part}_lif") for part in "qkv"}
        queries, keys, values = (found[part] for part in "qkv")
        if queries is None or keys is None or values is None:
            continue
        chosen = (
            queries,
            min((keys, values), key=lambda place: counts.operations[place].rate),
        )
        bounds[block] = [(place, macs / 2 / _updates(counts, place)) for place in chosen]
    return bounds


def _neurons(counts: OperationCounts, layer: str) -> int | None:
    """Return the place of the neurons of a layer, None if there are none by that name."""
    for index, operation in enumerate(counts.operations):
        named = operation.layer == layer or operation.layer.startswith(f"{layer}.")
        if operation.kind is OperationKind.NEURON and named and operation.neurons:
            return index
    return None


def _updates(counts: OperationCounts, place: int) -> float:
    """Return how often neurons could have fired."""
    operation = counts.operations[place]
    return float(operation.neurons * operation.passes)
