"""Looking at this installation."""

import os
import platform
import re
import shutil
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import torch

from spikedim import data
from spikedim.cli._thread_probe import thread_slowdown
from spikedim.planning import Advisory
from spikedim.report import Examination, Package

__all__ = ["examine"]

_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*(?:;.*extra\s*==\s*['\"]([\w-]+)['\"])?")
_SHOWN_EXTRAS = ("charts", "fast", "hf", "id", "tensorboard", "train")
_COSTS = {
    "fast": " Long runs of gli circuits take several times as long without numba.",
    "tensorboard": " Only `spikedim train --tensorboard` needs it; log.jsonl is always written.",
    "train": " `spikedim train` needs lightning-fabric, and tokenizers for sentences.",
}
_CLIENTS = ("npm", "apt-get", "pip")
_SIDE = 512
_STALLED = 3.0  # small problems may lose a little on more threads; a stall costs 4 to 1,000 times


def examine() -> Examination:
    """Look at packages, cache, clients, the speed of 8-bit products and what threads gain."""
    packages = tuple(_packages())
    cache = data.cache_folder()
    cards = [data.describe(name) for name in data.names()]
    exact, speedup = _probe_int8()
    slowdown = thread_slowdown()
    missing = sorted({part.extra for part in packages if part.extra and not part.version})
    broken = [part.name for part in packages if not part.extra and not part.version]
    ready = f"; without the extras {', '.join(missing)}" if missing else " with every extra"
    headline = (
        f"spikedim {version('spikedim')} cannot run: {', '.join(broken)} missing."
        if broken
        else f"spikedim {version('spikedim')} is ready{ready}."
    )
    return Examination(
        headline=headline,
        spikedim_version=version("spikedim"),
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        processor=f"{os.cpu_count()} processors, {torch.backends.cpu.get_cpu_capability()}",
        packages=packages,
        cache_folder=str(cache),
        cache_bytes=_folder_bytes(cache),
        data_cached=tuple(card.name for card in cards if card.cached or not card.client),
        clients={name: shutil.which(name) or "" for name in _CLIENTS},
        torch_threads=torch.get_num_threads(),
        int8_exact=exact,
        int8_speedup=speedup,
        advisories=tuple(_advice(missing, exact=exact, speedup=speedup, slowdown=slowdown)),
        thread_slowdown=slowdown,
    )


def _packages() -> Iterator[Package]:
    """Core dependencies and the extras that a user may want, from our own metadata."""
    for line in requires("spikedim") or ():
        found = _REQUIREMENT.match(line)
        if found is None or (found[2] or "") not in ("", *_SHOWN_EXTRAS):
            continue
        try:
            installed = version(found[1])
        except PackageNotFoundError:
            installed = ""
        yield Package(found[1], found[2] or "", installed)


def _folder_bytes(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())


def _probe_int8() -> tuple[bool, float]:
    """Whether 8-bit products are exact, and how much faster than 32-bit ones they are."""
    numbers = torch.arange(_SIDE * _SIDE, dtype=torch.int32).reshape(_SIDE, _SIDE)
    small = (numbers * 2_654_435 % 255 - 127).to(torch.int8)
    single, wide = small.float(), small.long()
    try:
        exact = bool((torch._int_mm(small, small).long() == wide @ wide).all())
    except RuntimeError:
        return False, 0.0
    slow = _fastest(lambda: single @ single)
    return exact, slow / _fastest(lambda: torch._int_mm(small, small))


def _fastest(work: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _advice(
    missing: list[str], *, exact: bool, speedup: float, slowdown: float
) -> Iterator[Advisory]:
    if not exact:
        yield Advisory(
            "8-bit matrix products are not exact or not there, so 8-bit data takes the "
            "floating-point path.",
            "Use the torch version of constraints.txt.",
        )
    elif speedup < 1:
        yield Advisory(
            "8-bit products are slower than 32-bit ones on this processor.",
            "Expect `measure` on images to take a few times longer than on one with VNNI or AMX.",
        )
    if torch.get_num_threads() == 1:
        yield Advisory(
            "Torch uses one thread.",
            "Right beside other work; else pass --threads or unset OMP_NUM_THREADS.",
        )
    if slowdown >= _STALLED:
        yield Advisory(
            f"Eigenvalues take {slowdown:.0f} times as long on {torch.get_num_threads()} threads "
            "as on one: other processes hold the cores that the threads wait for.",
            "Pass --threads 1, or set OMP_WAIT_POLICY=passive.",
        )
    for extra in missing:
        yield Advisory(
            f"The extra {extra} is not (fully) installed.{_COSTS.get(extra, '')}",
            f"pip install 'spikedim[{extra}]'",
        )
