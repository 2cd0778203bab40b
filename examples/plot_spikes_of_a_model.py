r"""
Who fires, and when
===================

A built model shows the spikes and membranes of every population. Here a fresh Spikformer sees the
embedded digits: weights are random, normalisations have seen the data, so that it is alive.
"""

import matplotlib.pyplot as plt
import torch

from spikedim import models
from spikedim.data import open_samples

# %%
# A network that has seen its data once
# -------------------------------------
pixels = torch.from_numpy(open_samples("digits").to_numpy()[:64]).float()
images = (pixels / pixels.std()).reshape(-1, 1, 8, 8)
model = models.build("spikformer-2-64/digits").eval()
models.recalibrate_norms(model, [images])
trace = model.forward_with_states(images, steps=16)

# %%
# Every population has a rate of its own
# --------------------------------------
# The attention of a fresh network hardly fires: sixteen tokens and rates of a few per cent leave
# its currents, products of three spikes scaled by an eighth, below the threshold. The synchrony of
# the queries is that of the layers in front of them: a static image drives all at once.
names = list(trace.populations)
rates = [trace.populations[name].spikes.mean().item() for name in names]
raster = trace.populations["block.0.attn.q_lif"].spikes[:, 0].flatten(1)  # of the first image
firing = raster[:, raster.any(dim=0)]
print(f"{len(names)} populations; rates from {min(rates):.3f} to {max(rates):.3f}")
print(f"block.0.attn.q_lif: {firing.shape[1]} of {raster.shape[1]} neurons fire in 16 steps")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
left.barh(names, rates, color="#0072B2")
left.invert_yaxis()
left.tick_params(axis="y", labelsize=8)
left.set(xlabel="spikes per neuron and step", title="rates of all populations")
steps, neurons = torch.nonzero(firing[:, :80], as_tuple=True)
right.scatter(steps + 1, neurons, marker="|", color="#222222", linewidths=1)
right.set(
    xlabel="time step",
    ylabel="neurons that fire, the first 80",
    title="queries of the first block, one image",
)
plt.show()

# %%
# Any number of steps, in any parts
# ---------------------------------
# States go in and come out, so a run can stop after any step and continue.
first = model.run(images, steps=5)
rest = model.run(images, steps=11, states=first.states)
print(torch.equal(torch.cat([first.outputs, rest.outputs]), trace.outputs))
