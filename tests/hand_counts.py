"""Operations written by hand, for tests of what they cost."""

from dataclasses import fields, replace

import numpy as np

from spikedim._core import Provenance
from spikedim.energy.operations import SAMPLED, Operation, OperationCounts

_FLOATS = {field.name for field in fields(Operation) if field.type is float}


def _as_declared(values):
    return {name: float(x) if name in _FLOATS else x for name, x in values.items()}


def operation(layer, kind, operator="", **values):
    """An operation; numbers may be integers."""
    return Operation(layer, kind, operator, **_as_declared(values))


def changed(original, **values):
    """The same operation with other values."""
    return replace(original, **_as_declared(values))


def hand_counts(*operations, subject="tiny", steps=2, static_input=True, samples=None):
    """What one inference of a network computes, with or without samples [S, O, 5]."""
    if samples is None:
        samples = np.zeros((0, len(operations), len(SAMPLED)))
    return OperationCounts(
        subject=subject,
        source="counted",
        steps=steps,
        static_input=static_input,
        operations=operations,
        unknown=(),
        n_samples=len(samples),
        samples=np.asarray(samples, np.float64),
        parameters=0,
        weights_fingerprint="",
        data_fingerprint="",
        notes=(),
        provenance=Provenance.now(),
    )
