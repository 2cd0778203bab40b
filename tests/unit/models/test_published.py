import re
from pathlib import Path

import pytest

from spikedim.models import Source, build, card, names
from spikedim.models.cards._published import _results

RESULTS = [(name, result) for name, results in _results().items() for result in results]
NOTES = Path(__file__).parents[4] / "shared" / "design" / "architectures.md"


def test_every_result_is_of_a_model_that_exists():
    assert set(_results()) <= set(names())
    assert len(RESULTS) > 100


@pytest.mark.parametrize("place", range(len(RESULTS)))
def test_a_result_is_a_number_with_a_source(place):
    name, result = RESULTS[place]
    assert result in card(name).published_results
    assert result.accuracy_percent is not None or result.energy_mj is not None
    assert result.accuracy_percent is None or 50 < result.accuracy_percent < 100
    assert result.energy_mj is None or 0.5 < result.energy_mj < 150
    assert result.steps is None or 1 <= result.steps <= 16
    assert result.resolution is None or result.resolution > card(name).input_shape[-1]
    assert isinstance(result.kind, Source)
    assert result.source == result.source.strip() != ""
    # Another data set, or no word on T, is never left unsaid.
    if result.dataset != card(name).dataset or result.steps is None:
        assert result.note


def test_no_two_results_of_a_model_are_the_same():
    for results in _results().values():
        assert len(set(results)) == len(results)


def test_the_headline_is_of_the_data_set_and_steps_of_the_card():
    for name, (headline, *_) in _results().items():
        assert headline.dataset == card(name).dataset
        assert headline.steps in (card(name).steps, None)
        assert headline.accuracy_percent is not None


def test_more_steps_and_bigger_images_never_print_less():
    """No typing error that a look at the neighbours would show."""
    spikformer = {
        result.steps: result.accuracy_percent
        for result in card("spikformer-8-512/imagenet").published_results
        if result.accuracy_percent
    }
    assert list(spikformer) == [4, 1, 2, 6]
    assert [spikformer[steps] for steps in (1, 2, 4, 6)] == sorted(spikformer.values())
    sides = [
        card(f"qkformer-10-768/{where}").published_results[0].accuracy_percent
        for where in ("imagenet", "imagenet-288", "imagenet-384")
    ]
    assert sides == sorted(sides)


def test_a_twin_and_a_shape_of_your_own_have_no_published_results():
    assert card("spikformer-4-384/cifar10").published_results
    assert card("spikformer-4-384/cifar10:softmax").published_results == ()
    reshaped = build("spikformer-4-384/cifar10", depth=1, device="meta").card
    assert reshaped.published_results == ()
    assert reshaped.published_parameters == ""
    assert build("spikformer-4-384/cifar10", device="meta").card.published_results


def test_the_known_stem_error_is_in_the_numbers_it_is_said_of():
    """The second revision adds one constant, 1.596 mJ, to 0.9 pJ times 6.82 and 22.09 G."""
    energies = [
        card(f"spikformer-{size}/imagenet").published_results[0].energy_mj
        for size in ("8-384", "8-768")
    ]
    constants = [energies[0] - 0.9 * 6.82, energies[1] - 0.9 * 22.09]
    assert constants == pytest.approx([1.596, 1.596], abs=5e-4)
    assert "width 512 at every width" in card("spikformer-8-384/imagenet").published_results[0].note


@pytest.mark.parametrize(
    ("name", "needle"),
    [
        ("spikformer-4-384/cifar10", r"4-384 95\.19/77\.86"),
        ("qkformer-10-768/imagenet", r"768 84\.22 / 38\.91"),
        ("spikingformer-8-768/imagenet", r"8-768 75\.85, 12\.54 G, 13\.68 mJ"),
        ("sdt-v1-10-512/imagenet", r"10-512 74\.66 / 5\.53"),
        ("sdt-v2-31m/imagenet", r"31\.3M T=4 77\.2 / 32\.8 mJ \[S\]"),
        ("spiliformer-10-768/imagenet", r"T=4 85\.82 / 44\.17"),
        ("spikingbert-4/sst2", r"SST-2 88\.19"),
    ],
)
def test_numbers_are_those_of_the_notes_they_come_from(name, needle):
    headline = card(name).published_results[0]
    numbers = [headline.accuracy_percent, *([headline.energy_mj] if headline.energy_mj else [])]
    plain = needle.replace("\\", "")
    assert all(f"{number:.2f}".rstrip("0") in plain for number in numbers)
    if NOTES.is_file():  # the survey these numbers were read in is not part of the repository
        assert re.search(needle, NOTES.read_text("utf-8"))
