"""Results as JSON and back: every result is a frozen dataclass that inherits `Result`."""

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from spikedim._core._errors import InputError, NumericsError
from spikedim._core._files import write_atomic
from spikedim._core._html import fields_html

__all__ = ["Result", "read_result"]

Kind = TypeVar("Kind", bound="Result")

_MAX_BYTES = 256 << 20


def _build_adapter(cls: Any) -> Any:
    from pydantic import TypeAdapter  # costs 0.1 s; `spikedim --help` must not pay it

    return TypeAdapter(cls)


def _refuse_constant(name: str) -> float:
    """Refuse NaN and infinity, which JSON does not have but Python reads."""
    raise ValueError(f"{name} is not a JSON number")


_adapter: Callable[[Any], Any] = cache(_build_adapter)


class Result:
    """Base of the frozen dataclasses that leave the package.

    A subclass sets `schema`, e.g. ``"spikedim.plan/1"``; the number rises when a field changes
    its meaning. Fields are numbers, strings, tuples, other dataclasses or None: no arrays, no NaN.
    """

    schema: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types, the schema name first."""
        return {"schema": type(self).schema, **_adapter(type(self)).dump_python(self, mode="json")}

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return JSON text, and write it atomically to `path` if one is given."""
        try:
            text = json.dumps(self.to_dict(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        except ValueError as error:
            raise NumericsError(
                f"{type(self).__name__}.to_json: every number must be finite; got NaN or infinity. "
                "Report it with the command that led here."
            ) from error
        if path is not None:
            write_atomic(path, text)
        return text

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the headline and a table of fields, all escaped."""
        return fields_html(type(self).__name__, self.to_dict())

    @classmethod
    def from_dict(cls: type[Kind], data: dict[str, Any]) -> Kind:
        """Rebuild a result from `to_dict`; raise `InputError` if `data` does not fit."""
        if not isinstance(data, dict) or data.get("schema") != cls.schema:
            got = data.get("schema") if isinstance(data, dict) else type(data).__name__
            raise InputError(
                f"{cls.__name__}.from_dict: `data` must have schema {cls.schema!r}; got {got!r}. "
                "Write it again with this version of spikedim."
            )
        from pydantic import ValidationError

        try:
            fields = {key: value for key, value in data.items() if key != "schema"}
            return _adapter(cls).validate_python(fields)  # type: ignore[no-any-return]
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{cls.__name__}.from_dict: `{where}` {first['msg'].lower()}; "
                f"got {first['input']!r:.80}."
            ) from error

    @classmethod
    def from_json(cls: type[Kind], text: str) -> Kind:
        """Rebuild a result from `to_json`."""
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{cls.__name__}.from_json: `text` must be JSON; got an error: {error}."
            ) from error
        return cls.from_dict(data)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON schema of `to_dict` without its ``schema`` key."""
        return dict(_adapter(cls).json_schema(mode="serialization"))


def read_result(path: str | os.PathLike[str], cls: type[Kind]) -> Kind:
    """Read a JSON result file of type `cls`; raise `InputError` that names the file."""
    source = Path(path).expanduser()
    try:
        if source.stat().st_size > _MAX_BYTES:
            raise InputError(
                f"read_result: `path` must be below {_MAX_BYTES >> 20} MB; got {str(source)!r}."
            )
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"read_result: `path` must be a readable JSON file; got {str(source)!r} ({error})."
        ) from error
    try:
        return cls.from_json(text)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
