r"""
What to change in a rate-coded network
======================================

A twin of a spiking transformer is trained on the embedded digits for a few seconds. Which change
saves most of its spikes and energy, and does the prediction hold on samples that it did not see?
"""

import tempfile

import matplotlib.pyplot as plt

from spikedim.planning import advise
from spikedim.training import fit

# %%
# A twin that has learnt something
# --------------------------------
# Every rate of the twin can be sent as spikes; the fewest steps that keep its accuracy are the
# baseline. Half of the samples are for predictions, the others are held out.
with tempfile.TemporaryDirectory() as folder:
    fit(
        "spikformer-2-64/digits:softmax",
        "digits",
        out=f"{folder}/twin",
        recipe="cpu/digits",
        changes={"updates": "60", "model.depth": "1"},
    )
    advice = advise(
        f"{folder}/twin",
        samples=128,
        tolerance=0.05,
        only=("unequal steps", "unequal steps by energy", "sigma-delta code", "read-out shift"),
        verify=True,
    )
print(advice.headline)

# %%
# Predicted and measured
# ----------------------
# A gain is the share of the squared error that goes away at the cost of the baseline.
names = [change.name for change in advice.changes]
figure, axes = plt.subplots(figsize=(7, 1 + 0.6 * len(names)), layout="constrained")
for side, label in ((-0.12, "predicted"), (0.12, "measured")):
    gains = [100 * getattr(change, f"{label}_gain") for change in advice.changes]
    ends = [getattr(change, f"{label}_interval") for change in advice.changes]
    reach = [
        [gain - 100 * end.low for gain, end in zip(gains, ends, strict=True)],
        [100 * end.high - gain for gain, end in zip(gains, ends, strict=True)],
    ]
    places = [place + side for place in range(len(names))]
    axes.errorbar(gains, places, xerr=reach, fmt="o", capsize=3, label=label)
axes.set_yticks(range(len(names)), names)
axes.invert_yaxis()
axes.set_xlabel("squared error saved at equal cost [%]")
axes.legend()
plt.show()

# %%
# What it costs to be as good as the baseline
# -------------------------------------------
# Unequal steps by spikes save spikes, those by energy save energy; both wait for the slowest
# population.
print(f"baseline: {advice.baseline.spikes:,.0f} spikes, {1e3 * advice.baseline.energy_mj:.1f} uJ")
for change in advice.changes:
    goal = change.goal_predicted
    if goal is not None:
        print(
            f"{change.name}: latency {goal.latency}, {goal.spikes:,.0f} spikes, "
            f"{1e3 * goal.energy_mj:.1f} uJ, accuracy {change.goal_measured.accuracy:.1%} measured"
        )
for change in advice.rejected:
    print(f"not advised: {change.name}: {change.reason}")
