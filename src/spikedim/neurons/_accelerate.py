"""A compiled kernel that runs several steps at once, with the plain loop as fallback."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from spikedim.neurons._checks import check_current, check_membrane
from spikedim.neurons._lif_run import Run, lif_run
from spikedim.neurons._lif_step import advance
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._state import LIFState
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["accelerate"]

_LARGEST_UNROLL = 8
_CHUNK = 4
_MOST_GRAPHS = 256
"""Torch's own limit of 8 is met by a few layers; beyond it torch would run eagerly in silence."""

_log = logging.getLogger(__name__)


def accelerate() -> Run:
    """Return a `lif_run` whose steps are fused by `torch.compile`.

    Returns
    -------
    callable
        Same signature, same spikes as `lif_run`. Up to 8 steps run as one kernel, more in
        kernels of 4, a remainder in one of its own.

    See Also
    --------
    lif_run : The plain loop, and the default everywhere.

    Notes
    -----
    The first call for a neuron, a number of steps, a type and the presence of gradients compiles
    for 5 to 30 seconds; later calls of any population size reuse the kernel, about three times
    faster than the plain loop, forward and backward (T = 4, one core). Needs a C++ compiler:
    without one the plain loop runs and one warning is logged. Inside `torch.compile` and
    `torch.func` transforms the plain loop runs too. Each call of `accelerate` makes kernels of
    its own; share one among all layers.

    Examples
    --------
    >>> run = accelerate()  # nothing is compiled yet
    >>> callable(run)
    True
    """
    kernels: dict[tuple[object, ...], Callable[..., tuple[Tensor, LIFState]]] = {}
    usable = True

    def run(
        currents: Tensor,
        state: LIFState,
        parameters: LIFParameters,
        *,
        surrogate: AbstractSurrogate | None = None,
        leak: Tensor | None = None,
    ) -> tuple[Tensor, LIFState]:
        nonlocal usable
        check_current(currents, state, name="currents", caller="lif_run", time=True)
        if usable and _fusible(currents):
            key = (parameters, surrogate)
            if key not in kernels:
                kernels[key] = torch.compile(_unrolled(*key), dynamic=True, fullgraph=True)
            try:
                return _run_chunks(kernels[key], currents, state, leak)
            except _compiler_errors() as error:
                usable = False
                _log.warning("accelerate: no kernel, running step by step. %s", error)
        return lif_run(currents, state, parameters, surrogate=surrogate, leak=leak)

    return run


def _fusible(currents: Tensor) -> bool:
    """Say whether these currents are plain values, outside any transform."""
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor(currents)
    return not (wrapped or torch.compiler.is_compiling())


def _compiler_errors() -> tuple[type[Exception], ...]:
    """Return what torch raises if it cannot compile; loading it takes a second."""
    from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException
    from torch._inductor.exc import CppCompileError

    return TorchDynamoException, FailOnRecompileLimitHit, CppCompileError


def _unrolled(
    parameters: LIFParameters, surrogate: AbstractSurrogate | None
) -> Callable[..., tuple[Tensor, LIFState]]:
    """Return the plain loop over [T, R] currents, for the compiler to unroll."""

    def steps(
        currents: Tensor, membrane: Tensor, pending: Tensor, silence: Tensor, leak: Tensor | None
    ) -> tuple[Tensor, LIFState]:
        state, spikes = LIFState(membrane, pending, silence), []
        for current in currents.unbind(0):
            fired, state = advance(
                current, state, parameters, surrogate, parameters.leak if leak is None else leak
            )
            spikes.append(fired)
        return torch.stack(spikes), state

    return steps


def _run_chunks(
    kernel: Callable[..., tuple[Tensor, LIFState]],
    currents: Tensor,
    state: LIFState,
    leak: Tensor | None,
) -> tuple[Tensor, LIFState]:
    """Run the kernel over parts of the steps, every population flattened to one axis."""
    from torch._dynamo import config

    shape = currents.shape
    size = shape[0] if shape[0] <= _LARGEST_UNROLL else _CHUNK
    spikes = []
    settings = {
        "recompile_limit": _MOST_GRAPHS,
        "fail_on_recompile_limit_hit": True,
        "specialize_float": True,  # the numbers of the neuron are constants of the kernel
    }
    with config.patch(settings):
        for part in torch.split(currents.reshape(shape[0], -1), size):
            # Views and tensors passed twice would each force another graph: copies do not.
            fields = (field.reshape(-1).clone() for field in state)
            fired, state = kernel(part.clone(), *fields, leak)
            spikes.append(fired)
    check_membrane(state.membrane, currents, name="currents", caller="lif_run")
    after = LIFState(*(field.reshape(shape[1:]) for field in state))
    whole = spikes[0] if len(spikes) == 1 else torch.cat(spikes)
    return whole.reshape(shape), after
