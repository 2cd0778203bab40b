"""Train the nets of nets.yaml that runs/ does not have; an interrupted one goes on."""

import sys
from pathlib import Path
from typing import Any

import torch
import yaml
from studies.cpu_training.study import train

__all__ = ["RUNS", "nets"]

HERE = Path(__file__).parent
WORK = HERE / "work"
RUNS = HERE / "runs"


def nets() -> dict[str, dict[str, Any]]:
    """Return what was declared."""
    declared: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "nets.yaml").read_text("utf-8"))
    return declared


def main(names: list[str]) -> None:
    """Train the nets of these names, or all."""
    torch.set_num_threads(1)
    for folder in (WORK, RUNS):
        folder.mkdir(exist_ok=True)
    for name, net in nets().items():
        if name in (names or nets()) and not (RUNS / name).exists():
            train(name, net, work=WORK, runs=RUNS)
            print(f"{name}: trained", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
