"""A model of another package whose neurons are ours."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError, check_integer
from spikedim.models.families import ModelRun, ModelTrace
from spikedim.models.layers import ForwardPass, PopulationTrace, SpikingPopulation, States
from spikedim.neurons import LIFState

__all__ = ["AdaptedModel", "Seat"]

_CURRENT: ContextVar[ForwardPass | None] = ContextVar("forward pass", default=None)


@final
class Seat(nn.Module):
    """Stands where a neuron of another package stood, with its call and its layout."""

    def __init__(self, population: SpikingPopulation, *, multi_step: bool, pair: bool) -> None:
        super().__init__()
        self.population = population
        self.multi_step = multi_step
        self.pair = pair

    def forward(self, currents: Tensor) -> Any:
        """Return spikes of currents [T, B, D, ...], or [B, D, ...] of one step."""
        context, name = _CURRENT.get(), self.population.name
        if context is None:
            raise InputError(
                f"forward: `{name}` must be called through its AdaptedModel; got a call of a part."
            )
        if name in context.after:
            raise InputError(
                f"forward: `{name}` must be called once a step; got another call. Give every "
                "place of the network a neuron of its own, and leave the loop over T to us."
            )
        sequence = currents if self.multi_step else currents[None]
        # Features are behind the batch there and last here.
        spikes = self.population(sequence.movedim(2, -1), context).movedim(-1, 2)
        spikes = spikes if self.multi_step else spikes[0]
        return (spikes, context.after[name].membrane.movedim(-1, 1)) if self.pair else spikes


@final
class AdaptedModel(nn.Module):
    """A network of another package, its neurons replaced by populations of ours.

    `read_spikingjelly` and `read_snntorch` make it.

    Parameters
    ----------
    network : torch.nn.Module
        Copy of the network, a `Seat` in the place of each neuron.
    source : str
        Package that it comes from.
    multi_step : bool
        Whether the network takes all steps in one call, [T, B, ...].
    notes : tuple of str, default ()
        Where it computes otherwise than the network it was read from.

    Notes
    -----
    State is explicit: nothing is remembered between calls, there is nothing to reset. Potentials
    are measured from the resting potential. Neurons fire at the threshold; snnTorch's fire above
    it, which differs where a potential equals it exactly.

    Examples
    --------
    >>> from torch import nn
    >>> from spikedim.models import read_spikingjelly
    >>> read_spikingjelly(nn.Linear(2, 2))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    spikedim._core._errors.InputError: read_spikingjelly: `module` must have spiking neurons; ...
    """

    def __init__(
        self, network: nn.Module, *, source: str, multi_step: bool, notes: tuple[str, ...] = ()
    ) -> None:
        super().__init__()
        self.network = network
        self.source = source
        self.multi_step = multi_step
        self.notes = notes

    @property
    def populations(self) -> Mapping[str, SpikingPopulation]:
        """Every population by the path of the neuron that it replaces."""
        seats = (module for module in self.network.modules() if isinstance(module, Seat))
        return {seat.population.name: seat.population for seat in seats}

    def forward(self, x: Tensor, *, steps: int | None = None) -> Tensor:
        """Return the outputs of every step.

        Parameters
        ----------
        x : Tensor
            With `steps` one input [B, ...], shown at every step; without it a sequence [T, B, ...].
        steps : int, optional
            T, at least 1.

        Returns
        -------
        Tensor of shape [T, B, ...]
            Stacked over the steps; a network that takes all steps in one call gives its outputs as
            they are, which may be means over the steps. The first tensor, if it gives several.
        """
        return self.run(x, steps=steps).outputs

    def run(self, x: Tensor, *, steps: int | None = None, states: States | None = None) -> ModelRun:
        """Return the outputs of every step, starting from given states.

        Parameters
        ----------
        x : Tensor
            As in `forward`.
        steps : int, optional
            T of this part.
        states : mapping, optional
            States that an earlier part returned; fresh ones without it.
        """
        trace = self._run(x, steps, states, record=False)
        return ModelRun(trace.outputs, trace.states)

    def forward_with_states(
        self, x: Tensor, *, steps: int | None = None, states: States | None = None
    ) -> ModelTrace:
        """Return the outputs of every step, with spikes and membranes of every population.

        Parameters
        ----------
        x : Tensor
            As in `forward`.
        steps : int, optional
            T of this part.
        states : mapping, optional
            States that an earlier part returned.

        Returns
        -------
        ModelTrace
            Spikes and membranes are [T, B, N, D]; N places of a map in the order of its rows.
        """
        return self._run(x, steps, states, record=True)

    def extra_repr(self) -> str:
        """Return the source for `repr`."""
        return f"source={self.source!r}, populations={len(self.populations)}"

    def _run(
        self, x: Tensor, steps: int | None, states: States | None, *, record: bool
    ) -> ModelTrace:
        sequence = _sequence(x, steps)
        if self.multi_step:
            context = self._context(len(sequence), states, record)
            out = self._call(sequence, context)
            return ModelTrace(out, context.traces, context.after)
        outputs, parts = [], []
        for part in sequence:
            context = self._context(1, states, record)
            outputs.append(self._call(part, context))
            parts.append(context.traces)
            states = context.after
        after: dict[str, LIFState] = dict(states or {})
        return ModelTrace(torch.stack(outputs), _joined(parts), after)

    def _context(self, steps: int, states: States | None, record: bool) -> ForwardPass:
        """Return a new forward pass, or refuse states of another model."""
        foreign = sorted((states or {}).keys() - self.populations.keys())
        if foreign:
            raise InputError(
                f"forward: `states` must be those of this model; got one of {foreign[0]!r}."
            )
        return ForwardPass(steps, states=states, keep_states=True, record=record)

    def _call(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Call the network within a forward pass."""
        token = _CURRENT.set(context)
        try:
            out = self.network(x)
        except AttributeError as error:
            if f"'{Seat.__name__}' object" not in str(error):
                raise
            raise InputError(
                "forward: `network` must leave the state of its neurons to us; it asks for "
                f"{str(error).rpartition(' ')[2]}. Take resets and membranes out of its forward."
            ) from error
        finally:
            _CURRENT.reset(token)
        first = out[0] if isinstance(out, tuple | list) and out else out
        if not isinstance(first, Tensor):
            raise InputError(
                f"forward: `network` must return a tensor, or several; got {type(out).__name__}."
            )
        return first


