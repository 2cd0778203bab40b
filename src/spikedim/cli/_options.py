"""Options that several commands share, spelled once."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AsJson", "Charts", "Html", "Layer", "Memory", "Out", "Quiet", "Seed", "check_outputs"]

Layer = Annotated[
    str | None,
    typer.Option(help="View of the data: pixels, patches:P, pooled:P, embedding, NAME@RUN."),
]
Memory = Annotated[str, typer.Option(help="Memory budget for the data.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the random subsets behind intervals.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result object as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the headline only.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write the result as JSON.")]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Write a page that needs no network.")
]
Charts = Annotated[
    str,
    typer.Option(metavar="static|interactive", help="Charts of the page; interactive: [charts]."),
]


def check_outputs(caller: str, **paths: Path | None) -> None:
    """Refuse files that cannot be written, before any work is done."""
    from spikedim._core import InputError, check_writable

    seen: dict[Path, str] = {}
    for name, path in paths.items():
        if path is None:
            continue
        target = check_writable(path, name=f"--{name}", caller=caller).resolve()
        if target in seen:
            raise InputError(
                f"{caller}: `--{name}` must differ from `--{seen[target]}`; got {str(path)!r} "
                "twice."
            )
        if name == "png" and target.suffix.lower() not in {"", ".png"}:
            raise InputError(
                f"{caller}: `--png` must end in .png; got {str(path)!r}. Pictures are written in "
                "that format only."
            )
        seen[target] = name
