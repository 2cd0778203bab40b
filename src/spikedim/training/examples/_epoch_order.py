"""In which order samples are seen, as a function of seed and epoch, for any number of processes."""

import numpy as np

from spikedim._core import AnyArray, InputError, check_integer

__all__ = ["batch_part", "epoch_order"]


def epoch_order(count: int, *, seed: int, epoch: int) -> AnyArray:
    """Return the order in which an epoch sees its samples.

    Parameters
    ----------
    count : int
        Number of samples S, at least 1.
    seed : int
        Seed of the training, at least 0.
    epoch : int
        Number of the epoch, from 0.

    Returns
    -------
    ndarray of shape [S]
        Every number from 0 to S - 1 once, int64.

    Raises
    ------
    InputError
        If a number is no integer of that range.

    Notes
    -----
    A function of its three numbers alone, so that a resumed training needs no saved state.
    O(S) time.

    Examples
    --------
    >>> [int(number) for number in sorted(epoch_order(4, seed=0, epoch=1))]
    [0, 1, 2, 3]
    """
    count = check_integer(count, name="count", caller="epoch_order")
    seed = check_integer(seed, name="seed", caller="epoch_order", minimum=0)
    epoch = check_integer(epoch, name="epoch", caller="epoch_order", minimum=0)
    # The spawn key keeps these draws apart from all others that start from the same seed.
    sequence = np.random.SeedSequence(seed, spawn_key=(0x6F72646572, epoch))
    return np.random.default_rng(sequence).permutation(count)


def batch_part(batch: AnyArray, *, process: int, processes: int) -> AnyArray:
    """Return the part of a batch that one of several processes takes.

    Parameters
    ----------
    batch : ndarray of shape [B]
        Numbers of the samples of one update.
    process : int
        Which process, from 0 to ``processes - 1``.
    processes : int
        How many there are; must divide B.

    Returns
    -------
    ndarray of shape [B / processes]
        The parts of all processes, one after the other, are the batch.

    Raises
    ------
    InputError
        If `processes` does not divide B, or there is no such process.

    Examples
    --------
    >>> [int(number) for number in batch_part(np.arange(6), process=1, processes=3)]
    [2, 3]
    """
    processes = check_integer(processes, name="processes", caller="batch_part")
    process = check_integer(process, name="process", caller="batch_part", minimum=0)
    if process >= processes:
        raise InputError(
            f"batch_part: `process` must be below {processes}, the number of processes; "
            f"got {process}."
        )
    if len(batch) % processes:
        raise InputError(
            f"batch_part: `processes` must divide the {len(batch)} samples of a batch; got "
            f"{processes}. Choose a batch size that is a multiple of it."
        )
    each = len(batch) // processes
    return batch[process * each : (process + 1) * each]
