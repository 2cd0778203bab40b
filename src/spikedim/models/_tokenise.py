"""Texts to token numbers, by the tokeniser that lies in a pretrained folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from spikedim._core import InputError, check_integer, require
from spikedim.models._token_batch import TokenBatch

__all__ = ["tokenise"]

_CALLER = "PretrainedTransformer.tokenise"
_FEWEST_TOKENS = 3  # the two that mark start and end, and one of the text


def tokenise(
    folder: Path | None, texts: Sequence[str], *, max_tokens: int, positions: int
) -> TokenBatch:
    """Return the tokens of `texts`, each cut to `max_tokens`."""
    most = check_integer(max_tokens, name="max_tokens", caller=_CALLER, minimum=_FEWEST_TOKENS)
    if most > positions:
        raise InputError(
            f"{_CALLER}: `max_tokens` must be at most {positions}, the positions of this model; "
            f"got {most}."
        )
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts) or not texts:
        raise InputError(
            f"{_CALLER}: `texts` must be a sequence of at least one string; got "
            f"{type(texts).__name__} of length {len(texts)}."
        )
    tokeniser = _open(folder)
    tokeniser.enable_truncation(max_length=most)
    tokeniser.no_padding()
    found = [code.ids for code in tokeniser.encode_batch(list(texts))]
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
    except Exception as error:  # the library raises nothing more precise
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
