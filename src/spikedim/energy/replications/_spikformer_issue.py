"""A user's energy of Spikformer on CIFAR-10, printed by a tool that does not see its layers."""

from spikedim.energy.replications._printed_operations import MJ_PER_MAC
from spikedim.energy.replications._replication import Replication
from spikedim.models import Card, LayerRow, card

__all__ = ["counted_macs", "spikformer_issue", "unseen_macs"]

_PRINTED = 0.24570254547754208
_ADDITIONS = 0.2458512465306023e9  # of the convolutions and of attention, as printed
_ALL_ADDITIONS = 284837097.97817653  # of the counter, neurons and pooling included, as printed
_STEPS = 4
_SOURCE = "ZK-Zhou/spikformer issue 23"


def spikformer_issue() -> Replication:
    """Return the printed energy and that of the layers it omits."""
    model = card("spikformer-4-384/cifar10")
    seen, unseen = _seen_macs(model), unseen_macs(model)
    at_most = _ALL_ADDITIONS - _ADDITIONS - _STEPS * model.neurons
    recomputed = MJ_PER_MAC * seen + 0.9e-9 * _ADDITIONS
    return Replication(
        name="Spikformer-4-384 on CIFAR-10, released tool",
        source=_SOURCE,
        printed_mj=_PRINTED,
        recomputed_mj=recomputed,
        corrected_mj=recomputed + MJ_PER_MAC * unseen,
        explanation=(
            f"{seen / 1e9:.9f} G multiply-accumulates (stem in {_STEPS} steps, head with its "
            "biases) and the additions of the convolutions. The tool prices layers named conv or "
            "head; here queries, keys, values, projections and the MLP are named linear. Those of "
            f"them that read sums of spikes are {unseen / 1e9:.3f} G multiply-accumulates in the "
            f"same counter, {MJ_PER_MAC * unseen:.2f} mJ; those that read spikes add at most "
            f"{0.9e-9 * at_most:.2f} mJ. The printed energy is one twentieth of what the tool's "
            "own rules give."
        ),
    )


def _seen_macs(model: Card) -> int:
    """Return the multiply-accumulates that the tool prices."""
    return model.first_macs * _STEPS + model.layers[-1].macs + model.classes


def unseen_macs(model: Card) -> int:
    """Return multiply-accumulates of linear layers that read sums of spikes, biases included."""
    return sum(
        _STEPS * (row.macs + _biases(row, model)) for row in model.layers if row.integer_input
    )


def _biases(row: LayerRow, model: Card) -> int:
    """Return the biases of a linear layer; the counter takes each once a step, not once a token."""
    return row.parameters - row.norm_parameters - row.macs // model.tokens


def counted_macs(model: Card) -> int:
    """Return what the counter prints as multiply-accumulates: normalisations are among them.

    Each normalisation of a product takes two for every number that it reads.
    """
    outputs = 0
    for row in model.layers:
        if row.kind in ("conv", "linear"):
            weights = row.parameters - row.norm_parameters
            positions = row.macs // (weights - (_biases(row, model) if row.kind == "linear" else 0))
            outputs += positions * row.norm_parameters // 2
    return _seen_macs(model) + unseen_macs(model) + 2 * _STEPS * outputs
