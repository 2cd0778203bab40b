import pytest

from spikedim._core import InputError
from spikedim.energy import Rules, break_even_rate
from spikedim.models import Card, LayerRow, card

MODEL = card("spikformer-4-384/cifar10")


def test_m0_against_bits_is_half_the_bits_over_the_steps():
    got = break_even_rate(MODEL, steps=4, bits=3, rules=Rules.M0)
    assert got.twin == "qann_3bit"
    assert got.rules == "M0 sop"
    assert got.rate == pytest.approx(3 * 0.5 / 4, rel=1e-9)
    assert got.high == pytest.approx(3 * 1.0 / 4, rel=1e-9)
    assert got.low < 3 * 0.25 / 4  # set bits and a stem at every step


def test_always_cheaper_is_said():
    got = break_even_rate(MODEL, steps=4, bits=None, rules=Rules.M0)
    assert got.rate is got.low is got.high is None
    assert got.reason == "the spiking network costs less at every firing rate"


def test_never_cheaper_is_said():
    got = break_even_rate(card("spikformer-2-64/digits"), steps=16, bits=1, rules=Rules.M1)
    assert got.rate is None
    assert got.reason == "the twin costs less even at firing rate 0"


def test_rounding_does_not_decide_a_tie():
    # Eight bits, half of them set, are four additions: so are four steps at rate 1.
    for name in ("spikformer-4-384/cifar10", "spikformer-4-256/cifar10"):
        got = break_even_rate(card(name), steps=4, bits=8, rules=Rules.M0)
        assert (got.rate, got.reason) == (1.0, "")


def test_an_end_without_root_is_closed():
    got = break_even_rate(MODEL, steps=6, bits=None, rules=Rules.M0)
    assert got.rate == pytest.approx(4.6 / (6 * 0.9), rel=1e-9)
    many = Card(
        "toy-1/x",
        "toy",
        "cifar10",
        (1, 1, 1),
        1,
        1,
        1,
        1,
        1,
        1,
        (
            LayerRow("stem", "conv", 1, 0, 10_000, False),
            LayerRow("fc", "linear", 10, 0, 1_000, True),
        ),
    )
    got = break_even_rate(many, steps=6, bits=None, rules=Rules.M0)
    assert got.low == 0.0
    assert 0 < got.rate < 1


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("steps", "bits", "name"), [(0, 3, "steps"), (4, 0, "bits"), (4, 1.5, "bits")]
)
def test_bad_input_is_named(steps, bits, name):
    with pytest.raises(
        InputError, match=rf"^break_even_rate: `{name}` must be an integer >= 1; got"
    ):
        break_even_rate(MODEL, steps=steps, bits=bits, rules=Rules.M3)
