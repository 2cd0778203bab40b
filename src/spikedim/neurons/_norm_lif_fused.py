"""The normalised layer of neurons with a gradient of its own: less memory, fewer passes."""

import logging
from typing import final

import torch
from torch import Tensor

from spikedim.neurons._atan_surrogate import ATanSurrogate
from spikedim.neurons._checks import check_membrane
from spikedim.neurons._norm_lif import NormLIFRun, check_norm_lif, inner_dtype, norm_lif_run
from spikedim.neurons._norm_lif_eager import EagerLoops
from spikedim.neurons._norm_lif_function import AbstractLoops, Given, NormLIFFunction
from spikedim.neurons._norm_lif_numba import DTYPES, CompiledLoops, load_kernels
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._sigmoid_surrogate import SigmoidSurrogate
from spikedim.neurons._state import LIFState
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["FusedNormLIF", "fused_norm_lif"]

_log = logging.getLogger(__name__)


def fused_norm_lif() -> "FusedNormLIF":
    """Return a `norm_lif_run` in which normalisation, neurons and residual are one loop.

    Returns
    -------
    FusedNormLIF
        Same signature as `norm_lif_run`, same spikes; counts which way its calls went.

    See Also
    --------
    norm_lif_run : The plain operations, and the default everywhere.

    Notes
    -----
    Between the forward and the backward pass only `y` is kept. The loops are compiled by numba
    (``pip install 'spikedim[fast]'``) for float32, float64 and bfloat16 on the processor, once
    for all shapes: up to 20 seconds the first time on a machine, from disk later. Without numba
    tensor operations do the same, one warning is logged, and only the memory is saved.

    Examples
    --------
    >>> run = fused_norm_lif()  # nothing is compiled yet
    >>> run.fused_calls, run.plain_calls
    (0, 0)
    """
    return FusedNormLIF()


@final
class FusedNormLIF:
    """A `norm_lif_run` with one loop for everything; made by `fused_norm_lif`.

    Attributes
    ----------
    fused_calls : int
        Calls that went through the one loop.
    plain_calls : int
        Calls that went through `norm_lif_run`: refractory neurons, warm-up steps, gradients
        through the reset or the statistics given, a surrogate that is not the sigmoid or the
        arc tangent, other types, `torch.func` transforms, `torch.compile`. Each reason is
        logged once.
    """

    def __init__(self) -> None:
        self.fused_calls = 0
        self.plain_calls = 0
        self._said: set[str] = set()

    @property
    def compiled(self) -> bool:
        """Whether the loops are compiled ones; the first look loads numba."""
        return load_kernels() is not None

    def __call__(
        self,
        y: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        parameters: LIFParameters,
        *,
        surrogate: AbstractSurrogate | None = None,
        steps: int,
        mean: Tensor | None = None,
        variance: Tensor | None = None,
        eps: float = 1e-5,
        residual: Tensor | None = None,
        state: LIFState | None = None,
        keep_state: bool = False,
        overwrite: bool = False,
    ) -> NormLIFRun:
        """Return what `norm_lif_run` returns.

        With `overwrite`, and where nothing needs a gradient, the outputs may take the memory of
        `y`: pages that are at hand already, unlike new ones.
        """
        check_norm_lif(y, weight, bias, steps, mean, variance, eps, residual, state)
        membrane, pending, _ = state or (None, None, None)
        reason = (
            _transform((y, weight, bias, mean, variance, residual, membrane, pending))
            or _unusual_neuron(parameters, fresh=state is None)
            or _unusual_gradient(
                parameters, surrogate, (y, weight, bias, membrane), (mean, variance, pending)
            )
        )
        if reason:
            self.plain_calls += 1
            self._say(f"plain operations run: {reason}.")
            return norm_lif_run(
                y,
                weight,
                bias,
                parameters,
                surrogate=surrogate,
                steps=steps,
                mean=mean,
                variance=variance,
                eps=eps,
                residual=residual,
                state=state,
                keep_state=keep_state,
            )
        self.fused_calls += 1
        loops, batch = self._loops(y), weight is not None and mean is None
        if batch:
            with torch.no_grad():
                found = loops.statistics(y.detach().contiguous())
            mean, variance = (value.to(inner_dtype(y)) for value in found)
        given = Given(
            loops,
            parameters,
            surrogate,
            steps=steps,
            mean=mean,
            variance=variance,
            batch=batch,
            eps=eps,
            pending=pending,
            keep=keep_state,
            dtype=inner_dtype(y),
        )
        if _needs_gradient((y, weight, bias, residual, membrane)):
            spikes, last = NormLIFFunction.apply(y, weight, bias, residual, membrane, given)  # type: ignore[no-untyped-call]
        else:
            spikes, last = given.forward(y, weight, bias, residual, membrane, overwrite=overwrite)
        if not given.finite:
            check_membrane(torch.full((), torch.nan), y, name="y", caller="norm_lif_run")
        return NormLIFRun(
            spikes,
            mean if batch else None,
            variance if batch else None,
            None if last is None else _state_after(last, parameters, state),
        )

    def _loops(self, y: Tensor) -> AbstractLoops:
        if y.device.type != "cpu" or y.dtype not in DTYPES:
            self._say(f"no compiled loop for {y.dtype} on {y.device.type}, tensor operations run.")
            return EagerLoops()
        kernels = load_kernels()
        if kernels is None:
            self._say(
                "numba does not load, tensor operations run. "
                "Install it with: pip install 'spikedim[fast]'"
            )
            return EagerLoops()
        return CompiledLoops(kernels)

    def _say(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            _log.warning("fused_norm_lif: %s", message)


def _transform(tensors: tuple[Tensor | None, ...]) -> str:
    """Return why no loop of our own may run; nothing if it may. So do the next two."""
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    if torch.compiler.is_compiling() or any(x is not None and wrapped(x) for x in tensors):
        return "inside a torch.func transform or torch.compile"
    return ""


def _needs_gradient(tensors: tuple[Tensor | None, ...]) -> bool:
    """Say whether autograd has to see the call; forward mode is left to it too."""
    if torch.autograd.forward_ad._current_level >= 0:
        return True
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors)


def _unusual_neuron(parameters: LIFParameters, *, fresh: bool) -> str:
    if parameters.refractory_steps:
        return "the neuron has a refractory period"
    if parameters.warm_up_steps and fresh:
        return "the neuron has warm-up steps"
    return ""


def _unusual_gradient(
    parameters: LIFParameters,
    surrogate: AbstractSurrogate | None,
    supported: tuple[Tensor | None, ...],
    unsupported: tuple[Tensor | None, ...],
) -> str:
    if not torch.is_grad_enabled():
        return ""
    if any(x is not None and x.requires_grad for x in unsupported):
        return "gradients go to the given statistics or to a pending reset"
    if not any(x is not None and x.requires_grad for x in supported):
        return ""
    if not parameters.detach_reset:
        return "gradients go through the reset"
    if not isinstance(surrogate, SigmoidSurrogate | ATanSurrogate):
        return f"no loop has the gradient of {type(surrogate).__name__}"
    return ""


def _state_after(last: Tensor, parameters: LIFParameters, state: LIFState | None) -> LIFState:
    """Return the state that belongs to the last membrane."""
    fired = (last.detach() >= parameters.threshold).to(last.dtype)
    silence = (
        torch.zeros(last.shape, dtype=torch.int32, device=last.device)
        if state is None
        else state.silence
    )
    return LIFState(last, fired, silence)
