r"""
What does T = 4 buy?
====================

Published spiking transformers use four time steps. A plan can be read backwards: which error do
four steps buy on this data? The laws disagree, and the figure shows by how much.
"""

import matplotlib.pyplot as plt

from spikedim.planning import plan

# %%
# Ask for the steps that you have in mind
# ---------------------------------------
result = plan("digits", layer="patches:2", epsilon="0.10:relative", steps=4)
answer = result.inverse
print(f"{answer.steps} steps buy a relative error of {answer.epsilon_at_steps:.2f}")
print(f"under the law {result.law}; an error of {result.epsilon} needs {result.steps} steps")

# %%
# Error against steps, law by law
# -------------------------------
# The Wiener line bends: with few steps its decoder gives up small axes instead of passing their
# noise on, so it never needs more steps than the projection of the subspace law. That line ends at
# an error of 0.12: the variance outside the directions that it keeps is an error of that size,
# which no number of steps removes.
colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
for colour, curve in zip(colours, result.curves, strict=False):
    axes.plot(curve.steps, curve.epsilons, color=colour, label=curve.law)
axes.axvline(4, color="#555555", linestyle=":", label="T = 4")
axes.set(
    xscale="log",
    yscale="log",
    xlim=(1, 1000),
    xlabel="time steps T",
    ylabel="relative error (RMS over RMS of the reference)",
)
axes.legend(frameon=False)
plt.show()
