r"""
What a network of your own costs
================================

Any torch model can be counted: here a spiking net in plain torch, trained on the embedded digits
for a few seconds, beside the same net without spikes. How many times less it costs depends on the
rule set and on what it is compared with.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from spikedim.data import open_samples
from spikedim.energy import count_operations, price, quantised_bits


class Neurons(nn.Module):
    """Leaky integrate and fire over [T, B, D]; the gradient is that of a steep sigmoid."""

    def forward(self, currents):
        """Return the spikes of all steps."""
        membrane, spikes = torch.zeros_like(currents[0]), []
        for current in currents:
            membrane = 0.5 * membrane + current
            fired = (membrane >= 1).to(membrane.dtype)
            if self.training:
                soft = torch.sigmoid(4 * (membrane - 1))
                fired = soft + (fired - soft).detach()
            spikes.append(fired)
            membrane = membrane - fired
        return torch.stack(spikes)


def layers(neurons):
    """Return a net of three layers with `neurons` in between."""
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(
        nn.Linear(64, 128), neurons(), nn.Linear(128, 128), neurons(), nn.Linear(128, 10)
    )
    for layer in net[::2]:
        nn.init.kaiming_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
    return net


# %%
# A spiking net that has learnt something
# ---------------------------------------
# Firing rates of random weights say little, so it is trained first.
STEPS = 4
samples = open_samples("digits")
pixels = torch.from_numpy(samples.to_numpy()).float().reshape(-1, 64)
images, labels = pixels / pixels.std(), torch.as_tensor(samples.labels)
spiking = layers(Neurons)
optimiser = torch.optim.Adam(spiking.parameters(), lr=5e-3)
for _ in range(40):
    logits = spiking(images.expand(STEPS, -1, -1)).mean(dim=0)
    optimiser.zero_grad()
    nn.functional.cross_entropy(logits, labels).backward()
    optimiser.step()
print(f"{(logits.argmax(1) == labels).float().mean():.3f} of the training images are right")

# %%
# Counted, not estimated
# ----------------------
# The first product reads pixels: the same in every step, so it may be done once. The others read
# spikes, and need an addition for each spike and output that it reaches.
shown = images[:256]
counts = count_operations(spiking, shown.expand(STEPS, -1, -1), time_axis=0)
for one in counts.operations:
    if not one.macs and not one.neurons:
        continue  # additions of biases
    print(
        f"layer {one.layer} {one.kind}: reads {one.values} values, {one.rate:.1%} not zero, "
        f"{one.macs:,.0f} dense, {one.synaptic_operations:,.0f} synaptic operations"
    )
dense = count_operations(layers(nn.ReLU), shown)

# %%
# One run, many prices
# --------------------
# 38 to 57 times is the saving that was claimed for spiking transformers. Each bar is one way to
# compare this net with its twin.
bits = quantised_bits(STEPS)
ways = {}
for rules in ("M0 sop", "M1 sop+memory", "M2 lemaire", "M3 compute+movement"):
    spikes = price(counts, rules=rules).value_mj
    ways[f"{rules}: fp32 twin"] = price(dense, rules=rules).value_mj / spikes
    matched = price(dense, rules=rules, activation_bits=bits).value_mj
    ways[f"{rules}: {bits}-bit twin"] = matched / spikes
every = price(counts, stem="every_step").value_mj
ways["M0 sop, stem in every step: fp32 twin"] = price(dense).value_mj / every
for way, ratio in ways.items():
    print(f"{way}: {ratio:.2f}")

figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.axvspan(38, 57, color="#f0e442", alpha=0.6, lw=0)
axes.axvline(1, color="#565d66", lw=1)
axes.plot(list(ways.values()), list(ways), ls="", marker="o", color="#0072b2")
axes.invert_yaxis()
axes.set(xscale="log", xlabel="energy of the twin over that of the spiking net (claimed: yellow)")
plt.show()
