"""Rates in [0, 1] to spikes and back: the interface every encoder keeps."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikedim._core import check_integer
from spikedim.neurons._checks import check_generator, check_rates, check_spikes

__all__ = [
    "AbstractEncoder",
    "digital_rms",
    "draw_uniform",
    "sigma_delta_count",
    "sigma_delta_trains",
]


@dataclass(frozen=True)
class AbstractEncoder(ABC):
    """One code: rates to spikes [T, ...], spikes to rates, and the exact law of its error.

    Notes
    -----
    The error is that of ``decode(encode(rates))`` against `rates`. Its law is exact at every
    T >= 1: `bias` and `variance` per entry, `worst_error` over all inputs and draws, and
    `uniform_rms` for rates spread evenly over [0, 1]. Laws are computed in float64. Spikes are
    made one step at a time, in float64, and returned in the type of the rates.
    """

    stochastic: ClassVar[bool]

    def encode(
        self, rates: Tensor, *, steps: int, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return spikes, 0 or 1, for rates in [0, 1].

        Parameters
        ----------
        rates : Tensor of shape [...]
            Rates in [0, 1], floating point.
        steps : int
            T, at least 1.
        generator : torch.Generator, optional
            Source of randomness; a stochastic code needs it, others do not look at it.

        Returns
        -------
        Tensor of shape [T, ...]
            Spikes in the type of `rates`.

        Raises
        ------
        InputError
            If a rate is not in [0, 1] or NaN, `steps` is not a count the code can use, or a
            stochastic code gets no generator.
        """
        caller = f"{type(self).__name__}.encode"
        check_rates(rates, caller=caller)
        count = self._check_steps(steps, caller)
        if self.stochastic:
            check_generator(generator, caller=caller)
        spikes = torch.empty((count, *rates.shape), dtype=rates.dtype, device=rates.device)
        trains = self._trains(rates.detach().double(), count, generator)
        for t, spike in enumerate(trains):
            spikes[t] = spike
        return spikes

    def count(
        self, rates: Tensor, *, steps: int, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the number of spikes of each entry without keeping the spikes.

        Parameters
        ----------
        rates : Tensor of shape [...]
            Rates in [0, 1], floating point.
        steps : int
            T, at least 1.
        generator : torch.Generator, optional
            Source of randomness; a stochastic code needs it, others do not look at it.

        Returns
        -------
        Tensor of shape [...]
            Counts from 0 to T, float64. They have the distribution of those of `encode`; a code
            with a shortcut draws its random numbers in another order.

        Raises
        ------
        InputError
            If a rate is not in [0, 1] or NaN, `steps` is not a count the code can use, or a
            stochastic code gets no generator.

        Notes
        -----
        Memory does not grow with T. Time O(T) per entry, O(1) where the count has a closed form
        or a known distribution.
        """
        caller = f"{type(self).__name__}.count"
        check_rates(rates, caller=caller)
        steps = self._check_steps(steps, caller)
        if self.stochastic:
            check_generator(generator, caller=caller)
        return self._counted(rates.detach().double(), steps, generator)

    def decode(self, spikes: Tensor) -> Tensor:
        """Return the rates that spikes [T, ...] stand for.

        Parameters
        ----------
        spikes : Tensor of shape [T, ...]
            Spikes, 0 or 1, floating point.

        Returns
        -------
        Tensor of shape [...]
            Decoded rates in the type of `spikes`.

        Raises
        ------
        InputError
            If `spikes` is not a 0/1 tensor with T >= 1 that this code can have made.
        """
        check_spikes(spikes, caller=f"{type(self).__name__}.decode")
        return self._decoded(spikes)

    def bias(self, rates: Tensor, *, steps: int) -> Tensor:
        """Return the exact mean error of each decoded rate, of the shape of `rates`, float64."""
        caller = f"{type(self).__name__}.bias"
        check_rates(rates, caller=caller)
        return self._bias(rates.detach().double(), self._check_steps(steps, caller))

    def variance(self, rates: Tensor, *, steps: int) -> Tensor:
        """Return the exact variance of each decoded rate, of the shape of `rates`, float64."""
        caller = f"{type(self).__name__}.variance"
        check_rates(rates, caller=caller)
        return self._variance(rates.detach().double(), self._check_steps(steps, caller))

    def worst_error(self, *, steps: int) -> float:
        """Return the smallest bound on the error that holds for every rate and every draw."""
        return self._worst_error(self._check_steps(steps, f"{type(self).__name__}.worst_error"))

    def uniform_rms(self, *, steps: int) -> float:
        """Return the RMS error over rates spread evenly over [0, 1] and over draws."""
        return self._uniform_rms(self._check_steps(steps, f"{type(self).__name__}.uniform_rms"))

    def _check_steps(self, steps: int, caller: str) -> int:
        return check_integer(steps, name="steps", caller=caller)

    def _counted(self, rates: Tensor, steps: int, generator: torch.Generator | None, /) -> Tensor:
        """Return `count` without its checks, one step after the other."""
        total = torch.zeros_like(rates)
        for spike in self._trains(rates, steps, generator):
            total += spike
        return total

    @abstractmethod
    def _trains(
        self, rates: Tensor, steps: int, generator: torch.Generator | None, /
    ) -> Iterator[Tensor]:
        """Yield the spikes of one step after the other."""

    @abstractmethod
    def _decoded(self, spikes: Tensor, /) -> Tensor:
        """Return `decode` without its checks."""

    @abstractmethod
    def _bias(self, rates: Tensor, steps: int, /) -> Tensor:
        """Return `bias` without its checks."""

    @abstractmethod
    def _variance(self, rates: Tensor, steps: int, /) -> Tensor:
        """Return `variance` without its checks."""

    @abstractmethod
    def _worst_error(self, steps: int, /) -> float:
        """Return `worst_error` without its checks."""

    @abstractmethod
    def _uniform_rms(self, steps: int, /) -> float:
        """Return `uniform_rms` without its checks."""


def draw_uniform(shape: torch.Size, generator: torch.Generator | None, like: Tensor) -> Tensor:
    """Return numbers in [0, 1), float64, on the device of `like`."""
    device = None if generator is None else generator.device
    draw = torch.rand(shape, generator=generator, dtype=torch.float64, device=device)
    return draw.to(like.device)


def sigma_delta_count(rates: Tensor, steps: int, phase: Tensor) -> Tensor:
    """Return floor(x T + phase), the sum of `sigma_delta_trains` for phases in [0, 1)."""
    return torch.floor(rates * steps + phase)


def sigma_delta_trains(rates: Tensor, steps: int, phase: Tensor) -> Iterator[Tensor]:
    """Yield floor(x t + phase) - floor(x (t - 1) + phase) for t = 1 to `steps`."""
    before = torch.floor(phase)
    for t in range(1, steps + 1):
        now = torch.floor(rates * t + phase)
        yield now - before
        before = now


def digital_rms(cells: float) -> float:
    """Return the RMS error of answering the middle of one of equally wide cells of [0, 1]."""
    return 1 / (cells * math.sqrt(12))
