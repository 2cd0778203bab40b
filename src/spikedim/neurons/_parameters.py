"""Everything that fixes a leaky integrate-and-fire neuron, checked once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from spikedim._core import InputError, check_in, check_integer, check_number, check_positive
from spikedim.neurons._leak import leak_euler

__all__ = ["InputScale", "LIFParameters", "Reset"]


class Reset(StrEnum):
    """What a spike does to the membrane.

    ``SOFT_POST_LEAK`` subtracts the threshold after the leak; ``SOFT_CARRIED`` subtracts it
    before the leak, so that the leak also shrinks the reset; ``HARD`` sets the membrane to
    `v_reset` before the leak and forgets the overshoot.
    """

    SOFT_POST_LEAK = "soft_post_leak"
    SOFT_CARRIED = "soft_carried"
    HARD = "hard"


class InputScale(StrEnum):
    """What multiplies the input current: ``ONE``, or ``DECAY``, that is 1 - leak."""

    ONE = "one"
    DECAY = "decay"


@final
@dataclass(frozen=True)
class LIFParameters:
    r"""Numbers and rules of one leaky integrate-and-fire neuron.

    Dynamics, threshold, reset, with gain :math:`g` (1, or :math:`1-\beta`):

    .. math::

        u_t &= \mathrm{carried}(u_{t-1}, s_{t-1}) + g\,I_t, \qquad
        s_t = \Theta(u_t - v_{th}),\ \Theta(0) = 1 \\
        \mathrm{carried} &= \beta u - v_{th} s \ \text{(soft, post leak)}, \quad
        \beta (u - v_{th} s) \ \text{(soft, carried)}, \quad
        \beta (u (1-s) + v_{reset} s) \ \text{(hard)}

    Parameters
    ----------
    leak : float, default 1.0
        Part beta of the potential kept per step, in [0, 1]; 1 is a neuron without leak. See
        `leak_exact` and `leak_euler` for a time constant.
    threshold : float, default 1.0
        Potential v_th at which the neuron fires, above 0. All potentials are measured from the
        resting potential, to which the leak pulls.
    reset : Reset, default Reset.SOFT_POST_LEAK
        What a spike does to the membrane.
    v_reset : float, default 0.0
        Potential after a hard reset, below `threshold`; not used by the soft resets.
    refractory_steps : int, default 0
        Steps t_ref after a spike during which the neuron stands still: it ignores its input,
        keeps its membrane and does not fire. The reset acts in the first step after them.
    input_scale : InputScale, default InputScale.ONE
        What multiplies the input current.
    initial_membrane : float, default 0.0
        Potential u_0 before the first step; half a threshold halves the RMS error of a rate if
        there is no leak.
    warm_up_steps : int, default 0
        Steps that are run on the first current, spikes thrown away, before the first step.
    detach_reset : bool, default True
        Whether gradients ignore the reset, as most training recipes do. Values are not changed.

    Raises
    ------
    InputError
        If a number is outside its range, a rule is not a member of its enumeration, or the
        neuron could not live: scaled by 1 - leak = 0, or reset above its threshold.

    Notes
    -----
    The size of a soft reset, `reset_size`, is v_th (post leak) or beta v_th (carried).

    Examples
    --------
    >>> LIFParameters.integrate_and_fire().leak
    1.0
    >>> LIFParameters.spikingjelly().input_scale.value
    'decay'
    """

    leak: float = 1.0
    threshold: float = 1.0
    reset: Reset = Reset.SOFT_POST_LEAK
    v_reset: float = 0.0
    refractory_steps: int = 0
    input_scale: InputScale = InputScale.ONE
    initial_membrane: float = 0.0
    warm_up_steps: int = 0
    detach_reset: bool = True

    def __post_init__(self) -> None:
        caller = "LIFParameters"
        check_in(
            self.leak,
            0.0,
            1.0,
            name="leak",
            caller=caller,
            advice="Use `leak_exact` or `leak_euler` to turn a time constant into a leak.",
        )
        check_positive(
            self.threshold,
            name="threshold",
            caller=caller,
            advice="Measure potentials from the resting potential.",
        )
        for name in ("v_reset", "initial_membrane"):
            check_number(getattr(self, name), name=name, caller=caller)
        for name in ("refractory_steps", "warm_up_steps"):
            check_integer(getattr(self, name), name=name, caller=caller, minimum=0)
        for name, kind in (("reset", Reset), ("input_scale", InputScale)):
            if not isinstance(getattr(self, name), kind):
                members = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
                raise InputError(
                    f"{caller}: `{name}` must be one of {members}; got {getattr(self, name)!r}."
                )
        if self.leak == 1 and self.input_scale is InputScale.DECAY:
            raise InputError(
                f"{caller}: `input_scale` must be InputScale.ONE for a leak of 1; got "
                "InputScale.DECAY. An input times 1 - leak would never be heard."
            )
        if self.reset is Reset.HARD and self.v_reset >= self.threshold:
            raise InputError(
                f"{caller}: `v_reset` must be below the threshold {self.threshold:g}; "
                f"got {self.v_reset:g}. A neuron reset above its threshold fires for ever."
            )

    @property
    def gain(self) -> float:
        """Factor g on the input current."""
        return 1.0 if self.input_scale is InputScale.ONE else 1.0 - self.leak

    @property
    def reset_size(self) -> float:
        """Size kappa of a soft reset, in the unit of the membrane.

        Raises
        ------
        InputError
            If the reset is hard: it has no fixed size.
        """
        if self.reset is Reset.HARD:
            raise InputError(
                "LIFParameters.reset_size: `reset` must be soft; got Reset.HARD. "
                "A hard reset removes whatever the membrane has."
            )
        return self.threshold * (self.leak if self.reset is Reset.SOFT_CARRIED else 1.0)

    @classmethod
    def published(cls, *, leak: float = 0.5) -> "LIFParameters":
        """Return the convention of the published account: threshold 1, reset after the leak."""
        return cls(leak=leak)

    @classmethod
    def integrate_and_fire(cls, *, phase: float = 0.0) -> "LIFParameters":
        """Return a neuron without leak that starts at `phase` thresholds: a rate encoder."""
        return cls(initial_membrane=phase)

    @classmethod
    def spikingjelly(cls, *, tau: float = 2.0, threshold: float = 1.0) -> "LIFParameters":
        """Return SpikingJelly's default: u = v + (I - v)/tau, hard reset to the resting 0."""
        return cls(
            leak=leak_euler(tau),
            threshold=threshold,
            reset=Reset.HARD,
            input_scale=InputScale.DECAY,
        )
