import numpy as np
import pytest
import torch
from tests.training_examples import (
    TEXT,
    TINY,
    drawn_model,
    image_examples,
    record_of,
    sentence_examples,
    write_image_run,
)

from spikedim._core import InputError, SampleStream
from spikedim.data import open_samples
from spikedim.training import (
    ActivationDimensions,
    Recipe,
    TrainedRun,
    activation_dimensions,
    attention_inputs,
    open_activations,
)

ATTENTION = "block.0.attn"


def opened(name, examples, **shape):
    model = drawn_model(name, examples, **shape)
    return TrainedRun(model, record_of(model, examples), Recipe(updates=2))


@pytest.fixture(scope="module")
def examples():
    return image_examples()


@pytest.fixture(scope="module")
def run(examples):
    return opened("spikformer-2-64/digits", examples, **TINY)


def read(activations, rows=None):
    return np.concatenate(list(activations.batches(rows)))


def test_attention_blocks_are_listed(run):
    assert attention_inputs(run) == (ATTENTION,)


def test_is_a_stream_that_can_be_read_again(run, examples):
    found = open_activations(run, examples, ATTENTION)
    assert isinstance(found, SampleStream)
    assert (found.layer, found.spec, found.split) == (
        "block.0.attn@run, mean over 4 steps",
        "drawn",
        "test",
    )
    assert (found.dtype, found.tokens, found.count) == (np.dtype("float32"), 16, 24)
    np.testing.assert_array_equal(read(found), read(found, 5))
    assert {len(batch) for batch in found.batches(10)} == {10, 4}


def test_never_holds_more_than_a_batch(run, examples, monkeypatch):
    sizes = []
    model = type(run.model)
    before = model.run
    monkeypatch.setattr(
        model, "run", lambda self, x, **how: sizes.append(len(x)) or before(self, x, **how)
    )
    found = open_activations(run, examples, ATTENTION, batch_size=5)
    reading = found.batches()
    next(reading)
    assert sizes == [1, 5]  # one input to learn the shape, then the first batch


def test_the_rest_of_the_network_does_not_run(run, examples):
    seen = []
    hook = run.model.head.register_forward_hook(lambda *_: seen.append(1))
    read(open_activations(run, examples, ATTENTION))
    hook.remove()
    assert seen == []


def test_steps_differ_and_so_do_their_names_and_fingerprints(run, examples):
    found = [open_activations(run, examples, ATTENTION, step=step) for step in (1, 2, None)]
    assert len({each.fingerprint for each in found}) == 3
    assert found[1].layer == "block.0.attn@run, step 2 of 4"
    assert not np.array_equal(read(found[0]), read(found[1]))
    again = open_activations(run, examples, ATTENTION, step=1)
    assert again.fingerprint == found[0].fingerprint
    fewer = open_activations(run, examples, ATTENTION, step=1, count=8)
    assert fewer.fingerprint != again.fingerprint
    assert fewer.shape == (128, 32)


def test_other_weights_give_another_fingerprint(run, examples):
    other = opened("spikformer-2-64/digits", examples, **TINY)
    with torch.no_grad():
        other.model.head.bias[0] += 1
    mine, theirs = (open_activations(each, examples, ATTENTION) for each in (run, other))
    assert mine.fingerprint != theirs.fingerprint


def test_a_model_in_training_is_read_in_evaluation_mode_and_left_alone(run, examples):
    want = read(open_activations(run, examples, ATTENTION))
    run.model.train()
    try:
        np.testing.assert_array_equal(read(open_activations(run, examples, ATTENTION)), want)
        assert run.model.training
    finally:
        run.model.eval()


def test_opened_pixels_are_read_as_images(tmp_path, run, examples):
    np.save(tmp_path / "x.npy", examples.inputs[:, 0])
    samples = open_samples(str(tmp_path / "x.npy"), layer="pixels")
    found = open_activations(run, samples, ATTENTION)
    want = open_activations(run, examples, ATTENTION)
    np.testing.assert_allclose(read(found), read(want), rtol=1e-5)
    part = open_activations(run, samples, ATTENTION, count=6)
    np.testing.assert_allclose(read(part.flat()), read(want.flat())[np.arange(6) * 4], rtol=1e-5)


