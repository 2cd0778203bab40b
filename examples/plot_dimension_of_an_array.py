r"""
Is my sample large enough?
==========================

An effective dimension rises with the number of samples, and ranks rise most. Here the truth is
known: 64 Gaussian features whose variances fall as a power law, so that 51 axes hold 95 % of the
variance. With 250 samples ``pca95`` finds 44, with a narrow interval that misses the truth: an
interval covers sampling noise, not the bias of too few samples. The flag ``still_rising`` and
the extrapolation give it away, without knowing the truth.
"""

import matplotlib.pyplot as plt
import numpy as np

from spikedim.dimension import covariance_spectrum, participation_ratio, pca95

# %%
# Data with a known spectrum
# --------------------------
variances = np.arange(1, 65) ** -1.0
truth = {
    "pca95": int(np.searchsorted(np.cumsum(variances) / variances.sum(), 0.95)) + 1,
    "participation_ratio": variances.sum() ** 2 / (variances**2).sum(),
}
x = np.random.default_rng(0).standard_normal((2000, 64)) * np.sqrt(variances)

# %%
# Few samples and many
# --------------------
# One spectrum serves both estimators.
for n_samples in (250, 2000):
    spectrum = covariance_spectrum(x[:n_samples], generator=np.random.default_rng(1))
    for estimate in (pca95(spectrum), participation_ratio(spectrum)):
        print(
            f"{n_samples:4d} samples, {estimate.estimator}: {estimate.value:.1f} "
            f"({estimate.low:.1f} to {estimate.high:.1f}), still rising: {estimate.still_rising}, "
            f"extrapolated {estimate.extrapolated:.1f}, truth {truth[estimate.estimator]:.1f}"
        )

# %%
# The curve d(n)
# --------------
# Points are means over random subsets, bars their standard deviation, dashed lines the truth.
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
for estimate, colour in ((pca95(spectrum), "#0072B2"), (participation_ratio(spectrum), "#D55E00")):
    n = [point.n_samples for point in estimate.curve]
    mean = [point.mean for point in estimate.curve]
    spread = [point.standard_deviation for point in estimate.curve]
    axes.errorbar(n, mean, spread, color=colour, marker="o", capsize=3, label=estimate.estimator)
    axes.axhline(truth[estimate.estimator], color=colour, linestyle="--", linewidth=1)
axes.set(xscale="log", xlabel="samples n", ylabel="effective dimension d(n)", ylim=(0, None))
axes.legend(frameon=False)
plt.show()
