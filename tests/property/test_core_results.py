"""Every result of every room survives the way through JSON, whatever its numbers."""

import dataclasses
import enum
import importlib
import json
import math
import pkgutil
import random
import types
import typing

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import spikedim
from spikedim._core import BoolArray, CountArray, FloatArray, InputError, Interval, Result

ROOMS = [m.name for m in pkgutil.iter_modules(spikedim.__path__) if not m.name.startswith("_")]
PUBLIC = [vars(importlib.import_module(f"spikedim.{room}")) for room in ROOMS]
RESULTS = sorted(
    {
        room[name]
        for room in PUBLIC
        for name in room.get("__all__", [])
        if isinstance(room[name], type) and issubclass(room[name], Result)
    },
    key=lambda cls: cls.__name__,
)
LEAVES = {
    bool: (True, False),
    int: (0, 1, -1, 7, 2**53 + 1, -(2**63)),
    float: (0.0, -0.0, 1 / 3, 0.1 + 0.2, -1e-300, 5e-324, 1.7976931348623157e308, 2.0**53 + 2),
    str: ("", "ε → d\u2011eff", '"</script>\\', "\x00\x1f\x7f", "\U0001f9e0", "null", "12", "NaN"),
    type(None): (None,),
    typing.Any: (1, "x"),
}
ARRAYS = {FloatArray: float, CountArray: int, BoolArray: bool}
ELEMENTS = {FloatArray: np.float64, CountArray: np.int64, BoolArray: np.bool_}


def build(hint, rng):
    """Return some value of the annotated type; every annotation that results use is covered."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in LEAVES:
        return rng.choice(LEAVES[hint])
    if hint in ARRAYS:
        shape = tuple(rng.randrange(1, 4) for _ in range(rng.randrange(4)))
        drawn = [rng.choice(LEAVES[ARRAYS[hint]]) for _ in range(math.prod(shape))]
        return np.array(drawn, dtype=ELEMENTS[hint]).reshape(shape)
    if origin in (typing.Union, types.UnionType):
        return build(rng.choice(parts), rng)
    if origin is tuple and parts[-1:] == (Ellipsis,):
        return tuple(build(parts[0], rng) for _ in range(rng.randrange(3)))
    if origin is tuple:
        return tuple(build(part, rng) for part in parts)
    if origin is dict:
        return {build(parts[0], rng): build(parts[1], rng) for _ in range(rng.randrange(3))}
    if origin is typing.Literal:
        return rng.choice(parts)
    if issubclass(hint, enum.Enum):
        return rng.choice(list(hint))
    return build_instance(hint, rng)


def build_instance(cls, rng):
    """Fill a dataclass, trying again while its own checks refuse the numbers."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for _ in range(1000):
        try:
            return cls(**{f.name: build(hints[f.name], rng) for f in dataclasses.fields(cls)})
        except InputError:
            continue
    raise AssertionError(f"{cls.__name__} refused 1000 draws")


def same(left, right):
    """Whether two results hold equal values; arrays have no single truth value."""
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right)
    if isinstance(left, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if dataclasses.is_dataclass(left):
        names = [field.name for field in dataclasses.fields(left)]
        return type(left) is type(right) and all(
            same(getattr(left, name), getattr(right, name)) for name in names
        )
    return left == right


def test_results_were_found():
    assert len(RESULTS) >= 6


@pytest.mark.parametrize("cls", RESULTS, ids=lambda cls: cls.__name__)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_json_round_trip(cls, seed):
    result = build_instance(cls, random.Random(seed))
    text = result.to_json()
    assert same(cls.from_json(text), result)
    assert cls.from_json(text).to_json() == text


@pytest.mark.parametrize("cls", RESULTS, ids=lambda cls: cls.__name__)
def test_the_schema_names_exactly_what_is_written(cls):
    written = json.loads(build_instance(cls, random.Random(0)).to_json())
    assert set(written) - {"schema"} == set(cls.json_schema()["properties"])


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_an_interval_reaches_from_end_to_end(a, b):
    interval = Interval(min(a, b), max(a, b))
    assert interval.half_width * 2 == interval.high - interval.low


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_an_interval_refuses_crossed_ends(low, high):
    assume(low > high)
    with pytest.raises(InputError, match=r"^Interval: `low` must be <= `high`"):
        Interval(low, high)
