import pytest
import torch
from tests.model_examples import generator, inputs, live_model

from spikedim._core import InputError
from spikedim.models import accelerate, build, card
from spikedim.models.families import FAMILIES
from spikedim.models.families._text_transformer import AbstractTextTransformer
from spikedim.models.layers import ForwardPass

NAMES = [
    "spikingbert-2-64/movie-reviews",
    "spikformer-text-2-64/movie-reviews",
    "spikformer-lm-2-64/sequences",
]
LM = "spikformer-lm-2-64/sequences"
CODINGS = ["", ":softmax"]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=CODINGS)
def coding(request):
    return request.param


def live(name):
    """A live model of few tokens, which is quick."""
    return live_model(name, vocabulary=60, tokens=24)


def sentences(model, count, tokens, *, seed=5):
    return torch.randint(1, model.vocabulary, (count, tokens), generator=generator(seed))


def padded(x, extra):
    return torch.nn.functional.pad(x, (0, extra))


def test_every_text_family_is_tested_here():
    text = {key for key, kind in FAMILIES.items() if issubclass(kind, AbstractTextTransformer)}
    assert {card(name).family for name in NAMES} == text


def test_appending_padding_changes_nothing(name, coding):
    model = live(name + coding)
    x = sentences(model, 3, 11)
    short = model.forward_with_states(x, steps=4)
    long = model.forward_with_states(padded(x, 6), steps=4)
    for key, trace in short.populations.items():
        torch.testing.assert_close(
            long.populations[key].spikes[:, :, :11], trace.spikes, rtol=1e-9, atol=1e-12, msg=key
        )
    logits = long.outputs[:, :, :11] if name == LM else long.outputs
    torch.testing.assert_close(logits, short.outputs, rtol=1e-9, atol=1e-12)


def test_padding_never_fires_and_others_do(name):
    model = live(name)
    x = inputs(model, 6)
    trace = model.forward_with_states(x, steps=4)
    for key, found in trace.populations.items():
        assert (found.spikes[:, x == 0] == 0).all(), key
        assert found.spikes[:, x != 0].any(), key


def test_a_sentence_does_not_depend_on_the_lengths_in_its_batch(name, coding):
    model = live(name + coding)
    x = sentences(model, 3, 12)
    x[0, 4:], x[1, 9:] = 0, 0
    together = model(x, steps=3)
    alone = model(x[:1, :4], steps=3)
    first = together[:1, :4] if name == LM else together[:1]
    torch.testing.assert_close(first, alone, rtol=1e-9, atol=1e-12)


def test_padding_stays_out_of_training(name):
    first, second = (live(name).train() for _ in range(2))
    x = sentences(first, 4, 9)
    x[2, 6:] = 0
    outputs = []
    for model, seen in ((first, x), (second, padded(x, 5))):
        logits = model(seen, steps=2)
        logits = logits[:, :9][x != 0] if name == LM else logits
        logits.square().sum().backward()
        outputs.append(logits)
    torch.testing.assert_close(outputs[0], outputs[1], rtol=1e-9, atol=1e-12)
    for (key, a), (_, b) in zip(first.named_parameters(), second.named_parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-6, atol=1e-9, msg=key)
    for (key, a), (_, b) in zip(first.named_buffers(), second.named_buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12, msg=key)


def test_later_tokens_do_not_reach_earlier_outputs(coding):
    model = live(LM + coding)
    x = sentences(model, 3, 20)
    changed = torch.cat([x[:, :8], sentences(model, 3, 12, seed=6)], dim=1)
    first = model.forward_with_states(x, steps=4)
    second = model.forward_with_states(changed, steps=4)
    for key, trace in first.populations.items():
        a, b = trace.spikes, second.populations[key].spikes
        torch.testing.assert_close(a[:, :, :8], b[:, :, :8], rtol=1e-12, atol=1e-12, msg=key)
        assert not torch.allclose(a[:, :, 8:], b[:, :, 8:]), key
    torch.testing.assert_close(
        first.outputs[:, :, :8], second.outputs[:, :, :8], rtol=1e-12, atol=1e-12
    )
    prefix = model(x[:, :8], steps=4)
    torch.testing.assert_close(prefix, first.outputs[:, :, :8].mean(0), rtol=1e-9, atol=1e-12)


def test_earlier_tokens_reach_later_outputs(coding):
    model = live(LM + coding)
    x = sentences(model, 2, 10)
    changed = x.clone()
    changed[:, 2] = 1 + x[:, 2] % (model.vocabulary - 1)
    difference = (model(x, steps=4) - model(changed, steps=4)).abs().amax(dim=(0, 2))
    assert (difference[:2] <= 1e-12).all()
    assert difference[3:].max() > 1e-6


@pytest.mark.parametrize("short", ["spikformer-text-2-64/movie-reviews", NAMES[0]])
def test_sentence_models_look_both_ways(short):
    model = live(short)
    x = sentences(model, 2, 10)
    changed = x.clone()
    changed[:, -1] = 1 + x[:, -1] % (model.vocabulary - 1)
    first, second = (model.features(ids[None], ForwardPass(4)) for ids in (x, changed))
    assert not torch.equal(first[:, :, 0], second[:, :, 0])


