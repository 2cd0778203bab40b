"""The main job: data, model and error target in; a plan out."""

import os
from dataclasses import dataclass, replace
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
from spikedim.bounds import Bound, Epsilon
from spikedim.dimension import DimensionEstimate, Spectrum, all_estimates, covariance_spectrum
from spikedim.laws import (
    AbstractLaw,
    Assumed,
    LawCurve,
    LawInputs,
    LawResult,
    LawTarget,
    all_laws,
    combine,
    curve,
    evaluate,
    network_laws,
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
from spikedim.planning._network import Network, as_run, measure_network, summarise_network
from spikedim.planning._plan import Plan
from spikedim.planning._summaries import summarise_data, summarise_model
from spikedim.planning._wording import assumed_text
from spikedim.training import TrainedRun, attention_inputs, open_activations

__all__ = ["plan"]

_DEFAULT_RATE = Assumed(0.2, 0.1, 0.3, "assumed")
_DEFAULT_LIPSCHITZ = Assumed(1.0, 1.0, 1.0, "assumed")
_CURVE_POINTS = 21
_CURVE_DECADES = 1.0
_NO_MODEL = "no model was named, so there is no network to count energy for"


def plan(
    data: str | Rows | None = None,
    *,
    layer: str | None = None,
    model: str | os.PathLike[str] | Card | TrainedRun | None = "spikformer-2-64",
    epsilon: str | Epsilon = "0.10:relative",
    rate: float | Assumed | None = None,
    lipschitz: float | Assumed | None = None,
    estimator: str = "pca95",
    law: str | None = None,
    tolerance: float | None = None,
    steps: int = 4,
    split: str = "test",
    samples: int = 512,
    energy_mj: float | None = None,
    memory_budget: int | str = DEFAULT_MEMORY_BUDGET,
    generator: np.random.Generator | None = None,
    progress: AbstractProgress = SilentProgress(),  # noqa: B008 - immutable
    command: str | None = None,
) -> Plan:
    """Turn data, a model and an error target into steps, spikes and energy.

    Parameters
    ----------
    data : str, Samples, Activations or None
        Specification for `spikedim.data.open_samples`, or opened samples. None is the data of the
        run, or the digits without one.
    layer : str or None
        View of the data; None is the default of the data (``patches:2`` for digits).
        ``NAME@RUN`` is what the data becomes in front of layer NAME of the run in folder RUN.
    model : str, path, Card, TrainedRun or None
        Model, e.g. ``"spikformer-4-384/cifar10"``; without ``/dataset`` the form made for `data`
        if there is one. A folder of `spikedim train`, or an opened run, is measured: the plan then
        speaks of that network. None plans without energy and network.
    epsilon : str or Epsilon
        Error target with its kind, e.g. ``"0.07:relative"``: of the data as rates, of a run that
        of its outputs.
    rate : float, Assumed or None
        Mean firing rate of the model in spikes per neuron and step, in (0, 1]; None assumes 0.2
        (0.1 to 0.3), of a run its measured rate is taken.
    lipschitz : float, Assumed or None
        L_f, above 0; None assumes 1 in normalised units. It cancels for a relative error.
    estimator : str
        The d_eff that the reconstructed rule uses, e.g. ``"pca95"``.
    law : str or None
        Law that the answer rests on; None is ``"wiener"``, the choice before training, of a
        rate-coded run ``"response"``, of a directly coded one ``"empirical"``, and with a
        tolerance ``"accuracy"``.
    tolerance : float or None
        Of a run: accuracy that may be lost, in (0, 1]; None plans for `epsilon`.
    steps : int
        Number of steps for the inverse question "which error do I get".
    split : str
        Part of the data that a run is measured on: ``"test"``, ``"validation"`` or ``"train"``.
    samples : int
        Most samples that a run is measured on.
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
    One pass over the data and one eigendecomposition; everything else is closed form. A rate-coded
    run takes a derivative of every output and a few noisy passes, a directly coded one a pass of
    16 times its T.

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
    allowed = None
    if tolerance is not None:
        allowed = check_fraction(tolerance, name="tolerance", caller="plan")
    most = check_integer(samples, name="samples", caller="plan")
    run = as_run(model)
    if run is None and allowed is not None:
        raise InputError(
            f"plan: `tolerance` must come with a run; got {tolerance:g} and no trained network. "
            "Give the folder of a run as the model."
        )
    data, opening = _data(data, run), partial(_opened, run=run)
    network = None
    if run is not None:
        network = measure_network(
            run,
            data if isinstance(data, str) else data.spec,
            split=split,
            samples=most,
            seed=0,
            memory_budget=memory_budget,
            progress=progress,
            caller="plan",
        )
        firing = network.rate if rate is None else firing
    chosen_law = _law(law, network, allowed)
    card = network.card if network else _card(model, data if isinstance(data, str) else data.spec)
    if energy_mj is not None and card is None:
        raise InputError(
            f"plan: `energy_mj` must come with a model; got {energy_mj:g} and no model. "
            "Name a model card, or leave the budget out."
        )
    if isinstance(data, str) and data == "digits" and layer is None:
        layer = "patches:2"
    rows = opening(data, layer, memory_budget=memory_budget, progress=progress).flat()
    measured = _measure(rows, memory_budget, generator, progress)
    inputs = _inputs(rows, measured, estimator, target, gain, firing, card)
    if network is not None:
        inputs = replace(
            inputs,
            curve=network.curve,
            empirical=network.empirical,
            tolerance=0.02 if allowed is None else allowed,
        )
    laws = all_laws() if network is None else (*all_laws(), *network_laws())
    waiting = waiting_laws() if network is None else ()
    results = (*(evaluate(each, inputs) for each in laws), *waiting)
    chosen = next(row for row in results if row.law == chosen_law.name)
    if chosen.steps is None or chosen.low is None or chosen.high is None:
        raise InputError(
            f"plan: `law` must be one that applies here; got {chosen.law!r}, which does not: "
            f"{chosen.reason}"
        )
    energy = () if card is None else energy_rows(card, chosen, firing)
    break_even = () if card is None else break_even_rows(card, chosen.steps)
    fired = None if card is None else _network_spikes(card, chosen, firing)
    context = Context(rows, measured.raw, measured.estimates, inputs, chosen, results, card)
    known = None
    if network is not None:
        known = summarise_network(network, inputs, chosen.target)
    return Plan(
        headline=plan_headline(
            samples=rows,
            card=card,
            law=chosen_law,
            inputs=inputs,
            result=chosen,
            network=known,
            network_spikes=fired,
            energy=energy,
            break_even=break_even,
        ),
        data=summarise_data(rows, measured.rates, tokens=rows.tokens),
        model=None if card is None else summarise_model(card),
        epsilon=target,
        epsilon_rms=inputs.epsilon_rms,
        lipschitz=gain,
        rate=firing,
        dimensions=measured.estimates,
        dimension_used=estimator,
        law=chosen.law,
        laws=results,
        curves=_curves(inputs, chosen.target),
        bounds=_bounds(inputs, chosen, card),
        steps=chosen.steps,
        steps_low=chosen.low,
        steps_high=chosen.high,
        spikes=chosen.spikes or 0.0,
        spikes_low=chosen.spikes_low or 0.0,
        spikes_high=chosen.spikes_high or 0.0,
        spikes_of=_spikes_of(chosen, inputs),
        network_spikes=None if fired is None else fired[0],
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
            data_fingerprint=rows.fingerprint,
            seed=0 if generator is None else None,
            assumptions=_assumptions(inputs, chosen),
        ),
        energy_reason=_NO_MODEL if card is None else "",
        steps_because=_because(chosen),
        network_spikes_low=None if fired is None else fired[1],
        network_spikes_high=None if fired is None else fired[2],
        target=chosen.target,
        network=known,
    )


@final
@dataclass(frozen=True)
class _Measured:
    """The data's spectrum, raw and as rates, and every estimate."""

    raw: Spectrum
    rates: Spectrum
    estimates: tuple[DimensionEstimate, ...]


def _data(data: str | Rows | None, run: TrainedRun | None) -> str | Rows:
    """Return the data to look at: those given, those of the run, or the digits."""
    if data is not None:
        return data
    return "digits" if run is None else run.record.data


def _opened(
    data: str | Rows,
    layer: str | None,
    *,
    run: TrainedRun | None,
    memory_budget: int | str,
    progress: AbstractProgress,
) -> Rows:
    """Open the data; what only a run can read, as it enters the run's first attention block."""
    try:
        return opened(data, layer, memory_budget=memory_budget, progress=progress, caller="plan")
    except InputError:
        if run is None or layer is not None or not isinstance(data, str):
            raise
        first = attention_inputs(run)[0]
        return open_activations(run, data, first, memory_budget=memory_budget, progress=progress)


def _law(name: str | None, network: Network | None, tolerance: float | None) -> AbstractLaw:
    """Return the law to rest on, the default without a name."""
    if network is not None:
        laws = {law.name: law for law in (*all_laws(), *network_laws())}
        default = network.default_law if tolerance is None else "accuracy"
        chosen = default if name is None else name
        check_choice(chosen, laws, name="law", caller="plan")
        return laws[chosen]
    if name is None:
        return all_laws()[0]
    waiting = {row.law: row.reason for row in waiting_laws()}
    check_choice(name, [*(law.name for law in all_laws()), *waiting], name="law", caller="plan")
    if name in waiting:
        raise InputError(
            f"plan: `law` must be one that applies before training; got {name!r}, which "
            f"{waiting[name]} Use wiener."
        )
    return next(law for law in all_laws() if law.name == name)


def _card(model: object, spec: str) -> Card | None:
    """Return the card, in the form made for the data if the name leaves the form open."""
    if model is None or isinstance(model, Card):
        found = model
    else:
        suited = f"{model}/{spec}"
        try:
            found = find_card(suited if suited in model_names() else str(model))
        except InputError as error:
            if "Did you mean" in str(error):
                raise
            raise InputError(
                "plan: `model` must be the name of a model or the folder of a run; got "
                f"{str(model)!r}, which is neither. `spikedim model list` shows the names."
            ) from None
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


def _curves(inputs: LawInputs, target: LawTarget) -> tuple[LawCurve, ...]:
    """Draw every law of that error that applies somewhere in the two decades around the target."""
    decades = np.linspace(-_CURVE_DECADES, _CURVE_DECADES, _CURVE_POINTS)
    grid = [float(inputs.epsilon.value * 10**power) for power in decades]
    widest = inputs.with_epsilon(grid[-1])  # a law with a floor applies to the largest errors
    error = LawTarget.OUTPUT_ERROR if target is LawTarget.ACCURACY else target
    laws = [law for law in (*all_laws(), *network_laws()) if law.target is error]
    applicable = [law for law in laws if evaluate(law, widest).steps is not None]
    return tuple(curve(law, inputs, grid) for law in applicable)


def _bounds(inputs: LawInputs, result: LawResult, card: Card | None) -> tuple[Bound, ...]:
    """Return the ladder; none beside a law of a network, since bounds speak of the data."""
    if result.target is not LawTarget.DATA_ERROR:
        return ()
    return bound_rows(inputs, result, card)


def _network_spikes(card: Card, result: LawResult, rate: Assumed) -> tuple[float, float, float]:
    """Return the spikes of all neurons at T, with the interval of T and the rate."""
    if result.target is not LawTarget.DATA_ERROR:  # its population is the network
        return (result.spikes or 0.0, result.spikes_low or 0.0, result.spikes_high or 0.0)
    point = card.neurons * rate.value * (result.steps or 1)
    ends = [
        (card.neurons * low[1] * low[0], card.neurons * high[1] * high[0])
        for low, high in spread_over(result, rate)
    ]
    return (point, *combine(point, ends))


def _spikes_of(result: LawResult, inputs: LawInputs) -> str:
    """Name the population whose spikes are counted."""
    population = result.population or inputs.data_population
    if result.target is not LawTarget.DATA_ERROR:
        return f"the whole network of {population.neurons:,} neurons"
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
    if result.target is not LawTarget.DATA_ERROR:
        return (
            *result.assumptions,
            f"Firing rate {assumed_text(rate)} spikes per neuron and step ({rate.source}).",
            "Causes of uncertainty are independent.",
        )
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
