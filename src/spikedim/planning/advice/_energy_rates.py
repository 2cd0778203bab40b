"""Energy of an outcome: picojoule a spike of every population, from counts of operations."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import AbstractProgress
from spikedim.energy import Rules, count_operations, price
from spikedim.models import AbstractSpikingTransformer, Coding, RatePopulation

__all__ = ["COUNTED", "EnergyRates", "counted_mj", "energy_rates", "stepped_mj"]

COUNTED = 8  # samples whose operations are counted
_CODE = "sigma_delta"  # nearest counts, which draw nothing
_STEPPED = frozenset({Rules.M1, Rules.M2})  # weights and membranes are fetched by the step as well


@final
@dataclass(frozen=True)
class EnergyRates:
    """Energy as a linear function of spikes.

    Parameters
    ----------
    rules : Rules
        Rule set of the prices.
    fixed_mj : float
        Millijoule that no spike of a population causes: the stem of a static image and the rest.
    spike_mj : dict of str to float
        Millijoule a spike of each population causes in the layers that read it.
    """

    rules: Rules
    fixed_mj: float
    spike_mj: dict[str, float]

    @property
    def linear(self) -> bool:
        """Whether the rule set prices events only, so that energy is linear in spikes."""
        return self.rules not in _STEPPED

    def of(self, spikes: Mapping[str, float]) -> float:
        """Return millijoule of one inference with so many spikes of every population."""
        return self.fixed_mj + sum(
            (self.spike_mj.get(name, 0.0) * number for name, number in spikes.items()), start=0.0
        )

    def step_pj(self, spikes_per_step: Mapping[str, float]) -> dict[str, float]:
        """Return picojoule of one step of every population, at least a little of each."""
        own = {name: 1e9 * self.spike_mj[name] * n for name, n in spikes_per_step.items()}
        least = 1e-3 * max(own.values(), default=1.0)  # what no layer reads costs its spikes
        return {name: max(value, least) for name, value in own.items()}


def energy_rates(
    model: AbstractSpikingTransformer,
    x: Tensor,
    *,
    steps: int,
    rules: Rules,
    progress: AbstractProgress,
) -> EnergyRates:
    """Count a few samples at T, and with each population silenced in turn, the others held."""
    if model.coding is not Coding.RATES:
        return _of_steps(model, x, steps=steps, rules=rules)
    with _held(model) as held:
        found = model.count_spikes(x, code_steps=steps, code=_CODE)
        held.recording = False
        whole = counted_mj(model, x, steps, rules)
        spikes = {name: float(s.double().sum()) / len(x) for name, s in found.spikes.items()}
        caused = {}
        for name in progress.track(list(spikes), "price spikes", float(len(spikes))):
            held.silent = {name}
            caused[name] = max(whole - counted_mj(model, x, steps, rules), 0.0)
        held.silent = set(spikes)
        fixed = counted_mj(model, x, steps, rules)
    # Spikes that meet in a product of two activations are missed by both sides when one is silent.
    total = sum(caused.values())
    scale = (whole - fixed) / total if total > 0 else 0.0
    return EnergyRates(
        rules,
        fixed,
        {name: scale * caused[name] / n if n else 0.0 for name, n in spikes.items()},
    )


@final
class _Held:
    """Means of spikes of every population: recorded once, then given out whatever comes in."""

    def __init__(self) -> None:
        self.recording = True
        self.silent: set[str] = set()
        self.means: dict[str, Tensor] = {}

    def give(self, name: str, means: Tensor) -> Tensor:
        """Return what a population says."""
        if self.recording:
            self.means[name] = means
            return means
        kept = self.means[name]
        return torch.zeros_like(kept) if name in self.silent else kept.clone()


@contextmanager
def _held(model: AbstractSpikingTransformer) -> Iterator[_Held]:
    """Hold what every population says, so that one can be silenced and no other changes."""
    held = _Held()
    with ExitStack() as stack:
        for name, population in model.populations.items():
            if isinstance(population, RatePopulation):
                hook = population.encoder.register_forward_hook(
                    lambda _, __, means, name=name: held.give(name, means)
                )
                stack.callback(hook.remove)
        yield held


def counted_mj(
    model: AbstractSpikingTransformer,
    x: Tensor,
    lengths: int | Mapping[str, int],
    rules: Rules,
) -> float:
    """Return millijoule of a twin on a few samples, with nearest counts, which draw nothing."""
    counts = count_operations(model, x[:COUNTED], code_steps=lengths, code=_CODE)
    return price(counts, rules=rules).value_mj


def stepped_mj(model: AbstractSpikingTransformer, x: Tensor, *, steps: int, rules: Rules) -> float:
    """Return millijoule of a directly coded network on a few samples."""
    with torch.no_grad():
        counts = count_operations(model, x[:COUNTED], steps=steps)
    return price(counts, rules=rules).value_mj


def _of_steps(
    model: AbstractSpikingTransformer, x: Tensor, *, steps: int, rules: Rules
) -> EnergyRates:
    """Return one price for the spikes of all populations, from T and 2 T steps."""
    energies, totals = [], []
    names: list[str] = []
    for t in (steps, 2 * steps):
        with torch.no_grad():
            found = model.count_spikes(x, steps=t)
        energies.append(stepped_mj(model, x, steps=t, rules=rules))
        totals.append(sum(float(s.double().sum()) for s in found.spikes.values()) / len(x))
        names = list(found.spikes)
    more = totals[1] - totals[0]
    rate = max(energies[1] - energies[0], 0.0) / more if more > 0 else 0.0
    return EnergyRates(rules, max(energies[0] - rate * totals[0], 0.0), dict.fromkeys(names, rate))
