"""Sentences as examples: vocabulary, targets, parts without overlap; and the real set."""

import json
import subprocess
import sys

import numpy as np
import pytest

from spikedim._core import InputError, MissingExtraError
from spikedim.data import Texts, cached, open_texts
from spikedim.models import build
from spikedim.training import IGNORED, ExampleKind, Vocabulary, open_examples
from spikedim.training.examples import _vocabulary
from spikedim.training.examples._sentences import next_tokens, sentence_splits
from spikedim.training.examples._vocabulary import train_vocabulary

GOOD = ["A warm, witty film.", "Great fun!", "One of the best films", "I loved it", "Fine acting"]
BAD = ["Dull and slow.", "A bad film", "I hated it", "The worst film of all", "Poor acting; no fun"]
SENTENCES = [f"{text} {word}" for word in ("indeed", "truly", "maybe", "so") for text in GOOD + BAD]
LABELS = np.tile(np.repeat([1, 0], 5), 4)


def texts(lines, labels, **rest):
    return Texts(
        texts=list(lines),
        labels=np.array(labels),
        class_names=("negative", "positive"),
        fingerprint="made",
        **rest,
    )


def splits(*, next_token=False, train=None, test=None, **changes):
    return sentence_splits(
        texts(SENTENCES, LABELS) if train is None else train,
        texts(["A very good film", "No good film"], [1, 0]) if test is None else test,
        spec="made",
        next_token=next_token,
        **{"validation": 0.1, "tokens": 12, "vocabulary": 120, **changes},
    )


def test_sentences_begin_with_a_start_and_end_with_padding():
    words = train_vocabulary(SENTENCES, size=120, tokens=12)
    numbers = words.encode(["great FUN", "", "a film a film a film a film a film a film a film"])
    assert numbers.dtype == np.int64
    assert numbers.shape == (3, 12)
    assert (numbers[:, 0] == 2).all()
    assert numbers[1].tolist() == [2] + [0] * 11
    assert 0 not in numbers[2]
    assert words.decode(numbers[0]) == "great fun"
    assert numbers.max() < words.size <= 120


def test_case_and_accents_do_not_count_but_unknown_letters_do():
    words = train_vocabulary(SENTENCES, size=120, tokens=12)
    assert np.array_equal(*np.split(words.encode(["I loved it", "i LÖVED ît"]), 2))
    assert 1 in words.encode(["映画"])
    assert 1 not in words.encode(SENTENCES)


def test_the_vocabulary_knows_the_training_part_only():
    found = splits(test=texts(["zyzzyva zyzzyva", "qqqq"], [1, 0]), validation=0.0)
    assert 1 in found.test.inputs  # z and q stand in no training sentence
    assert 1 not in found.train.inputs


def test_rare_letters_give_way_to_frequent_ones():
    words = train_vocabulary(["aaaa bbb cc d e f g h i j k l m n"] * 2, size=16, tokens=30)
    assert words.size <= 16
    known = words.encode(["a b c n"])[0]
    assert (known == 1).sum() == 1


def test_two_trainings_give_the_same_vocabulary_in_another_process_too():
    code = (
        "import json, runpy, sys\n"
        "train = runpy.run_path(sys.argv[1])['train_vocabulary']\n"  # without the whole room
        "print(train(json.loads(sys.stdin.read()), size=120, tokens=12).to_json())"
    )
    first = train_vocabulary(SENTENCES, size=120, tokens=12).to_json()
    assert train_vocabulary(SENTENCES, size=120, tokens=12).to_json() == first
    run = subprocess.run(
        [sys.executable, "-c", code, _vocabulary.__file__],
        input=json.dumps(SENTENCES),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert run.stdout.strip() == first.strip()


def test_a_vocabulary_comes_back_from_its_json():
    words = train_vocabulary(SENTENCES, size=120, tokens=12)
    again = Vocabulary.from_json(words.to_json())
    assert (again.size, again.tokens) == (words.size, words.tokens)
    assert np.array_equal(again.encode(SENTENCES), words.encode(SENTENCES))
    assert again.to_json() == words.to_json()


def damaged(change):
    found = json.loads(train_vocabulary(SENTENCES, size=120, tokens=12).to_json())
    change(found)
    return json.dumps(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop("model"),
        lambda found: found.update(truncation=None),
        lambda found: found.update(padding=None),
        lambda found: found["truncation"].update(max_length=9),
        lambda found: found.clear(),
    ],
    ids=["no-model", "no-truncation", "no-padding", "two-lengths", "empty"],
)
def test_damaged_json_is_one_sentence(change):
    with pytest.raises(InputError, match=r"^Vocabulary\.from_json: `text` must be what .*; got"):
        Vocabulary.from_json(damaged(change))


@pytest.mark.parametrize("text", ["", "[]", "{", "nonsense", "\ud800", "7"])
def test_text_that_is_no_vocabulary_is_one_sentence(text):
    with pytest.raises(InputError, match=r"^Vocabulary\.from_json: `text` must be"):
        Vocabulary.from_json(text)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("texts", ["a film", [], [1, 2], None])
def test_what_is_no_list_of_texts_is_refused(texts):
    words = train_vocabulary(SENTENCES, size=120, tokens=12)
    with pytest.raises(
        InputError, match=r"^Vocabulary\.encode: `texts` must be at least one string"
    ):
        words.encode(texts)


