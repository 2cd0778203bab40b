"""Movie-review sentences: a class each, or the next token at every place."""

import numpy as np

from spikedim._core import AnyArray, fingerprint_arrays
from spikedim.data import Texts, describe, open_texts
from spikedim.training.examples._class_labels import check_labels, count_classes
from spikedim.training.examples._divide import digests_of, leave_out_known, take_share
from spikedim.training.examples._examples import IGNORED, ExampleKind, Examples, ExampleSplits
from spikedim.training.examples._vocabulary import train_vocabulary

__all__ = ["next_tokens", "open_sentences", "sentence_splits"]

_CLASSES = (64, 8192)  # tokens and vocabulary of our models of these sentences
_NEXT = (128, 1024)
_RATED = 10_605  # sentences in the package, those of rating 0 included


def open_sentences(
    name: str, *, next_token: bool, validation: float, tokens: int | None, vocabulary: int | None
) -> ExampleSplits:
    """Return the parts of a fetched set of texts."""
    left_out = _RATED - describe(name).samples
    note = f"Sentences left out because their rating is exactly 0: {left_out} of {_RATED}."
    return sentence_splits(
        open_texts(name),
        open_texts(name, split="test"),
        spec=f"{name}:next-token" if next_token else name,
        next_token=next_token,
        validation=validation,
        tokens=tokens,
        vocabulary=vocabulary,
        notes=(note,),
    )


def sentence_splits(
    train: Texts,
    test: Texts,
    *,
    spec: str,
    next_token: bool,
    validation: float,
    tokens: int | None = None,
    vocabulary: int | None = None,
    notes: tuple[str, ...] = (),
) -> ExampleSplits:
    """Divide texts, learn a vocabulary from the training part and encode all with it."""
    labels = {
        part: check_labels(texts.labels, spec=spec, split=part)
        for part, texts in (("train", train), ("test", test))
    }
    classes = count_classes(labels["train"], labels["test"], train.class_names, spec=spec)
    digests, held_out = _digests(train.texts), _digests(test.texts)
    kept = leave_out_known(digests, held_out)
    note = (
        "Test part: the data set's own. Training sentences left out because the test part has "
        f"one of the same letters: {len(digests) - len(kept)}."
    )
    rows = {"train": kept}
    notes = (*train.notes, *notes, note)
    if validation:
        left, taken, moved = take_share(
            digests[kept], labels["train"][kept], validation, part="validation"
        )
        rows = {"train": kept[left], "validation": kept[taken]}
        note = (
            f"Validation part: {validation:g} of every class of the training part, those with the "
            f"smallest hashes of their letters. Moved to one of the same letters: {moved}."
        )
        notes = (*notes, note)
    longest, size = _NEXT if next_token else _CLASSES
    words = train_vocabulary(
        [train.texts[row] for row in rows["train"]],
        size=size if vocabulary is None else vocabulary,
        tokens=longest if tokens is None else tokens,
    )

    def part(split: str, texts: list[str], numbers: AnyArray) -> Examples:
        inputs = words.encode(texts)
        targets = next_tokens(inputs) if next_token else numbers
        cut = int((inputs[:, -1] != 0).sum())
        return Examples(
            spec=spec,
            split=split,
            kind=ExampleKind.SEQUENCES if next_token else ExampleKind.SENTENCES,
            inputs=inputs,
            targets=targets,
            classes=words.size if next_token else classes,
            class_names=() if next_token else train.class_names,
            fingerprint=fingerprint_arrays(inputs, targets),
            notes=(*notes, f"Sentences of {words.tokens} tokens or more, cut there: {cut}."),
            vocabulary=words,
        )

    def of_train(split: str) -> Examples:
        chosen = rows[split]
        return part(split, [train.texts[row] for row in chosen], labels["train"][chosen])

    return ExampleSplits(
        train=of_train("train"),
        validation=of_train("validation") if validation else None,
        test=part("test", test.texts, labels["test"]),
    )


def next_tokens(inputs: AnyArray) -> AnyArray:
    """Return the token after each, `IGNORED` where that is padding or the sentence ends."""
    targets = np.full_like(inputs, IGNORED)
    targets[:, :-1] = np.where(inputs[:, 1:] == 0, IGNORED, inputs[:, 1:])
    return targets


def _digests(texts: list[str]) -> AnyArray:
    """Return a hash of each text's letters alone; a text without any counts as it is."""
    plain = ("".join(filter(str.isalpha, text.casefold())) or text for text in texts)
    return digests_of(text.encode("utf-8", "surrogatepass") for text in plain)
