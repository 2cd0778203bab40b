r"""
What does T = 4 buy?
====================

Published spiking transformers use four time steps. The laws can be read backwards: which error
do four steps buy on this data, and what does each doubling of T add?
"""

import matplotlib.pyplot as plt

from spikedim.planning import plan

# %%
# One plan per number of steps
# ----------------------------
# ``inverse.epsilon_at_steps`` is the error that the chosen law promises for so many steps.
errors = {}
for steps in (1, 2, 4, 8, 16, 32, 64):
    answer = plan("digits", layer="patches:2", epsilon="0.10:relative", steps=steps)
    errors[steps] = answer.inverse.epsilon_at_steps
print(f"four steps buy a relative error of {errors[4]:.2f} under the law {answer.law}")

# %%
# Error against steps
# -------------------
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
axes.plot(list(errors), list(errors.values()), color="#0072B2", marker="o", label=answer.law)
half = [errors[1] / steps**0.5 for steps in errors]
axes.plot(list(errors), half, color="#555555", linestyle=":", label="slope -1/2 from T = 1")
axes.axhline(0.10, color="#D55E00", linewidth=1, label="target 0.10")
axes.set(xscale="log", yscale="log", xlabel="time steps T", ylabel="relative error")
axes.set_xticks(list(errors), [str(steps) for steps in errors], minor=False)
axes.legend(frameon=False)
plt.show()
