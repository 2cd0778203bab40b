"""The neuron as a module: parameters and surrogate inside, state outside."""

import math
from typing import final

import torch
from torch import Tensor, nn

from spikedim._core import InputError
from spikedim.neurons._checks import check_floating
from spikedim.neurons._lif_run import LIFTrace, Run, lif_run, lif_trace, warm_up
from spikedim.neurons._parameters import LIFParameters
from spikedim.neurons._sigmoid_surrogate import SigmoidSurrogate
from spikedim.neurons._state import LIFState
from spikedim.neurons._surrogate import AbstractSurrogate

__all__ = ["LIF"]


@final
class LIF(nn.Module):
    """Population of leaky integrate-and-fire neurons over the steps of [T, ...].

    Parameters
    ----------
    parameters : LIFParameters, optional
        The neuron; `LIFParameters.published` without it.
    surrogate : AbstractSurrogate, optional
        Supplies gradients; `SigmoidSurrogate` with slope 4 without it.
    learnable_leak : bool, default False
        Whether the leak is a parameter of the module, one for all its neurons: the parametric
        LIF neuron. It is stored as ``leak_logit`` and starts at ``parameters.leak``.
    run : callable, default lif_run
        What runs the steps, with the signature of `lif_run`: itself, or what `accelerate`
        returned.

    Raises
    ------
    InputError
        If a learnable leak starts at 0 or 1, where its logit is infinite.

    See Also
    --------
    lif_run : The same as a function.

    Notes
    -----
    Nothing is remembered between calls, so there is nothing to reset: pass the returned state
    to the next call to continue. Without a state a call starts fresh, with the warm-up steps
    of its parameters on the first current. With a learnable leak and ``InputScale.DECAY`` the
    input scale follows the leak.

    References
    ----------
    .. [1] W. Fang et al., "Incorporating learnable membrane time constant to enhance learning of
       spiking neural networks", ICCV 2021.

    Examples
    --------
    >>> import torch
    >>> layer = LIF(LIFParameters.spikingjelly())
    >>> spikes, state = layer(torch.full((4, 1), 1.5))
    >>> spikes[:, 0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """

    def __init__(
        self,
        parameters: LIFParameters | None = None,
        *,
        surrogate: AbstractSurrogate | None = None,
        learnable_leak: bool = False,
        run: Run = lif_run,
    ) -> None:
        super().__init__()
        self.neuron = parameters or LIFParameters.published()
        self.surrogate = surrogate or SigmoidSurrogate()
        self.run = run
        self.leak_logit: nn.Parameter | None = None
        if learnable_leak:
            leak = self.neuron.leak
            if not 0 < leak < 1:
                raise InputError(
                    f"LIF: `parameters` must have a leak inside (0, 1) to learn it; got {leak!r}."
                )
            self.leak_logit = nn.Parameter(torch.tensor(math.log(leak / (1 - leak))))

    @property
    def leak(self) -> Tensor | None:
        """The learnable leak in (0, 1); None if the leak is fixed."""
        return None if self.leak_logit is None else torch.sigmoid(self.leak_logit)

    def forward(self, currents: Tensor, state: LIFState | None = None) -> tuple[Tensor, LIFState]:
        """Return spikes [T, ...] of currents [T, ...], and the state after the last step."""
        spikes, after = self.run(
            currents,
            self._start(currents) if state is None else state,
            self.neuron,
            surrogate=self.surrogate,
            leak=self.leak,
        )
        return spikes, after

    def forward_with_states(self, currents: Tensor, state: LIFState | None = None) -> LIFTrace:
        """Return spikes and membranes [T, ...] of currents [T, ...], and the last state."""
        return lif_trace(
            currents,
            self._start(currents) if state is None else state,
            self.neuron,
            surrogate=self.surrogate,
            leak=self.leak,
        )

    def extra_repr(self) -> str:
        """Return the neuron and its surrogate for `repr`."""
        return f"{self.neuron}, {self.surrogate}"

    def _start(self, currents: Tensor) -> LIFState:
        check_floating(currents, name="currents", caller="LIF")
        if currents.ndim < 1 or currents.shape[0] < 1:
            raise InputError(
                "LIF: `currents` must have T >= 1 steps on its first axis; "
                f"got shape {tuple(currents.shape)}."
            )
        return warm_up(currents[0], self.neuron, leak=self.leak)
