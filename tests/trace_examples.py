"""Small networks of rates for tests, and their derivative the slow way."""

import torch
from torch import nn


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def uniform(*shape, seed=0, dtype=torch.float64):
    return torch.rand(shape, generator=generator(seed), dtype=dtype)


def matrix(rows, columns, *, seed=0):
    return torch.randn(rows, columns, generator=generator(seed), dtype=torch.float64)


class Linear(nn.Module):
    """f(x) = W x of rates [B, D] or [B, N, D], flattened."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return x.flatten(1) @ self.weight.T


class Rates(nn.Module):
    """Features as rates inside (0, 1)."""

    def forward(self, x):
        return torch.sigmoid(x)


class Layered(nn.Module):
    """Smooth, two populations; the first reaches the output by two paths."""

    def __init__(self, width=5, classes=3, *, seed=0):
        super().__init__()
        self.w1 = nn.Parameter(matrix(width, 4, seed=seed))
        self.w2 = nn.Parameter(matrix(width, width, seed=seed + 1))
        self.w3 = nn.Parameter(matrix(classes, width, seed=seed + 2))
        self.first, self.second = Rates(), Rates()

    def forward(self, x):
        first = self.first(x @ self.w1.T)
        second = self.second(first @ self.w2.T)
        return (second + 0.5 * first**2) @ self.w3.T


class Twice(nn.Module):
    """One submodule of rates that runs twice."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(matrix(4, 4, seed=3))
        self.rates = Rates()

    def forward(self, x):
        return self.rates(self.rates(x @ self.weight) @ self.weight)


class Answer(nn.Module):
    """Another output of a layer of rates, by a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.rates = nn.Identity()

    def forward(self, x):
        return self.function(self.rates(x))


def moved(model, x, shifts, marks):
    """Outputs of one sample if the outputs of submodules are moved."""
    handles = [
        model.get_submodule(mark).register_forward_hook(
            lambda _module, _given, out, mark=mark: out + shifts[mark]
        )
        for mark in marks
    ]
    try:
        return model(x[None])[0].flatten()
    finally:
        for handle in handles:
            handle.remove()


def seen(model, x, marks):
    """Outputs of submodules for one sample."""
    found = {}
    handles = [
        model.get_submodule(mark).register_forward_hook(
            lambda _module, _given, out, mark=mark: found.update({mark: out.detach()})
        )
        for mark in marks
    ]
    try:
        with torch.no_grad():
            model(x[None])
    finally:
        for handle in handles:
            handle.remove()
    return found


def naive_jacobians(model, x, marks):
    """Derivative [m, neurons] of the outputs of one sample by every population."""
    rates = seen(model, x, marks)
    zeros = tuple(torch.zeros_like(rates[mark]) for mark in marks)
    jacobians = torch.autograd.functional.jacobian(
        lambda *shifts: moved(model, x, dict(zip(marks, shifts, strict=True)), marks), zeros
    )
    pairs = zip(marks, jacobians, strict=True)
    return {mark: (rates[mark].flatten(), j.flatten(1)) for mark, j in pairs}
