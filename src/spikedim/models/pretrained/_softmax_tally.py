"""Adds up what the circuits of one layer did, batch of sentences by batch."""

from typing import Any, final

import numpy as np

from spikedim.circuits import Certificate, CircuitResult, all_hold
from spikedim.models.pretrained._spiking_softmax_run import EntropyBin, SoftmaxLayerRun

__all__ = ["SoftmaxTally"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_BIN_BITS = 0.5


@final
class SoftmaxTally:
    """Sums over the rows of one layer; memory does not grow with the number of rows."""

    def __init__(self, layer: int) -> None:
        self._layer = layer
        self._rows = self._silent = self._row_spikes = self._spikes = 0
        self._certificates: list[Certificate] = []
        self._bins: dict[int, Array] = {}  # number, spikes, squared l2 errors
        self._squares = np.zeros(2)  # of l1 and l2 errors
        self._entropy = 0.0

    def add(self, result: CircuitResult) -> None:
        """Count the rows of one run; its value has shape [R, n]."""
        self._rows += len(result.silent)
        self._silent += int(result.silent.sum())
        self._row_spikes += 0 if result.row_spikes is None else int(result.row_spikes.sum())
        self._spikes += result.total_spikes
        self._certificates.append(result.certificate)
        if result.target is None or result.row_entropy_bits is None or result.row_spikes is None:
            return
        self._entropy += float(result.row_entropy_bits.sum())
        spoke = ~result.silent
        gap = result.value[spoke] - result.target[spoke]
        squares = (gap**2).sum(axis=1)
        self._squares += [(np.abs(gap).sum(axis=1) ** 2).sum(), squares.sum()]
        numbers = np.floor(result.row_entropy_bits[spoke] / _BIN_BITS).astype(np.int64)
        columns = np.stack(
            [np.ones(len(numbers)), result.row_spikes[spoke].astype(np.float64), squares], axis=1
        )
        for number in np.unique(numbers):
            total = columns[numbers == number].sum(axis=0)
            self._bins[int(number)] = self._bins.get(int(number), np.zeros(3)) + total

    def close(self) -> SoftmaxLayerRun:
        """Return the sums as a result."""
        spoke = self._rows - self._silent
        measured = spoke > 0 and all(part.rms_error is not None for part in self._certificates)
        l1, l2 = (float(np.sqrt(total / spoke)) if measured else None for total in self._squares)
        return SoftmaxLayerRun(
            layer=self._layer,
            rows=self._rows,
            silent_rows=self._silent,
            error_l1_rms=l1,
            error_l2_rms=l2,
            certificate=max(self._certificates, key=_closeness),
            holds=all_hold(part.holds for part in self._certificates),
            row_spikes=self._row_spikes,
            spikes=self._spikes,
            mean_row_entropy_bits=self._entropy / self._rows if measured else None,
            by_entropy=tuple(
                EntropyBin(
                    low_bits=number * _BIN_BITS,
                    high_bits=(number + 1) * _BIN_BITS,
                    rows=int(count),
                    mean_spikes=float(spikes / count),
                    error_l2_rms=float(np.sqrt(square / count)),
                )
                for number, (count, spikes, square) in sorted(self._bins.items())
                if measured
            ),
        )


def _closeness(certificate: Certificate) -> tuple[bool, bool, float]:
    """Order certificates: broken ones last, then unknown ones, then by error over bound."""
    error, bound = certificate.error, certificate.bound
    share = error / bound if error is not None and bound else 0.0
    return certificate.holds is False, certificate.holds is None, share
