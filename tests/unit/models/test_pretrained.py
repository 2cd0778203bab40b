"""A folder of a pretrained model: read strictly, run exactly."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.pretrained_examples import (
    TINY,
    naive_bert,
    naive_softmax,
    tiny_weights,
    write_bert,
)

from spikedim._core import AbstractProgress, InputError, NumericsError
from spikedim.models import PretrainedConfig, PretrainedTransformer, TokenBatch, read_pretrained

SENTENCES = [[2, 5, 7, 3], [2, 6, 3], [2, 4, 5, 7, 8, 10, 3], [2, 3]]


def padded(sentences, columns=None):
    columns = columns or max(map(len, sentences))
    ids = torch.zeros(len(sentences), columns, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = torch.tensor(sentence)
        mask[row, : len(sentence)] = 1
    return TokenBatch(ids, mask)


@pytest.fixture
def folder(tmp_path):
    return write_bert(tmp_path / "bert")


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_token_vectors_are_those_of_the_plain_loops(folder, dtype, close):
    model = read_pretrained(folder, dtype=dtype)
    assert model.config == TINY
    assert model.dtype == dtype
    tokens = padded(SENTENCES)
    hidden = model.forward(tokens.input_ids, tokens.attention_mask)
    embeddings = model.embed(tokens)
    assert hidden.dtype == dtype
    assert hidden.shape == (4, 7, 8)
    assert torch.isfinite(hidden).all()
    for row, sentence in enumerate(SENTENCES):
        want = naive_bert(tiny_weights(), TINY, sentence, naive_softmax)
        got = hidden[row, : len(sentence)].numpy()
        np.testing.assert_allclose(got, want, atol=close, rtol=0)
        np.testing.assert_allclose(embeddings[row], want.mean(axis=0), atol=close, rtol=0)


def test_padding_changes_nothing(folder):
    model = read_pretrained(folder, dtype=torch.float64)
    first = model.embed(padded(SENTENCES[:2]))
    ids = padded(SENTENCES[:2], columns=7)
    ids.input_ids[~ids.attention_mask] = 9
    np.testing.assert_allclose(model.embed(ids), first, atol=1e-13)
    alone = model.embed(padded(SENTENCES[1:2]))
    np.testing.assert_allclose(alone[0], first[1], atol=1e-13)


def test_the_mask_may_be_left_out(folder):
    model = read_pretrained(folder)
    ids = torch.tensor([[2, 5, 3]])
    torch.testing.assert_close(
        model.forward(ids), model.forward(ids, torch.ones_like(ids)), atol=0, rtol=0
    )


def test_batches_are_small_and_the_order_is_kept(folder, monkeypatch):
    model = read_pretrained(folder, dtype=torch.float64)
    whole = model.embed(padded(SENTENCES))
    seen = []
    monkeypatch.setattr("spikedim.models.pretrained._pretrained._MOST_SCORES", 2 * 2 * 4**2)

    def watched(layer, logits):
        seen.append((layer, *logits.shape))
        return torch.softmax(logits, dim=-1)

    parts = model.embed(padded(SENTENCES), softmax=watched)
    np.testing.assert_allclose(parts, whole, atol=1e-13)
    # [layer, B, H, N, N]: the long sentence alone, then two of at most four tokens, then the last
    assert seen[::2] == [(0, 1, 2, 7, 7), (0, 2, 2, 4, 4), (0, 1, 2, 2, 2)]


def test_half_precision_and_a_pooler_are_read(tmp_path):
    weights = tiny_weights(dtype=torch.bfloat16)
    extra = {"pooler.dense.weight": torch.ones(8, 8), "pooler.dense.bias": torch.ones(8)}
    model = read_pretrained(write_bert(tmp_path / "b", weights=weights | extra))
    assert model.dtype == torch.float32
    assert set(model.weights) == set(TINY.tensor_shapes())
    assert model.fingerprint.startswith("sha256:")


def test_the_file_may_change_after_reading(folder):
    model = read_pretrained(folder)
    before = model.embed(padded(SENTENCES))
    path = folder / "model.safetensors"
    path.write_bytes(b"\0" * path.stat().st_size)
    np.testing.assert_array_equal(model.embed(padded(SENTENCES)), before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_type": "gpt2"}, r"with model_type 'bert'; got model_type 'gpt2'"),
        ({"hidden_act": "relu"}, r"with hidden_act 'gelu'; got hidden_act 'relu'"),
        ({"position_embedding_type": "relative_key"}, r"'absolute'; got .* 'relative_key'"),
        ({"is_decoder": True}, r"with is_decoder False; got is_decoder True"),
        ({"add_cross_attention": True}, r"with add_cross_attention False"),
        ({"quantization_config": {"bits": 8}}, r"quantization_config None; got"),
        ({"architectures": ["BertForMaskedLM"]}, r"must hold a whole BertModel; got"),
        ({"pruned_heads": {"0": [1]}}, r"pruned heads \{'0': \[1\]\}"),
        ({"hidden_size": 9}, r"config.json' \(PretrainedConfig: `heads` must divide the width 9"),
        ({"num_hidden_layers": 0}, r"`layers` must be an integer >= 1; got 0"),
        ({"num_hidden_layers": 10**9}, r"`layers` must be at most 1024; got 1000000000"),
        ({"num_hidden_layers": "2"}, r"`layers` must be an integer >= 1; got '2'"),
        ({"layer_norm_eps": -1.0}, r"`layer_norm_epsilon` must be above 0; got -1.0"),
        ({"num_hidden_layers": 3}, r"of 3 layers; got 16 missing, first 'encoder.layer.2"),
        ({"num_hidden_layers": 1}, r"of 1 layers; got 16 unexpected, first 'encoder.layer.1"),
        ({"vocab_size": 12}, r"'embeddings.word_embeddings.weight' of shape \(12, 8\); got"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_another_architecture_is_refused(tmp_path, settings, message):
    with pytest.raises(InputError, match=rf"^read_pretrained: `folder` .*{message}"):
        read_pretrained(write_bert(tmp_path / "bert", **settings))


def without(name):
    weights = tiny_weights()
    del weights[name]
    return weights


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (without("embeddings.LayerNorm.bias"), r"1 missing, first 'embeddings.LayerNorm.bias'"),
        (tiny_weights() | {"cls.bias": torch.ones(1)}, r"1 unexpected, first 'cls.bias'"),
        (
            tiny_weights() | {"embeddings.LayerNorm.bias": torch.ones(8, dtype=torch.int8)},
            r"floating-point weights; got I8 in 'embeddings.LayerNorm.bias'",
        ),
        (
            tiny_weights()
            | {"embeddings.LayerNorm.bias": torch.full((8,), 1e300, dtype=torch.float64)},
            r"finite in torch.float32; .* Read them as torch.float64",
        ),
        (
            tiny_weights() | {"embeddings.LayerNorm.bias": torch.full((8,), torch.nan)},
            r"finite in torch.float32; got NaN or infinity in 'embeddings.LayerNorm.bias'",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tmp_path, weights, message):
    with pytest.raises(InputError, match=rf"^read_pretrained: `folder` .*{message}"):
        read_pretrained(write_bert(tmp_path / "bert", weights=weights))


def test_a_damaged_folder_is_refused(folder):
    with pytest.raises(InputError, match=r"^read_pretrained: `dtype` .*got torch.float16"):
        read_pretrained(folder, dtype=torch.float16)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(InputError, match=r"whole safetensors file; got .*model.safetensors"):
        read_pretrained(folder)
    path.unlink()
    with pytest.raises(InputError, match=r"must hold model.safetensors; got none"):
        read_pretrained(folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(InputError, match=r"got pytorch_model.bin, a pickle, which is never read"):
        read_pretrained(folder)
    (folder / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(InputError, match=r"got several shards"):
        read_pretrained(folder)
    with pytest.raises(InputError, match=r"must be an existing folder; got .*nowhere"):
        read_pretrained(folder / "nowhere")
    with pytest.raises(InputError, match=r"must be an existing folder; got '~no such user/x'"):
        read_pretrained("~no such user/x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "no JSON object"),
        (b"{", "Expecting"),
        (b"\xff\xfe{}", ""),
        (b"[" * 200_000, ""),
        (b" " * (1 << 20) + b"{}", "larger than 1 MB"),
        (b"{}", "model_type 'bert'; got model_type None"),
        (b'{"model_type": "bert"}', "config.json with num_hidden_layers; got none"),
    ],
)
def test_a_damaged_config_is_refused(folder, content, message):
    (folder / "config.json").write_bytes(content)
    with pytest.raises(InputError, match=rf"^read_pretrained: `folder` must .*{message}"):
        read_pretrained(folder)


def test_a_folder_without_config_is_refused(folder):
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match=r"must hold a config.json; got none in '.*bert'"):
        read_pretrained(folder)


def test_weights_of_one_s_own_are_checked():
    weights = tiny_weights()
    PretrainedTransformer(TINY, weights)
    mixed = weights | {"embeddings.LayerNorm.bias": torch.ones(8, dtype=torch.float64)}
    with pytest.raises(InputError, match=r"^PretrainedTransformer: `weights` must be of one"):
        PretrainedTransformer(TINY, mixed)
    with pytest.raises(InputError, match=r"^PretrainedTransformer: `weights` must hold exactly"):
        PretrainedTransformer(TINY, {})
    for number in (torch.nan, torch.inf):
        broken = weights | {"embeddings.LayerNorm.bias": torch.full((8,), number)}
        with pytest.raises(InputError, match=r"^PretrainedTransformer: `weights` .* finite in"):
            PretrainedTransformer(TINY, broken)


def test_token_vectors_that_overflow_are_no_answer():
    weights = {key: torch.full_like(tensor, 1e30) for key, tensor in tiny_weights().items()}
    model = PretrainedTransformer(TINY, weights)
    tokens = padded(SENTENCES)
    with pytest.raises(NumericsError, match=r"must be finite in torch.float32; got NaN"):
        model.embed(tokens)
    with pytest.raises(NumericsError, match=r"must be finite in torch.float32; got NaN"):
        model.forward(tokens.input_ids, tokens.attention_mask)


class Listener(AbstractProgress):
    def __init__(self):
        self.total, self.done, self.closed = None, 0.0, False

    def start(self, description, total):  # noqa: ARG002
        self.total = total
        return 0

    def advance(self, task, amount=1):  # noqa: ARG002
        self.done += amount

    def finish(self, task):  # noqa: ARG002
        self.closed = True


def test_progress_counts_sentences_and_is_closed_by_an_error(folder):
    model, listener = read_pretrained(folder), Listener()
    model.embed(padded(SENTENCES), progress=listener)
    assert (listener.total, listener.done, listener.closed) == (4, 4, True)

    def failing(layer, logits):
        raise KeyError(layer)

    broken = Listener()
    with pytest.raises(KeyError):
        model.embed(padded(SENTENCES), softmax=failing, progress=broken)
    assert (broken.done, broken.closed) == (0, True)


def test_parameters_are_the_entries_of_all_tensors():
    assert TINY.parameters == sum(tensor.numel() for tensor in tiny_weights().values())
    assert TINY.head_width == 4
    with pytest.raises(InputError, match=r"`heads` must divide the width 8; got 3"):
        PretrainedConfig(layers=1, heads=3, width=8, hidden_width=8)


def test_tokens_that_the_model_does_not_have_are_refused(folder):
    model = read_pretrained(folder)
    with pytest.raises(InputError, match=r"^PretrainedTransformer.forward: `input_ids` must be be"):
        model.forward(torch.tensor([[11]]))
    with pytest.raises(InputError, match=r"embed: `input_ids` must have at most 7 columns.*got 8"):
        model.embed(padded([[1] * 8]))
    wide = padded([[2, 5, 3]], columns=8)
    with pytest.raises(InputError, match=r"forward: `input_ids` must have at most 7 columns"):
        model.forward(wide.input_ids, wide.attention_mask)
    assert model.embed(wide).shape == (1, 8)


@pytest.mark.parametrize(
    ("ids", "mask", "message"),
    [
        ([[1.0]], [[1]], r"`input_ids` must be a tensor of whole numbers; got torch.float32"),
        ([[1]], [[0.5]], r"`attention_mask` must be a tensor of whole numbers"),
        ([1], [1], r"`input_ids` must have shape \[S, N\] .*got \(1,\)"),
        ([[-1]], [[1]], r"`input_ids` must be >= 0; got -1"),
        ([[1, 2]], [[1]], r"`attention_mask` must have the shape \(1, 2\)"),
        ([[1, 2]], [[1, 2]], r"`attention_mask` must be 0 or 1; got 1 to 2"),
        ([[1], [2]], [[1], [0]], r"`attention_mask` must keep a token of each sentence; got"),
    ],
)
def test_token_batches_are_checked(ids, mask, message):
    with pytest.raises(InputError, match=rf"^TokenBatch: {message}"):
        TokenBatch(torch.tensor(ids), torch.tensor(mask))


def test_token_batches_know_their_size():
    batch = padded(SENTENCES)
    assert (batch.sentences, batch.tokens, batch.lengths.tolist()) == (4, 16, [4, 3, 7, 2])
    assert batch.fingerprint == padded(SENTENCES).fingerprint
    assert batch.fingerprint != padded(SENTENCES[::-1]).fingerprint
    rows = [part.tolist() for part, _ in batch.batches(scores_per_square=1, most_scores=32)]
    assert rows == [[2], [0, 1], [3]]


def test_saved_with_foreign_metadata(folder):
    save_file(tiny_weights(), str(folder / "model.safetensors"), metadata={"format": "pt"})
    assert read_pretrained(folder).config == TINY


def test_weights_in_training_give_embeddings_too():
    plain = PretrainedTransformer(TINY, tiny_weights()).embed(padded(SENTENCES))
    trained = {key: tensor.requires_grad_() for key, tensor in tiny_weights().items()}
    got = PretrainedTransformer(TINY, trained).embed(padded(SENTENCES))
    np.testing.assert_array_equal(got, plain)
