"""Coded passes over the same samples, compared with exact rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from spikedim._core import (
    AbstractProgress,
    AnyArray,
    InputError,
    NumericsError,
    check_integer,
    fingerprint_arrays,
)
from spikedim.circuits import RateCode
from spikedim.models import code_rates
from spikedim.response.codes import check_steps
from spikedim.response.networks import (
    AbstractRateNetwork,
    check_generator,
    check_inputs,
    check_rates,
    check_weights,
    fingerprint_tensor,
)

__all__ = ["SimulatedSamples", "Simulator"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_MAX_BATCH = 64
_LIVE_COPIES = 8  # of all rates of a batch, while it runs


@final
@dataclass(frozen=True, eq=False)
class SimulatedSamples:
    """What coded passes found, sample by sample.

    Parameters
    ----------
    errors, bias : ndarray of shape [S]
        Squared error, mean over passes, and what of it the mean over codes keeps (unbiased, so
        that it may be below 0); `bias` is 0 where a sample had one pass.
    right : ndarray of shape [S] or [0]
        Share of passes with the right answer.
    agreed : ndarray of shape [S]
        Share of passes with the answer of exact rates.
    shift : ndarray of shape [m]
        Mean of outputs minus exact outputs.
    spikes : float
        Spikes of all populations for one sample.
    deviation : float
        Standard error of the mean of `errors` over codes, on these very samples.
    passes : int
        Forward passes of one sample in all.
    """

    errors: Array
    bias: Array
    right: Array
    agreed: Array
    shift: Array
    spikes: float
    deviation: float
    passes: int


@final
class Simulator:
    """A network with samples and their exact outputs, ready for coded passes.

    Parameters
    ----------
    network : AbstractRateNetwork
        What runs.
    x : Tensor of shape [S, ...]
        Inputs.
    targets : Tensor of shape [S] or None
        Right answers.
    code : RateCode
        Code of every population.
    batch_size : int or None
        Samples that run together; None for what the budget allows, up to 64.
    generator : torch.Generator or None
        Seeds all draws; seed 0 if None.
    memory_budget : int
        Bytes.
    progress : AbstractProgress
        Who is told.
    caller : str
        Named in errors.
    """

    def __init__(
        self,
        network: AbstractRateNetwork,
        x: Tensor,
        targets: Tensor | None,
        *,
        code: RateCode,
        batch_size: int | None,
        generator: torch.Generator | None,
        memory_budget: int,
        progress: AbstractProgress,
        caller: str,
    ) -> None:
        x = check_inputs(network, x, caller=caller)
        check_weights(network.model, caller=caller)
        check_generator(generator, caller=caller)
        self.network, self.x, self.code, self.caller = network, x, code, caller
        self.progress = progress
        self.seed = _drawn_seed(generator)
        self.neurons: dict[str, int] = {}
        self.rate = 0.0
        first = self._run_exact(x[:1])
        self._check_outputs(first, memory_budget)
        self.batch_size = self._chosen_batch(batch_size, memory_budget)
        self.rate = 0.0
        self.reference = self._exact()
        self.outputs = self.reference.shape[1]
        self.answers = first.ndim == 2
        self.axis = first.shape[-1] if first.ndim > 1 else 1
        self.targets = self._checked_targets(targets)

    @property
    def deterministic(self) -> bool:
        """Whether every pass is like every other."""
        return self.code is RateCode.SIGMA_DELTA

    @property
    def right(self) -> Array:
        """Whether exact rates answer right, [S] or [0]."""
        return self._judged(self.reference, np.arange(len(self.x)))[1]

    @property
    def fingerprint(self) -> str:
        """Identity of the inputs."""
        return fingerprint_tensor(self.x)

    def run(
        self,
        steps: int,
        *,
        allocation: Mapping[str, int] | None = None,
        only: str | None = None,
        passes: int = 1,
        weights: Array | None = None,
    ) -> SimulatedSamples:
        """Run coded passes, of all populations or of `only` one while the others are exact.

        With `weights` [S], as many passes as `passes` asks for are shared out in proportion to
        them, at least one a sample: fewest for an error that a few samples make up.
        """
        chosen = dict(allocation or {})  # checked
        passes = 1 if self.deterministic else passes
        rounds = [np.arange(len(self.x))] * (passes if weights is None else 1)
        if weights is not None and passes > 1:
            rounds.append(_shared(weights, passes - 1))
        key = _key(steps, chosen, only)
        sums = _Sums(len(self.x), self.outputs, answered=self.targets is not None)
        task = self.progress.start(f"simulate T = {steps}", float(sum(map(len, rounds))))
        try:
            for draw, rows in enumerate(rounds):
                generator = self._generator((*key, draw))
                for start in range(0, len(rows), self.batch_size):
                    part = rows[start : start + self.batch_size]
                    self._run_batch(part, steps, chosen, only, generator, sums)
                    self.progress.advance(task, float(len(part)))
        finally:
            self.progress.finish(task)
        return sums.summarise(drawn=not self.deterministic)

    def checked_allocation(self, allocation: Mapping[str, int]) -> dict[str, int]:
        """Return the T of every population; raise `InputError` if one has none."""
        if not isinstance(allocation, Mapping):
            raise InputError(
                f"{self.caller}: `allocations` must be a sequence of mappings of names to steps; "
                f"got {type(allocation).__name__} inside. Pass e.g. [allocation.steps]."
            )
        odd = sorted(map(str, set(allocation) ^ set(self.neurons)))
        if odd:
            raise InputError(
                f"{self.caller}: `allocations` must name every population once; got {odd[0]!r} "
                f"{'unknown' if odd[0] in allocation else 'missing'}. Use the names of "
                "`response_trace(...).populations`."
            )
        return {
            name: check_steps(allocation[name], name="allocations", caller=self.caller)
            for name in self.neurons
        }

    def _run_batch(
        self,
        rows: AnyArray,
        steps: int,
        allocation: Mapping[str, int],
        only: str | None,
        generator: torch.Generator,
        sums: "_Sums",
    ) -> None:
        """Run one coded pass of some samples."""
        spikes = torch.zeros(len(rows), dtype=torch.float64)

        def coded(name: str, rates: Tensor) -> Tensor:
            if only not in (None, name):
                return rates
            check_rates(name, rates, caller=self.caller)  # noise before may have moved them
            own = allocation.get(name, steps)
            found = code_rates(rates, steps=own, code=self.code, generator=generator)
            spikes.add_(own * found.flatten(1).sum(dim=1, dtype=torch.float64).cpu())
            return found

        with torch.no_grad():
            outputs = self.network.run(self.x[torch.as_tensor(rows, device=self.x.device)], coded)
        found = self._finite(outputs)
        agreed, right = self._judged(found, rows)
        sums.add(rows, found - self.reference[rows], agreed, right, spikes.numpy())

    def _judged(self, outputs: Array, rows: AnyArray) -> tuple[Array, Array]:
        """Return shares of answers [B] that agree with exact rates, and that are right."""
        given = outputs.reshape(len(rows), -1, self.axis).argmax(axis=2)
        exact = self.reference[rows].reshape(len(rows), -1, self.axis).argmax(axis=2)
        agreed = (given == exact).mean(axis=1)
        if self.targets is None:
            return agreed, np.zeros(0)
        return agreed, (given[:, 0] == self.targets[rows]).astype(np.float64)

    def _exact(self) -> Array:
        """Return exact outputs [S, m] of all samples."""
        with torch.no_grad():
            parts = [
                self._run_exact(self.x[start : start + self.batch_size])
                for start in range(0, len(self.x), self.batch_size)
            ]
        return np.concatenate([self._finite(part) for part in parts])

    def _run_exact(self, x: Tensor) -> Tensor:
        """Run exact rates, and note how many there are and how large."""

        def note(name: str, rates: Tensor) -> Tensor:
            check_rates(name, rates, caller=self.caller)
            self.neurons[name] = rates[0].numel()
            self.rate += float(rates.sum(dtype=torch.float64)) / len(self.x)
            return rates

        with torch.no_grad():
            outputs = self.network.run(x, note)
        if not self.neurons:
            raise InputError(
                f"{self.caller}: `model` must run its populations; got none in a forward pass. "
                "Mark submodules that it calls."
            )
        return outputs

    def _finite(self, outputs: Tensor) -> Array:
        """Return outputs [B, m] as numbers; raise `NumericsError` if some are none."""
        found = np.asarray(outputs.detach().reshape(len(outputs), -1).double().cpu().numpy())
        if not np.isfinite(found).all():
            raise NumericsError(
                f"{self.caller}: outputs must be finite; got NaN or infinity. Look at the weights."
            )
        return found

    def _check_outputs(self, first: Tensor, budget: int) -> None:
        """Raise `InputError` unless the outputs of all samples fit."""
        needed = 3 * 8 * first.numel() * len(self.x)
        if needed > budget:
            raise InputError(
                f"{self.caller}: `memory_budget` must hold the outputs of all samples, {needed} "
                f"bytes; got {budget}. Raise it, or supply fewer samples."
            )

    def _chosen_batch(self, batch_size: int | None, budget: int) -> int:
        """Return how many samples run together."""
        if batch_size is not None:
            return check_integer(batch_size, name="batch_size", caller=self.caller)
        needed = 4 * _LIVE_COPIES * sum(self.neurons.values())
        return max(1, min(_MAX_BATCH, len(self.x), budget // needed))

    def _checked_targets(self, targets: Tensor | None) -> AnyArray | None:
        """Return targets [S]; raise `InputError` unless they answer these outputs."""
        if targets is None:
            return None
        if not self.answers:
            raise InputError(
                f"{self.caller}: `targets` must be absent unless outputs are [S, C]; got targets "
                f"for {self.outputs} outputs of another shape. Leave them out."
            )
        whole = isinstance(targets, Tensor) and not (
            targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool
        )
        if not whole or targets.shape != (len(self.x),):
            got = tuple(targets.shape) if isinstance(targets, Tensor) else type(targets).__name__
            raise InputError(
                f"{self.caller}: `targets` must be whole numbers of shape {(len(self.x),)}; got "
                f"{got}. Supply one class for every input."
            )
        found = np.asarray(targets.cpu().numpy())
        if found.min() < 0 or found.max() >= self.axis:
            raise InputError(
                f"{self.caller}: `targets` must be classes in [0, {self.axis - 1}]; got "
                f"[{found.min()}, {found.max()}]. Drop samples without an answer."
            )
        return found

    def _generator(self, key: tuple[int, ...]) -> torch.Generator:
        """Return the generator of a pass: the same whatever else is simulated."""
        words = np.random.SeedSequence(self.seed, spawn_key=key).generate_state(1, np.uint64)
        return torch.Generator(self.x.device).manual_seed(int(words[0]))


@final
class _Sums:
    """Sums over passes for every sample."""

    def __init__(self, samples: int, outputs: int, *, answered: bool) -> None:
        self.counts, self.errors, self.squares, self.agreed, self.spikes = np.zeros((5, samples))
        self.right = np.zeros(samples if answered else 0)
        self.moved = np.zeros((samples, outputs))

    def add(self, rows: AnyArray, moved: Array, agreed: Array, right: Array, spikes: Array) -> None:
        """Add one pass of some samples, which may come more than once."""
        np.add.at(self.counts, rows, 1.0)
        errors = np.square(moved).sum(axis=1)
        np.add.at(self.errors, rows, errors)
        np.add.at(self.squares, rows, np.square(errors))
        np.add.at(self.moved, rows, moved)
        np.add.at(self.agreed, rows, agreed)
        np.add.at(self.spikes, rows, spikes)
        if self.right.size:
            np.add.at(self.right, rows, right)

    def summarise(self, *, drawn: bool) -> SimulatedSamples:
        """Return means over passes, `drawn` or always the same."""
        counts = self.counts
        pairs = np.maximum(counts * (counts - 1), 1)
        bias = (np.square(self.moved).sum(axis=1) - self.errors) / pairs
        return SimulatedSamples(
            errors=self.errors / counts,
            bias=np.where(counts > 1, bias, 0.0),
            right=self.right / counts if self.right.size else self.right,
            agreed=self.agreed / counts,
            shift=np.asarray((self.moved / counts[:, None]).mean(axis=0)),
            spikes=float((self.spikes / counts).mean()),
            deviation=self._deviation() if drawn else 0.0,
            passes=int(counts.sum()),
        )

    def _deviation(self) -> float:
        """Return the standard error over codes; one pass alone may be off by its own size."""
        counts, means = self.counts, self.errors / self.counts
        spread = np.maximum(self.squares / counts - np.square(means), 0.0)
        variance = np.where(counts > 1, spread / np.maximum(counts - 1, 1), np.square(means))
        return float(np.sqrt(variance.sum())) / len(means)


def _shared(weights: Array, passes: int) -> AnyArray:
    """Return samples again and again: in proportion to weights, `passes` on average."""
    total = float(weights.sum())
    parts = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    counts = np.rint(passes * len(weights) * parts).astype(np.int64)
    return np.repeat(np.arange(len(weights)), counts)


def _key(steps: int, allocation: Mapping[str, int], only: str | None) -> tuple[int, ...]:
    """Return whole numbers that tell a T, an allocation or one population from all others."""
    if not allocation and only is None:
        return (steps,)
    text = ",".join(f"{name}={own}" for name, own in sorted(allocation.items()))
    if only is not None:
        text = f"{only} alone={steps}"
    return (0, int(fingerprint_arrays(np.zeros(0), salt=text).removeprefix("sha256:"), 16))


def _drawn_seed(generator: torch.Generator | None) -> int:
    """Return the seed of all draws."""
    if generator is None:
        return 0
    drawn = torch.randint(2**62, (1,), generator=generator, device=generator.device)
    return int(drawn)
