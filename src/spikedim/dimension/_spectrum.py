"""The one object that every spectral estimator reads."""

from dataclasses import dataclass, replace
from typing import final

from spikedim._core import AnyArray, InputError

__all__ = ["Spectrum", "SubsetSpectrum"]


@final
@dataclass(frozen=True)
class SubsetSpectrum:
    """Covariance spectrum of a random subset of the samples.

    Parameters
    ----------
    eigenvalues : ndarray of shape [k]
        Descending, float64, same unit as those of the `Spectrum` that owns it.
    total_variance : float
        Exact trace for this subset.
    n_samples : int
        Size of the subset.
    norm_fourth_moment : float or None
        Mean of the fourth power of the distance to the subset mean, for bias correction.
    squared_norm : float or None
        Sum of squares of all eigenvalues, known even where `eigenvalues` is empty.
    population : int or None
        Number of samples the subset was drawn from, without replacement; None for all of them.
    """

    eigenvalues: AnyArray
    total_variance: float
    n_samples: int
    norm_fourth_moment: float | None = None
    squared_norm: float | None = None
    population: int | None = None


@final
@dataclass(frozen=True)
class Spectrum:
    """Covariance spectrum of samples [S, D], computed once and read by every estimator.

    Parameters
    ----------
    eigenvalues : ndarray of shape [k]
        Eigenvalues of the covariance (divisor S - 1), descending, float64, >= 0. On the exact
        path k = min(S, D); a sketch knows the k largest only.
    total_variance : float
        Exact trace of the covariance, also when the eigenvalues come from a sketch.
    squared_norm : float
        Sum of squares of all eigenvalues (exact, or estimated when `method` is a sketch).
    n_samples, n_features : int
        S and D.
    layer : str
        View of the data, e.g. ``"pixels"``.
    tokens : int
        Tokens n of a token layer, whether a row is a whole sample (D = n * d) or one of its
        tokens (D = d); 1 for other layers.
    mean : float
        Mean of all entries.
    mean_square : float
        Mean of all squared entries.
    minimum, maximum : float
        Range of all entries.
    constant_features : int
        Number of features without variance.
    method : str
        ``"exact covariance"``, ``"exact Gram"``, ``"exact integer covariance"`` or ``"sketch"``.
    missing_variance : float
        total_variance minus the sum of `eigenvalues`: 0 on the exact path.
    residual_norm : float or None
        Bound on the largest eigenvalue outside the captured subspace (sketch only).
    norm_fourth_moment : float or None
        Mean of the fourth power of the distance to the mean, for bias correction.
    subsets : tuple of SubsetSpectrum
        Spectra of random subsets drawn without replacement, for d(n) and the interval.
    neighbourhoods : tuple of SubsetSpectrum
        Spectra of the nearest neighbours of single samples, for the local spread.
    fingerprint : str
        Content fingerprint of the samples.
    notes : tuple of str
        What a reader must know.
    residual_frobenius : float or None
        Bound on the Frobenius norm of the covariance outside that subspace (sketch only).
    residual_coupling : float or None
        Bound on the Frobenius norm of the block of the covariance that couples that subspace to
        its complement (sketch with a second pass only).
    """

    eigenvalues: AnyArray
    total_variance: float
    squared_norm: float
    n_samples: int
    n_features: int
    layer: str
    tokens: int = 1
    mean: float = 0.0
    mean_square: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    constant_features: int = 0
    method: str = "exact covariance"
    missing_variance: float = 0.0
    residual_norm: float | None = None
    norm_fourth_moment: float | None = None
    subsets: tuple[SubsetSpectrum, ...] = ()
    neighbourhoods: tuple[SubsetSpectrum, ...] = ()
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    residual_frobenius: float | None = None
    residual_coupling: float | None = None

    @property
    def exact(self) -> bool:
        """Whether all eigenvalues are known."""
        return self.method != "sketch"

    @property
    def rate_variance(self) -> float:
        """Mean of x(1 - x) over all entries x, the variance of one Bernoulli spike (v-bar).

        Raises
        ------
        InputError
            If the entries do not lie in [0, 1]; use `as_rates` first.
        """
        if self.minimum < 0 or self.maximum > 1:
            raise InputError(
                "Spectrum.rate_variance: entries must be rates in [0, 1]; got "
                f"[{self.minimum:g}, {self.maximum:g}]. Call `as_rates()` first."
            )
        return self.mean - self.mean_square

    def as_rates(self) -> "Spectrum":
        """Return the spectrum of the samples mapped to [0, 1] by one affine map for all entries.

        Samples already inside [0, 1] are returned unchanged.
        """
        if self.minimum >= 0 and self.maximum <= 1:
            return self
        low, span = self.minimum, self.maximum - self.minimum
        shrink = 1 / span**2
        mapped = f"Entries in [{low:g}, {self.maximum:g}] mapped to rates by one affine map."

        def subset(part: SubsetSpectrum) -> SubsetSpectrum:
            fourth, squared = part.norm_fourth_moment, part.squared_norm
            return replace(
                part,
                eigenvalues=part.eigenvalues * shrink,
                total_variance=part.total_variance * shrink,
                norm_fourth_moment=None if fourth is None else fourth * shrink**2,
                squared_norm=None if squared is None else squared * shrink**2,
            )

        return replace(
            self,
            eigenvalues=self.eigenvalues * shrink,
            total_variance=self.total_variance * shrink,
            squared_norm=self.squared_norm * shrink**2,
            mean=(self.mean - low) / span,
            mean_square=(self.mean_square - 2 * low * self.mean + low**2) * shrink,
            minimum=0.0,
            maximum=1.0,
            missing_variance=self.missing_variance * shrink,
            residual_norm=None if self.residual_norm is None else self.residual_norm * shrink,
            residual_frobenius=(
                None if self.residual_frobenius is None else self.residual_frobenius * shrink
            ),
            residual_coupling=(
                None if self.residual_coupling is None else self.residual_coupling * shrink
            ),
            norm_fourth_moment=(
                None if self.norm_fourth_moment is None else self.norm_fourth_moment * shrink**2
            ),
            subsets=tuple(subset(part) for part in self.subsets),
            neighbourhoods=tuple(subset(part) for part in self.neighbourhoods),
            notes=(*self.notes, mapped),
        )
