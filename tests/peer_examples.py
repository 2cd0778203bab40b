"""Live networks of other libraries, and what their neurons did."""

import torch
from tests.model_examples import generator


def enliven(module, *inputs, shift=0.8, seed=0):
    """Draw gains and shifts of the normalisations, then give them the statistics of the inputs."""
    draw = generator(seed)
    norms = [m for m in module.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.copy_(1.2 + 0.4 * torch.rand(norm.weight.shape, generator=draw))
            norm.bias.copy_(shift + 0.2 * torch.randn(norm.bias.shape, generator=draw))
            norm.reset_running_stats()
            norm.momentum = None
        module.train()
        module(*inputs)
    for norm in norms:
        norm.momentum = 0.1
    forget(module)
    return module.eval()


def forget(module):
    """Reset every neuron of SpikingJelly."""
    for child in module.modules():
        if callable(getattr(child, "reset", None)):
            child.reset()


def spikes_of(module, kind, *inputs):
    """Return the outputs, and the spikes of every neuron of a class by its path."""
    spikes, hooks = {}, []
    for name, child in module.named_modules():
        if isinstance(child, kind):

            def keep(_, __, out, name=name):
                spikes[name] = out.detach().clone()

            hooks.append(child.register_forward_hook(keep))
    try:
        out = module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return out, spikes


def tokens(x):
    """Return [T, B, N, D] of SpikingJelly's [T, B, D, ...]."""
    return x.flatten(3).transpose(2, 3) if x.ndim > 3 else x[:, :, None]
