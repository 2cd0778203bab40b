"""``spikedim train --recipes``."""

__all__ = ["show_recipes"]


def show_recipes(name: str | None, changes: dict[str, str], *, as_json: bool, quiet: bool) -> None:
    """Print the table of recipes, or one of them, changed, as YAML that can be read again."""
    import json

    from spikedim import report, training
    from spikedim.cli._console import emit, show

    if name is not None:
        found = training.open_recipe(name, changes=changes)
        emit(found.model_dump_json(indent=2) if as_json else report.recipe_text(found))
        return
    every = tuple(training.open_recipe(known) for known in training.recipe_names())
    if as_json:
        entries = [found.model_dump(mode="json") for found in every]
        emit(json.dumps(entries, indent=2, ensure_ascii=False))
    elif quiet:
        emit("\n".join(training.recipe_names()))
    else:
        show(report.recipes_view(every))
