"""``spikedim plan``."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from spikedim.cli._invocation import command_line
from spikedim.cli._options import (
    AsJson,
    Charts,
    Html,
    Layer,
    Memory,
    Out,
    Quiet,
    Seed,
    check_outputs,
)

__all__ = ["plan", "previews", "seeded"]

PREVIEWS = 24


def plan(
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Name or path of the data.", show_default="digits, or that of the run"),
    ] = None,
    layer: Layer = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="CARD|RUN",
            help="Model card, folder of a trained run, or none.",
            show_default="spikformer-2-64",
        ),
    ] = None,
    epsilon: Annotated[
        str | None,
        typer.Option(
            help="Error and its kind: relative, rms or fro.", show_default="0.10:relative"
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Mean spikes per neuron and step.", show_default="0.2, assumed; of a run measured"
        ),
    ] = None,
    lipschitz: Annotated[
        float | None,
        typer.Option(help="Lipschitz constant L of the network.", show_default="1, assumed"),
    ] = None,
    law: Annotated[
        str | None,
        typer.Option(
            help="Law the answer rests on.",
            show_default="wiener; of a run response, empirical or accuracy",
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(help="Of a run: accuracy that may be lost, planned for in place of an error."),
    ] = None,
    estimator: Annotated[
        str, typer.Option(help="Estimator of d_eff in the reconstructed rule.")
    ] = "pca95",
    steps: Annotated[int, typer.Option(help="Steps to ask an error for.")] = 4,
    samples: Annotated[int, typer.Option(min=1, help="Of a run: most samples to look at.")] = 512,
    split: Annotated[str, typer.Option(help="Of a run: test, validation, train.")] = "test",
    energy: Annotated[
        float | None, typer.Option(metavar="MJ", help="Energy budget in mJ per sample.")
    ] = None,
    memory: Memory = "2GB",
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    charts: Charts = "static",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find steps, spikes and energy for an error target.

    Without options: the embedded digits data in 2 x 2 patches and spikformer-2-64. A trained run
    is measured, and its plan speaks of its outputs or its accuracy.
    """
    check_outputs("plan", out=out, html=html)
    import numpy as np

    from spikedim import planning, report
    from spikedim._core import check_choice
    from spikedim.cli._console import deliver, progress_on_stderr, show

    check_choice(charts, ["static", "interactive"], name="--charts", caller="plan")
    given: dict[str, Any] = {
        "data": data, "layer": layer, "model": model, "epsilon": epsilon, "rate": rate,
        "lipschitz": lipschitz, "law": law, "tolerance": tolerance,
    }  # fmt: skip
    chosen = {name: value for name, value in given.items() if value is not None}
    if model == "none":
        chosen["model"] = None
    with progress_on_stderr(quiet=quiet) as progress:
        result = planning.plan(
            **chosen,
            estimator=estimator,
            steps=steps,
            samples=samples,
            split=split,
            energy_mj=energy,
            memory_budget=memory,
            generator=np.random.default_rng(seed),
            progress=progress,
            command=command_line(),
        )
        result = seeded(result, seed)
        page = None
        if html is not None:
            page = report.plan_page(
                result, previews=previews(result, memory), interactive=charts == "interactive"
            )

    def view() -> Any:
        if len(chosen) < len(given):
            show(report.plain_view(_defaults(result, chosen)))
        return report.plan_view(result)

    deliver(
        result,
        view,
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )


def previews(result: Any, memory: str) -> tuple[Any, ...]:
    """Return a few samples as pictures, none if they are not images."""
    from spikedim._core import InputError
    from spikedim.data import open_samples

    inside = "@" in result.data.layer  # of a trained run, which may read text or a task
    layer = "pixels" if inside else result.data.layer
    try:
        samples = open_samples(result.data.spec, layer=layer, memory_budget=memory)
    except InputError:
        if inside:
            return ()
        raise
    return tuple(samples.preview(PREVIEWS))


def seeded(result: Any, seed: int) -> Any:
    """Return `result` with the seed of the generator that it was given."""
    return replace(result, provenance=replace(result.provenance, seed=seed))


def _defaults(result: Any, chosen: dict[str, Any]) -> str:
    """Say which values nobody chose."""
    values = {
        "data": result.data.spec,
        "layer": result.data.layer,
        "model": result.model.name if result.model else "none",
        "epsilon": str(result.epsilon),
        "rate": f"{result.rate.value:g}",
        "lipschitz": f"{result.lipschitz.value:g} (normalised units)",
        "law": result.law,
    }
    if result.network is not None:
        del values["lipschitz"]
        values["model"] = result.network.name
        values["rate"] = f"{result.rate.value:.3g} (measured)"
    used = ", ".join(f"--{name} {value}" for name, value in values.items() if name not in chosen)
    return f"Defaults: {used}"
