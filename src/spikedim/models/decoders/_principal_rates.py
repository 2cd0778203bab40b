"""What is known of the rates of one population: directions, and signal and noise along them."""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from spikedim._core import check_choice, check_integer
from spikedim.models.decoders._projecting_decoder import ProjectingDecoder

__all__ = ["KINDS", "PrincipalRates"]

KINDS = ("wiener", "pca95")
_FRACTION = 0.95


@final
@dataclass(frozen=True, eq=False)
class PrincipalRates:
    r"""Principal directions of exact rates, with signal and noise along each.

    Parameters
    ----------
    mean : Tensor of shape [n * d]
        Mean rate of every neuron.
    basis : Tensor of shape [n * d, k] or [d, k]
        Orthonormal directions, leading first; of one token in the per-token form.
    variance : Tensor of shape [k]
        Variance along each direction in the samples it was found in.
    signal : Tensor of shape [r]
        Mean square, of samples that were left out, along the leading directions that fewer samples
        have too.
    noise : Tensor of shape [k]
        Variance of one Bernoulli spike along it, :math:`\sum_a U_{ai}^2 \, E\, x_a (1 - x_a)`.
    outside_signal : float
        The same, summed over all other directions.
    total_variance, total_noise : float
        Sums over all directions, in the basis or not.
    samples : int
        S, of the fit.

    See Also
    --------
    principal_rates : Finds them.

    Examples
    --------
    >>> import torch
    >>> known = PrincipalRates(
    ...     mean=torch.full((2,), 0.5),
    ...     basis=torch.eye(2),
    ...     variance=torch.tensor([0.2, 0.1]),
    ...     signal=torch.tensor([0.2, 0.1]),
    ...     noise=torch.tensor([0.2, 0.2]),
    ...     outside_signal=0.0,
    ...     total_variance=0.3,
    ...     total_noise=0.4,
    ...     samples=100,
    ... )
    >>> known.decoder("wiener", code_steps=2).gains
    tensor([0.6667, 0.5000])
    """

    mean: Tensor
    basis: Tensor
    variance: Tensor
    signal: Tensor
    noise: Tensor
    outside_signal: float
    total_variance: float
    total_noise: float
    samples: int

    def decoder(self, kind: str = "wiener", *, code_steps: int) -> ProjectingDecoder:
        r"""Return the decoder of one kind for T spikes a rate.

        Parameters
        ----------
        kind : {"wiener", "pca95"}
            As in `fit_decoders`.
        code_steps : int
            T, at least 1.

        Returns
        -------
        ProjectingDecoder
            With gain :math:`s / (s + v / T)` along a direction of signal s and noise v, or 1 along
            the leading directions.

        Raises
        ------
        InputError
            If `kind` is another word or `code_steps` below 1.
        """
        check_choice(kind, KINDS, name="kind", caller="PrincipalRates.decoder")
        steps = check_integer(
            code_steps, name="code_steps", caller="PrincipalRates.decoder", minimum=1
        )
        if kind == "pca95":
            wanted = _FRACTION * self.total_variance
            rank = int((self.variance.cumsum(0) < wanted * (1 - 1e-12)).sum()) + 1
            basis = self.basis[:, :rank]
            return ProjectingDecoder(self.mean, basis, torch.ones(basis.shape[1]))
        known = len(self.signal)
        noise = self.noise[:known] / steps
        rest = max(self.total_noise / steps - float(noise.sum()), 0.0)
        outside = _gain(torch.tensor(self.outside_signal), torch.tensor(rest))
        gains = _gain(self.signal, noise)
        return ProjectingDecoder(self.mean, self.basis[:, :known], gains, outside=float(outside))


def _gain(signal: Tensor, noise: Tensor) -> Tensor:
    """Return the gain of the least squared error; 1 where there is neither."""
    return torch.where(signal + noise > 0, signal / (signal + noise), torch.ones_like(signal))
