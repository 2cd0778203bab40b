"""What every built model can do: run any number of steps, show its states, continue."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor, nn

from spikedim._core import InputError, check_integer
from spikedim.circuits import RateCode
from spikedim.models.cards import Blueprint, Card, Coding
from spikedim.models.families._build_request import BuildRequest
from spikedim.models.families._options import Options
from spikedim.models.families._pooling import Pooling, pool_tokens
from spikedim.models.families._spike_count import SpikeCount
from spikedim.models.layers import (
    AbstractPopulation,
    AbstractRealOperation,
    ConvNorm,
    ForwardPass,
    LinearNorm,
    PopulationMaker,
    PopulationTrace,
    RatePopulation,
    SpikingPopulation,
    States,
    code_named,
    needs_generator,
)
from spikedim.neurons import AbstractSurrogate, LIFParameters, LIFState, SigmoidSurrogate

__all__ = [
    "AbstractSpikingTransformer",
    "ModelRun",
    "ModelTrace",
    "check_eighths",
    "check_halvings",
    "check_timeless",
    "initialise",
]


@final
class ModelRun(NamedTuple):
    """Outputs of every step, and where the neurons stand.

    Parameters
    ----------
    outputs : Tensor of shape [T, B, C]
        Logits of each step; their mean over T is the prediction. A language model has them for
        every token, [T, B, N, C].
    states : dict of str to LIFState
        State of every population after the last step, to continue from.
    """

    outputs: Tensor
    states: dict[str, LIFState]


@final
class ModelTrace(NamedTuple):
    """Everything a run can show.

    Parameters
    ----------
    outputs : Tensor of shape [T, B, C] or [T, B, N, C]
        Logits of each step.
    populations : dict of str to PopulationTrace
        Spikes and membranes [T, B, N, D] of every population, in the order of the forward pass.
    states : dict of str to LIFState
        State of every population after the last step.
    """

    outputs: Tensor
    populations: dict[str, PopulationTrace]
    states: dict[str, LIFState]


class AbstractSpikingTransformer(nn.Module, ABC):
    """A spiking transformer, its rate-coded twin, or the ordinary network of its shape.

    Parameters
    ----------
    model : Blueprint
        Shape.
    card : Card
        The same as a table of layers.
    options : Options
        Switches.

    Attributes
    ----------
    card : Card
        Layers, parameters, operations, populations.
    steps : int
        T of a call that does not say otherwise; 1 in a twin or ordinary network.
    head : torch.nn.Linear
        Classifier.
    head_lif : AbstractPopulation or None
        Neurons between the mean over tokens and the classifier, in families that have them.
    compute_dtype : torch.dtype or None
        Type of the activations between input and head (`accelerate` sets it); None for that of
        the weights. A call that records membranes uses that of the weights always.
    built_from : BuildRequest or None
        What `build` was asked for; files of weights remember it.

    Notes
    -----
    Nothing is remembered between calls: states go in and come out. In evaluation mode any split
    of T steps into parts gives the same spikes; in training mode batch normalisation sees the
    steps of a call together, so parts differ from the whole.
    """

    switches: ClassVar[frozenset[str]] = frozenset()
    """Options of this family beside `neuron`, `surrogate` and `drop_path`."""
    shapes: ClassVar[frozenset[str]] = frozenset({"classes", "channels", "side", "depth", "heads"})
    """What of its shape may be chosen."""
    surrogate: ClassVar[AbstractSurrogate] = SigmoidSurrogate()
    neuron: ClassVar[LIFParameters] = LIFParameters.spikingjelly()
    pooling: ClassVar[Pooling] = Pooling.MEAN
    """Which tokens the classifier reads."""

    head: nn.Linear

    def __init__(self, model: Blueprint, card: Card, options: Options) -> None:
        super().__init__()
        self.card = card
        self.coding = model.coding
        self.head_lif: AbstractPopulation | None = None
        self.compute_dtype: torch.dtype | None = None
        self.built_from: BuildRequest | None = None
        self.steps = model.where.steps if model.coding.spiking else 1
        # Whose weights start normal with deviation .02; others start as torch does.
        self.normal_weights: tuple[type[nn.Module], ...] = (nn.Linear,)
        self.make = PopulationMaker(
            model.coding, options.neuron or self.neuron, options.surrogate or self.surrogate
        )

    @abstractmethod
    def read_input(self, x: Tensor) -> tuple[Tensor, int | None]:
        """Return what `features` reads, [T or 1, B, ...], and T if the input fixes it.

        Raises `InputError` for an input of another shape, type or with values not finite.
        """

    @abstractmethod
    def features(self, x: Tensor, context: ForwardPass) -> Tensor:
        """Return what the head reads, [T, B, N, D], of an input [T or 1, B, ...]."""

    def readout(self, features: Tensor, context: ForwardPass) -> Tensor:
        """Return logits [T, B, C] of features [T, B, N, D], or [T, B, N, C] without pooling."""
        features = features.to(self.head.weight.dtype)  # a mean in bfloat16 would round
        pooled = pool_tokens(features, self.pooling, context.mask)
        if self.head_lif is not None:
            pooled = self.head_lif(pooled, context)
        logits: Tensor = self.head(pooled.to(self.head.weight.dtype))
        return logits if self.pooling is Pooling.NONE else logits[:, :, 0]

    @classmethod
    @abstractmethod
    def check_shape(cls, model: Blueprint) -> None:
        """Raise `InputError` unless the blocks fit the shape (`build` calls this)."""

    @property
    def populations(self) -> Mapping[str, AbstractPopulation]:
        """Every population by its name."""
        return {
            name: module
            for name, module in self.named_modules()
            if isinstance(module, AbstractPopulation)
        }

    @property
    def non_spiking(self) -> Mapping[str, str]:
        """Kind of every operation on real numbers inside the blocks, by its name.

        Softmax, layer normalisation, GELU, and products whose results no neurons read; empty in
        families without them. Stems read real inputs and heads real means beside these.
        """
        return {
            name: module.kind
            for name, module in self.named_modules()
            if isinstance(module, AbstractRealOperation)
        }

    def forward(
        self,
        x: Tensor,
        *,
        steps: int | None = None,
        generator: torch.Generator | None = None,
        code_steps: int | Mapping[str, int] | None = None,
        code: RateCode | str = RateCode.BERNOULLI,
    ) -> Tensor:
        """Return logits [B, C], the mean over the steps; [B, N, C] of a language model.

        Parameters
        ----------
        x : Tensor
            Images [B, channels, H, W], shown at every step, or a sequence [T, B, channels, H, W];
            of a text model token numbers [B, N], padded with 0.
        steps : int, optional
            T, at least 1; the model's own without it, or that of a sequence. An ordinary network
            has no time: it answers every image of a sequence by itself, and another T is refused.
        generator : torch.Generator, optional
            Draws dropped branches in training, and spikes.
        code_steps : int or mapping of str to int, optional
            Of a rate-coded twin: replaces every rate r by the mean of so many spikes, independent
            over neurons and samples. A mapping names every population and gives each a T of its
            own, at least 1. The gradient is that at r. Exact rates without it.
        code : RateCode or str, default "bernoulli"
            How these spikes come about, as in `code_rates`: Binomial(T, r) / T drawn from
            `generator`; ``"sigma_delta"``, the nearest count, which draws nothing; or
            ``"random_phase"``.
        """
        sequence, count = self._start(x, steps)
        law = self._check_code(code_steps, code, generator)
        context = ForwardPass(
            count,
            generator=generator,
            code_steps=code_steps,
            code=law,
            dtype=self.compute_dtype,
        )
        features = self.features(self._enter(sequence), context)
        return self.readout(features, context).mean(dim=0)

    def run(
        self,
        x: Tensor,
        *,
        steps: int | None = None,
        states: States | None = None,
        generator: torch.Generator | None = None,
        code_steps: int | Mapping[str, int] | None = None,
        code: RateCode | str = RateCode.BERNOULLI,
    ) -> ModelRun:
        """Return the logits of every step, starting from given states.

        Parameters
        ----------
        x : Tensor
            As in `forward`.
        steps : int, optional
            T of this part.
        states : mapping, optional
            States that an earlier part returned; fresh ones without it.
        generator : torch.Generator, optional
            Draws dropped branches in training, and spikes.
        code_steps : int or mapping of str to int, optional
            As in `forward`.
        code : RateCode or str, default "bernoulli"
            As in `forward`.
        """
        sequence, count = self._start(x, steps)
        law = self._check_code(code_steps, code, generator)
        self._check_states(states, batch=sequence.shape[1])
        context = ForwardPass(
            count,
            states=states,
            keep_states=True,
            generator=generator,
            code_steps=code_steps,
            code=law,
            dtype=self.compute_dtype,
        )
        outputs = self.readout(self.features(self._enter(sequence), context), context)
        return ModelRun(outputs, context.after)

    def forward_with_states(
        self,
        x: Tensor,
        *,
        steps: int | None = None,
        states: States | None = None,
        generator: torch.Generator | None = None,
        code_steps: int | Mapping[str, int] | None = None,
        code: RateCode | str = RateCode.BERNOULLI,
    ) -> ModelTrace:
        """Return the logits of every step, with spikes and membranes of every population.

        Parameters
        ----------
        x : Tensor
            As in `forward`.
        steps : int, optional
            T of this part.
        states : mapping, optional
            States that an earlier part returned.
        generator : torch.Generator, optional
            Draws dropped branches in training, and spikes.
        code_steps : int or mapping of str to int, optional
            As in `forward`.
        code : RateCode or str, default "bernoulli"
            As in `forward`.
        """
        sequence, count = self._start(x, steps)
        law = self._check_code(code_steps, code, generator)
        self._check_states(states, batch=sequence.shape[1])
        context = ForwardPass(
            count,
            states=states,
            keep_states=True,
            record=True,
            generator=generator,
            code_steps=code_steps,
            code=law,
        )
        outputs = self.readout(self.features(sequence, context), context)
        return ModelTrace(outputs, context.traces, context.after)

    def count_spikes(
        self,
        x: Tensor,
        *,
        steps: int | None = None,
        code_steps: int | Mapping[str, int] | None = None,
        code: RateCode | str = RateCode.BERNOULLI,
        states: States | None = None,
        generator: torch.Generator | None = None,
    ) -> SpikeCount:
        """Return the logits of every step, with the spikes that every population fired in it.

        Always in evaluation mode, without gradients, on the plain path; the mode is the same
        afterwards. Sums are those of the traces of `forward_with_states`, which are not kept: the
        memory is that of one forward pass. An ordinary network fires nothing and is refused: a
        count of 0 would read as if it cost nothing.

        Parameters
        ----------
        x : Tensor
            As in `forward`.
        steps : int, optional
            T of this part.
        code_steps : int or mapping of str to int, optional
            As in `forward`.
        code : RateCode or str, default "bernoulli"
            As in `forward`.
        states : mapping, optional
            States that an earlier part returned.
        generator : torch.Generator, optional
            Draws the spikes of `code_steps`.

        Raises
        ------
        InputError
            If this is an ordinary network, `forward` refuses the input, or the type of the weights
            does not tell so many spikes apart: bfloat16 above 128, float16 above 1,024.
        """
        if self.coding is Coding.ACTIVATIONS:
            raise InputError(
                "count_spikes: `self` must have spikes or rates to count; got "
                f"{self.card.name}, an ordinary network. Use `run` for its outputs."
            )
        sequence, count = self._start(x, steps)
        law = self._check_code(code_steps, code, generator)
        self._check_countable(code_steps)
        self._check_states(states, batch=sequence.shape[1])
        context = ForwardPass(
            count,
            states=states,
            keep_states=True,
            tally=True,
            generator=generator,
            code_steps=code_steps,
            code=law,
        )
        training = [module for module in self.modules() if module.training]
        try:
            self.eval()
            with torch.no_grad():
                outputs = self.readout(self.features(sequence, context), context)
        finally:
            for module in training:
                module.training = True
        return SpikeCount(outputs, context.spikes, context.neurons, context.after, context.unpadded)

    def code_lengths(
        self,
        code_steps: int | Mapping[str, int],
        *,
        name: str = "code_steps",
        caller: str = "code_lengths",
    ) -> dict[str, int]:
        """Return how many spikes stand for a rate of each population of a rate-coded twin.

        Parameters
        ----------
        code_steps : int or mapping of str to int
            One T for all populations, or a T for each by its name, at least 1.
        name, caller : str
            What errors call `code_steps` and the function that was called.

        Returns
        -------
        dict of str to int
            T of every population, in the order of `populations`.

        Raises
        ------
        InputError
            If this is no twin, a T is not an integer of at least 1, or names are missing or
            unknown.
        """
        if self.coding is not Coding.RATES:
            kind, other = "a spiking model, which fires by itself", "Use `steps`, or build"
            if not self.coding.spiking:
                kind, other = "an ordinary network, whose activations are no rates", "Build"
            raise InputError(
                f"{caller}: `{name}` must be absent for {kind}; got {code_steps!s:.80}. {other} "
                f"the twin, {self.card.base}:softmax."
            )
        mine = [key for key, p in self.populations.items() if isinstance(p, RatePopulation)]
        if not isinstance(code_steps, Mapping):
            return dict.fromkeys(mine, check_integer(code_steps, name=name, caller=caller))
        if code_steps.keys() != set(mine):
            odd = sorted(map(str, code_steps.keys() ^ set(mine)))
            raise InputError(
                f"{caller}: `{name}` must have a T for each of the {len(mine)} populations of "
                f"{self.card.name}; got missing or unknown names: {', '.join(odd[:3])}. "
                "Take the names from `model.populations`."
            )
        return {
            key: check_integer(code_steps[key], name=f"{name}[{key!r}]", caller=caller)
            for key in mine
        }

    def name_populations(self) -> None:
        """Tell every population its path."""
        for name, population in self.populations.items():
            population.name = name

    def extra_repr(self) -> str:
        """Return name and steps for `repr`."""
        return f"{self.card.name}, steps={self.steps}"

    def _enter(self, sequence: Tensor) -> Tensor:
        """Return the input in the type of the activations."""
        if self.compute_dtype is None or not sequence.is_floating_point():
            return sequence
        return sequence.to(self.compute_dtype)

    def _check_code(
        self,
        code_steps: int | Mapping[str, int] | None,
        code: RateCode | str,
        generator: torch.Generator | None,
    ) -> RateCode:
        """Return the code; raise `InputError` unless rates can be coded in so many steps."""
        law = code_named(code, caller="forward")
        if code_steps is None:
            return law
        if isinstance(code_steps, Mapping) or self.coding is not Coding.RATES:
            self.code_lengths(code_steps, caller="forward")
        else:
            check_integer(code_steps, name="code_steps", caller="forward", minimum=1)
        if needs_generator(law) and not isinstance(generator, torch.Generator):
            raise InputError(
                "forward: `generator` must be a torch.Generator with `code_steps`; "
                f"got {generator!r}. Pass `torch.Generator().manual_seed(0)`."
            )
        return law

    def _check_countable(self, code_steps: int | Mapping[str, int] | None) -> None:
        """Raise `InputError` if means in the type of the weights do not say how many spikes."""
        if code_steps is None:
            return
        most = max(code_steps.values()) if isinstance(code_steps, Mapping) else code_steps
        kind = self.head.weight.dtype
        limit = round(1 / torch.finfo(kind).eps)
        if most > limit:
            raise InputError(
                f"count_spikes: `code_steps` must be at most {limit:,} with weights of {kind}, "
                f"which do not tell more spikes apart; got {most}. Use `model.float()`."
            )

    def _check_states(self, states: States | None, *, batch: int) -> None:
        """Raise `InputError` unless there is a state of the batch for every spiking population."""
        if states is None:
            return
        if not isinstance(states, Mapping) or not all(
            isinstance(state, LIFState) for state in states.values()
        ):
            raise InputError(
                f"forward: `states` must map names to LIFState; got {type(states).__name__}. "
                "Pass the states that `run` of this model returned."
            )
        mine = {key for key, p in self.populations.items() if isinstance(p, SpikingPopulation)}
        if states.keys() != mine:
            odd = sorted(states.keys() ^ mine)
            raise InputError(
                f"forward: `states` must hold the {len(mine)} spiking populations of "
                f"{self.card.name}; missing or unknown: {', '.join(odd[:3])}. "
                "Pass the states that `run` of this model returned."
            )
        found = {len(state.membrane) for state in states.values()}
        if found - {batch}:
            raise InputError(
                f"forward: `states` must be those of the {batch} samples of `x`; got states of "
                f"{', '.join(map(str, sorted(found)))}. Index all fields of a state alike to "
                "choose samples."
            )

    def _start(self, x: Tensor, steps: int | None) -> tuple[Tensor, int]:
        """Return the checked input and T: of the sequence, or asked for, or the model's own."""
        sequence, length = self.read_input(x)
        if steps is not None:
            check_integer(steps, name="steps", caller="forward", minimum=1)
            if length is not None and steps != length:
                raise InputError(
                    f"forward: `steps` must be the {length} steps of the sequence, or absent; "
                    f"got {steps}."
                )
        if length is not None:
            return sequence, length
        if steps is not None:
            check_timeless(self.coding, steps, name=self.card.name, caller="forward")
        return sequence, self.steps if steps is None else steps


