"""Texts to token numbers, with a stand-in for the optional library."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from tests.pretrained_examples import TINY, WORDS, tiny_weights, write_bert

from spikedim._core import InputError, MissingExtraError
from spikedim.models import PretrainedTransformer, read_pretrained


class Panic(BaseException):
    """What the compiled part raises; no `Exception`."""


class Words:
    """Splits at spaces; what it was told is kept in `said`."""

    def __init__(self, path, lowercase=None):
        if "panic" in Path(path).read_text("utf-8"):
            raise Panic("slice index starts at 9")
        if "broken" in Path(path).read_text("utf-8"):
            raise Exception("no tokeniser here")
        self.said = {"file": path.rpartition("/")[2], "lowercase": lowercase}
        Words.last = self

    @classmethod
    def from_file(cls, path):
        return cls(path)

    def enable_truncation(self, max_length):
        self.said["most"] = max_length

    def no_padding(self):
        self.said["padding"] = None

    def encode_batch(self, texts):
        if "panic" in texts:
            raise Panic("called unwrap on None")
        if "stop" in texts:
            raise KeyboardInterrupt
        most = self.said["most"] + 2 if "long" in texts else self.said["most"] - 2
        ids = [[WORDS.index(w) if w in WORDS else 1 for w in text.split()][:most] for text in texts]
        return [SimpleNamespace(ids=[2, *line, 3] if most > 1 else []) for line in ids]


@pytest.fixture
def model(tmp_path, monkeypatch):
    fake = ModuleType("tokenizers")
    fake.Tokenizer = fake.BertWordPieceTokenizer = Words
    monkeypatch.setitem(sys.modules, "tokenizers", fake)
    return read_pretrained(write_bert(tmp_path / "bert"))


def test_sentences_are_cut_and_padded(model):
    batch = model.tokenise(["a good film .", "it", ""], max_tokens=5)
    assert batch.input_ids.tolist() == [[2, 4, 5, 7, 3], [2, 9, 3, 0, 0], [2, 3, 0, 0, 0]]
    assert batch.attention_mask.sum(dim=1).tolist() == [5, 3, 2]
    said = {"file": "vocab.txt", "lowercase": True, "most": 5, "padding": None}
    assert Words.last.said == said
    assert model.embed(batch).shape == (3, 8)


def test_the_whole_tokeniser_is_preferred_and_the_case_is_read(model):
    (model.folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    model.tokenise(["it"], max_tokens=5)
    assert Words.last.said["lowercase"] is False
    (model.folder / "tokenizer.json").write_text("{}")
    model.tokenise(["it"], max_tokens=5)
    assert Words.last.said["file"] == "tokenizer.json"


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("texts", "most", "message"),
    [
        ("one string", 5, r"`texts` must be at least one string; got str"),
        ([], 5, r"`texts` must be .*got list of length 0"),
        (["it", 3], 5, r"`texts` must be at least one string"),
        (3, 5, r"`texts` must be .*got int\."),
        (b"it", 5, r"`texts` must be .*got bytes\."),
        (["panic"], 5, r"`texts` must be texts that the tokeniser can split; got .*unwrap on None"),
        (["it it it it it", "long"], 3, r"`max_tokens` must leave room .* 3 where it gives 7"),
        (["it"], 8, r"`max_tokens` must be at most 7, the positions of this model; got 8"),
        (["it"], 2, r"`max_tokens` must be an integer >= 3; got 2"),
        (["it"], 3, r"`texts` must give tokens; got none"),
    ],
)
def test_texts_that_do_not_fit_are_refused(model, texts, most, message):
    with pytest.raises(InputError, match=rf"^PretrainedTransformer.tokenise: {message}"):
        model.tokenise(texts, max_tokens=most)


def test_texts_may_come_one_by_one(model):
    batch = model.tokenise((text for text in ("it", "a film")), max_tokens=5)
    assert batch.input_ids.tolist() == [[2, 9, 3, 0], [2, 4, 7, 3]]


def test_an_interrupt_stays_an_interrupt(model):
    with pytest.raises(KeyboardInterrupt):
        model.tokenise(["stop"], max_tokens=5)


def test_a_folder_without_a_tokeniser_is_refused(model):
    (model.folder / "vocab.txt").write_text("broken")
    with pytest.raises(InputError, match=r"can be read; got .*vocab.txt.* \(no tokeniser here\)"):
        model.tokenise(["it"], max_tokens=5)
    (model.folder / "vocab.txt").write_text("panic")
    with pytest.raises(InputError, match=r"can be read; got .*vocab.txt.* \(slice index starts"):
        model.tokenise(["it"], max_tokens=5)
    (model.folder / "vocab.txt").write_text("a\n")
    (model.folder / "tokenizer_config.json").write_text("{")
    with pytest.raises(InputError, match=r"must hold a tokeniser that can be read; got"):
        model.tokenise(["it"], max_tokens=5)
    (model.folder / "vocab.txt").unlink()
    with pytest.raises(InputError, match=r"must hold tokenizer.json or vocab.txt; got neither"):
        model.tokenise(["it"], max_tokens=5)
    with pytest.raises(InputError, match=r"`folder` must be known; got a model that was not read"):
        PretrainedTransformer(TINY, tiny_weights()).tokenise(["it"], max_tokens=5)


def test_without_the_library_the_message_has_the_command(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spikedim\[hf\]'"):
        model.tokenise(["it"], max_tokens=5)
