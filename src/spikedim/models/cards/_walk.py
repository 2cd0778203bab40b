"""A layer walk: cards are written as a list of convolutions, products and neurons."""

from dataclasses import replace
from enum import StrEnum

from spikedim.models.cards._card import LayerRow, Population
from spikedim.models.cards._coding import Coding

__all__ = ["Inputs", "LayerWalk"]


class Inputs(StrEnum):
    """What a layer reads."""

    SPIKES = "spikes"  # 0 or 1
    INTEGERS = "integers"  # sums of spikes, from an activation-before-addition residual
    REALS = "reals"  # the image, a normalised value, a membrane current


class LayerWalk:
    """Collects `LayerRow` values in the order of the forward pass."""

    def __init__(self, *, coding: Coding = Coding.SPIKES, neuron_parameters: int = 0) -> None:
        self._rows: list[LayerRow] = []
        self._coding = coding
        self._neuron_parameters = neuron_parameters if coding.spiking else 0

    @property
    def rows(self) -> tuple[LayerRow, ...]:
        """The layer table so far."""
        return tuple(self._rows)

    @property
    def coding(self) -> Coding:
        """What the populations carry."""
        return self._coding

    def add(
        self,
        name: str,
        kind: str,
        parameters: int,
        *,
        macs: int = 0,
        norm: int = 0,
        dead: int = 0,
        inputs: Inputs = Inputs.SPIKES,
    ) -> None:
        """Append a row; `parameters` excludes its `norm` parameters."""
        if self._coding is Coding.ACTIVATIONS:
            inputs = Inputs.REALS
        self._rows.append(
            LayerRow(
                name,
                kind,
                parameters + norm,
                dead,
                macs,
                inputs is not Inputs.REALS,
                norm_parameters=norm,
                integer_input=inputs is Inputs.INTEGERS,
            )
        )

    def conv(
        self,
        name: str,
        c_in: int,
        c_out: int,
        *,
        kernel: int,
        side: int,
        groups: int = 1,
        bias: bool = False,
        norm: int = 2,
        inputs: Inputs = Inputs.SPIKES,
        kind: str = "conv",
    ) -> None:
        """Append a convolution, output `side` x `side`, with `norm` BatchNorm values a channel."""
        weights = kernel**2 * c_in * c_out // groups
        self.add(
            name,
            kind,
            weights + bias * c_out,
            macs=weights * side**2,
            norm=norm * c_out,
            inputs=inputs,
        )

    def linear(
        self,
        name: str,
        d_in: int,
        d_out: int,
        *,
        tokens: int,
        bias: bool = False,
        norm: int = 2,
        inputs: Inputs = Inputs.SPIKES,
        kind: str = "linear",
    ) -> None:
        """Append a product applied to each of `tokens` tokens (a 1 x 1 convolution is one)."""
        self.add(
            name,
            kind,
            d_in * d_out + bias * d_out,
            macs=tokens * d_in * d_out,
            norm=norm * d_out,
            inputs=inputs,
        )

    def head(
        self, d_in: int, classes: int, *, inputs: Inputs = Inputs.REALS, bias: bool = True
    ) -> None:
        """Append the classifier, applied once."""
        self.linear("head", d_in, classes, tokens=1, bias=bias, norm=0, inputs=inputs, kind="head")

    def attention(
        self, name: str, macs: int, *, twin_macs: int | None = None, inputs: Inputs = Inputs.SPIKES
    ) -> None:
        """Append the products of queries, keys and values; the twin's differ if `twin_macs`."""
        if twin_macs is not None and not self._coding.spiking:
            macs = twin_macs
        self.add(name, "attention", 0, macs=macs, inputs=inputs)

    def lif(self, name: str, tokens: int, features: int) -> None:
        """Let spiking neurons follow the last layer (a row of their own if it already has some).

        An ordinary network has none.
        """
        if self._coding is Coding.ACTIVATIONS:
            return
        population = Population(name, tokens, features)
        if not self._rows or self._rows[-1].population is not None:
            self.add(name, "neuron", 0)
        last = self._rows[-1]
        self._rows[-1] = replace(
            last, population=population, parameters=last.parameters + self._neuron_parameters
        )
