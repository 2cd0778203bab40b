"""Arrays as fields of a `Result`: nested lists in JSON, numpy arrays in Python."""

from typing import Annotated, Any, final

import numpy as np

__all__ = ["BoolArray", "CountArray", "FloatArray", "shape_if_empty"]


def _written(array: np.ndarray[Any, np.dtype[Any]]) -> Any:
    """Return nested lists; NaN would become null on the way, and null is no number."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("an array holds NaN or infinity")
    return array.tolist()


def shape_if_empty(
    array: np.ndarray[Any, np.dtype[Any]], *shape: int
) -> np.ndarray[Any, np.dtype[Any]]:
    """Return an array without entries in its shape, which nested lists do not keep."""
    return array if array.size or 0 not in shape else array.reshape(shape)


@final
class _ArrayField:
    """Tell the JSON layer how to write and read an array of one type."""

    def __init__(self, dtype: type[Any]) -> None:
        self._dtype = dtype

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Describe validation and serialisation; called when a result type is first used."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema of nested lists."""
        kind = {"f": "number", "i": "integer", "b": "boolean"}[np.dtype(self._dtype).kind]
        return {"type": "array", "description": f"nested lists of {kind}s"}

    def _read(self, value: Any) -> np.ndarray[Any, np.dtype[Any]]:
        """Return `value` as an array; the message of a `ValueError` names the type."""
        wanted = np.dtype(self._dtype)
        if isinstance(value, np.ndarray) and value.dtype == wanted:
            return value
        try:
            array = np.asarray(value)
        except ValueError:
            raise ValueError(f"must be nested lists of equal lengths of {wanted}") from None
        if array.size and array.dtype.kind not in {"f": "fi", "i": "i", "b": "b"}[wanted.kind]:
            raise ValueError(f"must be nested lists of {wanted}")
        if wanted.kind == "f" and not np.isfinite(array).all():
            raise ValueError("must hold finite numbers")  # JSON readers take 1e999 for infinity
        return array.astype(wanted)


FloatArray = Annotated[np.ndarray[Any, np.dtype[np.float64]], _ArrayField(np.float64)]
CountArray = Annotated[np.ndarray[Any, np.dtype[np.int64]], _ArrayField(np.int64)]
BoolArray = Annotated[np.ndarray[Any, np.dtype[np.bool_]], _ArrayField(np.bool_)]
