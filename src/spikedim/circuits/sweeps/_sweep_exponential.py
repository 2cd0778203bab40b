"""Exponential circuits over T: measured error against the exact variance and the bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    check_positive,
)
from spikedim.circuits._checks import check_matrix
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.exponential._exp_bernoulli_factory import exp_bernoulli_factory
from spikedim.circuits.exponential._exp_taylor_coincidence import exp_taylor_coincidence
from spikedim.circuits.exponential._published_exp_series import published_exp_series
from spikedim.circuits.sweeps._drawn_size import check_runs
from spikedim.circuits.sweeps._sweep import sweep
from spikedim.circuits.sweeps._sweep_result import CircuitSweep

__all__ = ["sweep_exponential"]

_CALLER = "sweep_exponential"


@final
@dataclass(frozen=True)
class _Form:
    """An exponential circuit: how to run it, what it is in words, which slope its law has."""

    call: Callable[..., CircuitResult]
    words: str
    slope: float | None
    series: bool


_FORMS = {
    "factory": _Form(exp_bernoulli_factory, "exponential, Bernoulli factory", -0.5, False),
    "taylor": _Form(exp_taylor_coincidence, "exponential, Taylor coincidences", -0.5, True),
    "published": _Form(published_exp_series, "exponential, published series", None, True),
}


def sweep_exponential(
    *,
    steps: Sequence[int],
    form: str = "factory",
    z: Any = 0.5,
    half_range: float = 2.0,
    order: int | None = None,
    streams: str | None = None,
    runs: int = 200,
    slope_from: int | None = None,
    seed: int = 0,
    command: str | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitSweep:
    """Run one exponential circuit at each T.

    Parameters
    ----------
    steps : sequence of int
        Values of T, each at least 1.
    form : str
        ``"factory"``, ``"taylor"`` or ``"published"``.
    z : float or array
        Exponents in [-half_range, half_range].
    half_range : float
        M, above 0.
    order : int, optional
        Order J of the series forms.
    streams : str, optional
        ``"fresh"`` (default) or ``"nested"`` streams of the series forms.
    runs : int
        Runs at each T.
    slope_from : int, optional
        Smallest T of the slope fit, see `sweep`.
    seed : int
        Seed of the spikes.
    command : str, optional
        How it was asked for.
    progress : AbstractProgress
        Told of every run.

    Returns
    -------
    CircuitSweep
        Errors are those of an entry of e^z.

    Raises
    ------
    InputError
        If an argument is out of its range, or `order` or `streams` is given to the factory.

    Examples
    --------
    >>> found = sweep_exponential(steps=[64, 256, 1024], z=0.5, runs=40)
    >>> found.holds, abs(found.slope.value + 0.5) < 0.1
    (True, True)
    """
    chosen = _FORMS[check_choice(form, _FORMS, name="form", caller=_CALLER)]
    exponents = check_matrix(z, caller=_CALLER, name="z", ndim=None)
    check_positive(half_range, name="half_range", caller=_CALLER)
    check_runs(runs, caller=_CALLER)
    settings = {"form": form, "z": ", ".join(f"{x:g}" for x in exponents.ravel()[:8].tolist())}
    settings |= {"half range M": f"{half_range:g}", "runs": f"{runs}"}
    options: dict[str, Any] = {"half_range": half_range}
    for name, value in (("order", order), ("streams", streams)):
        if value is not None and not chosen.series:
            raise InputError(
                f"{_CALLER}: `{name}` must be left out for form 'factory'; got {value!r}. "
                "Only the forms taylor and published have it."
            )
        if value is not None:
            options[name] = value
            settings[name] = str(value)

    def run(count: int, generator: np.random.Generator) -> CircuitResult:
        return chosen.call(
            exponents, steps=count, generator=generator, measure_error=True, **options
        )

    places = f"z = {settings['z']}" if exponents.size <= 3 else f"{exponents.size} values of z"
    return sweep(
        run,
        circuit=f"exp_{form}",
        settings=settings,
        steps=steps,
        runs=runs,
        expected_slope=chosen.slope,
        slope_from=slope_from,
        seed=seed,
        subject=f"{chosen.words} ({places}, M = {half_range:g}, {runs:,} runs)",
        quantity="error of e^z",
        error_axes=0,
        law="exact",
        copies=exponents.size,
        copy="exponent",
        command=command,
        progress=progress,
    )
