import pytest
import torch

from spikedim._core import InputError
from spikedim.training.examples import IGNORED
from spikedim.training.optimisation import _losses, correct_sum, loss_sum
from spikedim.training.recipes import LossKind, Objective

OBJECTIVES = [Objective(kind=kind) for kind in LossKind]


def test_the_ignored_target_is_that_of_the_examples():
    assert _losses._IGNORED == IGNORED


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.kind)
def test_places_without_a_target_count_for_nothing(objective, generator):
    outputs = torch.randn(3, 2, 4, 5, generator=generator, requires_grad=True)
    targets = torch.tensor([[1, IGNORED, 2, IGNORED], [IGNORED, 0, 4, 3]])
    got = loss_sum(outputs, targets, objective)
    assert got.count.item() == 5
    kept = targets != IGNORED
    want = loss_sum(outputs[:, kept], targets[kept], objective)
    torch.testing.assert_close(got.total, want.total)
    got.total.backward()
    assert torch.all(outputs.grad[:, ~kept] == 0)
    assert torch.all(outputs.grad[:, kept].abs().sum(-1) > 0)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.kind)
def test_nothing_to_learn_costs_nothing(objective):
    outputs = torch.zeros(2, 3, 4, requires_grad=True)
    total, count = loss_sum(outputs, torch.full((3,), IGNORED), objective)
    total.backward()
    assert (total.item(), count.item()) == (0, 0)
    assert torch.all(outputs.grad == 0)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.kind)
def test_bfloat16_is_widened_before_the_mean(objective, generator):
    outputs = torch.randn(4, 3, 6, generator=generator).bfloat16()
    targets = torch.tensor([0, 5, 2])
    got = loss_sum(outputs, targets, objective).total
    assert got.dtype == torch.float32
    assert torch.equal(got, loss_sum(outputs.float(), targets, objective).total)


def test_hits_are_those_of_the_mean_over_steps():
    outputs = torch.tensor([[[3.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
    correct, count = correct_sum(outputs, torch.tensor([0, 0]))
    assert (correct.item(), count.item()) == (1, 2)
    assert correct_sum(outputs, torch.tensor([[0.6, 0.4], [0.1, 0.9]])).correct.item() == 2


def test_hits_leave_out_what_is_ignored():
    outputs = torch.zeros(1, 2, 3, 4)
    targets = torch.tensor([[0, IGNORED, 1], [IGNORED, IGNORED, 0]])
    correct, count = correct_sum(outputs, targets)
    assert (correct.item(), count.item()) == (2, 3)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("call", [correct_sum, lambda o, t: loss_sum(o, t, Objective())])
@pytest.mark.parametrize(
    ("outputs", "targets", "match"),
    [
        ((2, 3), torch.zeros(3).long(), r"`outputs` must have shape \[T, B, C\] or .*got \[2, 3\]"),
        ((0, 3, 4), torch.zeros(3).long(), r"`outputs` must have shape .*got \[0, 3, 4\]"),
        ((2, 3, 4), torch.zeros(2).long(), r"`targets` must be int64 \[3\].*got torch.int64 \[2\]"),
        ((2, 3, 4), torch.zeros(3).int(), r"`targets` must be int64 \[3\].*got torch.int32 \[3\]"),
        ((2, 3, 4), torch.zeros(3, 5), r"`targets` must be int64 .*got torch.float32 \[3, 5\]"),
        ((2, 3, 5, 4), torch.zeros(3, 4), r"`targets` must be int64 \[3, 5\]"),
        ((2, 3, 5, 4), torch.zeros(3, 5, 4), r"`targets` must be int64 \[3, 5\]"),
    ],
)
def test_targets_must_fit(call, outputs, targets, match):
    with pytest.raises(InputError, match=rf"^(loss|correct)_sum: {match}"):
        call(torch.zeros(outputs), targets)
