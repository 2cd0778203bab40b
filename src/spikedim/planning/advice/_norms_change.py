"""Normalisations that know the noise of the code."""

import copy
from functools import cache
from typing import final

from spikedim.models import AbstractSpikingTransformer, recalibrate_norms
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context

__all__ = ["NormsChange"]

_SAMPLES = 512


@final
class NormsChange(AbstractChange):
    """Statistics of normalisations are estimated anew under the noise of T."""

    name = "norms under noise"
    gained = Gained.ERROR

    def refusal(self, context: Context) -> str | None:  # noqa: ARG002
        """Return None: every twin has normalisations."""
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin with statistics of T, measured against the exact outputs of the old."""

        @cache
        def model_at(steps: int) -> AbstractSpikingTransformer:
            model = copy.deepcopy(context.run.model)
            recalibrate_norms(model, context.training(_SAMPLES), code_steps=steps)
            return model

        return CodedCandidate(model_at, number=5, seed=context.seed)

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: what it removes is of second order."""
        return None

    def what(self, context: Context) -> str:  # noqa: ARG002
        """Say what is done."""
        return (
            "Means and variances of all normalisations are estimated anew, on training samples "
            "with the spikes of T."
        )

    def how(self, context: Context, steps: int) -> str:
        """Return the command that does it."""
        return f"spikedim evaluate {context.folder} --steps {steps} --recalibrate {_SAMPLES}"

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        return ("Statistics belong to one T. They fold into the weights and cost nothing.",)
