"""What must be so on a device that this machine does not have."""

import torch
from tests.fit_examples import MODEL, small_recipe, splits

from spikedim.training import _session, fit
from spikedim.training._sum_over_processes import sum_over_processes


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
