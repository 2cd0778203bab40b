"""Batches for a sketch: checked, counted and cut to the size of its working space."""

from collections.abc import Iterator

from spikedim._core import AbstractProgress, AnyArray, InputError, SampleStream, check_array
from spikedim.dimension._sketch_plan import SketchSettings
from spikedim.dimension._source import check_claims

__all__ = ["check_stream", "chunks", "read_batches"]


def check_stream(stream: object, *, caller: str) -> SampleStream:
    """Return `stream` if it yields samples [S, D], or raise `InputError`."""
    if not isinstance(stream, SampleStream):
        raise InputError(
            f"{caller}: `stream` must be a SampleStream; got {type(stream).__name__}. "
            "Open the data with `open_samples`, or feed arrays to `update`."
        )
    if len(stream.shape) != 2:
        raise InputError(
            f"{caller}: `stream` must have 2 axes [S, D]; got shape {tuple(stream.shape)}. "
            "Call `.flat()` or `.each_token()` first."
        )
    check_claims(stream, name="stream", caller=caller)
    return stream


def read_batches(
    stream: SampleStream,
    settings: SketchSettings,
    *,
    caller: str,
    description: str,
    progress: AbstractProgress,
) -> Iterator[AnyArray]:
    """Yield batches of at most ``settings.batch_rows`` checked samples."""
    task = progress.start(description, float(stream.shape[0]))
    try:
        for batch in stream.batches(settings.batch_rows):
            rows = check_array(batch, name="stream", caller=caller)
            if rows.shape[1] != settings.n_features:
                raise InputError(
                    f"{caller}: `stream` must have {settings.n_features} features; "
                    f"got shape {rows.shape}. Open the data again."
                )
            yield from chunks(rows, settings.batch_rows)
            progress.advance(task, float(len(rows)))
    finally:
        progress.finish(task)


def chunks(rows: AnyArray, size: int) -> Iterator[AnyArray]:
    """Cut `rows` into views of at most `size` rows."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
