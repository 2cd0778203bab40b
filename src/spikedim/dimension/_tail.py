"""What a sketch does not see, put into the flattest and into the most concentrated tail."""

from collections.abc import Callable

import numpy as np

from spikedim._core import AnyArray
from spikedim.dimension._estimation import AnySpectrum, Formula
from spikedim.dimension._spectrum import Spectrum

__all__ = ["over_tails", "tail_notes"]

_NOTE = (
    "The sketch leaves {share:.2g} % of the variance unresolved: {low:.4g} if few axes hold it, "
    "{high:.4g} if all others do."
)


def over_tails(formula: Callable[[AnyArray], float]) -> Formula:
    """Return a formula on spectra from one on eigenvalues.

    On the exact path nothing is missing. From a sketch, the missing variance is put once into
    as few and once into as many axes as it can occupy beyond the captured ones; the formula
    takes the mean of the two. For a Schur-concave formula the second is an upper bound, since a
    covariance majorises its diagonal blocks. The first is no bound: eigenvalues that were
    captured may be larger than their Ritz values, too.
    """

    def on_spectrum(spectrum: AnySpectrum) -> float:
        low, high = _ends(formula, spectrum)
        return (low + high) / 2

    return on_spectrum


def tail_notes(spectrum: Spectrum, formula: Callable[[AnyArray], float]) -> tuple[str, ...]:
    """Say what the estimate is for the two ways to place the unresolved variance."""
    if spectrum.exact or spectrum.missing_variance <= 0:
        return ()
    low, high = _ends(formula, spectrum)
    share = 100 * spectrum.missing_variance / spectrum.total_variance
    return (_NOTE.format(share=share, low=low, high=high),)


def _ends(formula: Callable[[AnyArray], float], spectrum: AnySpectrum) -> tuple[float, float]:
    known = spectrum.eigenvalues
    if not isinstance(spectrum, Spectrum) or spectrum.exact or spectrum.missing_variance <= 0:
        value = formula(known)
        return value, value
    missing = spectrum.missing_variance
    room = min(spectrum.n_samples - 1, spectrum.n_features) - len(known)
    if room < 1:
        value = formula(known)
        return value, value
    cap = float(known[-1])
    if spectrum.residual_norm is not None:
        cap = min(cap, spectrum.residual_norm)
    even = np.concatenate([known, np.full(room, missing / room)])
    if cap * room <= missing:
        value = formula(even)
        return value, value
    full = int(missing // cap)
    few = np.concatenate([known, np.full(full, cap), [missing - full * cap]])
    return formula(few), formula(even)
