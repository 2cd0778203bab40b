"""Building models by name: shapes, switches, weights, and every refusal."""

import pytest
import torch
from tests.model_examples import generator, images, live_model

from spikedim._core import InputError
from spikedim.models import build, card
from spikedim.neurons import ATanSurrogate, LIFParameters

SMALL = "spikformer-2-64/digits"


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("spikfromer-2-64", {}, r"`name` must be the name of a model; got 'spikfromer-2-64'\. Did"),
        ("spikegpt-216m", {}, r"must be of a family that can be built .*card only"),
        (SMALL, {"classez": 3}, r"got 'classez'\. Did you mean 'classes'\?"),
        (
            SMALL,
            {"legacy_batch_leak": True},
            r"`overrides` must be among .* for spikformer; got 'leg",
        ),
        (SMALL, {"heads": 5}, r"`heads` must divide the width 64; got 5\. Choose one of 1, 2, 4"),
        (SMALL, {"heads": 0}, r"`heads` must be an integer >= 1; got 0"),
        (SMALL, {"width": 36, "heads": 2}, r"`width` must be divisible by 8.* got 36\. Use 32"),
        (SMALL, {"side": 9}, r"`side` must be divisible by 2, .*halves it 1 times; got 9\. Use 8"),
        (SMALL, {"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        (SMALL, {"drop_path": 1.0}, r"`drop_path` must be in \[0, 0.999\]; got 1"),
        (SMALL, {"neuron": "lif"}, r"`neuron` must be of type LIFParameters; got 'lif'"),
        (SMALL, {"pool_first": 1}, r"`pool_first` must be True or False; got 1"),
        (SMALL, {"pool_first": None}, r"`pool_first` must be True or False; got None"),
        (SMALL, {"generator": 3}, r"`generator` must be a torch.Generator; got int\. Pass"),
        (SMALL, {"dtype": torch.int32}, r"`dtype` must be a floating type; got torch.int32"),
        (7, {}, r"`name` must be a string; got 7"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_refuses_with_one_sentence(name, overrides, message):
    with pytest.raises(InputError, match=rf"^build: .*{message}"):
        build(name, **overrides)


def test_says_which_side_fits():
    with pytest.raises(InputError, match=r"divisible by 16, .* got 100\. Use 96, or 112"):
        build("spikformer-8-384/imagenet", side=100, device="meta")


@pytest.mark.parametrize(
    ("overrides", "shape", "classes"),
    [({"side": 16}, (1, 16, 16), 10), ({"channels": 2, "classes": 3}, (2, 8, 8), 3)],
)
def test_another_shape_has_its_own_card(overrides, shape, classes):
    model = build(SMALL, **overrides)
    assert (model.card.input_shape, model.card.classes) == (shape, classes)
    assert model(torch.zeros(2, *shape)).shape == (2, classes)
    assert sum(p.numel() for p in model.parameters()) == model.card.parameters
    assert model.card.published_parameters == ""


def test_the_released_count_has_dead_parameters_that_change_nothing():
    name = "spikformer-4-384/cifar10"
    released = build(name, device="meta", legacy_dead_parameters=True)
    assert sum(p.numel() for p in released.parameters()) == card(name).parameters_released
    assert sum(p.numel() for p in build(name, device="meta").parameters()) == 9_324_730
    plain, legacy = live_model(SMALL), live_model(SMALL, legacy_dead_parameters=True)
    missing = legacy.load_state_dict(plain.state_dict(), strict=False)
    assert {key.rsplit(".", 2)[1] for key in missing.missing_keys} == {"norm1", "norm2"}
    x = images(plain)
    assert torch.equal(plain(x), legacy(x))


def test_weights_follow_the_generator_and_not_the_global_one():
    before = torch.get_rng_state()
    first = build(SMALL)
    same, other = build(SMALL), build(SMALL, generator=generator(5))
    assert torch.equal(first.block[0].attn.q.weight, same.block[0].attn.q.weight)
    assert not torch.equal(first.block[0].attn.q.weight, other.block[0].attn.q.weight)
    assert torch.equal(torch.get_rng_state(), before)


def test_linear_weights_start_with_deviation_two_hundredths():
    model = build("spikformer-4-256/cifar10")
    assert model.block[0].mlp.fc1.weight.std().item() == pytest.approx(0.02, rel=0.02)
    assert model.head.weight.std().item() == pytest.approx(0.02, rel=0.1)
    bound = (3 * 9 * 128) ** -0.5 * 3**0.5  # Kaiming uniform with a^2 = 5
    assert model.stem.conv3.weight.abs().max().item() == pytest.approx(bound, rel=0.01)
    assert all((m.bias == 0).all() for m in [model.block[0].attn.q, model.head])


def test_neuron_and_surrogate_reach_every_population():
    neuron = LIFParameters(leak=0.9, threshold=2.0)
    model = build(SMALL, neuron=neuron, surrogate=ATanSurrogate())
    lifs = {name: population.lif for name, population in model.populations.items()}
    assert {lif.neuron.leak for lif in lifs.values()} == {0.9}
    assert lifs["block.0.attn.attn_lif"].neuron.threshold == 1.0  # half of the others', as released
    assert lifs["block.0.attn.q_lif"].neuron.threshold == 2.0
    assert {type(lif.surrogate) for lif in lifs.values()} == {ATanSurrogate}


def test_takes_the_steps_of_the_model_unless_told():
    model = live_model(SMALL, steps=3)
    x = images(model)
    assert model.run(x).outputs.shape[0] == 3
    assert model.run(x, steps=5).outputs.shape[0] == 5
    assert model.run(x.expand(2, *x.shape)).outputs.shape[0] == 2


@pytest.mark.parametrize(
    ("x", "steps", "message"),
    [
        (torch.zeros(2, 1, 9, 8), None, r"`x` must be images \[B, 1, 8, 8\] or a sequence \[T, B"),
        (torch.zeros(1, 8, 8), None, r"got shape \(1, 8, 8\)"),
        (torch.zeros(0, 1, 8, 8), None, r"got shape \(0, 1, 8, 8\)"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), None, r"must be a floating tensor.*uint8"),
        ([[0.0]], None, r"must be a floating tensor \[B, 1, 8, 8\]; got list"),
        (
            torch.zeros(2, 1, 8, 8).double(),
            None,
            r"type of the weights, torch.float32; got",
        ),
        (torch.full((2, 1, 8, 8), torch.nan), None, r"`x` must be finite; got NaN or infinity"),
        (torch.zeros(2, 1, 8, 8), 0, r"`steps` must be an integer >= 1; got 0"),
        (torch.zeros(3, 2, 1, 8, 8), 4, r"`steps` must be the 3 steps of the sequence.*got 4"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_bad_input_is_met_at_the_door(x, steps, message):
    with pytest.raises(InputError, match=rf"^forward: .*{message}"):
        build(SMALL)(x, steps=steps)


def test_stochastic_depth_drops_branches_of_samples_and_keeps_the_mean():
    model = live_model(SMALL, drop_path=0.5)
    x = images(model)
    plain = live_model(SMALL)
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model(x), plain(x))  # evaluation drops nothing
    model.train()
    first, again = (model(x, generator=generator(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, model(x, generator=generator(4)))
    with pytest.raises(InputError, match=r"^forward: `generator` must be a torch.Generator to tr"):
        model(x)


def test_static_and_repeated_images_leave_the_same_running_statistics():
    first, second = (build(SMALL, dtype=torch.float64) for _ in range(2))
    x = images(first, 6)
    first(x, steps=3)
    second(x.expand(3, *x.shape))
    for (key, a), (_, b) in zip(first.named_buffers(), second.named_buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12, msg=key)


def test_states_of_another_model_are_refused():
    model = live_model(SMALL)
    states = model.run(images(model, 2), steps=1).states
    states.pop("stem.lif0")
    with pytest.raises(InputError, match=r"`states` must hold the 19 spiking .*: stem\.lif0\."):
        model.run(images(model, 2), steps=1, states=states)


@pytest.mark.parametrize("suffix", ["", ":softmax"])
@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        (SMALL, {"pool_first": True}),
        (SMALL, {"product_bias": False}),
        ("spikformer-2-256/cifar10-dvs", {"pool_first": True, "product_bias": True, "side": 32}),
    ],
)
def test_the_card_of_a_switched_model_is_that_of_the_model(name, suffix, overrides):
    model = build(f"{name}{suffix}", device="meta", steps=1, **overrides).eval()
    shapes = {}

    def note(population, _, activity):
        shapes[population.name] = (activity[0, 0, ..., 0].numel(), activity.shape[-1])

    for population in model.populations.values():
        population.register_forward_hook(note)
    model(torch.empty(1, *model.card.input_shape, device="meta"))
    assert shapes == {p.name: (p.tokens, p.features) for p in model.card.populations}
    for row in model.card.layers:
        if row.kind in ("conv", "linear", "head"):
            counted = sum(p.numel() for p in model.get_submodule(row.name).parameters())
            assert row.parameters == counted, row.name


def test_one_value_a_feature_has_no_variance_to_train_with():
    model = build(SMALL, side=2)
    with pytest.raises(InputError, match=r"^forward: `x` must give every .* at least 2 .*; got 1"):
        model(torch.ones(1, 1, 2, 2), steps=1)
    assert model(torch.ones(2, 1, 2, 2), steps=1).shape == (2, 10)
    assert model.eval()(torch.ones(1, 1, 2, 2), steps=1).shape == (1, 10)


@pytest.mark.usefixtures("untyped")
def test_refuses_states_of_another_kind_or_batch():
    model = live_model(SMALL)
    x = images(model, 2)
    states = model.run(x, steps=1).states
    for wrong in ([1], {key: tuple(state) for key, state in states.items()}):
        with pytest.raises(InputError, match=r"^forward: `states` must map names to LIFState"):
            model.run(x, states=wrong)
    with pytest.raises(InputError, match=r"must be those of the 1 samples of `x`; got .* of 2\."):
        model.run(x[:1], states=states)
    half = {key: type(state)(*(field[:1] for field in state)) for key, state in states.items()}
    assert model.run(x[:1], states=half).outputs.shape[1] == 1


def test_looks_at_values_wherever_it_can():
    """Mapping over samples hides values from the check, and only that does."""
    model = live_model(SMALL)
    x = images(model, 2)
    mapped = torch.func.vmap(lambda image: model(image[None])[0])(x)
    torch.testing.assert_close(mapped, model(x), rtol=1e-9, atol=1e-12)
    with pytest.raises(InputError, match="finite; got NaN"):
        model(x.clone().index_fill_(0, torch.tensor(1), float("nan")))


@pytest.mark.parametrize("device", ["nope", "cpu:x", 3.5])
def test_a_device_must_be_there(device, untyped):
    with pytest.raises(
        InputError, match=r"^build: `device` must be one that torch finds here; got"
    ):
        build("spikformer-2-64/digits", device=device)