def check_timeless(coding: Coding, steps: int, *, name: str, caller: str) -> None:
    """Raise `InputError` for several steps of an ordinary network."""
    if coding is Coding.ACTIVATIONS and steps != 1:
        raise InputError(
            f"{caller}: `steps` must be absent or 1 for {name}, an ordinary network without time; "
            f"got {steps}. Only the spiking model, {name.partition(':')[0]}, takes steps."
        )


def check_halvings(model: Blueprint, times: int) -> None:
    """Raise `InputError` unless the side of the image can be halved `times` times."""
    side = model.where.side
    if side % 2**times:
        lower = max(side // 2**times, 1) * 2**times
        raise InputError(
            f"build: `side` must be divisible by {2**times}, since the model halves it {times} "
            f"times; got {side}. Use {lower}, or {lower + 2**times}, and resize the images."
        )


def check_eighths(model: Blueprint, parts: int = 8) -> None:
    """Raise `InputError` unless the first convolution can have an eighth of the width, or less."""
    if model.width % parts:
        raise InputError(
            f"build: `width` must be divisible by {parts}, since the stem starts at 1/{parts} of "
            f"it; got {model.width}. Use {max(model.width // parts, 1) * parts}."
        )


def initialise(model: AbstractSpikingTransformer, generator: torch.Generator) -> None:
    """Draw the weights of a model: normal with deviation .02, or uniform as torch does."""
    for module in model.modules():
        if isinstance(module, LinearNorm | ConvNorm | nn.Linear):
            if isinstance(module, model.normal_weights):
                nn.init.trunc_normal_(module.weight, std=0.02, generator=generator)
            else:
                nn.init.kaiming_uniform_(module.weight, a=5**0.5, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.trunc_normal_(module.weight, std=0.02, generator=generator)