def _sequence(x: Tensor, steps: int | None) -> Tensor:
    """Return [T, B, ...]."""
    if not isinstance(x, Tensor) or not x.is_floating_point():
        got = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise InputError(f"forward: `x` must be a floating tensor; got {got}.")
    if not torch.isfinite(x).all():
        raise InputError("forward: `x` must be finite; got NaN or infinity. Clean the data.")
    if steps is not None:
        count = check_integer(steps, name="steps", caller="forward", minimum=1)
        return x.expand(count, *x.shape)
    if x.ndim < 3 or len(x) < 1:
        raise InputError(
            f"forward: `x` must be a sequence [T, B, ...] without `steps`; got shape "
            f"{tuple(x.shape)}. Pass `steps=` to show one input at every step."
        )
    return x


def _joined(parts: list[dict[str, PopulationTrace]]) -> dict[str, PopulationTrace]:
    """Join the traces of single steps."""
    for name in {name for part in parts for name in part}:
        if any(name not in part for part in parts):
            raise InputError(
                f"forward: `{name}` must be called in every step, or in none, to be recorded; got "
                "some. Use `run`."
            )
    return {
        name: PopulationTrace(*(torch.cat(tensors) for tensors in zip(*found, strict=True)))
        for name in parts[0]
        for found in ([part[name] for part in parts],)
    }
