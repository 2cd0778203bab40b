"""What published energy rules share: operations counted as firing rate times dense ones."""

from spikedim.energy.operations import PRODUCTS, Operation, OperationCounts, OperationKind, Place
from spikedim.energy.pricing._bookings import is_pixel_product, is_repeated
from spikedim.energy.pricing._charge import Charge

__all__ = ["every_step", "rate_charge", "reads_spikes", "real_inside", "without_neurons"]


def without_neurons(counts: OperationCounts) -> str:
    """Say that a published rule prices spiking networks, or nothing if this is one."""
    return "" if counts.neurons else "it prices spikes, and this network has no spiking neurons"


def real_inside(counts: OperationCounts) -> str:
    """Say which product inside reads real values, for which the rule has no booking."""
    for operation in counts.operations:
        if (
            operation.kind in PRODUCTS
            and operation.kind is not OperationKind.SUMMATION
            and operation.place is Place.INSIDE
            and not operation.accumulates
        ):
            return (
                f"it counts spikes, and `{operation.layer}` ({operation.kind}) reads real values "
                "inside the network"
            )
    return ""


def reads_spikes(operation: Operation) -> bool:
    """Tell whether a product reads spikes or sums of them, and no pixels."""
    return operation.accumulates and not is_pixel_product(operation)


def every_step(operation: Operation, steps: int) -> float:
    """Return what turns the work as executed into that of a pass for each step."""
    return steps / operation.passes if operation.static else 1.0


def rate_charge(
    index: int, operation: Operation, each_pj: float, part: str, steps: int = 0
) -> Charge:
    """Book the mean of its inputs times its dense operations, as papers count them.

    Sums of spikes count with their value. Borders count as if they were reached in full.
    """
    each_pj *= every_step(operation, steps) if steps else 1.0
    booked = "firing rate times dense operations"
    if is_repeated(operation):
        full = operation.macs / (operation.inner_macs or operation.macs) if operation.macs else 1.0
        return Charge(index, part, booked, each_pj * full, "weighted_operations")
    if not operation.inputs:
        return Charge(index, part, booked, each_pj, "synaptic_operations")
    dense = operation.macs / operation.inputs
    return Charge(index, part, booked, each_pj * dense, "active_inputs")
