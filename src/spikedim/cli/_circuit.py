"""``spikedim circuit exp | softmax | attention | universal``."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from spikedim.cli._group import HelpfulGroup
from spikedim.cli._invocation import command_line
from spikedim.cli._options import AsJson, Html, Out, Quiet, check_outputs
from spikedim.cli._steps_option import parse_numbers, parse_steps

__all__ = ["circuit_app"]

_FAILED = 1

circuit_app = typer.Typer(
    cls=HelpfulGroup,
    help="Spike circuits against their theorems: exp, softmax, attention, universal.",
    epilog="Example: spikedim circuit softmax --n 64 --steps 16..4096",
    rich_markup_mode=None,
)

Steps = Annotated[str, typer.Option(help="Time steps: FIRST..LAST doubles; 4,8,16 is a list.")]
Runs = Annotated[int | None, typer.Option(min=1, help="Runs at each T.", show_default=False)]
SlopeFrom = Annotated[
    int | None,
    typer.Option(min=1, help="Smallest T of the slope fit.", show_default="64, if that leaves 5"),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of drawn inputs and spikes.")]
Png = Annotated[
    Path | None, typer.Option(metavar="FILE.png", help="Draw error against T as a picture.")
]


@circuit_app.command(
    "softmax", epilog="Example: spikedim circuit softmax --n 64 --steps 16..4096 --mode race"
)
def softmax_circuit(
    *,
    n: Annotated[int, typer.Option(min=1, help="Entries of a row.")] = 64,
    steps: Steps = "16..16384",
    mode: Annotated[
        str,
        typer.Option(
            help="gli, gli_random_phase, gli_escape, race, cup, sparsemax, published_subtractive, "
            "published_diagonal."
        ),
    ] = "gli",
    rows: Annotated[int, typer.Option(min=1, help="Rows of a run.")] = 16,
    scale: Annotated[float, typer.Option(help="Standard deviation of the logits.")] = 1.0,
    logits: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy|npz",
            help="Your own logits [R, n]; they replace --n, --rows, --scale.",
        ),
    ] = None,
    budget: Annotated[float, typer.Option(help="Spikes per step of a row (gli).")] = 1.0,
    runs: Runs = None,
    slope_from: SlopeFrom = None,
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    png: Png = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Softmax by lateral inhibition: row error against T and spikes."""
    values = parse_steps(steps, name="--steps", caller="circuit softmax")

    def make(progress: Any) -> Any:
        from spikedim.circuits import sweep_softmax

        return sweep_softmax(
            steps=values, mode=mode, n=n, rows=rows, scale=scale, logits=logits, budget=budget,
            runs=runs, slope_from=slope_from, seed=seed, command=command_line(), progress=progress,
        )  # fmt: skip

    _answer("circuit softmax", make, out=out, html=html, png=png, as_json=as_json, quiet=quiet)


