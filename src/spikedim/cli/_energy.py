"""``spikedim energy``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from spikedim.cli._invocation import DEVICE, command_line
from spikedim.cli._options import AsJson, Html, Memory, Out, Quiet, check_outputs

__all__ = ["energy"]

_ALL = "all"


def energy(
    source: Annotated[
        str,
        typer.Argument(
            metavar="RUN|MODEL",
            help="Folder of a run of train; else a model of `spikedim model list`, random weights.",
            show_default=False,
        ),
    ],
    *,
    data: Annotated[
        str | None,
        typer.Option(
            help="Name or path of the data.", show_default="that of the training or of the model"
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="test, validation, train.")] = "test",
    samples: Annotated[int, typer.Option(min=1, help="How many samples are counted.")] = 256,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Time steps T.", show_default="that of the training or the model"),
    ] = None,
    rules: Annotated[
        str,
        typer.Option(
            metavar="M0,M1,...|all",
            help="Rule sets to show, the first one layer by layer; the verdict is over all.",
        ),
    ] = _ALL,
    chip: Annotated[
        str,
        typer.Option(help="Chip whose prices M4 charges: loihi1, truenorth, spinnaker2, ..."),
    ] = "loihi1",
    no_fuse: Annotated[
        bool,
        typer.Option(
            "--no-fuse", help="Count normalisations and re-parametrised convolutions as built."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random weights and samples.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if any operator was not counted.")
    ] = False,
    memory: Memory = "2GB",
    out: Out = None,
    html: Html = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw where the energy goes as a picture."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Count one inference and price it under every rule set.

    Twins without spikes are counted beside it, and the published ratio is held against both.
    --json and --out always hold all rule sets.
    """
    check_outputs("energy", out=out, html=html, png=png)
    shown = parse_rules(rules)
    found = _source(source)
    from spikedim import energy as room
    from spikedim import report
    from spikedim._core import write_atomic
    from spikedim.cli._console import deliver, progress_on_stderr

    with progress_on_stderr(quiet=quiet) as progress:
        audit = room.audit_energy(
            found,
            data=data,
            split=split,
            samples=samples,
            steps=steps,
            fused=not no_fuse,
            chip=chip,
            seed=seed,
            device=DEVICE.get(),
            memory_budget=memory,
            progress=progress,
            command=command_line(),
        )
        page = None if html is None else report.energy_audit_page(audit, shown)
        picture = b"" if png is None else report.energy_audit_picture(audit, shown)
    if png is not None:
        write_atomic(png, picture)
    deliver(
        audit,
        lambda: report.energy_audit_view(audit, shown),
        out=out,
        html=html,
        page=page,
        as_json=as_json,
        quiet=quiet,
    )
    if strict:
        _refuse_unknown(audit)


def parse_rules(text: str, *, caller: str = "energy") -> tuple[str, ...]:
    """Return the rule sets that ``M0,M3`` or ``all`` names, by how their names begin.

    Examples
    --------
    >>> parse_rules("m0,M3"), parse_rules("all")
    (('M0 sop', 'M3 compute+movement'), ())
    """
    if text.strip().casefold() == _ALL:
        return ()
    from spikedim._core import InputError
    from spikedim.energy import Rules

    known = [rules.value for rules in Rules]
    chosen: dict[str, None] = {}
    for word in text.split(","):
        begin = word.strip().casefold()
        matching = [name for name in known if begin and name.casefold().startswith(begin)]
        if not matching:
            raise InputError(
                f"{caller}: `--rules` must be {_ALL} or beginnings of {', '.join(known)}; got "
                f"{word.strip()!r}. Write e.g. --rules M0,M3."
            )
        chosen.update(dict.fromkeys(matching))
    return tuple(chosen)


def _source(text: str) -> Path | str:
    """Return the folder of a run, or the name of a model."""
    from spikedim._core import InputError

    folder = Path(text).expanduser()
    if folder.is_dir():
        return folder
    from spikedim import models

    try:
        models.card(text)
    except InputError:
        raise InputError(
            f"energy: `RUN` must be the folder of a run or the name of a model; got {text!r}, "
            "which is neither. Train one, or choose one of `spikedim model list`."
        ) from None
    return text


def _refuse_unknown(audit: Any) -> None:
    """Raise an error if some operator was not counted; the result is delivered by now."""
    if not audit.unknown:
        return
    from spikedim._core import SpikedimError

    where = "; ".join(
        f"{one.operator} in {', '.join(layer or 'the model itself' for layer in one.layers)}"
        for one in audit.unknown
    )
    raise SpikedimError(
        f"energy: `--strict` must find every operator counted; got {where}. Every energy is too "
        "low by what they cost."
    )
