"""Effective dimension of data -> timesteps, spikes and energy of a spiking transformer.

Rooms and headline names load on first use, so that ``import spikedim`` costs no torch.
"""

from importlib.metadata import version as _version

import lazy_loader as _lazy

__version__ = _version("spikedim")

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
__all__ = [*__all__, "__version__"]