@circuit_app.command(
    "exp", epilog="Example: spikedim circuit exp --form taylor --steps 64..1024 --runs 20"
)
def exponential_circuit(
    *,
    form: Annotated[str, typer.Option(help="factory, taylor, published.")] = "factory",
    z: Annotated[str, typer.Option(help="Exponents, commas between them.")] = "0.5",
    half_range: Annotated[float, typer.Option(help="M: exponents lie in [-M, M].")] = 2.0,
    order: Annotated[
        int | None, typer.Option(min=1, help="Order J of the series.", show_default=False)
    ] = None,
    streams: Annotated[
        str | None, typer.Option(help="fresh or nested streams of the series.", show_default=False)
    ] = None,
    steps: Steps = "16..16384",
    runs: Annotated[int, typer.Option(min=1, help="Runs at each T.")] = 200,
    slope_from: SlopeFrom = None,
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    png: Png = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Exponential from coincidences: error of e^z against T."""
    values = parse_steps(steps, name="--steps", caller="circuit exp")
    exponents = parse_numbers(z, name="--z", caller="circuit exp")

    def make(progress: Any) -> Any:
        from spikedim.circuits import sweep_exponential

        return sweep_exponential(
            steps=values, form=form, z=exponents, half_range=half_range, order=order,
            streams=streams, runs=runs, slope_from=slope_from, seed=seed, command=command_line(),
            progress=progress,
        )  # fmt: skip

    _answer("circuit exp", make, out=out, html=html, png=png, as_json=as_json, quiet=quiet)


@circuit_app.command(
    "attention", epilog="Example: spikedim circuit attention --tokens 8 --steps 64..1024"
)
def attention_circuit(
    *,
    tokens: Annotated[int, typer.Option(min=1, help="Tokens N.")] = 16,
    features: Annotated[int, typer.Option(min=1, help="Features D of a token.")] = 32,
    head_dim: Annotated[int, typer.Option(min=1, help="Dimension of queries and keys.")] = 16,
    x: Annotated[
        Path | None, typer.Option(metavar="FILE.npy|npz", help="Your own tokens [N, D].")
    ] = None,
    w_q: Annotated[
        Path | None, typer.Option(metavar="FILE.npy|npz", help="Your own query weights [D, Dk].")
    ] = None,
    w_k: Annotated[
        Path | None, typer.Option(metavar="FILE.npy|npz", help="Your own key weights [D, Dk].")
    ] = None,
    w_v: Annotated[
        Path | None, typer.Option(metavar="FILE.npy|npz", help="Your own value weights [D, Dv].")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="Softmax circuit: gli, gli_random_phase, gli_escape, race, cup.")
    ] = "gli",
    encoder: Annotated[
        str, typer.Option(help="Code of the tokens: bernoulli, sigma_delta, random_phase.")
    ] = "bernoulli",
    online: Annotated[
        bool, typer.Option("--online", help="Read running means: T steps in place of 2 T.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="Run the published circuit literally.")
    ] = False,
    steps: Steps = "16..4096",
    runs: Runs = None,
    slope_from: SlopeFrom = None,
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    png: Png = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Attention compiled to spikes: output error against T."""
    caller = "circuit attention"
    values = parse_steps(steps, name="--steps", caller=caller)
    if online and published:
        raise typer.BadParameter("--online and --published exclude each other; choose one")
    form = "online" if online else "published" if published else "staged"

    def make(progress: Any) -> Any:
        from spikedim.circuits import sweep_attention

        return sweep_attention(
            steps=values, form=form, tokens=tokens, features=features, head_dim=head_dim, x=x,
            w_q=w_q, w_k=w_k, w_v=w_v, mode=mode, encoder=encoder, runs=runs,
            slope_from=slope_from, seed=seed, command=command_line(), progress=progress,
        )  # fmt: skip

    _answer(caller, make, out=out, html=html, png=png, as_json=as_json, quiet=quiet)


@circuit_app.command(
    "universal", epilog="Example: spikedim circuit universal --form codebook --cells 2,4,8"
)
def universal_circuit(
    *,
    form: Annotated[
        str, typer.Option(help="codebook, swept over --cells; bernstein, over --steps.")
    ] = "codebook",
    tokens: Annotated[int, typer.Option(min=1, help="Tokens n.")] = 2,
    features: Annotated[int, typer.Option(min=1, help="Features d of a token.")] = 2,
    cells: Annotated[str, typer.Option(help="Cells per axis of the codebook.")] = "2,3,4,6,8,12",
    steps: Steps = "16..16384",
    function: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Your function of an array [n, d], permutation-equivariant. It is imported from "
            "this folder, which RUNS ITS CODE; without it, a built-in example.",
        ),
    ] = None,
    lipschitz: Annotated[
        float | None,
        typer.Option(
            help="Lipschitz constant of your function.", show_default="largest slope seen"
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="Inputs of a run.")] = 64,
    runs: Annotated[int, typer.Option(min=1, help="Runs at each value.")] = 4,
    slope_from: SlopeFrom = None,
    seed: Seed = 0,
    out: Out = None,
    html: Html = None,
    png: Png = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Any equivariant function by spikes: error against cells or T."""
    caller = "circuit universal"
    swept = ("--cells", cells) if form == "codebook" else ("--steps", steps)
    values = parse_steps(swept[1], name=swept[0], caller=caller)

    def make(progress: Any) -> Any:
        from spikedim.circuits import sweep_universal
        from spikedim.cli._user_function import load_function

        given = (
            None if function is None else load_function(function, name="--function", caller=caller)
        )
        return sweep_universal(
            values=values, form=form, function=given, lipschitz=lipschitz, tokens=tokens,
            features=features, samples=samples, runs=runs, slope_from=slope_from, seed=seed,
            command=command_line(), progress=progress,
        )  # fmt: skip

    _answer(caller, make, out=out, html=html, png=png, as_json=as_json, quiet=quiet)


def _made(caller: str, make: Callable[[Any], Any], progress: Any) -> Any:
    """Run a sweep; sizes that do not fit in memory are no failed certificate."""
    from spikedim._core import InputError

    try:
        return make(progress)
    except MemoryError as error:
        raise InputError(
            f"{caller}: `sizes` must fit in memory; got more. Give smaller "
            "ones, or fewer rows, samples or tokens."
        ) from error


def _answer(
    caller: str,
    make: Callable[[Any], Any],
    *,
    out: Path | None,
    html: Path | None,
    png: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a sweep, write and print it; exit 1 if a certificate fails."""
    check_outputs(caller, out=out, html=html, png=png)
    from spikedim import report
    from spikedim._core import write_atomic
    from spikedim.cli._console import deliver, progress_on_stderr

    with progress_on_stderr(quiet=quiet) as progress:
        result = _made(caller, make, progress)
        page = None if html is None else report.circuit_page(result)
        picture = b"" if png is None else report.circuit_picture(result)
    if png is not None:
        write_atomic(png, picture)
    deliver(
        result,
        lambda: report.circuit_view(result),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
    if result.holds is False:
        if as_json:
            typer.echo(result.headline, err=True)
        raise typer.Exit(_FAILED)
