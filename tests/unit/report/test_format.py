import pytest

from spikedim.report import size
from spikedim.report._format import approximate, count, interval, percent, shorten, times


@pytest.mark.parametrize(
    ("value", "digits", "want"),
    [
        (0.0, 2, "0"),
        (46.71, 2, "47"),
        (0.012345, 2, "0.012"),
        (99.96, 2, "100"),
        (0.0996, 2, "0.10"),
        (10_900.0, 2, "11,000"),
        (3.14159, 3, "3.14"),
        (-46.71, 2, "-47"),
        (3.2e-9, 2, "3.2e-09"),
        (1.5e7, 2, "1.5e+07"),
        (float("inf"), 2, "inf"),
    ],
)
def test_approximate_keeps_the_significant_digits(value, digits, want):
    assert approximate(value, digits) == want


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (0, "0"),
        (1536, "1,536"),
        (9_999, "9,999"),
        (10_000, "10 k"),
        (24_576, "25 k"),
        (999_400, "1.0 M"),
        (999_600, "1.0 M"),
        (1_900_000.0, "1.9 M"),
        (2.5e9, "2.5 G"),
        (7e12, "7.0 T"),
        (0.4, "0.40"),
    ],
)
def test_count_uses_a_prefix_only_where_it_shortens(value, want):
    assert count(value) == want


@pytest.mark.parametrize(
    ("parts", "want"),
    [
        (("4", "3", "6"), "4 (3\N{EN DASH}6)"),
        (("4", "4", "4"), "4"),
        (("4", None, None), "4"),
        (("1.9 M", "1.5 M", "2.6 M"), "1.9 M (1.5\N{EN DASH}2.6 M)"),
        (("1.9 M", "900 k", "2.6 M"), "1.9 M (900 k\N{EN DASH}2.6 M)"),
        (("9,000", "8,000", "10 k"), "9,000 (8,000\N{EN DASH}10 k)"),
    ],
)
def test_interval_writes_a_shared_prefix_once(parts, want):
    assert interval(*parts) == want


def test_ratio_and_share_carry_two_digits():
    assert (times(0.644), times(38.4)) == (
        "0.64\N{MULTIPLICATION SIGN}",
        "38\N{MULTIPLICATION SIGN}",
    )
    assert (percent(0.07), percent(0.345)) == ("7 %", "34 %")


def test_size_rises_to_gigabytes():
    assert (size(0), size(138_940_914), size(3 << 30)) == ("0 MB", "133 MB", "3 GB")


@pytest.mark.parametrize(
    ("text", "limit", "want"),
    [
        ("short", 10, "short"),
        ("block.0.attn.q", 9, "bloc\N{HORIZONTAL ELLIPSIS}tn.q"),
        ("two\nlines\tand\x00control", 40, "two lines and control"),
        ("right\u202eleft", 40, "right left"),
    ],
)
def test_shorten_returns_one_printable_line(text, limit, want):
    assert shorten(text, limit) == want


def test_shorten_never_exceeds_its_limit():
    for limit in range(2, 30):
        assert len(shorten("x" * 200, limit)) == limit
