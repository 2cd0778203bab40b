r"""
From data to a plan
===================

How many time steps does a relative error of 10 % cost on handwritten digits? The plan below
answers it with an interval, then shows every law it could have used. The one it rests on,
``wiener``, is a theorem about rate codes whose decoder projects on the data; nothing in it is
fitted.
"""

import matplotlib.pyplot as plt

from spikedim.planning import plan

# %%
# One call
# --------
# The data is embedded, the model is a card: no download, no training.
result = plan("digits", layer="patches:2", model="spikformer-2-64", epsilon="0.10:relative")
print(result.headline)

# %%
# The warnings say what could be wrong, and what to do about it.
for advisory in result.advisories:
    print(f"- {advisory.text} {advisory.remedy}")

# %%
# Steps against error, law by law
# -------------------------------
# Each law is a line with its interval. Rate codes have slope -2 on these axes: half the error
# costs four times the steps. The dotted line is the error asked for.
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
for colour, curve in zip(colours, result.curves, strict=False):
    axes.plot(curve.epsilons, curve.steps, color=colour, label=curve.law)
    axes.fill_between(curve.epsilons, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
axes.axvline(result.epsilon.value, color="#555555", linestyle=":", label="target")
axes.set(
    xscale="log",
    yscale="log",
    xlabel="relative error (RMS over RMS of the reference)",
    ylabel="time steps T",
)
axes.legend(frameon=False)
plt.show()

# %%
# Laws that do not apply say so instead of giving a number.
for law in result.laws:
    answer = f"T = {law.steps} ({law.low} to {law.high})" if law.steps else law.reason
    print(f"{law.law}: {answer}")
