"""Vocabulary: texts to token numbers, learnt from the training part alone."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, final

import numpy as np

from spikedim._core import AnyArray, InputError, check_integer, require

__all__ = ["Vocabulary", "train_vocabulary"]

PADDING, UNKNOWN, START = "[PAD]", "[UNK]", "[START]"
_SPECIAL = (PADDING, UNKNOWN, START)  # numbers 0, 1 and 2
_SPACE = "\u2581"  # stands for the space before a word
_FEWEST = 16
_MAX_JSON = 1 << 27
# The library raises nothing more precise than BaseException, for panics of its compiled part.
_STOPS = (KeyboardInterrupt, SystemExit, MemoryError)


@final
class Vocabulary:
    """A tokenizer of lower-cased pieces of words, with a longest sentence.

    Made by `open_examples` from training texts; a run keeps it as ``tokenizer.json``, which is the
    file of the ``tokenizers`` library and of nothing else. Number 0 is padding, 1 an unknown piece,
    2 the start of every sentence.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        With padding and truncation to one length.

    Examples
    --------
    >>> words = train_vocabulary(["a good film", "a bad film"], size=40, tokens=6)
    >>> words.encode(["Good!"]).shape, int(words.encode(["Good!"])[0, 0])
    ((1, 6), 2)
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @property
    def size(self) -> int:
        """Token numbers, padding included."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def tokens(self) -> int:
        """Length N of an encoded sentence, its start included."""
        return int(self._tokenizer.truncation["max_length"])

    def encode(self, texts: Iterable[str]) -> AnyArray:
        """Return the token numbers of texts, cut or padded with 0 to N.

        Parameters
        ----------
        texts : iterable of str
            Sentences.

        Returns
        -------
        ndarray of shape [S, N]
            int64; the first is never padding.

        Raises
        ------
        InputError
            If `texts` are no strings.
        """
        lines = _lines(texts, caller="Vocabulary.encode")
        try:
            found = self._tokenizer.encode_batch(lines)
        except _STOPS:
            raise
        except BaseException as error:
            raise InputError(
                "Vocabulary.encode: `texts` must be texts that can be split; got an error "
                f"({str(error)[:120]}). Look for halves of surrogate pairs."
            ) from error
        return np.array([code.ids for code in found], np.int64).reshape(len(lines), self.tokens)

    def decode(self, numbers: AnyArray) -> str:
        """Return the text of one sentence of token numbers [N], without special tokens.

        Parameters
        ----------
        numbers : ndarray of shape [N]
            Token numbers.
        """
        return str(self._tokenizer.decode([int(number) for number in numbers]))

    def to_json(self) -> str:
        """Return the whole vocabulary as JSON."""
        return str(self._tokenizer.to_str())

    @classmethod
    def from_json(cls, text: str) -> "Vocabulary":
        """Return the vocabulary that `to_json` wrote.

        Parameters
        ----------
        text : str
            JSON.

        Raises
        ------
        InputError
            If `text` is no such JSON.
        """
        library = _library("Vocabulary.from_json")
        reason = "it has no length, or number 0 is not padding"
        try:
            sound = len(text) <= _MAX_JSON and isinstance(json.loads(text), dict)
            tokenizer = library.Tokenizer.from_str(text) if sound else None
        except _STOPS:
            raise
        except BaseException as error:
            tokenizer, reason = None, " ".join(str(error).split())[:120]
        if (
            tokenizer is None
            or tokenizer.truncation is None
            or tokenizer.padding is None
            or tokenizer.token_to_id(PADDING) != 0
            or tokenizer.padding["length"] != tokenizer.truncation["max_length"]
        ):
            raise InputError(
                "Vocabulary.from_json: `text` must be what Vocabulary.to_json wrote; got "
                f"{text[:40]!r} ({reason}). Take tokenizer.json of a run."
            )
        return cls(tokenizer)


def train_vocabulary(texts: Sequence[str], *, size: int, tokens: int) -> Vocabulary:
    """Return the vocabulary of at most `size` tokens that training texts give.

    Pieces of words by byte-pair encoding [1]_, lower-cased, accents taken off, punctuation by
    itself. The same
    texts give the same vocabulary.

    Parameters
    ----------
    texts : sequence of str
        Training texts only, so that nothing is known of the others.
    size : int
        Most token numbers, at least 16.
    tokens : int
        Longest sentence in tokens, its start included, at least 2.

    Raises
    ------
    InputError
        If a number is too small or there is no text.

    References
    ----------
    .. [1] R. Sennrich, B. Haddow and A. Birch, "Neural machine translation of rare words with
       subword units", ACL, 2016.
    """
    size = check_integer(size, name="vocabulary", caller="open_examples", minimum=_FEWEST)
    tokens = check_integer(tokens, name="tokens", caller="open_examples", minimum=2)
    lines = _lines(texts, caller="open_examples")
    library = _library("open_examples")
    # Prefixes of pieces, as WordPiece has them, are numbered by the library in an order of chance.
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = library.normalizers.BertNormalizer(lowercase=True)
    splits = (library.pre_tokenizers.Metaspace(), library.pre_tokenizers.Punctuation())
    tokenizer.pre_tokenizer = library.pre_tokenizers.Sequence(list(splits))
    tokenizer.decoder = library.decoders.Metaspace()
    letters = _alphabet(tokenizer, lines, most=(size - len(_SPECIAL)) // 2)
    trainer = library.trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(_SPECIAL),
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    number = _SPECIAL.index(START)
    tokenizer.post_processor = library.processors.TemplateProcessing(
        single=f"{START} $A", special_tokens=[(START, number)]
    )
    tokenizer.enable_truncation(max_length=tokens)
    tokenizer.enable_padding(length=tokens, pad_id=0, pad_token=PADDING)
    return Vocabulary(tokenizer)


def _alphabet(tokenizer: Any, lines: list[str], *, most: int) -> list[str]:
    """Return the most frequent letters, ties in the order of Unicode; others are unknown."""
    counts = Counter("".join(tokenizer.normalizer.normalize_str(line) for line in lines))
    counts.pop(" ", None)
    ordered = sorted(counts, key=lambda letter: (-counts[letter], letter))
    return [_SPACE, *sorted(ordered[: most - 1])]


def _library(caller: str) -> Any:
    """Return the library of tokenizers, or say how to get it."""
    return require("tokenizers", extra="train", purpose=caller)


def _lines(texts: Any, *, caller: str) -> list[str]:
    """Return the texts, at least one, each of them a string."""
    iterable = isinstance(texts, Iterable) and not isinstance(texts, str | bytes)
    lines = list(texts) if iterable else []
    if not lines or not all(isinstance(line, str) for line in lines):
        raise InputError(
            f"{caller}: `texts` must be at least one string; got "
            f"{type(texts).__name__}{f' of length {len(lines)}' if iterable else ''}."
        )
    return lines
