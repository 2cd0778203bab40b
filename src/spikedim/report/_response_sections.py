"""The sections of the page of a response."""

from spikedim.planning import ResponseAnswers
from spikedim.report._chart import draw
from spikedim.report._response_accuracy_figure import (
    has_accuracy,
    response_accuracy_alt,
    response_accuracy_figure,
)
from spikedim.report._response_error_figure import response_error_alt, response_error_figure
from spikedim.report._response_shares_figure import response_shares_alt, response_shares_figure
from spikedim.report._response_tables import (
    response_origins_table,
    response_populations_table,
    response_questions_table,
    response_table,
)
from spikedim.report._response_words import (
    accuracy_loss_claim,
    error_claim,
    response_lines,
    shares_claim,
)
from spikedim.report._sections import Section

__all__ = ["response_sections"]


def response_sections(found: ResponseAnswers) -> tuple[Section, ...]:
    """Return the sections of a response, those without content left out."""
    sections = [
        Section(
            "error",
            "Error against T",
            error_claim(found),
            charts=(
                draw(
                    "response-error",
                    lambda width: response_error_figure(found, width),
                    alt=response_error_alt(found),
                    caption="Error of the network's outputs against exact rates. The band is a "
                    "95 % interval over samples; dashes are the asymptote, which few steps leave; "
                    "squares were simulated. The dotted line is the error asked for.",
                ),
            ),
            tables=(response_questions_table(found), response_table(found)),
            lines=response_lines(found),
        )
    ]
    if has_accuracy(found):
        sections.append(
            Section(
                "accuracy",
                "Accuracy against T",
                accuracy_loss_claim(found),
                charts=(
                    draw(
                        "response-accuracy",
                        lambda width: response_accuracy_figure(found, width),
                        alt=response_accuracy_alt(found),
                        caption="Expected accuracy; the dotted line is what may be lost. The axis "
                        "need not begin at 0 %.",
                    ),
                ),
            )
        )
    return (
        *sections,
        Section(
            "shares",
            "Where the error comes from",
            shares_claim(found),
            charts=(
                draw(
                    "response-shares",
                    lambda width: response_shares_figure(found, width),
                    alt=response_shares_alt(found),
                    caption="Populations from input (top) to output. A population with more of K "
                    "than of the spikes is where more steps buy most.",
                ),
            ),
            tables=(response_populations_table(found),),
        ),
        Section(
            "origin",
            "Assumptions and provenance",
            f"{found.curve.n_samples:,} samples of {found.data}, {found.split}",
            tables=(response_origins_table(found),),
            lines=found.provenance.assumptions,
        ),
    )