def test_the_order_of_tokens_matters(name):
    model = live(name)
    x = sentences(model, 2, 10)
    turned = torch.cat([x[:, :1], x[:, 1:].flip(1)], dim=1)
    assert not torch.allclose(model(x, steps=4), model(turned, steps=4))


def test_shapes_of_outputs():
    x = torch.ones(2, 5, dtype=torch.int64)
    model = build(LM)
    assert model(x).shape == (2, 5, 32)
    assert model.run(x, steps=3).outputs.shape == (3, 2, 5, 32)
    assert build(NAMES[1]).run(x, steps=3).outputs.shape == (3, 2, 2)


def test_vocabulary_and_length_can_be_chosen(name):
    model = build(name, vocabulary=50, tokens=7, depth=1)
    assert (model.vocabulary, model.card.vocabulary, model.card.input_shape) == (50, 50, (7,))
    logits = model(torch.full((2, 7), 49))
    assert logits.shape == ((2, 7, 50) if name == LM else (2, 2))
    with pytest.raises(InputError, match=r"^forward: `x` must be sentences \[B, N\] of 1 to 7 t"):
        model(torch.ones(2, 8, dtype=torch.int64))
    with pytest.raises(InputError, match=r"numbers from 0 to 49; got 1 to 50\. Use the tokenizer"):
        model(torch.tensor([[1, 50]]))


def test_classes_of_a_language_model_are_its_tokens():
    with pytest.raises(
        InputError, match=r"`overrides` must be .* for spikformer-lm; got 'classes'"
    ):
        build(LM, classes=3)
    assert build(NAMES[1], classes=5).head.out_features == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary": 1}, r"^build: `vocabulary` must be at least 2.*; got 1\."),
        ({"side": 8}, r"^build: `overrides` must be .* got 'side'"),
        ({"tokens": 0}, r"^build: `tokens` must be .*; got 0"),
    ],
)
def test_impossible_tables_are_refused(name, change, message):
    with pytest.raises(InputError, match=message):
        build(name, **change)


def test_more_tokens_than_positions_are_refused():
    with pytest.raises(InputError, match=r"`tokens` must be at most the 512 positions.*got 513"):
        build("spikingbert-4/sst2", tokens=513, device="meta")
    assert build("spikingbert-4/sst2", tokens=512, device="meta").card.tokens == 512


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(2, 5), r"must be token numbers of type torch\.int64; got torch\.float32"),
        (torch.ones(2, 5).bool(), r"of type torch\.int64; got torch\.bool"),
        ([[1, 2]], r"of type torch\.int64; got list"),
        (torch.ones(5).long(), r"must be sentences \[B, N\] of 1 to 64 tokens; got shape \(5,\)"),
        (torch.ones(2, 0).long(), r"got shape \(2, 0\)"),
        (torch.ones(4, 2, 5).long(), r"got shape \(4, 2, 5\)"),
        (torch.tensor([[1, -1]]), r"numbers from 0 to \d+; got -1 to 1"),
        (torch.tensor([[1, 2], [0, 0]]), r"must (have a token|begin) "),
    ],
)
def test_wrong_sentences_are_refused(name, x, message):
    with pytest.raises(InputError, match=rf"^forward: `x` .*{message}|^forward: `x` {message}"):
        build(name)(x)


def test_a_classified_token_must_be_real():
    x = torch.tensor([[0, 3, 4]])
    with pytest.raises(InputError, match=r"must begin every sentence with the token that is cl"):
        build(NAMES[0])(x)
    assert build(NAMES[1])(x).shape == (1, 2)


def test_small_sizes_stay_below_the_budget_of_shipped_runs():
    small = ("spikingbert-2-64", "spikingbert-2-128", "spikformer-text-2-64")
    for name in (*small, "spikformer-text-2-128", "spikformer-lm-2-64", "spikformer-lm-2-128"):
        assert card(f"{name}/movie-reviews").parameters_released <= 700_000


@pytest.mark.parametrize("training", [False, True])
def test_the_fused_path_leaves_padding_out_too(name, training):
    plain, fused = (live(name).train(training) for _ in range(2))
    x = inputs(plain, 4)
    results = []
    for model in (plain, accelerate(fused)):
        logits = model(x, steps=3)
        logits.square().sum().backward()
        results.append(logits)
    torch.testing.assert_close(results[1], results[0], rtol=1e-9, atol=1e-12)
    for (key, a), (_, b) in zip(fused.named_parameters(), plain.named_parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-6, atol=1e-9, msg=key)
    for (key, a), (_, b) in zip(fused.named_buffers(), plain.named_buffers(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12, msg=key)


def test_bfloat16_reaches_the_blocks_of_text():
    model = accelerate(build(NAMES[1], vocabulary=60, tokens=24).eval(), precision="bfloat16")
    x = inputs(model, 2)
    assert model.features(x[None], ForwardPass(2)).dtype == torch.bfloat16
    assert model(x, steps=2).dtype == torch.float32
