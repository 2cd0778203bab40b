"""What must be so on a device that this machine does not have."""

import pytest
import torch
from tests.fit_examples import MODEL, small_recipe, splits

from spikedim.training import fit
from spikedim.training.fitting import _session
from spikedim.training.fitting._launched_fabric import _processes
from spikedim.training.fitting._sum_over_processes import sum_over_processes


class OneProcess:
    world_size = 1

    def all_reduce(self, *_, **__):
        raise TypeError("this device knows no float64")


def test_one_process_adds_its_sums_up_without_the_device():
    assert sum_over_processes(torch.tensor([1.0, 2.5]).double(), OneProcess()) == [1.0, 2.5]


def test_an_optimiser_is_restored_once_its_weights_are_on_the_device(tmp_path, monkeypatch):
    order = []
    setup, restore = _session.StepOutputs.to, _session.restore_optimiser
    monkeypatch.setattr(
        _session.StepOutputs, "to", lambda *a, **k: order.append("moved") or setup(*a, **k)
    )
    monkeypatch.setattr(
        _session, "restore_optimiser", lambda *a: order.append("restored") or restore(*a)
    )
    recipe = small_recipe(epochs="1")
    fit(MODEL, splits(), out=tmp_path, recipe=recipe)
    record = tmp_path / "run.json"
    record.write_text(record.read_text().replace('"finished"', '"running"'))
    order.clear()
    fit(MODEL, splits(), out=tmp_path, recipe=recipe, resume=True)
    assert order == ["moved", "restored"]


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, (1, 1)),
        ({"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4"}, (4, 2)),
        ({"WORLD_SIZE": "2", "LOCAL_RANK": "1"}, (1, 2)),
    ],
    ids=["alone", "torchrun", "one a machine"],
)
def test_processes_are_those_of_the_launcher(monkeypatch, environment, found):
    for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert _processes(1) == found


def test_a_second_training_of_a_script_has_the_processes_of_the_first(monkeypatch):
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    assert _processes(1) == (2, 1)
