"""The recipe of a run, with all that was asked for beside it."""

import os
from collections.abc import Mapping

from spikedim._core import InputError, check_integer
from spikedim.models import Coding
from spikedim.training.examples import ExampleSplits
from spikedim.training.fitting._model_for import coding_of
from spikedim.training.recipes import Recipe, default_recipe_name, open_recipe

__all__ = ["recipe_for"]


def recipe_for(
    model: str,
    data: str | ExampleSplits,
    recipe: Recipe | str | os.PathLike[str] | None,
    changes: Mapping[str, str] | None,
    steps: int | None,
) -> Recipe:
    """Return the recipe with all changes."""
    if isinstance(recipe, Recipe):
        if changes:
            raise InputError(
                "fit: `changes` must be absent beside a Recipe object; got "
                f"{', '.join(changes)}. Change the object, or name a recipe."
            )
        found = recipe
    else:
        spec = data if isinstance(data, str) else data.train.spec
        found = open_recipe(recipe or default_recipe_name(model, spec), changes=changes)
    if steps is not None:
        steps = check_integer(steps, name="steps", caller="fit", minimum=1)
        found = found.model_copy(update={"steps": steps})
    coding = coding_of(model)
    if not coding.spiking and (found.steps or 1) != 1:
        if steps is not None:
            way = f" For noise of that many steps use --set noise.steps={steps}."
            raise InputError(
                f"fit: `steps` must be absent or 1 for {model}, {coding.network} without time; "
                f"got {steps}.{way * (coding is Coding.RATES)}"
            )
        found = found.model_copy(update={"steps": None})
    if coding is not Coding.RATES and found.noise.steps is not None:
        does = "spike" if coding.spiking else "have activations and no rates"
        raise InputError(
            f"fit: `recipe.noise.steps` must be absent for {model}, whose populations {does}; got "
            f"{found.noise.steps}. Train its twin {model.partition(':')[0]}:softmax."
        )
    return found
