"""The forms of a curve."""

from enum import StrEnum

__all__ = ["CurveVariant"]


class CurveVariant(StrEnum):
    """Which form the curve has."""

    TWO_POINT = "two_point"  # K / (T + a(T)), a from two simulated T; more T where that fails
    FREE = "free"  # K / (T + K / S), S = 2 Var f: nothing simulated
    GRADIENT_FREE = "gradient_free"  # 1 / eps^2 = p T + q + r ln T from three simulated T
    ASYMPTOTIC = "asymptotic"  # K / T^p: first order only
    SIMULATED = "simulated"  # many T simulated, as deterministic codes at small T need
