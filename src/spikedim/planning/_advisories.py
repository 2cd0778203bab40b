"""Plain-language warnings, each with what to do about it."""

import math
from collections.abc import Callable

from spikedim.bounds import EpsilonKind
from spikedim.laws import LawTarget, is_trivial, vacuous_warnings
from spikedim.planning._context import Context
from spikedim.planning._plan import Advisory
from spikedim.planning._wording import assumed_text, number_text
from spikedim.training import Activations

__all__ = ["plan_advisories"]

_SAMPLES_PER_DIMENSION = 10
_PROJECTING = ("wiener", "subspace")


def plan_advisories(context: Context) -> tuple[Advisory, ...]:
    """Return the warnings that apply, the most important first."""
    if context.chosen.target is not LawTarget.DATA_ERROR:
        return _of_network(context)
    return tuple(advice for check in _CHECKS if (advice := check(context)) is not None)


def _of_network(context: Context) -> tuple[Advisory, ...]:
    """Return what the law of a trained network warns of, and the scope."""
    remedies = {
        "The target is trivial": "Ask for a smaller epsilon.",
        "Epsilon is the error": "Choose epsilon for the outputs.",
        "Within ": "Choose what may be lost (--tolerance).",
        "One sample": "Look at more of them (--samples).",
        "Scope: rate-coded": "Plan the run of a directly coded net by itself.",
        "Scope: this": "Plan a rate-coded run by itself.",
        "Extrapolated": "Evaluate the run there (spikedim evaluate RUN --steps).",
    }
    checked = "Simulate the T you mean (spikedim response RUN --measure)."
    if context.inputs.curve is None:
        checked = "Evaluate the run at the T you mean (spikedim evaluate RUN --steps)."
    said = [
        Advisory(
            text,
            next((said for begin, said in remedies.items() if text.startswith(begin)), checked),
        )
        for text in context.chosen.warnings
    ]
    energy = Advisory(
        "Energies are closed forms: every layer reads spikes at the mean rate of the network. "
        "Behind residual sums and max-pooling it reads more; counted energies can be double.",
        f"Count operations (spikedim energy RUN --steps {context.chosen.steps}).",
    )
    return (*said, energy)


def _vacuous(context: Context) -> Advisory | None:
    """Warn that the target asks for nothing, or for no information."""
    found = vacuous_warnings(context.inputs)
    if not found:
        return None
    trivial = is_trivial(context.inputs)
    remedy = "Ask for a smaller epsilon" if trivial else "Trust the data's own bounds instead"
    return Advisory(found[0], f"{remedy}.")


def _reconstructed(context: Context) -> Advisory | None:
    """Warn of the reconstructed rule."""
    if not context.chosen.law.startswith("reconstructed"):
        return None
    return Advisory(
        "The reconstructed rule has failed before: in a pilot outside this repository it "
        "predicted held-out steps worse with the data's dimension than with none.",
        "Use the wiener law before training, and measured laws after it.",
    )


def _floor(context: Context) -> Advisory | None:
    """Warn of a target below what a 95 % projection leaves out."""
    reasons = [row.reason for row in context.results if row.law == "subspace"]
    if not any("no number of steps" in reason for reason in reasons):
        return None
    return Advisory(
        "PCA-95 floor: the variance that a 95 % projection leaves out is alone above the target, "
        "so no projection of that rank, and no rule built on it, is sure to reach it.",
        "Read the wiener row: it has no floor.",
    )


def _projection(context: Context) -> Advisory | None:
    """Say that T needs a decoder that uses the covariance of the data."""
    if context.chosen.law not in _PROJECTING or is_trivial(context.inputs):
        return None
    spectrum, chosen = context.inputs.spectrum, context.chosen
    neurons = context.inputs.data_population.neurons
    plain = max(1, math.ceil(spectrum.rate_variance * neurons / context.inputs.distortion))
    if chosen.steps is None or plain <= chosen.steps:
        return None
    return Advisory(
        f"T = {chosen.steps:,} holds for a decoder that projects the flattened data on its "
        f"principal directions; plain spike counts need T = {plain:,} for the same error.",
        "Build that decoder in, or plan with the larger T.",
    )


