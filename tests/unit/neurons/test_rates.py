import math

import pytest
import torch

from spikedim._core import InputError
from spikedim.neurons import (
    LIFParameters,
    Reset,
    drive_for_rate,
    firing_rate,
    first_spike_step,
    init_state,
    lif_trace,
    rate_from_membranes,
    rheobase,
)

HARD = LIFParameters(leak=0.5, reset=Reset.HARD)
SOFT = LIFParameters(leak=0.5)
FORGETFUL = LIFParameters(leak=0.0)
REFRACTORY = LIFParameters(refractory_steps=2)


@pytest.mark.parametrize(
    ("drive", "rate"), [(-1.0, 0.0), (0.999, 0.0), (1.0, 0.5), (1.999, 0.5), (2.0, 1.0), (9.0, 1.0)]
)
def test_a_soft_neuron_without_memory_fires_never_every_other_step_or_always(drive, rate):
    assert firing_rate(drive, FORGETFUL) == rate


def test_a_neuron_without_memory_or_reset_is_a_threshold():
    for reset in (Reset.SOFT_CARRIED, Reset.HARD):
        neuron = LIFParameters(leak=0.0, reset=reset)
        assert [firing_rate(drive, neuron) for drive in (0.9, 1.0, 1.1)] == [0.0, 1.0, 1.0]
        assert firing_rate(drive_for_rate(1.0, neuron), neuron) == 1.0


def test_the_input_scale_scales_the_drive():
    jelly = LIFParameters.spikingjelly(tau=4.0)
    plain = LIFParameters(leak=0.75, reset=Reset.HARD)
    assert firing_rate(1.7, jelly) == firing_rate(1.7 / 4, plain) > 0
    assert drive_for_rate(0.25, jelly) == pytest.approx(4 * drive_for_rate(0.25, plain), rel=1e-15)
    assert rheobase(jelly) == 1.0


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [math.nan, math.inf, None, "1", True])
def test_a_drive_is_a_finite_number(bad):
    for function in (firing_rate, first_spike_step):
        with pytest.raises(InputError, match=rf"^{function.__name__}: `current` must be a finite"):
            function(bad, SOFT)


@pytest.mark.parametrize("drive", [0.5, 0.3, 0.0, -2.0])
def test_a_drive_that_never_fires_is_said_so(drive):
    with pytest.raises(
        InputError, match=rf"`current` must be above the rheobase 0\.5; got {drive}\. This neuron"
    ):
        first_spike_step(drive, SOFT)
    assert firing_rate(drive, SOFT) == 0


def test_a_drive_too_weak_to_count_is_no_endless_search():
    for drive in (5e-324, 1e-300, 1e-17):
        assert firing_rate(drive, LIFParameters(reset=Reset.HARD)) == 0
    assert firing_rate(1e-15, LIFParameters(reset=Reset.HARD)) == pytest.approx(1e-15, rel=0.1)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("bad", [0.0, -0.1, 1.01, math.nan, "1"])
def test_a_rate_is_possible(bad):
    with pytest.raises(InputError, match=r"^drive_for_rate: `rate` must be "):
        drive_for_rate(bad, SOFT)


@pytest.mark.parametrize(
    ("rate", "neuron", "message"),
    [
        (0.34, REFRACTORY, r"`rate` must be in \(0, 0.333333\] after 2 refractory steps; got 0.34"),
        (0.3, HARD, "since a hard reset makes all intervals equal; got 0.3. The nearest are 0.25 "),
        (0.3, FORGETFUL, "fires always or every other step; got rotation number 0.3"),
        (0.5, LIFParameters(leak=0.0, reset=Reset.HARD), "for a neuron without memory; got 0.5"),
        (0.5, LIFParameters(leak=0.99995), "a leak of at most 0.9999 or exactly 1; got 0.99995"),
    ],
)
def test_a_rate_out_of_reach_is_refused(rate, neuron, message):
    with pytest.raises(InputError, match=rf"^drive_for_rate: .*{message}"):
        drive_for_rate(rate, neuron)


def test_a_series_too_long_is_refused():
    with pytest.raises(InputError, match=r"^firing_rate: `parameters` must have a leak of at most"):
        firing_rate(0.3, LIFParameters(leak=0.99999))


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        (LIFParameters(reset=Reset.HARD), "reset_size: `reset` must be soft"),
        (REFRACTORY, "must have no refractory period and a reset above 0; got 2 steps and 1"),
        (LIFParameters(leak=0.0, reset=Reset.SOFT_CARRIED), "got 0 steps and 0"),
    ],
)
def test_the_identity_needs_a_soft_reset_and_no_refractory_period(neuron, message):
    start = init_state((1,), neuron)
    trace = lif_trace(torch.ones(3, 1), start, neuron)
    with pytest.raises(InputError, match=message):
        rate_from_membranes(torch.ones(3, 1), start, trace, neuron)
