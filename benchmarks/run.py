"""Run every benchmark and write benchmarks/results.json and docs/benchmarks.md.

A benchmark is a file ``bench_*.py`` with a function ``run`` that returns rows: dicts whose keys are
documented in `benchmarks.render`. Peers are timed inside the same ``run``, interleaved.
"""

import argparse
import importlib
import inspect
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from benchmarks.render import page
from spikedim._core import check_writable, write_atomic

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PACKAGES = ("spikedim", "torch", "numpy", "scipy", "scikit-learn")
THREADS = 2


def machine() -> dict[str, Any]:
    """Return what the numbers depend on: processor, cores, memory, system."""
    cpu = _first(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown"
    kilobytes = _first(Path("/proc/meminfo"), "MemTotal").split()[:1]
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(int(kilobytes[0]) / 2**20, 1) if kilobytes else None,
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def _first(path: Path, key: str) -> str:
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return ""


def commit() -> str:
    """Return the commit of the code, with ``+`` if files were changed since."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return "not a git checkout"
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "src"], check=False)
    return head.stdout.strip()[:12] + ("+" if changed.returncode else "")


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def command_line(repeats: int) -> list[dict[str, Any]]:
    """Time whole processes, the first run of each left out."""
    rows = []
    for words, goal in ((["--help"], 0.3), (["plan", "--quiet"], 15.0)):
        times = []
        for _ in range(repeats + 1):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", "spikedim", *words],
                capture_output=True,
                text=True,
                check=True,
            )
            times.append(time.perf_counter() - start)
        rows.append(
            {
                "name": " ".join(["spikedim", *words]),
                "seconds": statistics.median(times[1:]),
                "seconds_all": times[1:],
                "goal": f"<= {goal:g} s",
                "met": statistics.median(times[1:]) <= goal,
                "answer": done.stdout.strip().splitlines()[0][:160] if "plan" in words else "",
            }
        )
    return rows


def earlier(path: Path, *, keep: bool) -> dict[str, Any]:
    """Return the tables of an earlier run that this one does not make again."""
    if not keep or not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return dict(found.get("tables", {}))


def main(arguments: list[str] | None = None) -> None:
    """Run all benchmarks, or the named ones, and write both files after each."""
    parser = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small sizes, no memory: a rehearsal")
    parser.add_argument(
        "--only", default="", metavar="NAME", help="bench_NAME.py, or cli, alone; other tables stay"
    )
    options = parser.parse_args(arguments)
    check_writable(options.out, name="--out", caller="bench")
    torch.set_num_threads(THREADS)
    tables = earlier(options.out, keep=bool(options.only))
    command = shlex.join(["python", "-m", "benchmarks.run", *(arguments or sys.argv[1:])])

    def keep(
        title: str, rows: list[dict[str, Any]], started: datetime, module: object = None
    ) -> None:
        tables[title] = {
            "command": command,
            "commit": commit(),
            "created": started.isoformat(timespec="seconds"),
            "quick": options.quick,
            "machine": machine(),
            "torch_threads": getattr(module, "TORCH_THREADS", THREADS),
            "versions": versions((*PACKAGES, *getattr(module, "PACKAGES", ()))),
            "rows": rows,
        }
        text = json.dumps({"tables": tables}, indent=2, allow_nan=False) + "\n"
        write_atomic(options.out, text)
        if options.out.resolve() == RESULTS:
            write_atomic(PAGE, page(tables))
        print(f"wrote {options.out}", file=sys.stderr, flush=True)

    if options.only in ("", "cli"):
        started = datetime.now(UTC)
        keep("Command line, whole process", command_line(options.repeats), started)
    for path in sorted(Path(__file__).parent.glob(f"bench_{options.only or '*'}.py")):
        print(f"{path.name} ...", file=sys.stderr, flush=True)
        started = datetime.now(UTC)
        module = importlib.import_module(f"benchmarks.{path.stem}")
        known = inspect.signature(module.run).parameters
        wanted = {"repeats": options.repeats, "quick": options.quick, "memory": not options.quick}
        found = module.run(**{key: value for key, value in wanted.items() if key in known})
        title = (module.__doc__ or path.stem).strip().splitlines()[0].rstrip(".")
        keep(title, found, started, module)


if __name__ == "__main__":
    main()
