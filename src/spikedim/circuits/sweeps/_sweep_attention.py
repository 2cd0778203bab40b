"""Spiking attention over T: output error against the first-order law and the bound of each run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np

from spikedim._core import (
    AbstractProgress,
    InputError,
    SilentProgress,
    check_choice,
    check_integer,
    fingerprint_arrays,
)
from spikedim.circuits._checks import check_matrix
from spikedim.circuits._result import CircuitResult
from spikedim.circuits.attention._encoders import RateCode
from spikedim.circuits.attention._published_attention import published_attention
from spikedim.circuits.attention._spiking_attention import SpikingAttention
from spikedim.circuits.competition._softmax import SoftmaxMode
from spikedim.circuits.sweeps._array_file import given_array
from spikedim.circuits.sweeps._drawn_size import check_drawn_size, check_runs
from spikedim.circuits.sweeps._sweep import Run, sweep
from spikedim.circuits.sweeps._sweep_result import CircuitSweep

__all__ = ["sweep_attention"]

_CALLER = "sweep_attention"
_RUNS = 8
_FORMS = ("staged", "online", "published")
_WEIGHTS = ("w_q", "w_k", "w_v")
_SPREAD = 1.5  # of drawn weights, over sqrt(D): scores that neither vanish nor saturate

Array = np.ndarray[Any, np.dtype[np.float64]]


@final
@dataclass(frozen=True)
class _Case:
    """Tokens and weights of one run."""

    x: Array
    w_q: Array
    w_k: Array
    w_v: Array


def sweep_attention(
    *,
    steps: Sequence[int],
    form: str = "staged",
    tokens: int = 16,
    features: int = 32,
    head_dim: int = 16,
    x: Any | None = None,
    w_q: Any | None = None,
    w_k: Any | None = None,
    w_v: Any | None = None,
    mode: str = "gli",
    encoder: str = "bernoulli",
    runs: int | None = None,
    slope_from: int | None = None,
    seed: int = 0,
    command: str | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
) -> CircuitSweep:
    """Run one head of spiking attention at each T on drawn tokens and weights, or on your own.

    Parameters
    ----------
    steps : sequence of int
        Values of T, each at least 1.
    form : str
        ``"staged"`` (2 T steps), ``"online"`` (T steps, no theorem) or ``"published"``, which has
        neither `mode` nor `encoder`.
    tokens, features, head_dim : int
        N, D and Dk of what is drawn: tokens uniform in [0, 1], weights normal with standard
        deviation 1.5 / sqrt(D).
    x : array, Tensor or path of a .npy or .npz file, optional
        Tokens [N, D]; a channel that leaves [0, 1] is coded in its own range.
    w_q, w_k, w_v : array, Tensor or path of a .npy or .npz file, optional
        Weights [D, Dk], [D, Dk] and [D, Dv]: all three or none.
    mode : str
        Softmax circuit, one of `SoftmaxMode`.
    encoder : str
        Code of the tokens, one of `RateCode`.
    runs : int, optional
        Runs at each T, each with drawn parts of its own; by default 8, and 1 where nothing is
        drawn.
    slope_from : int, optional
        Smallest T of the slope fit, see `sweep`.
    seed : int
        Run r draws its parts from ``numpy.random.default_rng([seed, 0, r])``.
    command : str, optional
        How it was asked for.
    progress : AbstractProgress
        Told of every run.

    Returns
    -------
    CircuitSweep
        Errors are Frobenius errors of the output [N, Dv].

    Raises
    ------
    InputError
        If an argument is out of its range, a file is no matrix, or shapes do not fit.

    Examples
    --------
    >>> found = sweep_attention(steps=[64, 256, 1024], tokens=4, features=4, head_dim=4)
    >>> found.holds, found.expected_slope
    (True, -0.5)
    """
    check_choice(form, _FORMS, name="form", caller=_CALLER)
    circuit = SoftmaxMode(check_choice(mode, SoftmaxMode, name="mode", caller=_CALLER))
    code = RateCode(check_choice(encoder, RateCode, name="encoder", caller=_CALLER))
    published = form == "published"
    if published and (circuit, code) != (SoftmaxMode.GLI, RateCode.BERNOULLI):
        raise InputError(
            f"{_CALLER}: `mode` and `encoder` must be left out of the published form; got "
            f"{mode!r} and {encoder!r}. It has circuits of its own."
        )
    sizes = {"tokens": tokens, "features": features, "head_dim": head_dim}
    for name, value in sizes.items():
        check_integer(value, name=name, caller=_CALLER)
    check_integer(seed, name="seed", caller=_CALLER, minimum=0)
    given = _given({"x": x, "w_q": w_q, "w_k": w_k, "w_v": w_v})
    if "w_q" in given:
        sizes |= dict(zip(("features", "head_dim"), given["w_q"].shape, strict=True))
    if "x" in given:
        sizes |= dict(zip(("tokens", "features"), given["x"].shape, strict=True))
    for one, other in (("tokens", "features"), ("features", "head_dim"), ("tokens", "tokens")):
        check_drawn_size((one, sizes[one]), (other, sizes[other]), caller=_CALLER)
    by_chance = circuit in (SoftmaxMode.GLI_ESCAPE, SoftmaxMode.RACE)
    phases = circuit is SoftmaxMode.GLI_RANDOM_PHASE
    spikes_drawn = published or by_chance or phases or code is not RateCode.SIGMA_DELTA
    if runs is None:
        runs = _RUNS if spikes_drawn or len(given) < 4 else 1
    check_runs(runs, caller=_CALLER)
    rows, channels, width = sizes.values()
    choices = {} if published else {"mode": mode, "encoder": encoder}
    words = "published" if published else f"{form}, {circuit} and {code}"
    return sweep(
        [_run(partial(_case, given, sizes, seed, number), form, choices) for number in range(runs)],
        circuit=f"attention_{form}",
        settings={
            "form": form,
            **choices,
            "tokens": _origin("x" in given, f"{rows}", "uniform in [0, 1]"),
            "features": f"{channels}",
            "head dimension": f"{width}",
            "weights": _origin("w_q" in given, "", f"normal, {_SPREAD:g} / sqrt(D)"),
            "runs": f"{runs}",
        },
        steps=steps,
        runs=runs,
        expected_slope=_expected(form, by_chance or code is RateCode.BERNOULLI),
        slope_from=slope_from,
        seed=seed,
        subject=f"spiking attention ({words}; {rows} tokens of {channels} features, head "
        f"dimension {width})",
        quantity="error of the output (Frobenius)",
        error_axes=2,
        law="" if published else "first order",
        data_fingerprint=fingerprint_arrays(*given.values()) if given else "",
        command=command,
        progress=progress,
    )


def _given(inputs: dict[str, Any]) -> dict[str, Array]:
    """Read what was given: all three weights or none."""
    given = {
        name: check_matrix(given_array(value, name=name, caller=_CALLER), caller=_CALLER, name=name)
        for name, value in inputs.items()
        if value is not None
    }
    missing = [name for name in _WEIGHTS if name not in given]
    if 0 < len(missing) < len(_WEIGHTS):
        raise InputError(
            f"{_CALLER}: `{missing[0]}` must be given with the other weights; got none. "
            "Give all of w_q, w_k and w_v, or none of them."
        )
    if "x" in given and "w_q" in given and given["x"].shape[1] != len(given["w_q"]):
        raise InputError(
            f"{_CALLER}: `x` must have {len(given['w_q'])} columns, one per row of `w_q`; got "
            f"shape {given['x'].shape}."
        )
    return given


def _case(given: dict[str, Array], sizes: dict[str, int], seed: int, number: int) -> _Case:
    """Return tokens and weights of one run, drawn where they were not given."""
    generator = np.random.default_rng([seed, 0, number])
    drawn = generator.random((sizes["tokens"], sizes["features"]))
    shape = (sizes["features"], sizes["head_dim"])
    spread = _SPREAD / np.sqrt(sizes["features"])
    weights = [given.get(name, generator.normal(0.0, spread, shape)) for name in _WEIGHTS]
    return _Case(given.get("x", drawn), *weights)


def _origin(given: bool, count: str, how: str) -> str:
    """Say where a part of the input comes from."""
    return (f"{count} given" if given else f"{count} drawn in each run: {how}").strip()


def _expected(form: str, random: bool) -> float | None:
    """Return the slope of the law; none is proved where an error is O(ln T / T), or published."""
    if form == "published":
        return None
    if random:
        return -0.5
    return -1.0 if form == "staged" else None


def _run(draw: Callable[[], _Case], form: str, choices: dict[str, str]) -> Run:
    """Return the circuit on the tokens and weights of one run, drawn when it is called."""

    def call(steps: int, generator: np.random.Generator) -> CircuitResult:
        case = draw()
        if form == "published":
            return published_attention(
                case.x, case.w_q, case.w_k, case.w_v, steps=steps, generator=generator,
                measure_error=True,
            )  # fmt: skip
        low = np.minimum(case.x.min(axis=0), 0.0)
        high = np.maximum(case.x.max(axis=0), 1.0)
        layer = SpikingAttention.compile(
            case.w_q, case.w_k, case.w_v, low=low, high=high, **choices
        )
        run = layer.run if form == "staged" else layer.run_online
        return run(case.x, steps=steps, generator=generator, measure_error=True)

    return call
