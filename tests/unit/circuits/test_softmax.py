import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import SoftmaxMode, cup, gli, race, softmax

LOGITS = np.random.default_rng(0).normal(size=(3, 5))


def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("mode", "circuit", "settings"),
    [
        ("gli", gli, {}),
        ("gli_random_phase", gli, {"emission": "random_phase", "generator": rng}),
        ("gli_escape", gli, {"emission": "escape", "generator": rng}),
        ("race", race, {"generator": rng}),
        ("cup", cup, {}),
    ],
)
def test_runs_the_circuit_that_was_asked_for(mode, circuit, settings):
    settings = {name: make() if callable(make) else make for name, make in settings.items()}
    want = circuit(LOGITS, steps=30, **settings)
    for asked in (mode, SoftmaxMode(mode)):
        got = softmax(LOGITS, mode=asked, steps=30, generator=rng())
        np.testing.assert_array_equal(got.value, want.value)
        assert got.certificate == want.certificate
        assert got.circuit == circuit.__name__
    assert (
        softmax(LOGITS, mode=mode, steps=30, generator=rng(), measure_error=False).certificate.error
        is None
    )


def test_every_mode_is_close_to_the_softmax():
    for mode in SoftmaxMode:
        result = softmax(LOGITS, mode=mode, steps=4096, generator=rng())
        assert result.certificate.holds is True
        assert result.certificate.rms_error < 0.02


def test_an_unknown_mode_is_refused():
    with pytest.raises(InputError, match="softmax: `mode` must be one of gli, gli_random_phase"):
        softmax(LOGITS, mode="cups", steps=3)


@pytest.mark.parametrize("mode", ["race", "gli_random_phase", "gli_escape"])
def test_a_random_mode_needs_a_generator(mode):
    with pytest.raises(InputError, match="`generator` must be a numpy"):
        softmax(LOGITS, mode=mode, steps=3)
