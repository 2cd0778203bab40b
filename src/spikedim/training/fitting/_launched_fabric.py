"""Devices and processes, found and started."""

import os
from typing import Any

import torch

from spikedim._core import InputError, require

__all__ = ["launched_fabric"]


def _processes(devices: int) -> tuple[int, int]:
    """Return the processes on this machine, and the machines."""
    environment = os.environ
    if "LOCAL_WORLD_SIZE" not in environment and torch.distributed.is_initialized():
        # An earlier training of this script started them, and all of them are here again.
        return torch.distributed.get_world_size(), 1
    here = int(environment.get("LOCAL_WORLD_SIZE", devices))
    return here, max(int(environment.get("WORLD_SIZE", here)) // here, 1)


def launched_fabric(device: str, devices: int) -> Any:
    """Return Fabric, launched: one process, or several that find one another."""
    library = require("lightning_fabric", extra="train", purpose="training")
    here, nodes = _processes(devices)
    several = here * nodes > 1
    try:
        fabric = library.Fabric(
            accelerator=device,
            devices=here,
            num_nodes=nodes,
            strategy="ddp" if several else "auto",
        )
    except (
        ImportError,  # of a device whose library is not there
        ValueError,
        RuntimeError,
        library.utilities.exceptions.MisconfigurationException,
    ) as e:
        raise InputError(
            f"fit: `device` must be one this machine has; got {device!r} ({e!s:.200}). Use 'cpu'."
        ) from e
    fabric.launch()
    return fabric
