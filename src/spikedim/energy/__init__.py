"""Energy of an inference: operations counted or expected, sourced constants, named rule sets."""

from spikedim.energy.audit import (
    AuditedEnergy,
    EnergyAudit,
    EnergyRatio,
    EnergyVerdict,
    audit_energy,
)
from spikedim.energy.closed_forms import (
    BreakEven,
    EnergyEstimate,
    break_even_rate,
    quantised_bits,
    spiking_energy,
    twin_energy,
)
from spikedim.energy.constants import Confidence, Constant, constants
from spikedim.energy.counting import count_operations
from spikedim.energy.expected import expected_operations, expected_twin_operations
from spikedim.energy.operations import (
    PRODUCTS,
    Operation,
    OperationCounts,
    OperationKind,
    Place,
    UnknownOperator,
    Values,
)
from spikedim.energy.pricing import (
    CLOSED_FORM_RULES,
    Chip,
    Integers,
    Memory,
    Movement,
    Norms,
    PricedLine,
    PricedOperations,
    PriceOptions,
    Rules,
    Stem,
    Word,
    price,
)
from spikedim.energy.replications import Replication, replications

__all__ = [
    "CLOSED_FORM_RULES",
    "PRODUCTS",
    "AuditedEnergy",
    "BreakEven",
    "Chip",
    "Confidence",
    "Constant",
    "EnergyAudit",
    "EnergyEstimate",
    "EnergyRatio",
    "EnergyVerdict",
    "Integers",
    "Memory",
    "Movement",
    "Norms",
    "Operation",
    "OperationCounts",
    "OperationKind",
    "Place",
    "PriceOptions",
    "PricedLine",
    "PricedOperations",
    "Replication",
    "Rules",
    "Stem",
    "UnknownOperator",
    "Values",
    "Word",
    "audit_energy",
    "break_even_rate",
    "constants",
    "count_operations",
    "expected_operations",
    "expected_twin_operations",
    "price",
    "quantised_bits",
    "replications",
    "spiking_energy",
    "twin_energy",
]
