"""``spikedim model list | show``."""

from pathlib import Path
from typing import Annotated

import typer

from spikedim.cli._group import HelpfulGroup
from spikedim.cli._options import AsJson, Html, Quiet, check_outputs

__all__ = ["model_app"]

model_app = typer.Typer(
    cls=HelpfulGroup,
    help="Spiking transformers: list, show.",
    epilog="Example: spikedim model list",
    rich_markup_mode=None,
)


@model_app.command("list", epilog="Example: spikedim model list --family qkformer")
def list_models(
    *,
    family: Annotated[
        str | None, typer.Option(help="Only one family, e.g. qkformer.", show_default=False)
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Only one data set, e.g. imagenet.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the cards as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the names only.")] = False,
) -> None:
    """List names, shapes, parameters, operations, published accuracy.

    The title of each family says whether its models can be built or have a card only, and whether
    the suffixes :softmax and :ann give their rate-coded twin and their ordinary network.
    """
    import json

    from spikedim import models, report
    from spikedim.cli._console import emit, show

    names = models.names(family=family, dataset=dataset)
    if quiet:
        emit("\n".join(names))
        return
    cards = tuple(models.card(name) for name in names)
    families = tuple(models.family(name) for name in models.family_names())
    if as_json:
        offers = {found.name: found for found in families}
        entries = [
            {
                **card.to_dict(),
                "can_be_built": offers[card.family].can_be_built,
                "has_twin": offers[card.family].has_twin,
            }
            for card in cards
        ]
        emit(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    show(report.cards_view(cards, families))


@model_app.command("show", epilog="Example: spikedim model show spikformer-4-384/cifar10")
def show_model(
    name: Annotated[
        str,
        typer.Argument(
            help="A name from `spikedim model list`; with :softmax or :ann its twin.",
            show_default=False,
        ),
    ],
    *,
    html: Html = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw parameters and operations by layer."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show layers, totals, published results and switches.

    Each published number has its source, and each trap a note.
    """
    from spikedim import models, report
    from spikedim._core import write_atomic
    from spikedim.cli._console import emit, show

    check_outputs("model show", html=html, png=png)
    card = models.card(name)
    family = models.family(card.family)
    if html is not None:
        write_atomic(html, report.card_page(card, family))
    if png is not None:
        write_atomic(png, report.card_picture(card))
    if as_json:
        emit(card.to_json())
    elif quiet:
        emit(report.card_headline(card))
    else:
        show(report.card_view(card, family))
