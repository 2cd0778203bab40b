"""Compiled attention circuits as functions of the rates of their encoders and winners."""

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import AnyArray, InputError
from spikedim.circuits import AbstractSpikingAttention, SoftmaxMode, SpikingAttentionStack
from spikedim.response.networks._abstract_rate_network import AbstractRateNetwork, Change

__all__ = ["CircuitNetwork"]

_CODES = ("query", "key", "value")
_RANDOM = (SoftmaxMode.RACE, SoftmaxMode.GLI_ESCAPE)


@final
class CircuitNetwork(AbstractRateNetwork):
    r"""A compiled attention layer, or a stack of them, in float64.

    Its populations bear the names of its wiring: ``"query code"``, ``"key code"``, ``"value
    code"``, and ``"competitors"`` where winners are drawn; in a stack with ``"layer 0 "`` and so
    on in front.

    Parameters
    ----------
    circuit : AbstractSpikingAttention or SpikingAttentionStack
        The circuit.
    mask : array of shape [N, N] or [H, N, N], optional
        As in `SpikingAttention.run`.
    caller : str
        Named in errors.

    Notes
    -----
    Rates of competitors are the exact rows A. What independent coins e of variance A (1 - A) make
    of them enters as

    .. math:: \hat A = A + f - A \textstyle\sum_j f_j, \qquad f = e / \sqrt{1 - A}
        \text{ for a race}, \quad f = e \text{ for escape spikes,}

    so that the covariance of a row is diag(A) - A A^T of one winner a step, or that of
    independent coins shared out among their number. Winners of other circuits are off by O(1/T)
    and are no population.
    """

    def __init__(
        self,
        circuit: AbstractSpikingAttention | SpikingAttentionStack,
        mask: Any | None = None,
        *,
        caller: str,
    ) -> None:
        self.name = type(circuit).__name__
        self.caller = caller
        self.stacked = isinstance(circuit, SpikingAttentionStack)
        layers = circuit.layers if isinstance(circuit, SpikingAttentionStack) else (circuit,)
        self.layers = tuple(_Layer(layer) for layer in layers)
        self.mask = mask

    def run(self, x: Tensor, change: Change) -> Tensor:
        """Return outputs [B, N, Do] of tokens [B, N, D]."""
        if x.ndim != 3:
            raise InputError(
                f"{self.caller}: `x` must be tokens [S, N, D] for a circuit; got shape "
                f"{tuple(x.shape)}. Stack the tokens of every sample."
            )
        added = self._added(x)
        rates = torch.from_numpy(
            np.stack([self.layers[0].circuit.rates(tokens) for tokens in _numbers(x)])
        ).to(x.device)
        for index, layer in enumerate(self.layers):
            prefix = f"layer {index} " if self.stacked else ""
            if index:
                rates = layer.rates(x)
            x = layer.run(rates, added[index], prefix, change)
        return x

    def _added(self, x: Tensor) -> list[Tensor | None]:
        """Return the numbers [H, N, N] that the mask adds to the scores of every layer."""
        if self.mask is None:
            return [None] * len(self.layers)
        return [layer.added(x.shape[1], self.mask).to(x.device) for layer in self.layers]


@final
class _Layer:
    """One attention layer on rates [B, N, D]."""

    def __init__(self, circuit: AbstractSpikingAttention) -> None:
        self.circuit = circuit
        heads = circuit.heads
        self.scale = heads.scale
        self.query, self.key, self.value, self.output = (
            torch.from_numpy(np.ascontiguousarray(each))
            for each in (heads.query, heads.key, heads.value, heads.output)
        )
        self.query_bias, self.key_bias, self.value_bias, self.output_bias = (
            torch.from_numpy(np.ascontiguousarray(each))
            for each in (heads.query_bias, heads.key_bias, heads.value_bias, heads.output_bias)
        )
        self.low, self.high = torch.from_numpy(circuit.low), torch.from_numpy(circuit.high)

    def rates(self, y: Tensor) -> Tensor:
        """Return the rates that code outputs of the layer before, whose range they cover."""
        span = (self.high - self.low).to(y.device)
        per_unit = torch.where(span > 0, 1 / span.clamp_min(torch.finfo(y.dtype).tiny), 0.0)
        return ((y - self.low.to(y.device)) * per_unit).clamp(0, 1)

    def added(self, tokens: int, mask: Any) -> Tensor:
        """Return what a mask adds to the scores: minus infinity where nobody may look."""
        middle = np.tile((self.circuit.low + self.circuit.high) / 2, (tokens, 1))
        masked = self.circuit.scores(middle, mask=mask)
        return torch.from_numpy(masked - self.circuit.scores(middle))

    def run(self, rates: Tensor, added: Tensor | None, prefix: str, change: Change) -> Tensor:
        """Return outputs [B, N, Do]."""
        at = rates.device
        said = [change(f"{prefix}{part} code", rates)[:, None] for part in _CODES]
        query = said[0] @ self.query.to(at) + self.query_bias[:, None].to(at)
        key = said[1] @ self.key.to(at) + self.key_bias[:, None].to(at)
        value = (said[2] @ self.value.to(at) + self.value_bias[:, None].to(at)) @ self.output.to(at)
        scores = self.scale * (query @ key.mT)
        rows = torch.softmax(scores if added is None else scores + added, dim=-1)
        if self.circuit.mode in _RANDOM:
            rows = self._won(rows, prefix, change)
        return (rows @ value).sum(dim=1) + self.output_bias.to(at)

    def _won(self, rows: Tensor, prefix: str, change: Change) -> Tensor:
        """Return the rows that winners leave."""
        error = change(f"{prefix}competitors", rows) - rows
        if self.circuit.mode is SoftmaxMode.RACE:
            left = (1 - rows.detach()).clamp_min(0)
            error = torch.where(left > 0, error / left.clamp_min(1e-300).sqrt(), 0.0)
        return rows + error - rows.detach() * error.sum(dim=-1, keepdim=True)


def _numbers(x: Tensor) -> AnyArray:
    """Return tokens as numpy reads them."""
    return np.asarray(x.detach().double().cpu().numpy())
