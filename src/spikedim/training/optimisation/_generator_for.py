"""Randomness of a training as a function of the seed, the update and the purpose."""

import zlib
from enum import StrEnum

import numpy as np
import torch

from spikedim._core import check_choice, check_integer

__all__ = ["Purpose", "generator_for"]


class Purpose(StrEnum):
    """What random numbers are drawn for; each purpose has a stream of its own.

    ``AUGMENTATION`` and ``MIXING`` of a batch, ``MODEL`` for what a model draws itself: dropped
    branches and the noise of a rate code.
    """

    AUGMENTATION = "augmentation"
    MIXING = "mixing"
    MODEL = "model"


def generator_for(
    seed: int,
    *,
    update: int,
    purpose: Purpose,
    stream: int = 0,
    device: torch.device | str = "cpu",
) -> torch.Generator:
    """Return a new generator that these arguments alone determine.

    No state has to be kept between updates: a resumed training asks again and gets the same
    numbers.

    Parameters
    ----------
    seed : int
        Of the training, at least 0.
    update : int
        Number of the update, from 0.
    purpose : Purpose
        What the numbers are for.
    stream : int, default 0
        Number of one of several streams, where each part of a batch draws for itself.
    device : torch.device or str, default "cpu"
        Where the numbers are drawn; they differ between kinds of device.

    Returns
    -------
    torch.Generator
        At the start of its stream.

    Raises
    ------
    InputError
        If a number is negative or `purpose` is unknown.

    Notes
    -----
    The seed of the generator is a 64-bit hash by `numpy.random.SeedSequence`, of which the
    generator of the CPU uses 32 bits: among 100000 updates one expects about one pair with the
    same stream, on different samples.

    Examples
    --------
    >>> draw = lambda update: torch.rand(
    ...     1, generator=generator_for(0, update=update, purpose=Purpose.MODEL)
    ... ).item()
    >>> draw(7) == draw(7), draw(7) == draw(8)
    (True, False)
    """
    caller = "generator_for"
    seed = check_integer(seed, name="seed", caller=caller, minimum=0)
    update = check_integer(update, name="update", caller=caller, minimum=0)
    stream = check_integer(stream, name="stream", caller=caller, minimum=0)
    aim = zlib.crc32(check_choice(purpose, Purpose, name="purpose", caller=caller).encode())
    # A spawn key stands apart from the seed, so that no two triples give the same words.
    sequence = np.random.SeedSequence(seed, spawn_key=(aim, update, stream))
    return torch.Generator(device).manual_seed(int(sequence.generate_state(1, np.uint64)[0]))
