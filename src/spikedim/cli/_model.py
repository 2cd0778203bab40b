"""``spikedim model list | show``."""

from typing import Annotated

import typer

from spikedim.cli._group import HelpfulGroup
from spikedim.cli._options import AsJson, Quiet

__all__ = ["model_app"]

model_app = typer.Typer(
    cls=HelpfulGroup,
    help="Spiking transformers: list, show.",
    epilog="Example: spikedim model list",
    rich_markup_mode=None,
)


@model_app.command("list", epilog="Example: spikedim model list --quiet")
def list_models(*, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """List names, shapes, parameters and operations."""
    import json

    from spikedim import models, report
    from spikedim.cli._console import emit, show

    if quiet:
        emit("\n".join(models.names()))
        return
    cards = tuple(models.card(name) for name in models.names())
    if as_json:
        emit(json.dumps([card.to_dict() for card in cards], indent=2, ensure_ascii=False))
    else:
        show(report.table_view(report.cards_table(cards)))


@model_app.command("show", epilog="Example: spikedim model show spikformer-4-384/cifar10")
def show_model(
    name: Annotated[
        str, typer.Argument(help="A name from `spikedim model list`.", show_default=False)
    ],
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show the layer table of one model."""
    from spikedim import models, report
    from spikedim.cli._console import emit, show

    card = models.card(name)
    if as_json:
        emit(card.to_json())
    elif quiet:
        emit(report.card_headline(card))
    else:
        show(report.card_view(card))
