"""What a sweep returns: points, slope, verdict."""

from dataclasses import dataclass
from typing import ClassVar, final

from spikedim._core import Provenance, Result
from spikedim.circuits._certificate import Theorem, all_hold
from spikedim.circuits.sweeps._sweep_fit import Slope

__all__ = ["CircuitSweep", "RowPoint", "SweepPoint"]

_NEAR = 1e-9  # a bound that was cut to the vacuous one


@final
@dataclass(frozen=True)
class RowPoint:
    """One row of a softmax at one T.

    Parameters
    ----------
    entropy_bits : float
        Shannon entropy of the exact row, in bits.
    spikes : int
        Read-out spikes of the row.
    error : float
        l2 error of the row of the output.
    """

    entropy_bits: float
    spikes: int
    error: float


@final
@dataclass(frozen=True)
class SweepPoint:
    """All runs at one swept value.

    Parameters
    ----------
    at : int
        The swept value.
    steps : int
        Time steps T of each run; differs from `at` only if something else is swept.
    runs : int
        How many runs.
    spikes : float
        Spikes of all populations, mean over the runs.
    rms_error : float or None
        Root mean square error over rows and runs; None if not measured.
    rms_low, rms_high : float or None
        Ends of its 95 % interval over the runs; None for one run.
    rms_law : float or None
        What the error law predicts for `rms_error`; None if there is no law.
    relative_error : float or None
        `rms_error` over the RMS of the exact value in the same norm; None if not measured.
    error, bound : float or None
        Error and bound of the run that comes closest to its bound or passes it furthest.
    holds : bool or None
        Whether the theorem was kept; None if there is none or if nothing was measured.
    failures : int
        Runs whose error passed the bound. A theorem that may fail with probability p is
        broken only if so many failures of as many runs have a probability below 0.01.
    silent_rows : int
        Rows, over all runs, that have no value because nothing spiked.
    row_spikes, row_entropy_bits : float or None
        Mean over rows and runs; None where there are no rows.
    rows : tuple of RowPoint
        Up to 64 of the rows, evenly spread.
    neurons, synapses : int
        What one run was built of.
    reason : str
        Why something is missing or failed; else empty.
    """

    at: int
    steps: int
    runs: int
    spikes: float
    rms_error: float | None
    rms_low: float | None
    rms_high: float | None
    rms_law: float | None
    relative_error: float | None
    error: float | None
    bound: float | None
    holds: bool | None
    failures: int
    silent_rows: int
    row_spikes: float | None
    row_entropy_bits: float | None
    rows: tuple[RowPoint, ...]
    neurons: int
    synapses: int
    reason: str = ""


@final
@dataclass(frozen=True)
class CircuitSweep(Result):
    """Measured points of one circuit against its theorem.

    Parameters
    ----------
    headline : str
        The answer in one sentence.
    circuit : str
        Name of the circuit, as its results give it.
    subject : str
        The same with its settings, in words.
    settings : dict of str
        Every setting by name.
    axis : str
        What was swept: ``"T"``, or another symbol.
    axis_name : str
        What the symbol means, with its unit.
    quantity : str
        What `rms_error` is the root mean square of.
    theorem : Theorem
        What was promised at the largest swept value; its name is empty if there is no theorem.
    points : tuple of SweepPoint
        One for each swept value, smallest first.
    slope : Slope or None
        How fast `rms_error` changes; None if that cannot be fitted, `slope_reason` says why.
    expected_slope : float or None
        What the theorem says of it; None if it says nothing.
    provenance : Provenance
        Where it comes from.
    slope_reason : str
        Why there is no slope, else empty.
    notes : tuple of str
        Remarks, one sentence each.
    law : str
        What `rms_law` of the points is, e.g. ``"exact"``; empty if there is no law.
    copies : int
        How many equal parts a run has that share nothing, e.g. one for each sample.
    copy : str
        What one of them is for, e.g. ``"sample"``; empty for one part.
    vacuous_bound : float or None
        Bound that no value can break whatever the circuit does; None if that is not known.
    """

    schema: ClassVar[str] = "spikedim.circuit_sweep/1"

    headline: str
    circuit: str
    subject: str
    settings: dict[str, str]
    axis: str
    axis_name: str
    quantity: str
    theorem: Theorem
    points: tuple[SweepPoint, ...]
    slope: Slope | None
    expected_slope: float | None
    provenance: Provenance
    slope_reason: str = ""
    notes: tuple[str, ...] = ()
    law: str = ""
    copies: int = 1
    copy: str = ""
    vacuous_bound: float | None = None

    def is_vacuous(self, point: SweepPoint) -> bool:
        """Whether the bound at `point` says nothing of the circuit."""
        most = self.vacuous_bound
        return most is not None and point.bound is not None and point.bound >= most * (1 - _NEAR)

    @property
    def holds(self) -> bool | None:
        """Whether every certificate holds; None if no theorem was checked."""
        return all_hold([point.holds for point in self.points])

    @property
    def failed(self) -> tuple[SweepPoint, ...]:
        """The points whose certificate fails."""
        return tuple(point for point in self.points if point.holds is False)

    @property
    def forgiven(self) -> int:
        """Runs that broke their bound at points whose theorem may fail as often as that."""
        return sum(point.failures for point in self.points if point.holds is not False)