def _rising(context: Context) -> Advisory | None:
    """Warn of estimates that still grow with the number of samples."""
    rising = [found.estimator for found in context.estimates if found.still_rising]
    if not rising:
        return None
    return Advisory(
        f"d still rises with the number of samples ({', '.join(rising)}): lower bounds.",
        "Use more samples, or read d(n) and its extrapolation.",
    )


def _few_samples(context: Context) -> Advisory | None:
    """Warn of fewer samples than ten per dimension."""
    used, n_samples = context.inputs.dimension, context.raw.n_samples
    if n_samples >= _SAMPLES_PER_DIMENSION * used.value:
        return None
    return Advisory(
        f"{n_samples:,} samples are few for {used.estimator} = {number_text(used.value)}: ten per "
        "dimension are needed, and with fewer the dimension comes out too low.",
        f"Use at least {math.ceil(_SAMPLES_PER_DIMENSION * used.value):,} samples.",
    )


def _rate(context: Context) -> Advisory | None:
    """Warn of an assumed firing rate."""
    rate = context.inputs.rate
    used = context.card is not None or context.chosen.law.startswith("reconstructed")
    if rate.source != "assumed" or not used:
        return None
    return Advisory(
        f"The firing rate {assumed_text(rate)} is assumed; spikes and energy scale with it.",
        "Give a measured rate (--rate).",
    )


def _lipschitz(context: Context) -> Advisory | None:
    """Warn of an assumed L that does not cancel."""
    lipschitz = context.inputs.lipschitz
    if lipschitz.source != "assumed" or context.inputs.epsilon.kind is EpsilonKind.RELATIVE:
        return None
    return Advisory(
        f"L = {assumed_text(lipschitz)} is assumed (normalised units); T grows with L squared.",
        "Give L (--lipschitz), or a relative epsilon, where L cancels.",
    )


def _layer(context: Context) -> Advisory | None:
    """Say that the dimension is the input's where the population is the model's."""
    if context.card is None:
        return None
    used, tokens = context.inputs.dimension, context.inputs.data_population.tokens
    shape = f"{tokens} tokens flattened" if tokens > 1 else "one vector a sample"
    if isinstance(context.samples, Activations):
        return Advisory(
            f"T and d_eff ({used.estimator}) are of what enters {used.layer!r} ({shape}); spikes "
            "and energy suppose that all layers run for that T.",
            "Plan the other layers too.",
        )
    return Advisory(
        f"T and d_eff ({used.estimator}) are of the input view {used.layer!r} ({shape}), not of "
        "activations inside the model; spikes and energy suppose that all layers run for that T.",
        "After training, measure the layer you mean and plan again.",
    )


def _mismatch(context: Context) -> Advisory | None:
    """Warn of a model made for other data."""
    card, data = context.card, context.inputs.data_population
    if card is None or card.tokens == data.tokens or data.tokens == 1:
        return None
    return Advisory(
        f"{card.name} has {card.tokens:,} tokens, this view of the data has {data.tokens:,}.",
        "Choose the layer or the model so that they agree.",
    )


def _range(context: Context) -> Advisory | None:
    """Say that entries had to be mapped to [0, 1]."""
    raw = context.raw
    if raw.minimum >= 0 and raw.maximum <= 1:
        return None
    return Advisory(
        f"The data lie in [{raw.minimum:.4g}, {raw.maximum:.4g}], not in [0, 1]; one affine map "
        "for all entries turned them into rates, and the error is per entry of those rates.",
        "Scale the data to the rates your encoder uses.",
    )


def _sketch(context: Context) -> Advisory | None:
    """Say that the spectrum is a sketch."""
    if context.raw.exact:
        return None
    return Advisory(
        f"The spectrum is a sketch of {context.raw.eigenvalues.size:,} directions; the rest of "
        "the variance was spread evenly, which can only raise T.",
        "Raise the memory budget for more directions.",
    )


def _scope(context: Context) -> Advisory | None:  # noqa: ARG001 - printed with every plan
    """State the scope of every plan."""
    return Advisory(
        "Before training, T holds for rate-coded networks; directly coded LIF networks follow "
        "their own curve, set by the T they were trained with.",
        "Evaluate a trained network at two T.",
    )


_CHECKS: tuple[Callable[[Context], Advisory | None], ...] = (
    _vacuous,
    _reconstructed,
    _projection,
    _rate,
    _lipschitz,
    _few_samples,
    _rising,
    _mismatch,
    _layer,
    _floor,
    _range,
    _sketch,
    _scope,
)
