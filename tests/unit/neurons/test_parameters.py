import math

import pytest

from spikedim._core import InputError
from spikedim.neurons import InputScale, LIFParameters, Reset, leak_euler, leak_exact

pytestmark = pytest.mark.usefixtures("untyped")


def test_two_discretisations_of_one_time_constant():
    assert leak_exact(2.0) == math.exp(-0.5)
    assert leak_euler(2.0) == 0.5
    assert leak_euler(1.0) == 0.0
    for tau in (5.0, 50.0, 5e4):
        assert 0 < leak_exact(tau) - leak_euler(tau) < 1 / (2 * tau**2)


@pytest.mark.parametrize("bad", [0, -1.0, math.nan, math.inf, "2", None, True])
@pytest.mark.parametrize("leak", [leak_exact, leak_euler])
def test_a_time_constant_is_a_number_above_zero(leak, bad):
    with pytest.raises(InputError, match=rf"^{leak.__name__}: `tau_mem_steps` must be "):
        leak(bad)


def test_euler_refuses_a_membrane_faster_than_a_step():
    with pytest.raises(InputError, match=r"must be at least 1; got 0\.5\. Use `leak_exact`"):
        leak_euler(0.5)


def test_presets():
    published = LIFParameters.published(leak=0.75)
    assert (published.leak, published.reset_size, published.gain) == (0.75, 1.0, 1.0)
    perfect = LIFParameters.integrate_and_fire(phase=0.5)
    assert (perfect.leak, perfect.initial_membrane) == (1.0, 0.5)
    jelly = LIFParameters.spikingjelly(threshold=0.5)
    assert (jelly.leak, jelly.gain, jelly.threshold) == (0.5, 0.5, 0.5)
    assert (jelly.reset, jelly.v_reset, jelly.input_scale) == (Reset.HARD, 0.0, InputScale.DECAY)


def test_size_of_a_soft_reset():
    assert LIFParameters(leak=0.5, threshold=3.0).reset_size == 3.0
    assert LIFParameters(leak=0.5, threshold=3.0, reset=Reset.SOFT_CARRIED).reset_size == 1.5
    with pytest.raises(InputError, match=r"reset_size: `reset` must be soft; got Reset\.HARD"):
        _ = LIFParameters(reset=Reset.HARD).reset_size


def test_is_a_frozen_value():
    neuron = LIFParameters(leak=0.5)
    assert neuron == LIFParameters(leak=0.5)
    assert hash(neuron) == hash(LIFParameters(leak=0.5))
    with pytest.raises(AttributeError):
        neuron.leak = 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"leak": 1.2}, r"`leak` must be in \[0, 1\]; got 1.2. Use `leak_exact` or `leak_euler`"),
        ({"leak": -0.1}, r"`leak` must be in \[0, 1\]; got -0.1"),
        ({"leak": math.nan}, "`leak` must be a finite number; got nan"),
        ({"threshold": 0.0}, "`threshold` must be above 0; got 0.0. Measure potentials"),
        ({"threshold": -1}, "`threshold` must be above 0; got -1"),
        ({"v_reset": math.inf}, "`v_reset` must be a finite number; got inf"),
        ({"initial_membrane": "half"}, "`initial_membrane` must be a finite number; got 'half'"),
        ({"refractory_steps": -1}, "`refractory_steps` must be an integer >= 0; got -1"),
        ({"refractory_steps": 1.5}, r"`refractory_steps` must be an integer >= 0; got 1\.5"),
        ({"warm_up_steps": True}, "`warm_up_steps` must be an integer >= 0; got True"),
        (
            {"reset": "hard"},
            "`reset` must be one of Reset.SOFT_POST_LEAK, Reset.SOFT_CARRIED, Reset.HARD; got 'h",
        ),
        (
            {"input_scale": 1},
            "`input_scale` must be one of InputScale.ONE, InputScale.DECAY; got 1",
        ),
        (
            {"reset": Reset.HARD, "v_reset": 1.5},
            "`v_reset` must be below the threshold 1; got 1.5. A neuron reset above its threshold",
        ),
        (
            {"leak": 1.0, "input_scale": InputScale.DECAY},
            "`input_scale` must be InputScale.ONE for a leak of 1; got InputScale.DECAY",
        ),
    ],
)
def test_what_is_no_neuron_is_refused(values, message):
    with pytest.raises(InputError, match=f"^LIFParameters: {message}"):
        LIFParameters(**values)
