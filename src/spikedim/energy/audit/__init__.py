"""An audit: one run counted once, priced under every rule set, beside its twins."""

from spikedim.energy.audit._audit_energy import audit_energy
from spikedim.energy.audit._energy_audit import (
    AuditedEnergy,
    EnergyAudit,
    EnergyRatio,
    EnergyVerdict,
)

__all__ = ["AuditedEnergy", "EnergyAudit", "EnergyRatio", "EnergyVerdict", "audit_energy"]
