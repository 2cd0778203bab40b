"""The main job: data, model and error target in; a plan out."""

from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np

from spikedim._core import (
    DEFAULT_MEMORY_BUDGET,
    AbstractProgress,
    InputError,
    Provenance,
    SilentProgress,
    check_choice,
    check_fraction,
    check_integer,
    check_positive,
)
from spikedim.bounds import Epsilon
from spikedim.dimension import DimensionEstimate, Spectrum, all_estimates, covariance_spectrum
from spikedim.laws import (
    AbstractLaw,
    Assumed,
    LawCurve,
    LawInputs,
    LawResult,
    all_laws,
    combine,
    curve,
    evaluate,
    waiting_laws,
)
from spikedim.models import Card, Coding, Population
from spikedim.models import card as find_card
from spikedim.models import names as model_names
from spikedim.planning._advisories import plan_advisories
from spikedim.planning._bound_rows import bound_rows
from spikedim.planning._context import Context
from spikedim.planning._energy_rows import break_even_rows, energy_rows, spread_over
from spikedim.planning._given import Rows, assumed, opened
from spikedim.planning._headline import plan_headline
from spikedim.planning._inverse import inverse_answers
from spikedim.planning._plan import Plan
from spikedim.planning._summaries import summarise_data, summarise_model
from spikedim.planning._wording import assumed_text

__all__ = ["plan"]

_DEFAULT_RATE = Assumed(0.2, 0.1, 0.3, "assumed")
_DEFAULT_LIPSCHITZ = Assumed(1.0, 1.0, 1.0, "assumed")
_CURVE_POINTS = 21
_CURVE_DECADES = 1.0
_NO_MODEL = "no model was named, so there is no network to count energy for"


