"""Where a number comes from."""

import platform
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import final

__all__ = ["Provenance"]

_PACKAGES = ("numpy", "torch", "scipy")


@cache  # a sweep makes a thousand results, and this reads a file each time
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


@final
@dataclass(frozen=True)
class Provenance:
    """The origin of a result: who computed it, from what, under which assumptions.

    Parameters
    ----------
    command : str
        The shell command or call that made it.
    spikedim_version : str
        Version of this package.
    versions : dict of str
        Versions of the libraries that did the arithmetic.
    platform : str
        Operating system, processor and Python version.
    created : str
        UTC time, ISO 8601.
    data_fingerprint : str
        Content fingerprint of the samples, empty if there were none.
    seed : int or None
        Seed of the random generator, None if nothing was random.
    assumptions : tuple of str
        What was taken for granted, one sentence each.

    Examples
    --------
    >>> Provenance.now(command="spikedim plan", seed=0).seed
    0
    """

    command: str
    spikedim_version: str
    versions: dict[str, str] = field(default_factory=dict)
    platform: str = ""
    created: str = ""
    data_fingerprint: str = ""
    seed: int | None = None
    assumptions: tuple[str, ...] = ()

    @classmethod
    def now(
        cls,
        *,
        command: str | None = None,
        data_fingerprint: str = "",
        seed: int | None = None,
        assumptions: tuple[str, ...] = (),
    ) -> "Provenance":
        """Describe this process at this moment; `command` defaults to how it was started."""
        started = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]) if sys.argv else ""
        return cls(
            command=started if command is None else command,
            spikedim_version=_version("spikedim"),
            versions={name: _version(name) for name in _PACKAGES},
            platform=f"{platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            data_fingerprint=data_fingerprint,
            seed=seed,
            assumptions=assumptions,
        )

    def assuming(self, *assumptions: str) -> "Provenance":
        """Return a copy with more `assumptions`."""
        return replace(self, assumptions=(*self.assumptions, *assumptions))
