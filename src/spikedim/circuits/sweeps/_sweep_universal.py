"""Universal approximators over their resolution: cells of a codebook, or T of Bernstein windows."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from spikedim._core import (
    AbstractProgress,
    SilentProgress,
    check_choice,
    check_integer,
    check_number,
)
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.sweeps._drawn_size import check_drawn_size, check_runs
from spikedim.circuits.sweeps._sweep import Run, sweep
from spikedim.circuits.sweeps._sweep_result import CircuitSweep
from spikedim.circuits.universal._bernstein_windows import bernstein_windows
from spikedim.circuits.universal._codebook_attention import CodebookAttention
from spikedim.circuits.universal._example_function import EXAMPLE_WORDS, gap_to_max_and_mean

__all__ = ["sweep_universal"]

_CALLER = "sweep_universal"
_FORMS = ("codebook", "bernstein")

Array = np.ndarray[Any, np.dtype[np.float64]]


def sweep_universal(
    *,
    values: Sequence[int],
    form: str = "codebook",
    function: Callable[[Any], Any] | None = None,
    lipschitz: float | None = None,
    tokens: int = 2,
    features: int = 2,
    samples: int = 64,
    runs: int = 4,
    slope_from: int | None = None,
    seed: int = 0,
    command: str | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitSweep:
    """Approximate a permutation-equivariant function at each resolution, on uniform samples.

    Parameters
    ----------
    values : sequence of int
        Cells m per axis of a codebook, or time steps T of one Bernstein window.
    form : str
        ``"codebook"`` (deterministic, memory exponential in n d) or ``"bernstein"``.
    function : callable, optional
        f, from rates [n, d] to [n, d'], permutation-equivariant; by default a built-in example,
        whose Lipschitz constant sqrt(n) is known.
    lipschitz : float, optional
        L of `function` in the Frobenius norm; by default the largest slope between samples.
    tokens, features : int
        n and d.
    samples : int
        Inputs of a run, uniform in [0, 1].
    runs : int
        Runs at each value, each with inputs of its own.
    slope_from : int, optional
        Smallest value of the slope fit, see `sweep`.
    seed : int
        Run r draws its inputs from ``numpy.random.default_rng([seed, 0, r])``.
    command : str, optional
        How it was asked for.
    progress : AbstractProgress
        Told of every run.

    Returns
    -------
    CircuitSweep
        Errors are Frobenius errors of a sample [n, d'].

    Raises
    ------
    InputError
        If an argument is out of its range, `function` is not equivariant on samples, or a
        codebook does not fit in memory.

    Examples
    --------
    >>> found = sweep_universal(values=[2, 4, 8], samples=16)
    >>> found.holds, found.axis
    (True, 'm')
    """
    check_choice(form, _FORMS, name="form", caller=_CALLER)
    shape = check_drawn_size(
        ("samples", samples), ("tokens", tokens), ("features", features), caller=_CALLER
    )
    check_runs(runs, caller=_CALLER)
    if lipschitz is not None:
        check_number(lipschitz, name="lipschitz", caller=_CALLER)
    check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    options: dict[str, Any] = {"function": function, "lipschitz": lipschitz}
    if function is None:
        options |= {"function": gap_to_max_and_mean, "batched": True}
        options["lipschitz"] = float(np.sqrt(tokens)) if lipschitz is None else lipschitz
    words = EXAMPLE_WORDS if function is None else _name(function)

    def drawn(number: int) -> Array:
        """Return the inputs of a run; drawn again at every value, so that no run's are kept."""
        return np.random.default_rng([seed, 0, number]).random(shape)

    inputs = [partial(drawn, number) for number in range(runs)]
    codebook = form == "codebook"
    kind = "codebook attention" if codebook else "Bernstein window"
    given = options["lipschitz"]
    return sweep(
        _codebook(inputs, shape, options) if codebook else [_window(x, options) for x in inputs],
        circuit=f"universal_{form}",
        settings={
            "form": form,
            "function": words,
            "Lipschitz constant": "largest slope seen" if given is None else f"{given:.4g}",
            "tokens": f"{tokens}",
            "features": f"{features}",
            "inputs": f"{samples} per run, uniform in [0, 1]",
            "runs": f"{runs}",
        },
        steps=values,
        runs=runs,
        expected_slope=-1.0 if codebook else -0.5,
        slope_from=slope_from,
        seed=seed,
        subject=f"{kind} ({words.split(':')[0]}, {tokens} tokens of {features} features)",
        axis="m" if codebook else "T",
        axis_name="cells per axis m" if codebook else "time steps T of one window",
        quantity="error of a sample (Frobenius)",
        error_axes=2,
        law="" if codebook else "at most",
        copies=samples,
        copy="sample",
        notes=[f"The function is {words}."],
        command=command,
        progress=progress,
    )


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _codebook(
    inputs: Sequence[Callable[[], Array]], shape: tuple[int, ...], options: dict[str, Any]
) -> list[Run]:
    """Return a run per input; they share what was compiled for one number of cells."""
    built: dict[int, CodebookAttention] = {}

    def compiled(cells: int) -> CodebookAttention:
        if cells not in built:
            built.clear()  # one at a time: the memory is the cost of this construction
            _, tokens, features = shape
            built[cells] = CodebookAttention.compile(
                tokens=tokens, features=features, cells=cells, **options
            )
        return built[cells]

    def case(x: Callable[[], Array]) -> Run:
        return lambda cells, _: compiled(cells).run(x(), measure_error=True)

    return [case(x) for x in inputs]


def _window(x: Callable[[], Array], options: dict[str, Any]) -> Run:
    def run(steps: int, generator: np.random.Generator) -> CircuitResult:
        return bernstein_windows(
            x(), window=steps, windows=1, generator=generator, measure_error=True, **options
        )

    return run
