"""All random numbers of one run of attention, as a value that moves with the tokens."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import InputError, check_integer
from spikedim.circuits._checks import check_generator
from spikedim.circuits.attention._encoders import RateCode

__all__ = ["AttentionNoise", "code_uniforms", "uniforms_at"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Keys = np.ndarray[Any, np.dtype[np.uint64]]

_STRIDE = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


@final
@dataclass(frozen=True, eq=False)
class AttentionNoise:
    """One stream of uniform numbers for each neuron of an attention circuit.

    Parameters
    ----------
    query, key, value : array of shape [N, D]
        64-bit keys of the streams of the three encoders.
    rows : array of shape [H, N, N]
        Keys of the competitors of the softmax rows: head, row, column.

    Raises
    ------
    InputError
        If keys are not of type uint64.

    See Also
    --------
    SpikingAttention.run : Takes it as `noise`.

    Notes
    -----
    The number of a stream at a step is a hash of its key and the step [1]_: noise for any T takes
    the memory of one step, and permuting keys permutes whole streams. Random phases are the
    numbers of step 0, which no other code or circuit uses.

    References
    ----------
    .. [1] G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators",
       OOPSLA 2014, figure 16 (the mixing function).

    Examples
    --------
    >>> noise = AttentionNoise.draw(tokens=3, features=2, generator=np.random.default_rng(0))
    >>> swapped = noise.permuted([1, 0, 2])
    >>> bool((swapped.rows[0, 0, 1] == noise.rows[0, 1, 0]).all())
    True
    """

    query: Keys
    key: Keys
    value: Keys
    rows: Keys

    def __post_init__(self) -> None:
        for name in ("query", "key", "value", "rows"):
            keys = getattr(self, name)
            if getattr(keys, "dtype", None) != np.uint64:
                raise InputError(
                    f"AttentionNoise: `{name}` must be an array of uint64; got "
                    f"{getattr(keys, 'dtype', type(keys).__name__)}. Draw it with "
                    "`AttentionNoise.draw`."
                )

    @classmethod
    def draw(
        cls, *, tokens: int, features: int, heads: int = 1, generator: np.random.Generator
    ) -> "AttentionNoise":
        """Return fresh noise.

        Parameters
        ----------
        tokens, features, heads : int
            Sizes N, D and H, each at least 1.
        generator : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        AttentionNoise
            Independent streams.

        Raises
        ------
        InputError
            If a size is not a positive integer or there is no generator.
        """
        caller = "AttentionNoise.draw"
        n = check_integer(tokens, name="tokens", caller=caller)
        d = check_integer(features, name="features", caller=caller)
        h = check_integer(heads, name="heads", caller=caller)
        source = check_generator(generator, caller=caller)
        shapes = ((n, d), (n, d), (n, d), (h, n, n))
        return cls(*(source.integers(1 << 64, size=s, dtype=np.uint64) for s in shapes))

    def permuted(self, order: Any) -> "AttentionNoise":
        """Return the noise that belongs to tokens in another order.

        Parameters
        ----------
        order : array of int
            A permutation of 0 to N - 1; token k of the result is token ``order[k]`` of this one.

        Returns
        -------
        AttentionNoise
            With encoder streams permuted by token, row streams by row and by column.

        Raises
        ------
        InputError
            If `order` is not a permutation of the tokens.
        """
        index = np.asarray(order)
        tokens = len(self.query)
        if index.shape != (tokens,) or sorted(index.tolist()) != list(range(tokens)):
            raise InputError(
                f"AttentionNoise.permuted: `order` must be a permutation of 0 to {tokens - 1}; "
                f"got {index.tolist()!r:.60}."
            )
        return AttentionNoise(
            self.query[index],
            self.key[index],
            self.value[index],
            self.rows[:, index[:, None], index],
        )


def code_uniforms(
    noise: AttentionNoise, code: RateCode, step: int
) -> tuple[Array | None, Array | None, Array | None]:
    """Return what the three encoders draw at a step t >= 1; a random phase is drawn once."""
    if code is RateCode.SIGMA_DELTA:
        return None, None, None
    at = step if code is RateCode.BERNOULLI else 0
    return (
        uniforms_at(noise.query, at),
        uniforms_at(noise.key, at),
        uniforms_at(noise.value, at),
    )


def uniforms_at(keys: Keys, step: int) -> Array:
    """Return the numbers in [0, 1) of all streams at a step, by the mixing function of SplitMix."""
    mixed = keys + np.uint64((_STRIDE * (step + 1)) & _WORD)
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)) * _UNIT)
