import copy

import pytest
import torch
from torch import nn

from spikedim._core import InputError
from spikedim.models import build
from spikedim.training.optimisation import build_optimiser
from spikedim.training.recipes import Optimiser, OptimiserKind


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(5, 4)
        self.product = nn.Linear(4, 3)
        self.norm = nn.BatchNorm1d(3)
        self.leak_logit = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        return self.norm(self.product(self.words(x)) * self.leak_logit.sigmoid())


def decays(optimiser, model):
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = build_optimiser(optimiser, model).param_groups
    return {names[id(p)]: group["weight_decay"] for group in groups for p in group["params"]}


def test_products_and_embeddings_alone_decay():
    got = decays(Optimiser(weight_decay=0.1), Net())
    assert {name for name, decay in got.items() if decay == 0.1} == {
        "words.weight",
        "product.weight",
    }
    assert {name for name, decay in got.items() if decay == 0} == {
        "product.bias",
        "norm.weight",
        "norm.bias",
        "leak_logit",
    }


def test_decay_all_spares_nothing():
    assert set(decays(Optimiser(weight_decay=0.1, decay_all=True), Net()).values()) == {0.1}


def test_normalisations_of_a_model_are_spared():
    model = build("spikformer-2-64/digits", generator=torch.Generator().manual_seed(0))
    got = decays(Optimiser(weight_decay=0.1), model)
    assert got.keys() == dict(model.named_parameters()).keys()
    assert {decay for name, decay in got.items() if ".norm." in name or "bias" in name} == {0.0}
    assert got["head.weight"] == got["stem.conv0.weight"] == got["block.0.attn.q.weight"] == 0.1


def test_frozen_parameters_are_left_out():
    model = Net()
    model.words.requires_grad_(False)
    assert "words.weight" not in decays(Optimiser(), model)


def test_the_numbers_arrive():
    adamw = build_optimiser(Optimiser(learning_rate=0.3, beta1=0.8, beta2=0.9, epsilon=1e-5), Net())
    assert isinstance(adamw, torch.optim.AdamW)
    for group in adamw.param_groups:
        assert (group["lr"], group["betas"], group["eps"]) == (0.3, (0.8, 0.9), 1e-5)
    sgd = build_optimiser(Optimiser(kind=OptimiserKind.SGD, beta1=0.7), Net())
    assert isinstance(sgd, torch.optim.SGD)
    assert all(g["momentum"] == 0.7 and not g["nesterov"] for g in sgd.param_groups)


@pytest.mark.parametrize("kind", list(OptimiserKind))
def test_a_loaded_state_continues_to_the_bit(kind, generator):
    def run(model, moved, updates):
        for x in updates:
            moved.zero_grad()
            model(x).square().sum().backward()
            moved.step()

    updates = torch.randint(5, (6, 8), generator=generator)
    model = Net()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    recipe = Optimiser(kind=kind, learning_rate=0.01)
    moved = build_optimiser(recipe, model)
    run(model, moved, updates[:3])
    other = copy.deepcopy(model)
    resumed = build_optimiser(recipe, other)
    resumed.load_state_dict(copy.deepcopy(moved.state_dict()))
    run(model, moved, updates[3:])
    run(other, resumed, updates[3:])
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_model_that_cannot_learn_is_refused():
    with pytest.raises(InputError, match=r"^build_optimiser: `model` must have .*got Linear"):
        build_optimiser(Optimiser(), nn.Linear(2, 2).requires_grad_(False))
