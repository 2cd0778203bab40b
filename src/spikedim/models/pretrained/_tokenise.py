"""Texts to token numbers, by the tokeniser that lies in a pretrained folder."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from spikedim._core import InputError, check_integer, require
from spikedim.models.pretrained._token_batch import TokenBatch

__all__ = ["tokenise"]

_CALLER = "PretrainedTransformer.tokenise"
_FEWEST_TOKENS = 3  # the two that mark start and end, and one of the text
# The library raises nothing more precise than BaseException, for panics of its compiled part.
_STOPS = (KeyboardInterrupt, SystemExit, MemoryError)


def tokenise(
    folder: Path | None, texts: Iterable[str], *, max_tokens: int, positions: int
) -> TokenBatch:
    """Return the tokens of `texts`, each cut to `max_tokens`."""
    most = check_integer(max_tokens, name="max_tokens", caller=_CALLER, minimum=_FEWEST_TOKENS)
    if most > positions:
        raise InputError(
            f"{_CALLER}: `max_tokens` must be at most {positions}, the positions of this model; "
            f"got {most}."
        )
    lines = _lines(texts)
    found = _encoded(_open(folder), lines, most)
    longest = max(len(ids) for ids in found)
    if longest == 0:
        raise InputError(
            f"{_CALLER}: `texts` must give tokens; got none. The tokeniser adds no start and end."
        )
    ids = torch.zeros(len(found), longest, dtype=torch.int64)
    mask = torch.zeros(len(found), longest, dtype=torch.int64)
    for row, numbers in enumerate(found):
        ids[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.int64)
        mask[row, : len(numbers)] = 1
    return TokenBatch(ids, mask)


def _lines(texts: Any) -> list[str]:
    """Return the texts, at least one, each of them a string."""
    iterable = isinstance(texts, Iterable) and not isinstance(texts, str | bytes)
    lines = list(texts) if iterable else []
    if not lines or not all(isinstance(line, str) for line in lines):
        raise InputError(
            f"{_CALLER}: `texts` must be at least one string; got "
            f"{type(texts).__name__}{f' of length {len(lines)}' if iterable else ''}."
        )
    return lines


def _encoded(tokeniser: Any, lines: list[str], most: int) -> list[list[int]]:
    """Return the token numbers of each line, at most `most` of them."""
    try:
        tokeniser.enable_truncation(max_length=most)
        tokeniser.no_padding()
        found = [code.ids for code in tokeniser.encode_batch(lines)]
    except _STOPS:
        raise
    except BaseException as error:
        raise InputError(
            f"{_CALLER}: `texts` must be texts that the tokeniser can split; got an error "
            f"({str(error)[:120]}). Look for halves of surrogate pairs, or fetch the folder again."
        ) from error
    longest = max(len(ids) for ids in found)
    if longest > most:
        raise InputError(
            f"{_CALLER}: `max_tokens` must leave room for what the tokeniser adds to each text; "
            f"got {most} where it gives {longest}. Raise it, or cut the texts."
        )
    return found


def _open(folder: Path | None) -> Any:
    """Return the tokeniser of ``tokenizer.json``, else a WordPiece one of ``vocab.txt``."""
    tokenizers = require("tokenizers", extra="hf", purpose=_CALLER)
    if folder is None:
        raise InputError(
            f"{_CALLER}: `folder` must be known; got a model that was not read from one. "
            "Make a TokenBatch of token numbers instead."
        )
    whole, words = folder / "tokenizer.json", folder / "vocab.txt"
    path = whole if whole.is_file() else words
    if not path.is_file():
        raise InputError(
            f"{_CALLER}: `folder` must hold tokenizer.json or vocab.txt; got neither in "
            f"{str(folder)!r}. Make a TokenBatch of token numbers instead."
        )
    try:
        if path == whole:
            return tokenizers.Tokenizer.from_file(str(path))
        return tokenizers.BertWordPieceTokenizer(str(path), lowercase=_lower_case(folder))
    except _STOPS:
        raise
    except BaseException as error:
        raise InputError(
            f"{_CALLER}: `folder` must hold a tokeniser that can be read; got {str(path)!r} "
            f"({str(error)[:120]}). Fetch or save it again."
        ) from error


def _lower_case(folder: Path) -> bool:
    """Say whether the texts are lower-cased; BERT's default is yes."""
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return True
    return bool(json.loads(path.read_text(encoding="utf-8")).get("do_lower_case", True))
