"""What `spikedim doctor` found, as a result and as text."""

from dataclasses import dataclass
from typing import ClassVar, final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spikedim._core import Result
from spikedim.planning import Advisory
from spikedim.report._format import size
from spikedim.report._table import Column, Table
from spikedim.report._terminal import advisory_view, table_view

__all__ = ["Examination", "Package", "examination_view"]


@final
@dataclass(frozen=True)
class Package:
    """One package that spikedim can use.

    Parameters
    ----------
    name : str
        Name on the package index.
    extra : str
        The extra it belongs to, empty for a core dependency.
    version : str
        Installed version, empty if it is missing.
    """

    name: str
    extra: str
    version: str


@final
@dataclass(frozen=True)
class Examination(Result):
    """The state of an installation.

    Parameters
    ----------
    headline : str
        The verdict in one sentence.
    spikedim_version, python_version, platform, processor : str
        What runs where.
    packages : tuple of Package
        Dependencies and extras.
    cache_folder : str
        Where fetched data sets are kept.
    cache_bytes : int
        How much is kept there.
    data_cached : tuple of str
        Data sets that can be opened without fetching.
    clients : dict of str
        Package clients and their paths, empty if absent.
    torch_threads : int
        Threads of torch.
    int8_exact : bool
        Whether 8-bit matrix products are exact here.
    int8_speedup : float
        Time of a 32-bit product over that of the 8-bit product of the same size.
    advisories : tuple of Advisory
        What is slow or missing, and what to do.
    thread_slowdown : float
        Time of a small eigenvalue problem on `torch_threads` threads over that on one.
    """

    schema: ClassVar[str] = "spikedim.examination/1"

    headline: str
    spikedim_version: str
    python_version: str
    platform: str
    processor: str
    packages: tuple[Package, ...]
    cache_folder: str
    cache_bytes: int
    data_cached: tuple[str, ...]
    clients: dict[str, str]
    torch_threads: int
    int8_exact: bool
    int8_speedup: float
    advisories: tuple[Advisory, ...]
    thread_slowdown: float = 1.0


def examination_view(found: Examination) -> RenderableType:
    """Return an examination for the terminal.

    Parameters
    ----------
    found : Examination
        What was found.

    Returns
    -------
    RenderableType
        Headline, packages, cache, speed and advice, to print with a Rich console.
    """
    columns = (Column("package"), Column("extra"), Column("version"))
    rows = tuple(
        (part.name, part.extra or "core", part.version or "not installed")
        for part in found.packages
    )
    clients = ", ".join(
        name if path else f"{name} (not found)" for name, path in found.clients.items()
    )
    exact = "exact" if found.int8_exact else "NOT exact"
    lines = (
        f"Python {found.python_version} on {found.platform}; {found.processor}.",
        f"Cache: {found.cache_folder} ({size(found.cache_bytes)}).",
        f"Ready to open: {', '.join(found.data_cached) or 'nothing'}.",
        f"Package clients: {clients}.",
        (
            f"Torch threads: {found.torch_threads}; a small eigenvalue problem takes "
            f"{found.thread_slowdown:.1f} times as long as on one."
        ),
        f"8-bit products: {exact}, {found.int8_speedup:.1f} times the speed of 32-bit ones.",
    )
    return Group(
        Text(found.headline, style="bold"),
        table_view(Table("Packages", columns, rows)),
        Padding(Text("\n".join(lines)), (1, 0, 0, 0)),
        advisory_view(found.advisories),
    )
