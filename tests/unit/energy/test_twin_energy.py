import pytest

from spikedim._core import InputError
from spikedim.energy import Rules, twin_energy
from spikedim.models import card

MODEL = card("spikformer-4-384/cifar10")
SPIKES = MODEL.macs - MODEL.first_macs - 3840


def test_fp32_network_pays_a_mac_for_every_mac():
    got = twin_energy(MODEL, bits=None, rules=Rules.M0)
    assert got.value_mj == pytest.approx(4.6e-9 * MODEL.macs, rel=1e-12)
    assert got.low_mj == got.high_mj == got.value_mj


def test_quantised_product_is_one_addition_a_set_bit():
    got = twin_energy(MODEL, bits=3, rules=Rules.M0)
    serial = got.value_mj - 4.6e-9 * (MODEL.macs - SPIKES)
    assert serial == pytest.approx(3 * 0.5 * 0.9e-9 * SPIKES, rel=1e-12)
    assert got.high_mj - got.low_mj == pytest.approx(3 * 0.75 * 0.9e-9 * SPIKES, rel=1e-12)
    assert "0.25 to 1" in got.band


def test_quantised_product_never_costs_more_than_a_multiplication():
    full = twin_energy(MODEL, bits=None, rules=Rules.M0).value_mj
    assert twin_energy(MODEL, bits=32, rules=Rules.M0).value_mj == pytest.approx(full)


def test_m1_reads_every_weight_once_and_has_no_membranes():
    m0 = twin_energy(MODEL, bits=3, rules=Rules.M0)
    m1 = twin_energy(MODEL, bits=3, rules=Rules.M1)
    weights = MODEL.parameters - MODEL.norm_parameters
    assert m1.value_mj - m0.value_mj == pytest.approx(3.12e-9 * 32 * weights, rel=1e-9)
    assert "membranes" not in m1.breakdown_mj


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bits", [0, -3, 2.5, "fp32"])
def test_bits_are_a_positive_integer_or_none(bits):
    with pytest.raises(
        InputError, match=r"^twin_energy: `bits` must be an integer >= 1; got .*None for"
    ):
        twin_energy(MODEL, bits=bits, rules=Rules.M0)
