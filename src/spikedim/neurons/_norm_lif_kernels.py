"""Compiled loops of a normalised layer of neurons; imported only where numba is installed.

Every tensor is seen as flat rows of neurons, channels innermost, and worked through in blocks that
stay in the first cache; the steps run inside a block. What decides a spike is computed in the order
of the plain loop, without fused or reordered operations; only gradients may be contracted.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic, overload

__all__ = ["BLOCK", "backward", "centre_gradients", "forward", "moments"]

BLOCK = 1024
"""Neurons in a block; a multiple of every vector width."""

_EXACT = {"nogil": True, "error_model": "numpy"}
_LOOSE = _EXACT | {"fastmath": {"contract"}}
_ROWS = 4

_MEAN, _SCALE, _SHIFT, _CARRIED, _MEMBRANE, _FUTURE, _SUM, _SLICES = 0, 1, 2, 3, 4, 5, 6, 7


def _compiled(options: dict[str, Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator; tests wrap every function, and numba must see the one inside."""
    return lambda function: njit(**options)(inspect.unwrap(function))


# --- numbers -----------------------------------------------------------------------------------


def _reinterpreted(to: Any) -> Any:
    """Return a function that reads the bits of a number as another type of the same width."""

    def cast(typingctx, x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
            return builder.bitcast(args[0], context.get_value_type(to))

        return to(x), inspect.unwrap(codegen)

    return intrinsic(inspect.unwrap(cast))


_bits32, _bits64 = _reinterpreted(types.uint32), _reinterpreted(types.uint64)
_single, _double = _reinterpreted(types.float32), _reinterpreted(types.float64)
