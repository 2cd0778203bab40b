import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import sweep_attention

SMALL = {"tokens": 4, "features": 6, "head_dim": 3}


@pytest.mark.parametrize(
    ("options", "slope", "holds"),
    [
        ({}, -0.5, True),
        ({"mode": "race"}, -0.5, True),
        ({"encoder": "sigma_delta"}, -1.0, True),
        ({"mode": "gli_escape", "encoder": "sigma_delta"}, -0.5, True),
        ({"mode": "cup", "encoder": "random_phase"}, -1.0, True),
        ({"mode": "gli_random_phase", "encoder": "sigma_delta"}, -1.0, True),
        ({"form": "online"}, -0.5, None),
    ],
)
def test_compiled_attention_keeps_its_theorem_and_its_slope(options, slope, holds):
    found = sweep_attention(steps=[32, 64, 128], **SMALL, **options)
    assert (found.holds, found.expected_slope) == (holds, slope)
    assert found.slope.value == pytest.approx(slope, abs=0.25)
    assert found.points[0].runs == 8
    assert found.points[0].rows[0].spikes > 0


def test_nothing_is_expected_of_running_means_of_deterministic_codes():
    found = sweep_attention(steps=[16], form="online", encoder="sigma_delta", runs=1, **SMALL)
    assert found.expected_slope is None


def test_the_published_circuit_has_no_theorem_and_does_not_fall():
    found = sweep_attention(
        steps=[128, 256, 512], form="published", tokens=8, features=16, head_dim=8, runs=4
    )
    assert (found.expected_slope, found.theorem.name) == (None, "")
    assert found.slope.high > -0.1
    assert "no theorem" in found.headline
    assert "mode" not in found.settings


def test_given_matrices_are_used_as_they_are(tmp_path):
    rng = np.random.default_rng(1)
    x, w_q, w_k, w_v = rng.normal(size=(5, 3)), *rng.normal(size=(3, 3, 2))
    np.savez(tmp_path / "w_q.npz", w_q=w_q)
    np.save(tmp_path / "x.npy", x)
    found = sweep_attention(
        steps=[64, 256], x=tmp_path / "x.npy", w_q=tmp_path / "w_q.npz", w_k=w_k, w_v=w_v,
        encoder="sigma_delta",
    )  # fmt: skip
    assert found.points[0].runs == 1  # nothing is drawn
    assert "5 tokens of 3 features, head dimension 2" in found.headline
    assert (found.settings["tokens"], found.settings["weights"]) == ("5 given", "given")
    assert found.provenance.data_fingerprint.startswith("sha256:")
    noisy = sweep_attention(steps=[64], x=x, w_q=w_q, w_k=w_k, w_v=w_v)
    assert noisy.points[0].runs == 8
    drawn = sweep_attention(steps=[64], x=x, head_dim=2, encoder="sigma_delta")
    assert drawn.points[0].runs == 8
    assert drawn.settings["weights"].startswith("drawn in each run: normal")


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "stagd"}, "Did you mean 'staged'"),
        ({"mode": "softmax"}, "`mode` must be one of gli"),
        ({"encoder": "binary"}, "`encoder` must be one of bernoulli"),
        ({"form": "published", "mode": "race"}, "`mode` and `encoder` must be left out"),
        ({"tokens": 0}, "`tokens` must be an integer >= 1"),
        ({"runs": 0}, "`runs` must be an integer >= 1"),
        ({"runs": 2**30}, "`runs` must be at most 1,048,576"),
        ({"tokens": 10**5}, "`tokens \\* tokens` must be at most 33,554,432; got 100,000 x"),
        ({"features": 10**8, "head_dim": 10**8}, "`tokens \\* features` must be at most"),
        ({"x": np.ones((2, 10**5)), "head_dim": 10**5}, "`features \\* head_dim` must be at"),
        ({"seed": -1}, "`seed` must be an integer >= 0"),
        ({"w_q": np.eye(2)}, "`w_k` must be given with the other weights"),
        ({"x": np.ones((2, 3)), **dict.fromkeys(("w_q", "w_k", "w_v"), np.eye(2))}, "must have 2"),
        ({"x": [[np.nan]]}, "`x` must be finite"),
        ({"x": "missing.npy"}, "`x` must be a readable"),
    ],
)
def test_bad_input_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        sweep_attention(steps=[16], **options)


def test_channels_are_coded_in_their_own_range_or_that_of_rates():
    """Without 0 and 1 in the range, a run of few steps would say less of a narrow channel."""
    x = np.array([[0.4, -2.0], [0.6, 3.0]])
    weights = dict.fromkeys(("w_q", "w_k", "w_v"), np.eye(2))
    found = sweep_attention(steps=[16], x=x, encoder="sigma_delta", **weights)
    from spikedim.circuits import SpikingAttention

    layer = SpikingAttention.compile(
        *weights.values(), low=[0.0, -2.0], high=[1.0, 3.0], encoder="sigma_delta"
    )
    generator = np.random.default_rng([0, 16, 0])
    want = layer.run(x, steps=16, generator=generator, measure_error=True).certificate
    assert (found.points[0].error, found.points[0].bound) == (want.error, want.bound)
