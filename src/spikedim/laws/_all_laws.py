"""Every law there is, and every law that has to wait for a measurement."""

from spikedim.laws._accuracy import Accuracy
from spikedim.laws._empirical import Empirical
from spikedim.laws._law import AbstractLaw
from spikedim.laws._reconstructed import Reconstructed
from spikedim.laws._reconstructed_network import ReconstructedNetwork
from spikedim.laws._reconstructed_no_rate import ReconstructedNoRate
from spikedim.laws._response import Response
from spikedim.laws._result import LawResult
from spikedim.laws._subspace import Subspace
from spikedim.laws._wiener import Wiener

__all__ = ["all_laws", "network_laws", "waiting_laws"]

_WAITING = {
    "response": (
        "needs a rate-coded network to differentiate (a softmax twin, a compiled circuit or a "
        "noise-trained net); before training there is none."
    ),
    "accuracy": (
        "needs a rate-coded network and labelled samples, to predict the accuracy lost to spike "
        "noise; before training there is none."
    ),
    "empirical": (
        "needs two evaluations of a trained spiking network at two numbers of steps; before "
        "training there are none."
    ),
}


def all_laws() -> tuple[AbstractLaw, ...]:
    """Return every law that can be evaluated from data, a card and an error target.

    Returns
    -------
    tuple of AbstractLaw
        The default first.

    Examples
    --------
    >>> [law.name for law in all_laws()][0]
    'wiener'
    """
    return (
        Wiener(),
        Subspace(),
        Reconstructed(),
        ReconstructedNoRate(),
        ReconstructedNetwork(),
    )


def network_laws() -> tuple[AbstractLaw, ...]:
    """Return every law that is measured on a trained network.

    Returns
    -------
    tuple of AbstractLaw
        They need `LawInputs.curve` or `LawInputs.empirical`.

    Examples
    --------
    >>> [law.name for law in network_laws()]
    ['response', 'accuracy', 'empirical']
    """
    return (Response(), Accuracy(), Empirical())


def waiting_laws() -> tuple[LawResult, ...]:
    """Return one row for each law that needs a network, saying what it needs.

    Returns
    -------
    tuple of LawResult
        Rows without an answer, each with its reason.

    Examples
    --------
    >>> [row.law for row in waiting_laws()]
    ['response', 'accuracy', 'empirical']
    """
    return tuple(
        LawResult.not_applicable(
            law.name, _WAITING[law.name], reference="theory index 14", target=law.target
        )
        for law in network_laws()
    )