def plan(
    data: str | Rows = "digits",
    *,
    layer: str | None = None,
    model: str | Card | None = "spikformer-2-64",
    epsilon: str | Epsilon = "0.10:relative",
    rate: float | Assumed | None = None,
    lipschitz: float | Assumed | None = None,
    estimator: str = "pca95",
    law: str | None = None,
    steps: int = 4,
    energy_mj: float | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    generator: np.random.Generator | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> Plan:
    """Turn data, a model and an error target into steps, spikes and energy.

    Parameters
    ----------
    data : str, Samples or Activations
        Specification for `spikedim.data.open_samples`, or opened samples.
    layer : str or None
        View of the data; None is the default of the data (``patches:2`` for digits).
        ``NAME@RUN`` is what the data becomes in front of layer NAME of the run in folder RUN.
    model : str, Card or None
        Model, e.g. ``"spikformer-4-384/cifar10"``; without ``/dataset`` the form made for `data`
        if there is one. None plans without energy and network.
    epsilon : str or Epsilon
        Error target with its kind, e.g. ``"0.07:relative"``.
    rate : float, Assumed or None
        Mean firing rate of the model in spikes per neuron and step, in (0, 1]; None assumes 0.2
        (0.1 to 0.3).
    lipschitz : float, Assumed or None
        L_f, above 0; None assumes 1 in normalised units. It cancels for a relative error.
    estimator : str
        The d_eff that the reconstructed rule uses, e.g. ``"pca95"``.
    law : str or None
        Law that the answer rests on; None is ``"wiener"``, the choice before training.
    steps : int
        Number of steps for the inverse question "which error do I get".
    energy_mj : float or None
        Energy budget per inference for the inverse questions, in millijoule.
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
    Plan
        The answer with everything it rests on.

    Raises
    ------
    InputError
        If an argument is outside its range, a specification or name is unknown, or the law does
        not apply.

    Notes
    -----
    One pass over the data and one eigendecomposition; everything else is closed form.

    Examples
    --------
    >>> answer = plan("digits", model=None, epsilon="0.2:relative")
    >>> answer.law, answer.steps >= 1
    ('wiener', True)
    """
    target = epsilon if isinstance(epsilon, Epsilon) else Epsilon.parse(epsilon)
    firing = assumed(rate, _DEFAULT_RATE, partial(check_fraction, name="rate", caller="plan"))
    gain = assumed(
        lipschitz, _DEFAULT_LIPSCHITZ, partial(check_positive, name="lipschitz", caller="plan")
    )
    count = check_integer(steps, name="steps", caller="plan")
    if energy_mj is not None:
        check_positive(energy_mj, name="energy_mj", caller="plan")
    chosen_law = _law(law)
    card = _card(model, data if isinstance(data, str) else data.spec)
    if energy_mj is not None and card is None:
        raise InputError(
            f"plan: `energy_mj` must come with a model; got {energy_mj:g} and no model. "
            "Name a model card, or leave the budget out."
        )
    if data == "digits" and layer is None:
        layer = "patches:2"
    samples = opened(
        data, layer, memory_budget=memory_budget, progress=progress, caller="plan"
    ).flat()
    measured = _measure(samples, memory_budget, generator, progress)
    inputs = _inputs(samples, measured, estimator, target, gain, firing, card)
    results = (*(evaluate(each, inputs) for each in all_laws()), *waiting_laws())
    chosen = next(row for row in results if row.law == chosen_law.name)
    if chosen.steps is None or chosen.low is None or chosen.high is None:
        raise InputError(
            f"plan: `law` must be one that applies here; got {chosen.law!r}, which does not: "
            f"{chosen.reason}"
        )
    energy = () if card is None else energy_rows(card, chosen, firing)
    break_even = () if card is None else break_even_rows(card, chosen.steps)
    network = None if card is None else _network_spikes(card, chosen, firing)
    context = Context(samples, measured.raw, measured.estimates, inputs, chosen, results, card)
    return Plan(
        headline=plan_headline(
            samples=samples,
            card=card,
            law=chosen_law,
            inputs=inputs,
            result=chosen,
            network_spikes=network,
            energy=energy,
            break_even=break_even,
        ),
        data=summarise_data(samples, measured.rates, tokens=samples.tokens),
        model=None if card is None else summarise_model(card),
        epsilon=target,
        epsilon_rms=inputs.epsilon_rms,
        lipschitz=gain,
        rate=firing,
        dimensions=measured.estimates,
        dimension_used=estimator,
        law=chosen.law,
        laws=results,
        curves=_curves(inputs),
        bounds=bound_rows(inputs, chosen, card),
        steps=chosen.steps,
        steps_low=chosen.low,
        steps_high=chosen.high,
        spikes=chosen.spikes or 0.0,
        spikes_low=chosen.spikes_low or 0.0,
        spikes_high=chosen.spikes_high or 0.0,
        spikes_of=_spikes_of(chosen, inputs),
        network_spikes=None if network is None else network[0],
        energy=energy,
        break_even=break_even,
        inverse=inverse_answers(
            law=chosen_law,
            inputs=inputs,
            card=card,
            steps=count,
            planned_steps=chosen.steps,
            energy_mj=energy_mj,
            break_even=break_even,
        ),
        advisories=plan_advisories(context),
        provenance=Provenance.now(
            command=command,
            data_fingerprint=samples.fingerprint,
            seed=0 if generator is None else None,
            assumptions=_assumptions(inputs, chosen),
        ),
        energy_reason=_NO_MODEL if card is None else "",
        steps_because=_because(chosen),
        network_spikes_low=None if network is None else network[1],
        network_spikes_high=None if network is None else network[2],
    )


@final
@dataclass(frozen=True)
class _Measured:
    """The data's spectrum, raw and as rates, and every estimate."""

    raw: Spectrum
    rates: Spectrum
    estimates: tuple[DimensionEstimate, ...]


def _law(name: str | None) -> AbstractLaw:
    """Return the law to rest on, the default without a name."""
    laws = all_laws()
    if name is None:
        return laws[0]
    waiting = {row.law: row.reason for row in waiting_laws()}
    check_choice(name, [*(law.name for law in laws), *waiting], name="law", caller="plan")
    if name in waiting:
        raise InputError(
            f"plan: `law` must be one that applies before training; got {name!r}, which "
            f"{waiting[name]} Use wiener."
        )
    return next(law for law in laws if law.name == name)


def _card(model: str | Card | None, spec: str) -> Card | None:
    """Return the card, in the form made for the data if the name leaves the form open."""
    suited = f"{model}/{spec}"
    found = (
        find_card(suited if suited in model_names() else model) if isinstance(model, str) else model
    )
    if found is not None and found.coding is Coding.ACTIVATIONS:
        raise InputError(
            f"plan: `model` must have steps to plan; got {found.name}, an ordinary network, of "
            f"which no law speaks. Plan {found.base}, or its twin, {found.base}:softmax."
        )
    return found


def _measure(
    samples: Rows,
    memory_budget: int | str,
    generator: np.random.Generator | None,
    progress: AbstractProgress,
) -> _Measured:
    """Measure the flattened data once."""
    chosen = np.random.default_rng(0) if generator is None else generator
    raw = covariance_spectrum(
        samples.flat(), memory_budget=memory_budget, generator=chosen, progress=progress
    )
    rates = raw.as_rates()
    return _Measured(raw, rates, all_estimates(rates))


def _inputs(
    samples: Rows,
    measured: _Measured,
    estimator: str,
    target: Epsilon,
    gain: Assumed,
    firing: Assumed,
    card: Card | None,
) -> LawInputs:
    """Gather what the laws need."""
    by_name = {found.estimator: found for found in measured.estimates}
    check_choice(estimator, by_name, name="estimator", caller="plan")
    rates = measured.rates
    tokens = samples.tokens if samples.group_size == 1 else 1  # rows may be single tokens
    return LawInputs(
        spectrum=rates,
        dimension=by_name[estimator],
        epsilon=target,
        lipschitz=gain,
        rate=firing,
        data_population=Population("data", tokens, rates.n_features // tokens),
        model_population=None if card is None else card.encoding_population,
        reference_rms=gain.value * rates.mean_square**0.5,
        network_population=(None if card is None else Population("whole network", 1, card.neurons)),
    )


def _curves(inputs: LawInputs) -> tuple[LawCurve, ...]:
    """Draw every law that applies somewhere in the two decades around the target."""
    decades = np.linspace(-_CURVE_DECADES, _CURVE_DECADES, _CURVE_POINTS)
    grid = [float(inputs.epsilon.value * 10**power) for power in decades]
    widest = inputs.with_epsilon(grid[-1])  # a law with a floor applies to the largest errors
    applicable = [law for law in all_laws() if evaluate(law, widest).steps is not None]
    return tuple(curve(law, inputs, grid) for law in applicable)


def _network_spikes(card: Card, result: LawResult, rate: Assumed) -> tuple[float, float, float]:
    """Return the spikes of all neurons at T, with the interval of T and the rate."""
    point = card.neurons * rate.value * (result.steps or 1)
    ends = [
        (card.neurons * low[1] * low[0], card.neurons * high[1] * high[0])
        for low, high in spread_over(result, rate)
    ]
    return (point, *combine(point, ends))


def _spikes_of(result: LawResult, inputs: LawInputs) -> str:
    """Name the population whose spikes are counted."""
    population = result.population or inputs.data_population
    what = (
        "the data as a population"
        if population == inputs.data_population
        else (f"the population {population.name!r} of the model")
    )
    return f"{what} of {population.tokens:,} x {population.features:,} neurons"


def _because(result: LawResult) -> str:
    """Say what makes the interval of T as wide as it is."""
    wide = [cause for cause in result.causes if cause.low < cause.high]
    if not wide:
        return "nothing in this law is uncertain"
    others = f", then {', '.join(cause.name for cause in wide[1:])}" if len(wide) > 1 else ""
    return f"mostly {wide[0].name}{others}" if others else f"{wide[0].name} alone"


def _assumptions(inputs: LawInputs, result: LawResult) -> tuple[str, ...]:
    """Return what the whole plan takes for granted."""
    rate, gain = inputs.rate, inputs.lipschitz
    return (
        *result.assumptions,
        (
            f"Firing rate {assumed_text(rate)} spikes per neuron and step, the same in every layer "
            f"({rate.source})."
        ),
        f"L = {assumed_text(gain)} ({gain.source}); the reference output is L times the data.",
        "The error is the root mean square over all entries of the flattened data as rates.",
        "Causes of uncertainty are independent; assumed ranges count like 95 % intervals.",
    )
