"""What a model was built from, so that it can be built again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, final

from spikedim._core import InputError, Result
from spikedim.models.families._options import Options
from spikedim.neurons import (
    AbstractSurrogate,
    ATanSurrogate,
    GaussianSurrogate,
    LIFParameters,
    PiecewiseLinearSurrogate,
    SigmoidSurrogate,
)

__all__ = ["BuildRequest"]

_SURROGATES: Mapping[str, type[AbstractSurrogate]] = {
    kind.__name__: kind
    for kind in (ATanSurrogate, GaussianSurrogate, PiecewiseLinearSurrogate, SigmoidSurrogate)
}

_OWN = frozenset({"neuron", "surrogate"})


@final
@dataclass(frozen=True)
class BuildRequest(Result):
    """Name, shape and switches that `build` was given.

    Parameters
    ----------
    name : str
        Name of the model, with its suffix.
    shape : dict of str to int
        Overrides of its shape.
    switches : dict
        Fields of `Options` that were given, but for the next two.
    neuron : LIFParameters, optional
        The neuron, if one was given.
    surrogate : tuple of str and float, optional
        Class name and slope of the surrogate gradient, if one was given.

    Examples
    --------
    >>> from spikedim.models import build
    >>> build("spikformer-2-64/digits", depth=1, device="meta").built_from.overrides()
    {'depth': 1}
    """

    schema: ClassVar[str] = "spikedim.build_request/1"

    name: str
    shape: dict[str, int] = field(default_factory=dict)
    switches: dict[str, bool | int | float | str | None] = field(default_factory=dict)
    neuron: LIFParameters | None = None
    surrogate: tuple[str, float] | None = None

    @classmethod
    def of(cls, name: str, overrides: Mapping[str, Any]) -> "BuildRequest":
        """Return the request for a name and keywords that `build` has checked."""
        surrogate = overrides.get("surrogate")
        known = {f.name for f in fields(Options)}
        rest = {key: value for key, value in overrides.items() if key not in _OWN}
        return cls(
            name,
            shape={key: value for key, value in rest.items() if key not in known},
            switches={key: value for key, value in rest.items() if key in known},
            neuron=overrides.get("neuron"),
            surrogate=None if surrogate is None else (type(surrogate).__name__, surrogate.slope),
        )

    def overrides(self) -> dict[str, Any]:
        """Return the keywords for `build`.

        Raises
        ------
        InputError
            If the surrogate gradient is of a class that is not of this package.
        """
        own: dict[str, Any] = {}
        if self.neuron is not None:
            own["neuron"] = self.neuron
        if self.surrogate is not None:
            name, slope = self.surrogate
            if name not in _SURROGATES:
                raise InputError(
                    f"BuildRequest: `surrogate` must be one of {', '.join(_SURROGATES)}; got "
                    f"{name!r}. Build the model yourself and use `load_weights`."
                )
            own["surrogate"] = _SURROGATES[name](slope)
        return {**self.shape, **self.switches, **own}
