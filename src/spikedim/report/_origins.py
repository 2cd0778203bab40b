"""Where every number of a result comes from."""

from spikedim._core import Provenance
from spikedim.laws import Assumed, LawTarget
from spikedim.planning import DataSummary, ModelSummary, Plan
from spikedim.report._format import DASH, approximate, count, interval
from spikedim.report._table import Column, Table

__all__ = ["inputs_table", "provenance_table"]


def inputs_table(plan: Plan) -> Table:
    """List the inputs and the answer: value, definition, source.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    Table
        One row per symbol.
    """
    data, model = plan.data, plan.model
    chosen = next((law for law in plan.laws if law.law == plan.law), None)
    reference = chosen.reference if chosen is not None else ""
    means = ", ".join(approximate(value, 3) for value in (data.mean_rate, data.rate_variance))
    rows = (
        (
            "T",
            interval(count(plan.steps), count(plan.steps_low), count(plan.steps_high)),
            "time steps; the interval combines every cause of the law",
            f"law {plan.law}" + f": {reference}" * bool(reference),
        ),
        (
            "N",
            interval(count(plan.spikes), count(plan.spikes_low), count(plan.spikes_high)),
            f"spikes per sample of {plan.spikes_of}",
            "n d r T",
        ),
        (
            "ε",
            str(plan.epsilon),
            _meaning(plan),
            "given or default",
        ),
        ("r", _assumed(plan.rate), "mean spikes per neuron and step", plan.rate.source),
        ("L", _assumed(plan.lipschitz), "Lipschitz constant", plan.lipschitz.source),
        (
            "n d",
            f"{data.n_features:,}",
            f"the data as a population: {data.tokens:,} tokens, layer {data.layer}",
            data.spec,
        ),
        ("mean x, mean x(1-x)", means, "over all entries, as rates in [0, 1]", data.fingerprint),
        *_model_rows(model),
        *_network_rows(plan),
    )
    columns = (Column("symbol"), Column("value"), Column("definition"), Column("source"))
    return Table("Inputs and answer", columns, rows)


def _meaning(plan: Plan) -> str:
    """Say what the error target is of."""
    if plan.target is LawTarget.OUTPUT_ERROR:
        return "error target of the network's outputs"
    if plan.target is LawTarget.ACCURACY and plan.network is not None:
        return f"not asked for: at most {100 * (plan.network.tolerance or 0):g} points are lost"
    return f"error target; {approximate(plan.epsilon_rms)} RMS per entry"


def _model_rows(model: ModelSummary | None) -> tuple[tuple[str, str, str, str], ...]:
    if model is None:
        return ()
    size = (
        f"{count(model.parameters, 3)} parameters, {count(model.macs, 3)} MACs per step, "
        f"{count(model.neurons, 3)} spiking neurons"
    )
    return (("model", model.name, size, "card of the model"),)


def _network_rows(plan: Plan) -> tuple[tuple[str, str, str, str], ...]:
    found = plan.network
    if found is None:
        return ()
    what = f"{found.coding}, measured on {found.n_samples:,} samples of {found.data}, {found.split}"
    return (("run", found.name, what, found.weights_fingerprint),)


def _assumed(entry: Assumed) -> str:
    if entry.low == entry.high:
        return f"{entry.value:g}"
    return f"{entry.value:g} ({entry.low:g}{DASH}{entry.high:g})"


def provenance_table(provenance: Provenance, data: DataSummary) -> Table:
    """List command, versions, data and seed.

    Parameters
    ----------
    provenance : Provenance
        Of the result.
    data : DataSummary
        Its data.

    Returns
    -------
    Table
        One row per fact.
    """
    versions = ", ".join(f"{name} {number}" for name, number in provenance.versions.items())
    facts = {
        "command": provenance.command,
        "spikedim": provenance.spikedim_version,
        "libraries": versions,
        "platform": provenance.platform,
        "made": provenance.created,
        "data": f"{data.spec}, layer {data.layer}, {data.n_samples:,} samples",
        "fingerprint": data.fingerprint,
        "licence of the data": data.licence,
        "spectrum": data.spectrum_method,
        "seed": "none" if provenance.seed is None else str(provenance.seed),
    }
    rows = tuple((name, value) for name, value in facts.items() if value)
    return Table("Provenance", (Column("fact"), Column("value")), rows)