def test_pixels_of_another_shape_are_refused(tmp_path, run):
    np.save(tmp_path / "x.npy", np.zeros((4, 6, 6), np.uint8))
    for layer in ("pixels", "patches:2"):
        samples = open_samples(str(tmp_path / "x.npy"), layer=layer)
        with pytest.raises(
            InputError, match=r"^open_activations: `samples` must be pixels \(1, 8,"
        ):
            open_activations(run, samples, ATTENTION)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 0}, r"`step` must be an integer >= 1; got 0"),
        ({"step": 5}, r"`step` must be one of the 4 time steps; got 5. Give `steps` to run more"),
        ({"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"count": 0}, r"`count` must be an integer >= 1; got 0"),
        ({"batch_size": 0}, r"`batch_size` must be an integer >= 1; got 0"),
        (
            {"layer": "block.0.atn"},
            r"`layer` must be a module of spikformer.*Nearest: block.0.attn",
        ),
        ({"layer": "xyz"}, r"`layer` must be a module of .*; got 'xyz'. Nearest: block.0.attn"),
        ({"layer": "block"}, r"`layer` must be a module that runs as one; got 'block'"),
    ],
)
def test_a_bad_option_is_refused(run, examples, options, message):
    options = {"layer": ATTENTION, **options}
    with pytest.raises(InputError, match=f"^open_activations: {message}"):
        open_activations(run, examples, **options)


def test_the_classifier_reads_one_token(run, examples):
    found = open_activations(run, examples, "head")
    assert (found.shape, found.group_size, found.tokens) == ((24, 32), 1, 1)


def test_token_numbers_are_no_features():
    examples = sentence_examples()
    run = opened("spikformer-text-2-64/movie-reviews", examples, **TEXT)
    with pytest.raises(InputError, match=r"^open_activations: `layer` must be a module that reads"):
        open_activations(run, examples, "embedding")


def test_a_twin_has_one_step(examples):
    twin = opened("spikformer-2-64/digits:softmax", examples, **TINY)
    assert open_activations(twin, examples, ATTENTION).layer == "block.0.attn@run"
    with pytest.raises(
        InputError, match=r"^open_activations: `steps` must be absent or 1 for .*:s"
    ):
        open_activations(twin, examples, ATTENTION, steps=4)


def test_batch_size_of_a_reading_is_checked(run, examples):
    found = open_activations(run, examples, ATTENTION)
    with pytest.raises(InputError, match=r"^Activations.batches: `batch_size` must be an integer"):
        found.batches(0)


def test_dimensions_of_a_folder(tmp_path, examples):
    path = write_image_run(tmp_path / "first")
    found = activation_dimensions(path, examples, steps=2, replicates=4, command="x")
    assert [(row.layer, row.step) for row in found.rows] == [
        (ATTENTION, 1),
        (ATTENTION, 2),
        (ATTENTION, None),
    ]
    assert [e.estimator for e in found.rows[0].estimates] == ["pca95", "participation_ratio"]
    assert all(e.low <= e.value <= e.high for row in found.rows for e in row.estimates)
    assert found.headline.startswith(
        "spikformer-2-64/digits on drawn: pca95 of what enters block.0.attn: "
    )
    assert found.provenance.data_fingerprint == examples.fingerprint
    assert ActivationDimensions.from_json(found.to_json()) == found


def test_a_silent_layer_says_so(run, examples):
    silent = opened("spikformer-2-64/digits", examples, **TINY)
    with torch.no_grad():
        for module in silent.model.stem.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.bias.fill_(-100.0)
    found = activation_dimensions(silent, examples, steps=1, replicates=0)
    assert found.rows[0].estimates == ()
    assert found.rows[0].reason == "what enters is constant, as in front of a silent layer"
    assert found.headline.endswith("what enters block.0.attn: silent of 32.")


def test_too_little_memory_is_no_silence(run, examples):
    with pytest.raises(InputError, match=r"`memory_budget` must"):
        activation_dimensions(run, examples, steps=1, replicates=0, memory_budget=1000)


def test_an_estimator_or_no_layer_is_refused(run, examples):
    with pytest.raises(
        InputError, match=r"^activation_dimensions: `estimators` must be one of pca95"
    ):
        activation_dimensions(run, examples, estimators=("pca90",))
    with pytest.raises(
        InputError, match=r"^activation_dimensions: `layers` must name modules of sp"
    ):
        activation_dimensions(run, examples, layers=())
