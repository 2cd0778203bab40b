"""A device by its name."""

import torch

from spikedim._core import InputError

__all__ = ["device_named"]


def device_named(name: str, *, caller: str) -> torch.device:
    """Return a device that works here: cpu, cuda, mps or the fastest of them.

    Parameters
    ----------
    name : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"`` or ``"auto"``.
    caller : str
        Function that a message names.

    Returns
    -------
    torch.device
        The device, on which a tensor was made.

    Raises
    ------
    InputError
        If this machine has no such device, or it holds no values.

    Examples
    --------
    >>> device_named("cpu", caller="evaluate")
    device(type='cpu')
    """
    if name == "auto":
        found = "mps" if torch.backends.mps.is_available() else "cpu"
        return torch.device("cuda" if torch.cuda.is_available() else found)
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # all three from torch
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{caller}: `device` must be one of this machine; got {name!r} ({reason:.120}). "
            "Use 'cpu' or 'auto'."
        ) from error
    if device.type == "meta":
        raise InputError(f"{caller}: `device` must hold values; got 'meta'. Use 'cpu' or 'auto'.")
    return device
