"""Texts to vectors: a pretrained sentence model if it is installed, else TF-IDF and an SVD."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec

import numpy as np

from spikedim._core import (
    AbstractProgress,
    AnyArray,
    InputError,
    fingerprint_arrays,
    require,
    write_atomic,
)
from spikedim.data._arrays import array_source
from spikedim.data._cache import cache_folder
from spikedim.data._minilm import has_minilm, minilm_folder
from spikedim.data._source import Request, Source, refuse
from spikedim.data._texts import Texts
from spikedim.data._views import check_layer

__all__ = ["embed"]

SVD_COMPONENTS = 256
_MINILM_TOKENS = 256
_MINILM_BATCH = 64
_KEPT_FROM = 1000
# Peak growth measured on 9,489 sentences of 18 words: 16.4 kB each, of which the SVD's work space
# is the larger part; the sparse counts grow with the number of characters.
_BYTES_PER_TEXT = 20_000
_BYTES_PER_CHARACTER = 10


def embed(texts: Texts, request: Request) -> Source:
    """Return a source of embeddings [S, D] of `texts` through the layer asked for."""
    layer, _ = check_layer(request.layer, "text")
    if len(texts.texts) < 2:
        raise refuse("hold at least 2 texts", f"{len(texts.texts)}", "Supply more samples.")
    if layer == "embedding":
        here = has_minilm() and find_spec("transformers") is not None
        layer = "embedding:minilm" if here else "embedding:tfidf"
    if layer == "embedding:minilm":
        vectors = _kept(texts.texts, "minilm", lambda t: _minilm(t, request.progress))
        note = (
            "Embedding: all-MiniLM-L6-v2, mean of the token vectors, not normalised, at most "
            f"{_MINILM_TOKENS} tokens."
        )
    else:
        vectors = _kept(texts.texts, "tfidf", lambda t: _tfidf(t, request))
        note = (
            f"Embedding: TF-IDF of words, truncated SVD to {vectors.shape[1]} dimensions (seed 0), "
            "fitted on this split. A pretrained sentence model would give another dimension."
        )
    return array_source(
        vectors,
        fingerprint=texts.fingerprint,
        modality="text",
        layer_name=layer,
        labels=texts.labels,
        class_names=texts.class_names,
        licence=texts.licence,
        citation=texts.citation,
        notes=(note, *texts.notes),
    )


def _kept(texts: list[str], kind: str, compute: Callable[[list[str]], AnyArray]) -> AnyArray:
    """Return the embedding of these very texts from the cache, or compute and keep it."""
    content = np.frombuffer("\0".join(texts).encode(), np.uint8)
    key = fingerprint_arrays(content, salt=f"{kind}-1").removeprefix("sha256:")
    path = cache_folder() / "embeddings" / f"{kind}-{key}.npy"
    if path.is_file():
        with suppress(OSError, ValueError, EOFError):  # a damaged file is computed again
            found: AnyArray = np.load(path, allow_pickle=False)
            if found.ndim == 2 and len(found) == len(texts) and np.isfinite(found).all():
                return found
    vectors = compute(texts)
    if len(texts) >= _KEPT_FROM:
        buffer = io.BytesIO()
        np.save(buffer, vectors)
        with suppress(OSError, InputError):  # a read-only cache only costs time
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, buffer.getvalue())
    return vectors


def _tfidf(texts: list[str], request: Request) -> AnyArray:
    """Return [S, min(256, S - 1, words - 1)] float32, the same on every call."""
    characters = sum(len(text) for text in texts)
    needed = _BYTES_PER_TEXT * len(texts) + _BYTES_PER_CHARACTER * characters
    if needed > request.memory_budget:
        raise refuse(
            f"be at least {needed:,} bytes to embed {len(texts):,} texts",
            request.memory_budget,
            "Raise it.",
            name="memory_budget",
        )
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    task = request.progress.start("TF-IDF and SVD", 2.0)
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2 if len(texts) >= 1000 else 1)
    try:
        counts = vectorizer.fit_transform(texts)
    except ValueError as error:
        raise refuse(
            "hold texts with words", repr(request.spec), f"TF-IDF said: {error}."
        ) from error
    request.progress.advance(task)
    rank = min(SVD_COMPONENTS, counts.shape[0] - 1, counts.shape[1] - 1)
    if rank < 1:
        raise refuse("hold texts with at least 2 different words", repr(request.spec), "")
    vectors = TruncatedSVD(rank, random_state=0).fit_transform(counts)
    request.progress.finish(task)
    return np.asarray(vectors, np.float32)


def _minilm(texts: list[str], progress: AbstractProgress) -> AnyArray:
    """Return [S, 384] float32 from the pretrained model."""
    folder = str(minilm_folder(purpose="open_samples: the layer embedding:minilm"))
    transformers = require(
        "transformers", extra="hf", purpose="open_samples: the layer embedding:minilm"
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()
    return np.concatenate(list(_pooled(texts, tokenizer, model, progress)))


def _pooled(
    texts: list[str], tokenizer: object, model: object, progress: AbstractProgress
) -> Iterator[AnyArray]:
    """Yield mean-pooled batches."""
    import torch

    starts = range(0, len(texts), _MINILM_BATCH)
    for start in progress.track(starts, "embedding texts", float(len(starts))):
        with torch.inference_mode():
            inputs = tokenizer(  # type: ignore[operator]
                texts[start : start + _MINILM_BATCH],
                padding=True,
                truncation=True,
                max_length=_MINILM_TOKENS,
                return_tensors="pt",
            )
            hidden = model(**inputs).last_hidden_state  # type: ignore[operator]
            mask = inputs["attention_mask"][..., None].to(hidden.dtype)
            pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
        yield pooled.to(torch.float32).numpy()
