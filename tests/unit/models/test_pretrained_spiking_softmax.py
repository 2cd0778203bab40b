"""A pretrained model whose softmax is a spike circuit: what is replaced, counted, certified."""

import json
import math

import numpy as np
import pytest
import torch
from tests.pretrained_examples import TINY, naive_bert, naive_softmax, tiny_weights

from spikedim._core import InputError
from spikedim.circuits import SoftmaxMode, softmax
from spikedim.models import (
    PretrainedTransformer,
    SpikingSoftmaxRun,
    SpikingSoftmaxTransformer,
    TokenBatch,
    replace_softmax,
)

SENTENCES = [[2, 5, 7, 3], [2, 6, 3], [2, 4, 5, 7, 8, 10, 3], [2, 3]]
ROWS = TINY.heads * sum(map(len, SENTENCES))


def padded(sentences, columns):
    ids = torch.zeros(len(sentences), columns, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = torch.tensor(sentence)
        mask[row, : len(sentence)] = 1
    return TokenBatch(ids, mask)


TOKENS = padded(SENTENCES, 7)


@pytest.fixture
def model():
    weights = tiny_weights(dtype=torch.float64)
    for name in weights:  # entries near one, as trained weights have: peaky but not one-hot
        if "query" in name:
            weights[name] *= 0.3
    return PretrainedTransformer(TINY, weights)


def test_embeddings_are_those_of_the_plain_loops_with_the_circuit_in_them(model):
    """One row at a time through the public circuit: a deterministic circuit must agree exactly."""

    def attend(scores):
        return softmax(scores, mode="cup", steps=9).value

    run = replace_softmax(model, mode="cup", steps=9).embed(TOKENS)
    for row, sentence in enumerate(SENTENCES):
        want = naive_bert(model.weights, TINY, sentence, attend).mean(axis=0)
        np.testing.assert_allclose(run.embeddings[row], want, atol=1e-10)


def test_one_layer_is_replaced_and_the_other_is_exact(model):
    calls = []

    def attend(scores):
        calls.append(scores)
        first = (len(calls) - 1) // (TINY.heads * len(sentence)) == 0
        return softmax(scores, mode="cup", steps=5).value if first else naive_softmax(scores)

    run = replace_softmax(model, layers=(0,), mode="cup", steps=5).embed(TOKENS)
    assert [layer.layer for layer in run.layers] == [0]
    for row, sentence in enumerate(SENTENCES):
        calls.clear()
        want = naive_bert(model.weights, TINY, sentence, attend).mean(axis=0)
        np.testing.assert_allclose(run.embeddings[row], want, atol=1e-10)


def test_errors_spikes_and_entropies_are_those_of_the_rows(model):
    logits = []

    def watch(layer, scores):
        if layer == 0:
            logits.append(scores)
        return torch.softmax(scores, dim=-1)

    model.embed(TOKENS, softmax=watch)
    (scores,) = logits
    order = [rows for rows, _ in TOKENS.batches(scores_per_square=2, most_scores=1 << 20)]
    kept = scores[TOKENS.attention_mask[order[0]][:, None, :].expand(-1, TINY.heads, -1)]
    want = softmax(kept, mode="gli", steps=16, measure_error=True)
    run = replace_softmax(model, layers=[0], steps=16).embed(TOKENS)
    (layer,) = run.layers
    gap = want.value - want.target
    assert layer.rows == len(kept) == ROWS
    assert layer.error_l1_rms == pytest.approx(math.sqrt((abs(gap).sum(axis=1) ** 2).mean()))
    assert layer.error_l2_rms == pytest.approx(want.certificate.rms_error)
    assert layer.row_spikes == want.row_spikes.sum()
    assert layer.spikes == want.total_spikes == layer.certificate.spikes
    assert layer.mean_row_spikes == pytest.approx(want.row_spikes.mean())
    assert layer.mean_row_entropy_bits == pytest.approx(want.row_entropy_bits.mean())
    assert layer.certificate.error == want.certificate.error
    assert layer.certificate.bound == want.certificate.bound
    assert run.spikes_per_sentence == want.total_spikes / 4
    for part in layer.by_entropy:
        inside = (want.row_entropy_bits >= part.low_bits) & (want.row_entropy_bits < part.high_bits)
        assert part.rows == inside.sum()
        assert part.mean_spikes == pytest.approx(want.row_spikes[inside].mean())
        rms = math.sqrt((gap[inside] ** 2).sum(axis=1).mean())
        assert part.error_l2_rms == pytest.approx(rms)
    assert sum(part.rows for part in layer.by_entropy) == ROWS


def test_batches_add_up(model, monkeypatch):
    whole = replace_softmax(model, steps=8, mode="cup").embed(TOKENS)
    monkeypatch.setattr("spikedim.models.pretrained._pretrained._MOST_SCORES", 1)
    parts = replace_softmax(model, steps=8, mode="cup").embed(TOKENS)
    np.testing.assert_allclose(parts.embeddings, whole.embeddings, atol=1e-10)
    for one, other in zip(parts.layers, whole.layers, strict=True):
        assert (one.rows, one.row_spikes) == (other.rows, other.row_spikes)
        assert one.error_l2_rms == pytest.approx(other.error_l2_rms)
        assert one.mean_row_entropy_bits == pytest.approx(other.mean_row_entropy_bits)
        assert [b.rows for b in one.by_entropy] == [b.rows for b in other.by_entropy]


@pytest.mark.parametrize("mode", list(SoftmaxMode))
def test_more_steps_come_closer_and_certificates_hold(model, mode):
    exact = model.embed(TOKENS)
    errors = []
    for steps in (4, 64, 1024):
        run = replace_softmax(model, steps=steps, mode=mode).embed(
            TOKENS, generator=np.random.default_rng(0)
        )
        errors.append(np.linalg.norm(run.embeddings - exact))
        assert run.holds is not False
        assert run.silent_rows == 0
        assert (run.mode, run.steps, run.sentences, run.tokens) == (mode, steps, 4, 16)
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0


def test_a_stochastic_circuit_repeats_with_its_seed_and_needs_a_generator(model):
    spiking = replace_softmax(model, steps=8, mode="race")
    first, second = (spiking.embed(TOKENS, generator=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.embeddings, second.embeddings)
    with pytest.raises(InputError, match=r"`generator` must be a numpy.random.Generator"):
        spiking.embed(TOKENS)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("mode", ["gli", "race"])
def test_a_seed_in_place_of_a_generator_is_refused_at_the_door(model, mode):
    with pytest.raises(InputError, match=r"^SpikingSoftmaxTransformer.embed: `generator` .*int"):
        replace_softmax(model, steps=8, mode=mode).embed(TOKENS, generator=3)


def test_an_error_that_was_not_measured_is_absent(model):
    run = replace_softmax(model, steps=8).embed(TOKENS, measure_error=False)
    for layer in run.layers:
        assert layer.error_l1_rms is layer.error_l2_rms is layer.mean_row_entropy_bits is None
        assert layer.by_entropy == ()
        assert layer.certificate.error is None
        assert layer.holds is None
    assert run.holds is None


def test_the_run_says_what_does_not_spike_and_survives_json(model):
    run = replace_softmax(model, steps=4).embed(TOKENS)
    again = SpikingSoftmaxRun.from_json(run.to_json())
    np.testing.assert_array_equal(again.embeddings, run.embeddings)
    assert again.layers == run.layers
    assert json.loads(run.to_json())["scope"].startswith("Only softmax is a spike circuit; quer")
    assert run.provenance.data_fingerprint == TOKENS.fingerprint
    assert any("real-valued" in line for line in run.provenance.assumptions)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"steps": 4, "mode": "wta"}, r"`mode` must be one of gli, .*got 'wta'"),
        ({"steps": 4, "layers": "first"}, r"`layers` must be one of all; got 'first'"),
        ({"steps": 4, "layers": (0, 2)}, r"`layers` must be different numbers from 0 to 1.*0, 2"),
        ({"steps": 4, "layers": (1, 1)}, r"`layers` must be different numbers"),
        ({"steps": 4, "layers": ()}, r"`layers` must be different numbers.*got \[\]"),
        ({"steps": 4, "layers": 3}, r"`layers` must be 'all' or numbers of layers; got 3\. W"),
        ({"steps": 4, "layers": (-1,)}, r"`layers` must be an integer >= 0; got -1"),
    ],
)
def test_bad_choices_are_refused(model, given, message):
    with pytest.raises(InputError, match=rf"^replace_softmax: {message}"):
        replace_softmax(model, **given)


@pytest.mark.parametrize("layers", [(), (99,), (0, 0)])
def test_layers_are_checked_however_the_model_is_made(model, layers):
    with pytest.raises(InputError, match=r"`layers` must be different numbers from 0 to 1"):
        SpikingSoftmaxTransformer(model, layers, SoftmaxMode.GLI, 4)


def test_layers_are_put_in_order(model):
    run = replace_softmax(model, steps=4, layers=(1, 0)).embed(TOKENS)
    assert [layer.layer for layer in run.layers] == [0, 1]


def test_the_order_of_sentences_does_not_matter(model):
    spiking = replace_softmax(model, steps=8, mode="cup")
    turned = TokenBatch(TOKENS.input_ids.flip(0), TOKENS.attention_mask.flip(0))
    np.testing.assert_allclose(
        spiking.embed(turned).embeddings, spiking.embed(TOKENS).embeddings[::-1], atol=1e-10
    )
