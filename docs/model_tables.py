"""Write the tables of docs/models.md from the cards, and paste what studies/legacy_switches found.

Run ``python docs/model_tables.py`` after a model, a switch or a published number has changed; a
test compares the two.
"""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path

from spikedim._core import write_atomic
from spikedim.models import Card, PublishedResult, card, family, family_names, names

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "models.md"
STUDY = ROOT / "studies" / "legacy_switches"
ABSENT, NO_BREAK = "–", "\N{NO-BREAK SPACE}"


def families_table() -> str:
    """Return what each family offers."""
    lines = [
        "| Family | Cards | Can be built | Twin | Shape that may change | Switches |",
        "|---|--:|---|---|---|---|",
    ]
    for name in family_names():
        found = family(name)
        switches = ", ".join(f"`{switch.name}`" for switch in found.switches) or ABSENT
        shapes = ", ".join(f"`{shape}`" for shape in found.shapes) or ABSENT
        built, twin = ("yes" if says else "no" for says in (found.can_be_built, found.has_twin))
        lines.append(
            f"| `{name}` | {len(found.models)} | {built} | {twin} | {shapes} | {switches} |"
        )
    return "\n".join(lines)


_COLUMNS = (
    "model",
    "parameters",
    "with dead ones",
    "printed",
    "MACs",
    "neurons",
    "accuracy [%]",
    "T",
    "energy [mJ]",
    "said by",
)


def sizes_tables() -> str:
    """Return one table a family: sizes, operations, neurons, what was printed of each model."""
    return "\n\n".join(_sizes(name) for name in family_names())


def _sizes(name: str) -> str:
    cards = [card(model) for model in family(name).models]
    lines = [
        f"### {name}",
        "",
        f"{cards[0].reference}.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|---|{'--:|' * (len(_COLUMNS) - 2)}---|",
    ]
    return "\n".join([*lines, *map(_size, cards)])


def _size(found: Card) -> str:
    results = found.published_results
    best = results[0] if results else None
    dead = found.parameters_released > found.parameters
    cells = (
        f"`{found.name}`",
        f"{found.parameters:,}",
        f"{found.parameters_released:,}" if dead else ABSENT,
        found.published_parameters or ABSENT,
        _short(found.macs),
        f"{_short(found.neurons)} in {len(found.populations)}".replace(" ", NO_BREAK),
        *_numbers(best, found.steps),
        best.kind.value if best else ABSENT,
    )
    return f"| {' | '.join(cells)} |"


def _short(number: int) -> str:
    """Return three digits and a prefix; `spikedim model show` has all digits."""
    for scale, prefix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= scale:
            return f"{f'{number / scale:#.3g}'.rstrip('.')}{NO_BREAK}{prefix}"
    return str(number)


def _numbers(result: PublishedResult | None, steps: int | None) -> tuple[str, str, str]:
    """Return accuracy, T and energy as printed."""
    if result is None:
        return ABSENT, ABSENT if steps is None else str(steps), ABSENT
    accuracy = ABSENT if result.accuracy_percent is None else f"{result.accuracy_percent:.2f}"
    side = f" at {result.resolution}²" if result.resolution else ""
    energy = ABSENT if result.energy_mj is None else f"{result.energy_mj:.10g}"
    return accuracy + side, ABSENT if result.steps is None else str(result.steps), energy


def published_table() -> str:
    """Return every published number with its source."""
    lines = [
        "| model | accuracy [%] | T | energy [mJ] | said by | where, and what to know |",
        "|---|--:|--:|--:|---|---|",
    ]
    return "\n".join([*lines, *_published()])


def _published() -> Iterator[str]:
    for name in names():
        for result in card(name).published_results:
            other = "" if result.dataset == card(name).dataset else f"on {result.dataset}"
            said = "; ".join(part for part in (result.source, other, result.note) if part)
            cells = f"`{name}`", *_numbers(result, result.steps), result.kind.value, said
            yield f"| {' | '.join(cells)} |"


def legacy_section() -> str:
    """Return what the study of the legacy switches measured."""
    study = runpy.run_path(str(STUDY / "study.py"))
    return str(study["section"](json.loads((STUDY / "result.json").read_text("utf-8"))))


BLOCKS = {
    "families": families_table,
    "legacy": legacy_section,
    "sizes": sizes_tables,
    "published": published_table,
}


def page(text: str) -> str:
    """Return the page with every block between its marks written anew."""
    for name, block in BLOCKS.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n{block()}\n{end}{after}"
    return text


def main() -> None:
    """Rewrite the blocks of the page."""
    write_atomic(PAGE, page(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
