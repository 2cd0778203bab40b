"""The state of an optimiser survives a checkpoint to the bit."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from spikedim._core import InputError
from spikedim.training.runs import (
    Checkpoint,
    RunFolder,
    optimiser_tensors,
    read_checkpoint,
    restore_optimiser,
    write_checkpoint,
)

RATE = st.floats(1e-300, 1.0)
ADAMW = st.fixed_dictionaries(
    {
        "lr": RATE,
        "betas": st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
        "eps": st.floats(1e-30, 1.0),
        "weight_decay": st.floats(0, 1),
        "amsgrad": st.booleans(),
    }
)
SGD = st.fixed_dictionaries(
    {"lr": RATE, "momentum": st.floats(0, 1), "weight_decay": st.floats(0, 1)}
)
KINDS = st.one_of(
    ADAMW.map(lambda o: (torch.optim.AdamW, o)), SGD.map(lambda o: (torch.optim.SGD, o))
)
SHAPES = st.lists(st.lists(st.integers(0, 4), max_size=3).map(tuple), min_size=1, max_size=4)


def parameters(shapes, seed):
    gen = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=gen)) for shape in shapes]


def step(optimiser, seed):
    gen = torch.Generator().manual_seed(seed)
    for group in optimiser.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.randn(parameter.shape, generator=gen)
    optimiser.step()


def build(kind, options, params):
    """Return an optimiser with two groups if there are enough parameters."""
    groups = [{"params": params[:1], "weight_decay": 0.0}, {"params": params[1:]}]
    return kind(groups if len(params) > 1 else params, **options)


def same(one, other):
    """Compare nested values to the bit, types of containers included."""
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.contiguous().numpy().tobytes() == other.contiguous().numpy().tobytes()
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            same(mine, theirs)
    else:
        assert one == other


def through_a_file(tensors, folder):
    given = Checkpoint(update=1, seed=0, identity="a", best=None, model={}, optimiser=tensors)
    write_checkpoint(folder, given)
    return read_checkpoint(folder).optimiser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return RunFolder(tmp_path_factory.mktemp("run"))


@settings(max_examples=60)
@given(kind=KINDS, shapes=SHAPES, steps=st.integers(0, 3), seed=st.integers(0, 2**31))
def test_a_restored_optimiser_is_the_same_and_goes_the_same_way(folder, kind, shapes, steps, seed):
    params = parameters(shapes, seed)
    one = build(*kind, params)
    for number in range(steps):
        step(one, seed + number)
    twins = [nn.Parameter(p.detach().clone()) for p in params]
    other = build(kind[0], {**kind[1], "lr": 0.5}, twins)
    restore_optimiser(other, through_a_file(optimiser_tensors(one), folder))
    same(one.state_dict(), other.state_dict())
    for number in range(2):
        step(one, number)
        step(other, number)
    same([p.detach() for p in params], [p.detach() for p in twins])
    same(one.state_dict(), other.state_dict())


OTHERS = ["Adadelta", "Adagrad", "Adam", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop"]


@pytest.mark.parametrize("name", [*OTHERS, "Adafactor", "LBFGS"])
def test_other_optimisers_survive_too(folder, name):
    kind = getattr(torch.optim, name)
    one, other = (kind(parameters([(3, 2), (2,)], 0), lr=0.01) for _ in range(2))
    for number in range(3):
        closure(one, number)
    restore_optimiser(other, through_a_file(optimiser_tensors(one), folder))
    same(one.state_dict(), other.state_dict())


def closure(optimiser, seed):
    def loss():
        gen = torch.Generator().manual_seed(seed)
        total = torch.zeros(())
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.randn(parameter.shape, generator=gen)
                total = total + parameter.detach().square().sum()
        return total

    optimiser.step(loss)


def test_states_finer_than_the_weights_are_not_rounded(folder):
    params = [nn.Parameter(torch.ones(3, dtype=torch.bfloat16))]
    one = torch.optim.SGD(params, lr=0.1, momentum=0.9)
    one.state[params[0]]["momentum_buffer"] = torch.tensor([0.1, 0.2, 0.3])
    other = torch.optim.SGD([nn.Parameter(params[0].detach().clone())], lr=0.1, momentum=0.9)
    restore_optimiser(other, through_a_file(optimiser_tensors(one), folder))
    same(one.state_dict(), other.state_dict())


def test_what_was_restored_shares_no_memory():
    one, other = (torch.optim.AdamW(parameters([(3,)], 0)) for _ in range(2))
    step(one, 0)
    tensors = optimiser_tensors(one)
    kept = copy.deepcopy(tensors)
    restore_optimiser(other, tensors)
    step(other, 1)
    same(tensors, kept)


def make(kind=torch.optim.AdamW, shapes=((3,), (2, 2))):
    optimiser = kind(parameters(shapes, 0), lr=0.1)
    step(optimiser, 0)
    return optimiser


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (make(torch.optim.SGD), "a state of SGD for AdamW"),
        (make(shapes=((3,),)), r"groups of \[1\] parameters for \[2\]"),
        (make(shapes=((3,), (2, 3))), r"shape \[2, 3\] for \[2, 2\] of parameter 1"),
    ],
    ids=["kind", "count", "shape"],
)
def test_a_misfit_is_one_sentence_and_changes_nothing(other, said):
    mine = make()
    before = copy.deepcopy(mine.state_dict())
    with pytest.raises(
        InputError, match=rf"^restore_optimiser: `tensors` must be .* got {said}\. "
    ):
        restore_optimiser(mine, optimiser_tensors(other))
    same(mine.state_dict(), before)


@pytest.mark.parametrize("lost", ["tree", "state.0.exp_avg"])
def test_a_part_that_is_missing_is_one_sentence_and_changes_nothing(lost):
    mine = make()
    before = copy.deepcopy(mine.state_dict())
    tensors = optimiser_tensors(make())
    del tensors[lost]
    with pytest.raises(InputError, match=r"^restore_optimiser: `tensors` must be .*Read the check"):
        restore_optimiser(mine, tensors)
    same(mine.state_dict(), before)


def test_a_state_that_is_no_number_is_refused():
    optimiser = make()
    optimiser.param_groups[0]["hook"] = print
    with pytest.raises(
        InputError, match=r"^optimiser_tensors: .*got builtin.* in 'param_groups.0.h"
    ):
        optimiser_tensors(optimiser)
