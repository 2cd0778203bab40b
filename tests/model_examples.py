"""Small live models for tests: weights of one seed, statistics of the inputs they will see."""

import torch

from spikedim.models import build, recalibrate_norms
from spikedim.models.layers import LinearNorm


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(model, count=4, *, seed=1):
    """Normal images of the shape and type the model wants."""
    shape = (count, *model.card.input_shape)
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64).to(
        model.head.weight.dtype
    )


def inputs(model, count=4, *, seed=1):
    """What the model reads: images, or sentences of which the second half of a batch is short."""
    if not model.card.vocabulary:
        return images(model, count, seed=seed)
    shape = (count, *model.card.input_shape)
    x = torch.randint(1, model.card.vocabulary, shape, generator=generator(seed))
    x[count // 2 :, -x.shape[1] // 3 :] = 0
    return x


def empty_inputs(card, count=1):
    """What a model of that card reads, on the meta device."""
    dtype = torch.int64 if card.vocabulary else torch.float32
    return torch.empty(count, *card.input_shape, dtype=dtype, device="meta")


def live_model(name, *, dtype=torch.float64, seed=0, **overrides):
    """Build a model in evaluation mode whose normalisations have seen a batch, so that it fires.

    Gains and shifts of the normalisations are drawn too: at 1 and 0 they would hide a mistake.
    """
    model = build(name, dtype=dtype, generator=generator(seed), **overrides)
    draw = generator(seed + 1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                shape = module.weight.shape
                module.weight.copy_(1.2 + 0.4 * torch.rand(shape, generator=draw))
                module.bias.copy_(0.3 + 0.2 * torch.randn(shape, generator=draw))
            elif isinstance(module, LinearNorm) and module.norm is None:
                module.weight.mul_(2)  # nothing else lifts its currents above threshold early
    recalibrate_norms(model, [inputs(model, 8, seed=7)])
    return model.eval()
