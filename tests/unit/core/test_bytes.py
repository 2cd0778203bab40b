"""Memory budgets as people write them."""

import pytest

from spikedim._core import DEFAULT_MEMORY_BUDGET, InputError, parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (1, 1),
        (4096, 4096),
        ("17", 17),
        ("17B", 17),
        ("1k", 1 << 10),
        ("2KB", 2 << 10),
        ("512 MiB", 512 << 20),
        ("512mb", 512 << 20),
        (" 2 GB ", 2 << 30),
        ("1.5GiB", 3 << 29),
        ("1T", 1 << 40),
    ],
)
def test_reads_every_spelling(text, size):
    assert parse_bytes(text) == size


def test_the_default_budget_is_two_gigabytes():
    assert parse_bytes("2GB") == DEFAULT_MEMORY_BUDGET


@pytest.mark.parametrize(
    "bad", ["", "much", "0", "0.5", 0, -1, "-2GB", "2 PB", "1e9", "nan", "9" * 400]
)
def test_refuses_what_is_not_a_positive_size(bad):
    with pytest.raises(
        InputError,
        match=r"^parse_bytes: `memory_budget` must be a positive size; got .*Write e\.g\. 2GB",
    ):
        parse_bytes(bad)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [True, None, [1]])
def test_refuses_other_types(bad):
    with pytest.raises(InputError, match=r"got (True|None|\[1\])\."):
        parse_bytes(bad)


def test_names_the_caller_and_its_parameter():
    with pytest.raises(InputError, match=r"^open_samples: `budget` must be .* got 'lots'"):
        parse_bytes("lots", name="budget", caller="open_samples")
