"""Published energies recomputed from the cards: what agrees, what differs, and by how much."""

import pytest

from spikedim.energy import Replication, replications
from spikedim.energy.replications._spikformer_issue import counted_macs, unseen_macs
from spikedim.models import card

ALL = {replication.name: replication for replication in replications()}


@pytest.mark.parametrize(
    ("size", "printed"),
    [("8-384", 0.525), ("6-512", 0.669), ("8-512", 0.854), ("10-512", 1.053), ("8-768", 1.701)],
)
def test_the_first_revision_is_77_femtojoule_an_operation(size, printed):
    got = ALL[f"Spikformer-{size}, revision A"]
    assert got.printed_mj == printed
    assert got.recomputed_mj == pytest.approx(printed, abs=6e-4)


@pytest.mark.parametrize(
    ("size", "printed", "corrected"),
    # right for width 512 only
    [
        ("8-384", 7.734, 7.34),
        ("6-512", 9.417, 9.417),
        ("8-512", 11.577, 11.577),
        ("10-512", 13.899, 13.899),
        ("8-768", 21.477, 22.27),
    ],
)
def test_the_second_revision_has_one_stem_for_every_width(size, printed, corrected):
    got = ALL[f"Spikformer-{size}, revision B"]
    assert got.printed_mj == printed
    # 346.8 M multiply-accumulates were rounded to 0.347 G
    assert got.recomputed_mj == pytest.approx(printed, abs=7e-4)
    assert got.corrected_mj == pytest.approx(corrected, abs=6e-3)


def test_the_printed_constant_is_a_rounded_count_of_the_stem_of_width_512():
    macs = 4 * card("spikformer-8-512/imagenet").first_macs
    assert macs == 346_816_512
    assert 4.6 * round(macs / 1e9, 3) == pytest.approx(1.596, abs=5e-4)


def test_the_energy_log_to_every_digit_that_its_rates_allow():
    got = ALL["Spikingformer-8-512, energy log"]
    assert got.printed_mj == 7.463502601886196
    assert got.recomputed_mj == pytest.approx(got.printed_mj, rel=1e-9)
    assert "0.347329512 G" in got.explanation
    assert got.printed_mj - got.corrected_mj == pytest.approx(3 * 4.6e-9 * 86_704_128, rel=1e-6)


def test_the_issue_and_the_layers_it_omits():
    got = ALL["Spikformer-4-384 on CIFAR-10, released tool"]
    assert got.recomputed_mj == pytest.approx(got.printed_mj, rel=1e-12)
    assert "0.005312266 G" in got.explanation
    model = card("spikformer-4-384/cifar10")
    assert unseen_macs(model) == 1_057_007_616
    assert got.corrected_mj - got.printed_mj == pytest.approx(4.862, abs=1e-3)
    assert got.corrected_mj / got.printed_mj > 20


def test_the_multiplications_that_the_counter_of_the_issue_prints():
    """Stem, head, layers that read sums of spikes, and two for each number of a normalisation."""
    assert counted_macs(card("spikformer-4-384/cifar10")) == 1_073_133_322


def test_the_re_count_is_not_what_the_released_tool_gives():
    got = ALL["Spikformer-8-512, re-counted"]
    assert got.recomputed_mj > 3 * got.printed_mj
    assert got.corrected_mj is None
    summed = sum(
        4 * row.macs for row in card("spikformer-8-512/imagenet").layers if row.integer_input
    )
    assert got.recomputed_mj > 4.6e-9 * summed


@pytest.mark.parametrize(
    ("size", "printed", "once", "every"), [("Ti", 2.46, 3.00, 4.63), ("M", 5.46, 6.01, 7.63)]
)
def test_the_monitor_has_no_stem(size, printed, once, every):
    got = ALL[f"SpikingResformer-{size}"]
    assert got.recomputed_mj == pytest.approx(printed, abs=5e-3)
    assert got.corrected_mj == pytest.approx(once, abs=6e-3)
    assert f"{every:.2f} mJ" in got.explanation


def test_four_steps_cost_more_than_four_times_one():
    got = ALL["QKFormer-10-768, T = 4 from T = 1"]
    assert got.printed_mj / (got.recomputed_mj / 4) == pytest.approx(4.57, abs=5e-3)
    assert got.printed_mj > got.recomputed_mj
    assert "1.15 times as many" in got.explanation


@pytest.mark.parametrize(("size", "printed"), [("31M", 32.8), ("55M", 52.4)])
def test_a_fused_convolution_is_another_network(size, printed):
    got = ALL[f"SDT V2 {size}"]
    assert got.printed_mj == printed
    assert got.recomputed_mj < printed < got.corrected_mj


def test_fusing_turns_55_million_parameters_into_122():
    assert card("sdt-v2-55m/imagenet").parameters == 55_350_248
    assert card("sdt-v2-55m-fused/imagenet").parameters == 122_119_144


def test_the_fused_form_at_the_stated_rate_costs_what_is_printed():
    fused = card("sdt-v2-31m-fused/imagenet")
    spiking = sum(row.macs for row in fused.layers if row.spiking_input)
    inner = fused.macs - spiking - fused.first_macs
    rate = (32.8 - 4 * 4.6e-9 * (fused.first_macs + inner)) / (4 * 0.9e-9 * spiking)
    assert f"at {rate:.2f} spikes" in ALL["SDT V2 31M"].explanation


def test_every_replication_says_what_it_is():
    assert len(ALL) == len(replications())
    for replication in ALL.values():
        assert replication.printed_mj > 0
        assert replication.recomputed_mj > 0
        assert replication.source
        assert replication.explanation.endswith(".")
        assert Replication.from_json(replication.to_json()) == replication