def test_half_a_surrogate_pair_is_refused():
    words = train_vocabulary(SENTENCES, size=120, tokens=12)
    with pytest.raises(InputError, match=r"^Vocabulary\.encode: `texts` must be texts that can be"):
        words.encode(["a \ud800"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": 15}, r"^open_examples: `vocabulary` must be an integer >= 16; got 15"),
        ({"tokens": 1}, r"^open_examples: `tokens` must be an integer >= 2; got 1"),
    ],
)
def test_sizes_that_are_too_small_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        splits(**changes)


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spikedim\[train\]'"):
        train_vocabulary(SENTENCES, size=120, tokens=12)


def test_classes_are_the_labels_and_the_vocabulary_goes_with_every_part():
    found = splits()
    assert [len(part) for part in found] == [36, 4, 2]
    for part in found:
        assert part.kind is ExampleKind.SENTENCES
        assert (part.classes, part.class_names) == (2, ("negative", "positive"))
        assert part.vocabulary is found.train.vocabulary
    assert found.test.targets.tolist() == [1, 0]
    assert sorted(found.validation.targets) == [0, 0, 1, 1]


def test_sentences_of_equal_letters_stand_in_one_part():
    twins = [text.upper().replace(" ", " -- ") for text in SENTENCES]
    found = splits(
        train=texts(SENTENCES + twins + ["A very, very... good film!"], [*LABELS, *LABELS, 1]),
        test=texts(["a VERY very good film", "No good film"], [1, 0]),
        vocabulary=200,
        tokens=40,
    )
    assert sum(len(part) for part in found[:2]) == 80
    assert any("one of the same letters: 1." in note for note in found.train.notes)
    words = found.train.vocabulary
    held = [
        {"".join(filter(str.isalpha, words.decode(row))) for row in part.inputs} for part in found
    ]
    assert not held[0] & held[1]
    assert not (held[0] | held[1]) & held[2]


def test_next_tokens_are_inputs_shifted_by_one():
    inputs = np.array([[2, 5, 6, 0, 0], [2, 7, 8, 9, 4], [2, 0, 0, 0, 0]])
    assert next_tokens(inputs).tolist() == [
        [5, 6, IGNORED, IGNORED, IGNORED],
        [7, 8, 9, 4, IGNORED],
        [IGNORED] * 5,
    ]


def test_next_token_examples_have_the_vocabulary_as_classes():
    found = splits(next_token=True)
    train = found.train
    assert train.kind is ExampleKind.SEQUENCES
    assert train.classes == train.vocabulary.size
    assert train.class_names == ()
    assert np.array_equal(train.targets, next_tokens(train.inputs))
    assert train.inputs.shape == train.targets.shape == (36, 12)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (texts(SENTENCES, np.ones(40, int)), r"must have at least two classes to learn; got 1"),
        (texts(SENTENCES, LABELS / 2), r"must have whole class numbers as labels.*; got float64"),
        (texts(SENTENCES, LABELS + 1), r"must have labels below 2, .* class names; got 2"),
        (
            Texts(texts=SENTENCES, fingerprint="made"),
            r"must have a label for every sample of its train part",
        ),
    ],
    ids=["one-class", "float-labels", "beyond-names", "no-labels"],
)
def test_labels_that_are_no_classes_are_refused(train, message):
    with pytest.raises(InputError, match=f"^open_examples: `spec` {message}"):
        splits(train=train)


def test_models_of_text_read_them(generator):
    found = splits(validation=0.0)
    shape = {"tokens": 12, "vocabulary": found.train.vocabulary.size}
    x, _ = found.train.take(np.arange(2))
    assert found.train.normalise(x) is x
    for name in ("spikformer-text-2-64/movie-reviews", "spikingbert-2-64/movie-reviews"):
        assert build(name, generator=generator, **shape)(x).shape == (2, 2)


def test_texts_that_are_not_fetched_say_how(tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEDIM_CACHE", str(tmp_path))
    with pytest.raises(InputError, match=r"Run `spikedim data fetch movie-reviews`"):
        open_examples("movie-reviews")


@pytest.mark.data
@pytest.mark.skipif(not cached("movie-reviews"), reason="spikedim data fetch movie-reviews")
def test_real_sentences_stand_in_one_part_each(generator):
    found = open_examples("movie-reviews")
    assert [len(part) for part in found] == [8540, 949, 1079]
    assert any("exactly 0: 37 of 10605." in note for note in found.train.notes)
    letters = [
        {
            "".join(filter(str.isalpha, text.casefold()))
            for text in open_texts(name, split=part).texts
        }
        for name, part in (("movie-reviews", "train"), ("movie-reviews", "test"))
    ]
    assert not letters[0] & letters[1]
    model = build("spikformer-text-2-64/movie-reviews", generator=generator)
    assert found.train.inputs.shape[1:] == model.card.input_shape
    assert found.train.vocabulary.size == model.vocabulary
    assert model(found.train.take(np.arange(2))[0]).shape == (2, 2)


def test_the_longest_json_is_bounded(monkeypatch):
    monkeypatch.setattr(_vocabulary, "_MAX_JSON", 10)
    with pytest.raises(InputError, match=r"must be what Vocabulary\.to_json wrote"):
        Vocabulary.from_json(train_vocabulary(SENTENCES, size=120, tokens=12).to_json())
