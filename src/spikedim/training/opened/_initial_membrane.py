"""The same model with neurons that start at another potential."""

import copy
from dataclasses import replace

from spikedim._core import InputError, check_number
from spikedim.models import AbstractSpikingTransformer, build

__all__ = ["with_initial_membrane"]


def with_initial_membrane(
    model: AbstractSpikingTransformer, potential: float | None, *, caller: str = "open_run"
) -> AbstractSpikingTransformer:
    """Return a model with the same weights whose neurons start elsewhere.

    Parameters
    ----------
    model : AbstractSpikingTransformer
        A spiking network that `build` made; stays as it is.
    potential : float or None
        Of every membrane before the first step, from -10 to below the threshold 1; None returns
        the model itself.
    caller : str
        Named in errors.

    Returns
    -------
    AbstractSpikingTransformer
        In the mode of the model.

    Raises
    ------
    InputError
        If the model has no membranes, was built by hand, or `potential` is out of range.

    Examples
    --------
    >>> model = build("spikformer-2-64/digits")
    >>> with_initial_membrane(model, 0.5).make.neuron.initial_membrane
    0.5
    """
    if potential is None:
        return model
    if not model.coding.spiking:
        raise InputError(
            f"{caller}: `initial_membrane` must be absent for {model.card.name}, "
            f"{model.coding.network} without membranes; got {potential}."
        )
    start = check_number(potential, name="initial_membrane", caller=caller)
    if not -10 <= start < 1:
        raise InputError(
            f"{caller}: `initial_membrane` must be from -10 to below 1, the threshold; got "
            f"{potential}."
        )
    if model.built_from is None:
        raise InputError(
            f"{caller}: `run` must have a model as `build` made it to start it elsewhere; got "
            "one without a record of that. Open the run again."
        )
    overrides = model.built_from.overrides()
    overrides["neuron"] = replace(model.make.neuron, initial_membrane=start)
    weight = model.head.weight
    built = build(
        model.built_from.name,
        steps=model.steps,
        device=weight.device,
        dtype=weight.dtype,
        **overrides,
    )
    built.load_state_dict(copy.deepcopy(model.state_dict()))
    return built.train(model.training)
