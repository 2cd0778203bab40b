"""Rule set M2: operations, addresses, and memories priced by their capacity."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple, final

import numpy as np

from spikedim.energy.constants import band
from spikedim.energy.operations import PRODUCTS, Operation, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import (
    is_dense,
    is_repeated,
    repeats,
    spikes_in,
    with_often,
)
from spikedim.energy.pricing._charge import Charge
from spikedim.energy.pricing._charged import charged
from spikedim.energy.pricing._options import Integers, Norms, PriceOptions, Word
from spikedim.energy.pricing._rule_set import AbstractRuleSet

__all__ = ["Lemaire"]

_CAPACITIES = (0.0, 8 * 1024.0, 32 * 1024.0, 1024 * 1024.0)  # bytes
_SRAM = ("lemaire_sram_8kb", "lemaire_sram_32kb", "lemaire_sram_1mb")
_BYTES = {Word.FP32: 4.0, Word.INT8: 1.0}
_DENSITIES = (0.25, 1.0)  # share of set bits in an activation: no source fixes it


class _Work(NamedTuple):
    """One operation with what its charges need."""

    at: int
    operation: Operation
    times: float
    options: PriceOptions
    spiking: bool

    @property
    def word(self) -> float:
        """Bytes of a weight, a sum or a message."""
        return _BYTES[self.options.word]

    @property
    def activation(self) -> float:
        """Bytes of an activation; those of a quantised twin are narrow inside the network."""
        bits = self.options.activation_bits
        return self.word if bits is None or not self.is_narrow else bits / 8

    @property
    def is_narrow(self) -> bool:
        """Whether it reads few-bit activations; image, means and answer keep their width."""
        operation = self.operation
        inside = operation.place is Place.INSIDE and not operation.unquantised
        return self.options.activation_bits is not None and inside

    def each_pass(self, number: float) -> float:
        """Return how many of them one pass holds at a time."""
        return number / self.operation.passes


@final
@dataclass(frozen=True)
class Lemaire(AbstractRuleSet):
    """Additions, addresses and memory accesses of a layer-by-layer accelerator [1]_.

    Each layer has memories of its own. A spike is a message in a first-in first-out memory of
    1000 messages; it fetches a weight, and reads and writes a sum, for every output it reaches. A
    real input is multiplied densely. The price of an access is linear between the capacities
    8 KB, 32 KB and 1 MB, from 0 at no capacity, and stays at that of 1 MB beyond.

    Which field stands for what:

    * additions and fetched weights, and sums read and written: `synaptic_operations`; additions of
      a count of spikes: `weighted_operations`, as one message carries the count;
    * messages read: `active_inputs`; messages written: `spikes`;
    * multiplications: `macs`, of a leak `multiplications`;
    * weights held: `weights`; sums held: `outputs` of one pass; membranes held: `neurons`;
    * of two activations one arrives as messages and the other is held like weights.

    Departures from the published form: pairs of input and output are counted exactly, so that
    borders and strides cost what is done; biases are not seen and not charged; a dense
    convolution finds each weight once in a pass, where the form counts one address for each
    output channel and kernel position.

    References
    ----------
    .. [1] E. Lemaire, L. Cordone, A. Castagnetti, P.-E. Novac, J. Courtois, B. Miramond, "An
       analytical estimation of spiking neural networks energy efficiency", arXiv 2210.13107,
       2022.
    """

    constants: ClassVar[tuple[str, ...]] = ("int32_add", "int32_mult", *_SRAM)
    left_out: ClassVar[str] = (
        "routing, control, DRAM, biases, pooling, residual additions, softmax and activation "
        "functions are left out"
    )
    uncertainty: ClassVar[str] = "memory priced for words of 32 or of 64 bits, a factor 2"

    int32_add: float = charged("int32_add")
    int32_mult: float = charged("int32_mult")
    int8_add: float = charged("int8_add")
    int8_mult: float = charged("int8_mult")
    lemaire_sram_8kb: float = charged("lemaire_sram_8kb")
    lemaire_sram_32kb: float = charged("lemaire_sram_32kb")
    lemaire_sram_1mb: float = charged("lemaire_sram_1mb")
    messages: float = 1000.0
    bit_density: float = 0.5

    def charges(self, counts: OperationCounts, options: PriceOptions) -> Iterator[Charge]:
        """Yield compute, addressing and memory of every operation."""
        spiking = spikes_in(counts)
        for index, operation in enumerate(counts.operations):
            work = _Work(index, operation, repeats(operation, counts, options), options, spiking)
            if operation.kind is OperationKind.NEURON:
                yield from self._neurons(work)
            elif operation.kind in PRODUCTS:
                if self._is_event_driven(work):
                    yield from self._events(work)
                else:
                    yield from self._dense(work)
            else:
                yield self._elementwise(work)

    def variants(self, options: PriceOptions) -> tuple["Lemaire", ...]:
        """Return the rule set with both widths of a word, and both ends of the set bits."""
        narrow = replace(
            self,
            lemaire_sram_8kb=band("lemaire_sram_8kb")[0],
            lemaire_sram_32kb=band("lemaire_sram_32kb")[0],
            lemaire_sram_1mb=band("lemaire_sram_1mb")[0],
        )
        if options.activation_bits is None:
            return self, narrow
        return (
            self,
            narrow,
            *(replace(each, bit_density=d) for each in (self, narrow) for d in _DENSITIES),
        )

    def refusal(self, counts: OperationCounts, options: PriceOptions) -> str:
        """Say that a card holds too little, and that integers of 16 bits have no price."""
        if counts.source == "expected":
            return "it needs the numbers that each layer reads and writes, which only a run counts"
        if options.word not in _BYTES:
            return f"it prices integers of 32 or of 8 bits, and no {options.word}"
        return ""

    def parts(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Return the parts of the published sum."""
        del counts, options
        return "compute", "addressing", "inputs_outputs", "parameters", "potentials"

    def used(self, options: PriceOptions) -> tuple[str, ...]:
        """Return the names of the constants of one word."""
        width = "int8" if options.word is Word.INT8 else "int32"
        return f"{width}_add", f"{width}_mult", *_SRAM

    def band(self, options: PriceOptions) -> str:
        """Say what is varied."""
        if options.activation_bits is None:
            return self.uncertainty
        low, high = _DENSITIES
        share = f"share of set bits in an activation {low:g} to {high:g} ({self.bit_density:g})"
        return f"{self.uncertainty}; {share}"

    def notes(self, counts: OperationCounts, options: PriceOptions) -> tuple[str, ...]:
        """Say how many memories are too large for the curve, and what the word is."""
        limit = _CAPACITIES[-1] / _BYTES[options.word]
        large = sum(o.weights > limit or o.outputs / o.passes > limit for o in counts.operations)
        notes = []
        if large:
            notes.append(
                f"{large} layers hold more than 1 MB of weights or sums, priced as 1 MB on chip"
            )
        if options.word is Word.FP32:
            notes.append("32-bit words are priced as integers, as published, not as fp32")
        return tuple(notes)

    def access_pj(self, words: float, width: float) -> float:
        """Return the price of one byte out of a memory of that many words of `width` bytes."""
        prices = (0.0, self.lemaire_sram_8kb, self.lemaire_sram_32kb, self.lemaire_sram_1mb)
        return float(np.interp(words * width, _CAPACITIES, prices))

    def _arithmetic(self, work: _Work) -> tuple[float, float]:
        """Return the price of an addition and of a multiply-accumulate, in pJ."""
        if work.options.word is Word.INT8:
            return self.int8_add, self.int8_mult + self.int8_add
        return self.int32_add, self.int32_mult + self.int32_add

    def _is_event_driven(self, work: _Work) -> bool:
        """Tell whether a product reads messages, so that zeros cost nothing."""
        return not is_dense(work.operation, work.options)

    def _events(self, work: _Work) -> Iterator[Charge]:
        """Book a product that every message drives on its own."""
        index, operation, times = work.at, work.operation, work.times
        add, mac = self._arithmetic(work)
        each, field = add, "synaptic_operations"
        booked = "additions"
        if is_repeated(operation) and work.options.integers is Integers.ADDITIONS:
            field, booked = "weighted_operations", "additions, one for each spike"
        elif is_repeated(operation):
            each, booked = mac, "multiplications of sums of spikes"
        booked = with_often(booked, operation, work.options)
        yield Charge(index, "compute", booked, times * each, field)
        yield Charge(index, "addressing", booked, times * add, "synaptic_operations")
        if operation.kind is OperationKind.CONVOLUTION:
            # A row and a column lead to the first output that the spike reaches.
            yield Charge(index, "addressing", booked, times * 2 * mac, "active_inputs")
        message = work.word * self.access_pj(self.messages, work.word)
        yield Charge(index, "inputs_outputs", booked, times * message, "active_inputs")
        held = work.word * self.access_pj(_held(work), work.word)
        if operation.kind is not OperationKind.SUMMATION:
            yield Charge(index, "parameters", booked, times * held, "synaptic_operations")
        sums = work.word * self.access_pj(work.each_pass(operation.outputs), work.word)
        yield Charge(index, "potentials", booked, times * 2 * sums, "synaptic_operations")

    def _dense(self, work: _Work) -> Iterator[Charge]:
        """Book a product that takes every input, zeros included."""
        index, operation, times = work.at, work.operation, work.times
        add, mac = self._arithmetic(work)
        booked = with_often("multiplications", operation, work.options)
        convolves = operation.kind is OperationKind.CONVOLUTION
        if work.is_narrow:
            bits = work.options.activation_bits or 0
            mac = min(bits * self.bit_density * add, mac)
            booked = with_often(f"one addition for each set bit of {bits}", operation, work.options)
        if operation.kind is OperationKind.SUMMATION:
            booked = with_often("additions", operation, work.options)
            yield Charge(index, "compute", booked, fixed_pj=times * add * operation.additions)
        yield Charge(index, "compute", booked, fixed_pj=times * mac * operation.macs)
        addresses = operation.inputs + operation.outputs
        if convolves:
            addresses += operation.weights * operation.passes
        yield Charge(index, "addressing", booked, fixed_pj=times * add * addresses)
        width = work.activation
        read = (operation.macs if convolves else operation.inputs) * width
        moved = read * self.access_pj(work.each_pass(operation.inputs), width)
        if not work.spiking:
            written = operation.outputs * width
            moved += written * self.access_pj(work.each_pass(operation.outputs), width)
        yield Charge(index, "inputs_outputs", booked, fixed_pj=times * moved)
        other = work.word if operation.weights else width
        held = operation.macs * other * self.access_pj(_held(work), other)
        yield Charge(index, "parameters", booked, fixed_pj=times * held)

    def _neurons(self, work: _Work) -> Iterator[Charge]:
        """Book membranes read and written in each step, leaks, resets and spikes sent."""
        index, operation = work.at, work.operation
        add, mac = self._arithmetic(work)
        leaks = mac * operation.multiplications
        yield Charge(index, "compute", "leaks and resets", add, "spikes", leaks)
        membranes = 2 * operation.neurons * operation.passes * work.word
        moved = membranes * self.access_pj(float(operation.neurons), work.word)
        yield Charge(index, "potentials", "read and written in each step", fixed_pj=moved)
        message = work.word * self.access_pj(self.messages, work.word)
        yield Charge(index, "inputs_outputs", "one message for each spike", message, "spikes")

    def _elementwise(self, work: _Work) -> Charge:
        """Book what is neither product nor neuron: nothing, but normalisations if they count."""
        operation, options = work.operation, work.options
        if operation.kind is OperationKind.NORMALISATION and options.norms is Norms.COUNTED:
            add, mac = self._arithmetic(work)
            energy = add * operation.additions + (mac - add) * operation.multiplications
            booked = with_often("counted", operation, options)
            return Charge(work.at, "normalisation", booked, fixed_pj=work.times * energy)
        return Charge(work.at, "", "free: folded" if operation.foldable else "left out")


def _held(work: _Work) -> float:
    """Return how many words the memory of weights holds, or that of the second activation."""
    operation = work.operation
    if operation.weights:
        return float(operation.weights)
    if operation.kind is OperationKind.ATTENTION and operation.inputs and operation.outputs:
        # [M, K] times [K, N]: (M K N)^2 / (M K * M N) = K N, of one head.
        return operation.macs**2 / (operation.inputs * operation.outputs)
    return work.each_pass(operation.inputs)
