"""A classifier that knows how far few spikes shift its inputs."""

from collections.abc import Callable
from functools import cache
from typing import final

import numpy as np
import torch
from torch import Tensor

from spikedim.models import AbstractSpikingTransformer, with_shifted_readout
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context

__all__ = ["ReadOutChange"]

_KEY = 0x73686966  # keeps the draws of the shift apart from all others of the same seed
_DRAWS = 2


@final
class ReadOutChange(AbstractChange):
    """The mean shift of every logit at T is taken from the bias."""

    name = "read-out shift"
    gained = Gained.ERROR

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        has_bias = "bias" in dict(context.run.model.head.named_parameters())
        return None if has_bias else "the classifier has no bias"

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin with a shifted classifier."""
        return CodedCandidate(shifted(context), number=4, seed=context.seed)

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: a shift is of second order."""
        return None

    def what(self, context: Context) -> str:  # noqa: ARG002
        """Say what is done."""
        return "The mean shift of each logit, coded minus exact, is taken from the bias."

    def how(self, context: Context, steps: int) -> str:  # noqa: ARG002
        """Return the line of Python that does it."""
        return (
            "with_shifted_readout(model, torch.from_numpy(simulate_response(model, x, "
            f"steps=({steps},)).shift[0]))"
        )

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        return ("A shift is a calibration of one T; another T needs another. It costs nothing.",)


def shifted(context: Context) -> Callable[[int], AbstractSpikingTransformer]:
    """Return the twin at a T, its shift found on the calibration half with draws of its own."""
    model = context.run.model

    @cache
    def model_at(steps: int) -> AbstractSpikingTransformer:
        sums: Tensor | float = 0.0
        for draw in range(_DRAWS):
            words = np.random.SeedSequence(context.seed, spawn_key=(_KEY, steps, draw))
            seed = int(words.generate_state(1, np.uint64)[0])
            generator = torch.Generator(model.head.weight.device).manual_seed(seed)
            with torch.no_grad():
                for x, _, reference in context.calibration.batches():
                    outputs = model(x, code_steps=steps, generator=generator)
                    sums = sums + (outputs - reference).sum(dim=0)
        return with_shifted_readout(
            model, torch.as_tensor(sums) / (_DRAWS * len(context.calibration))
        )

    return model_at
