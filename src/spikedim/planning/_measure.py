"""Every effective dimension of one view of one data set."""

import numpy as np

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    MissingExtraError,
    Provenance,
    SilentProgress,
)
from spikedim.data import Samples
from spikedim.dimension import DimensionEstimate, all_estimates, covariance_spectrum, two_nn
from spikedim.planning._given import Rows, opened
from spikedim.planning._measurement import Measurement
from spikedim.planning._plan import Advisory
from spikedim.planning._summaries import noun_of, summarise_data
from spikedim.planning._wording import dimension_text
from spikedim.training import Activations

__all__ = ["measure"]

_SAMPLES_PER_DIMENSION = 10


def measure(
    data: str | Rows,
    *,
    layer: str | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    generator: np.random.Generator | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> Measurement:
    """Measure the effective dimension of data with every estimator.

    Parameters
    ----------
    data : str, Samples or Activations
        Specification for `spikedim.data.open_samples`, or opened samples.
    layer : str or None
        View of the data; None is its default. A layer of n tokens is measured token by token:
        every token is a row. ``NAME@RUN`` is what enters layer NAME of the run in folder RUN,
        averaged over its time steps, for the test part of the data.
    memory_budget : int or str
        Bytes, or text such as ``"2GB"``.
    generator : numpy.random.Generator or None
        Draws the subsets behind intervals; None is seeded with 0.
    progress : AbstractProgress
        Told how far the work is.
    command : str or None
        Command for the provenance; None takes it from the process.

    Returns
    -------
    Measurement
        Estimates with intervals, curves d(n) and local spreads, and the scree.

    Raises
    ------
    InputError
        If a specification is unknown or the data cannot be measured.

    Notes
    -----
    One pass over the data and one eigendecomposition; `two_nn` reads the samples again, and is
    left out, with a note, where its package is missing or the samples do not fit the memory.
    Random subsets keep the tokens of one sample together.

    Examples
    --------
    >>> found = measure("digits", layer="pixels")
    >>> round([d.value for d in found.dimensions if d.estimator == "pca95"][0])
    29
    """
    samples = opened(data, layer, memory_budget=memory_budget, progress=progress, caller="measure")
    rows = samples
    if isinstance(samples, Samples) and len(samples.shape) == 3:
        rows = samples.each_token()
    spectrum = covariance_spectrum(
        rows,
        memory_budget=memory_budget,
        generator=np.random.default_rng(0) if generator is None else generator,
        progress=progress,
    )
    neighbours, note = _two_nn(rows)
    dimensions = (*all_estimates(spectrum), *neighbours)
    single = isinstance(rows, Activations) and rows.shape[0] > rows.count
    rows_are = "tokens" if rows.group_size > 1 or single else "samples"
    notes = (*samples.notes, *note)
    if rows.group_size > 1:
        notes = (
            (
                f"Each of the {rows.group_size} tokens of every {noun_of(samples)} is a row of "
                "its own."
            ),
            *notes,
        )
    return Measurement(
        headline=_headline(samples, rows_are, dimensions),
        data=summarise_data(rows, spectrum.as_rates(), tokens=rows.group_size),
        rows_are=rows_are,
        dimensions=dimensions,
        advisories=_advisories(dimensions, rows.group_size, exact=spectrum.exact),
        provenance=Provenance.now(
            command=command,
            data_fingerprint=rows.fingerprint,
            seed=0 if generator is None else None,
            assumptions=(
                "Rows are independent draws of one population.",
                "The covariance is centred; features keep their own scales.",
            ),
        ),
        notes=notes,
    )


def _two_nn(rows: Rows) -> tuple[tuple[DimensionEstimate, ...], tuple[str, ...]]:
    """Return the nonlinear cross-check, or why there is none."""
    try:
        return (two_nn(rows),), ()
    except (MissingExtraError, InputError) as error:
        return (), (f"two_nn was left out: {error}",)


def _headline(samples: Rows, rows_are: str, dimensions: tuple[DimensionEstimate, ...]) -> str:
    """Return the first line: both usual dimensions with their intervals, and the catch."""
    by_name = {found.estimator: found for found in dimensions}
    parts = [
        f"{label} {dimension_text(found.value, found.low, found.high)}"
        for name, label in (("pca95", "pca95"), ("participation_ratio", "participation ratio"))
        if (found := by_name.get(name)) is not None
    ]
    first = dimensions[0]
    text = (
        f"{samples.spec} ({samples.layer}): {' and '.join(parts)} of {first.n_features:,} "
        f"features, from {first.n_samples:,} {rows_are}"
    )
    rising = [found.estimator for found in dimensions if found.still_rising]
    if rising:
        return f"{text}; still rising with the number of samples: {', '.join(rising)}."
    return f"{text}; no estimate still rises with the number of samples."


def _advisories(
    dimensions: tuple[DimensionEstimate, ...], group_size: int, *, exact: bool
) -> tuple[Advisory, ...]:
    """Return what weakens the estimates, the most important first."""
    found = []
    rising = [each.estimator for each in dimensions if each.still_rising]
    if rising:
        found.append(
            Advisory(
                f"d still rises with the number of samples ({', '.join(rising)}): lower bounds.",
                "Use more samples, or read d(n) and its extrapolation.",
            )
        )
    pca = next((each for each in dimensions if each.estimator == "pca95"), None)
    if pca is not None and pca.n_samples // group_size < _SAMPLES_PER_DIMENSION * pca.value:
        found.append(
            Advisory(
                f"{pca.n_samples // group_size:,} samples are few for pca95 = "
                f"{round(pca.value):,}: with fewer than ten per dimension it comes out low.",
                f"Use at least {round(_SAMPLES_PER_DIMENSION * pca.value):,} samples.",
            )
        )
    if not exact:
        found.append(
            Advisory(
                "The spectrum is a sketch; estimates carry certified ends where they exist.",
                "Raise the memory budget for the exact path.",
            )
        )
    return tuple(found)
