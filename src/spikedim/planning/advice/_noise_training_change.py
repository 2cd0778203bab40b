"""A short training under the noise of the code."""

import tempfile
from typing import final

from spikedim.models import AbstractSpikingTransformer
from spikedim.planning.advice._candidate import AbstractCandidate
from spikedim.planning.advice._change import AbstractChange, Gained
from spikedim.planning.advice._coded_candidate import CodedCandidate
from spikedim.planning.advice._context import Context
from spikedim.training import Recipe, fit, open_run

__all__ = ["NoiseTrainingChange"]

_NOISE = 4  # spikes that stand for a rate in training
_RATE = 0.25  # of the learning rate of the run


@final
class NoiseTrainingChange(AbstractChange):
    """The run is trained on for some updates with spikes in the place of rates."""

    name = "noise-aware training"
    gained = Gained.RELATIVE_ERROR

    def refusal(self, context: Context) -> str | None:
        """Return why it does not apply; None if it does."""
        trained = context.run.record.code_steps
        if trained is not None:
            return f"the run was trained under the noise of T = {trained} already"
        if not context.fine_tune:
            return (
                "needs training: `--fine-tune UPDATES` trains on from these weights and says what "
                "came of it"
            )
        if context.folder == "RUN":
            return "needs the folder of the run to train on from"
        return None

    def candidate(self, context: Context) -> AbstractCandidate:
        """Return the twin trained on, measured against its own exact outputs."""
        model = self._trained(context)
        return CodedCandidate(lambda _: model, number=8, seed=context.seed, own_reference=True)

    def _trained(self, context: Context) -> AbstractSpikingTransformer:
        """Train on in a folder that goes again."""
        record = context.run.record
        with tempfile.TemporaryDirectory() as folder:
            fit(
                record.model,
                record.data,
                out=f"{folder}/run",
                recipe=self._recipe(context),
                seed=context.seed,
                start_from=context.folder,
                device=str(context.run.model.head.weight.device),
                memory_budget=context.memory_budget,
                progress=context.progress,
            )
            found = open_run(f"{folder}/run").model
        return found.to(context.run.model.head.weight.device)

    def _recipe(self, context: Context) -> Recipe:
        """Return the recipe of the run, shorter, gentler and with noise."""
        recipe = context.run.recipe
        rate = _RATE * recipe.optimiser.learning_rate
        return recipe.model_copy(
            update={
                "epochs": None,
                "updates": context.fine_tune,
                "noise": recipe.noise.model_copy(update={"steps": _NOISE, "start": 0.0}),
                "optimiser": recipe.optimiser.model_copy(update={"learning_rate": rate}),
            }
        )

    def law_gain(self, context: Context) -> float | None:  # noqa: ARG002
        """Return None: no law says what training finds."""
        return None

    def what(self, context: Context) -> str:
        """Say what is done."""
        return (
            f"The weights are trained on for {context.fine_tune} updates, every rate replaced by "
            f"the mean of {_NOISE} random spikes."
        )

    def how(self, context: Context, steps: int) -> str:  # noqa: ARG002
        """Return the command that does it."""
        record, recipe = context.run.record, self._recipe(context)
        return (
            f"spikedim train {record.model} --data {record.data} --out NEW --from {context.folder} "
            f"--recipe {recipe.name} --set updates={recipe.updates} --set noise.steps={_NOISE} "
            f"--set optimiser.learning_rate={recipe.optimiser.learning_rate:.3g}"
        )

    def notes(self, context: Context) -> tuple[str, ...]:  # noqa: ARG002
        """Return what a reader must know."""
        note = (
            "No control was trained without noise for as many updates: part of the gain may be "
            "due to further training."
        )
        return (note,)
