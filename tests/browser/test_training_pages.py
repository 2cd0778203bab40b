"""The pages of a training and of an evaluation, opened in a browser as a reader would open them."""

import pytest
from tests.browser.chromium import look
from tests.browser.readable import check_hostile, check_readable
from tests.report_examples import HOSTILE
from tests.training_results import (
    bare_evaluation,
    example_evaluation,
    example_log,
    example_run,
    hostile_evaluation,
    hostile_run,
    long_evaluation,
    twin_evaluation,
)

from spikedim.report import evaluation_page, training_page

pytestmark = pytest.mark.browser

PAGES = {
    "run": lambda: training_page(example_run(), example_log()),
    "hostile-run": lambda: training_page(hostile_run(), example_log()),
    "evaluation": lambda: evaluation_page(example_evaluation(), example_log()),
    "twin": lambda: evaluation_page(twin_evaluation()),
    "long": lambda: evaluation_page(long_evaluation(), example_log()),
    "bare": lambda: evaluation_page(bare_evaluation()),
    "hostile": lambda: evaluation_page(hostile_evaluation(), example_log()),
}


def test_a_page_is_whole_quiet_and_readable(browser, page, size):
    check_readable(browser, width=size[0], title=("Training of ", "Evaluation of "))


@pytest.mark.parametrize("name", ["hostile", "hostile-run"])
def test_hostile_names_are_shown_and_not_run(browser, folder, name):
    look(browser, width=1280, dark=False)
    browser.get((folder / f"{name}.html").as_uri())
    check_hostile(browser, HOSTILE)


def test_cells_are_as_strong_as_their_rates(browser, folder):
    look(browser, width=1280, dark=True)
    browser.get((folder / "evaluation.html").as_uri())
    shares = browser.execute_script(
        "return [...document.querySelectorAll('#chart-rates .wide path')].map(p => {"
        "const s = getComputedStyle(p); return [s.fill, parseFloat(s.opacity)] })"
        ".filter(([fill, o]) => fill === 'rgb(86, 180, 233)' && o < 1).map(([, o]) => o)"
    )
    first = [p.rates[0] for p in example_evaluation().populations]
    highest = max(rate for p in example_evaluation().populations for rate in p.rates)
    assert shares[0] == pytest.approx(first[0] / highest, abs=1e-3)
    assert len(shares) >= len(first) * 7
