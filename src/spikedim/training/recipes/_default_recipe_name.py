"""Which recipe a model takes on a data set, if none is named."""

from spikedim.models import Card, card
from spikedim.training.recipes._open_recipe import recipe_names

__all__ = ["default_recipe_name"]

# Specifications of data whose recipe has another name than their first part.
_SEQUENCES = {
    "movie-reviews:next-token": "next-token",
    "task:copy": "copy",
    "task:parity": "parity",
    "task:associative-recall": "associative-recall",
}
_SMALL_PARAMETERS = 1_300_000


def default_recipe_name(model_name: str, data_spec: str) -> str:
    """Return the name of the recipe that fits a model and its data best.

    Parameters
    ----------
    model_name : str
        A name of `spikedim.models.names`, also with a suffix.
    data_spec : str
        What `open_examples` opens, e.g. ``"cifar10"`` or ``"images:DIR@32"``.

    Returns
    -------
    str
        A name of `recipe_names`: of a published size that of its family on this data (or on the
        data of its name, if there is none), of a small size ``cpu/`` and the data (or the data of
        its name, for data of your own).

    Raises
    ------
    InputError
        If there is no such model.

    Notes
    -----
    Small are sizes that nobody published: up to 1.3 million parameters, without a printed result.

    Examples
    --------
    >>> default_recipe_name("spikformer-2-64/digits", "digits")
    'cpu/digits'
    >>> default_recipe_name("sdt-v1-8-768/imagenet", "images:photos@224")
    'sdt-v1/imagenet-8-768'
    """
    known = set(recipe_names())
    return next(name for name in _candidates(card(model_name), data_spec) if name in known)


def _candidates(found: Card, spec: str) -> tuple[str, ...]:
    """Return the names that would do, the best first; the last ones exist."""
    size = found.name.partition("/")[0].removeprefix(f"{found.family}-")
    own = found.dataset.partition(":")[0]
    own = "imagenet" if own.startswith("imagenet-") else own  # another resolution
    first = spec.partition(":")[0]
    if found.vocabulary:
        if found.classes == found.vocabulary:  # it predicts tokens
            return (f"cpu/{_SEQUENCES.get(spec, 'next-token')}",)
        return (f"cpu/{first}", "cpu/movie-reviews")
    small = [f"cpu/{first}", f"cpu/{own}"]
    published = [
        f"{found.family}/{data}{ending}" for data in (first, own) for ending in (f"-{size}", "")
    ]
    is_small = found.parameters <= _SMALL_PARAMETERS and not found.published_results
    order = [*small, *published] if is_small else [*published, *small]
    return (*order, "cpu/cifar10")
