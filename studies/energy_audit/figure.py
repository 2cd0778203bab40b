"""The picture of the study, drawn from result.json alone: ``python figure.py``."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

__all__ = ["draw"]

HERE = Path(__file__).parent
INK, MUTED, RULE = "#16191d", "#565d66", "#d5d9de"
# Okabe and Ito's colours.
TRAINED, DRAWN, CLAIM = "#0072b2", "#d55e00", "#f0e442"
CLAIMED = (38, 57)
# Colour of a dot and of its inside, and how far it stands from its line.
KINDS = {
    "trained, T = 2 to 8": (TRAINED, TRAINED, -0.14),
    "trained, T = 1": (TRAINED, "white", -0.14),
    "random weights, T = 4": (DRAWN, DRAWN, 0.14),
}
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
# Rule set, word of the spiking network, twin; in the words of the axis.
ROWS = (
    ("M0 sop", "int8", "ann_fp32", "M0: int8 spikes, fp32 twin"),
    ("spikformer rev. A", "fp32", "ann_fp32", "Spikformer A (77 fJ), fp32 twin at 4.6 pJ"),
    ("spikingformer tool", "fp32", "ann_fp32", "Spikingformer's tool, fp32 twin"),
    ("spikingresformer monitor", "fp32", "ann_fp32", "SpikingResformer's monitor, fp32 twin"),
    ("spikformer rev. B", "fp32", "ann_fp32", "Spikformer B, fp32 twin"),
    ("M0 sop", "fp32", "ann_fp32", "M0: fp32 twin"),
    ("M0 sop", "fp16", "ann_fp16", "M0: both fp16"),
    ("M0 sop", "int8", "ann_int8", "M0: both int8"),
    ("M0 sop", "fp32", "ann_fp32_zero_skipping", "M0: fp32 twin that skips zeros"),
    ("M0 sop", "fp32", "qann", "M0: bit-matched twin"),
    ("M3 compute+movement", "fp32", "ann_fp32", "M3: fp32 twin"),
    ("M3 compute+movement", "fp32", "qann", "M3: bit-matched twin"),
    ("M2 lemaire", "fp32", "ann_fp32", "M2: 32-bit twin"),
    ("M2 lemaire", "int8", "ann_int8", "M2: both int8"),
    ("M1 sop+memory", "fp32", "ann_fp32", "M1: fp32 twin"),
    ("M1 sop+memory", "int8", "ann_int8", "M1: both int8"),
)


def ratios(net: dict[str, Any], rules: str, word: str, twin: str) -> list[float]:
    """Return the ratio of one comparison, if it was made."""
    return [
        one["ratio"][0]
        for one in net["ratios"]
        if (one["rules"], one["word"]) == (rules, word)
        and (one["twin"] == twin or (twin == "qann" and one["twin"].startswith("qann")))
    ]


def kind(net: dict[str, Any]) -> str:
    """Return which dots a net has, none of them for a twin that sends rates."""
    if net["coding"] != "spikes":
        return ""
    if not net["trained"]:
        return "random weights, T = 4"
    return "trained, T = 1" if net["steps"] == 1 else "trained, T = 2 to 8"


def comparisons(axes: Any, nets: list[dict[str, Any]]) -> None:
    """Draw every ratio of every net, one line for each way to compare."""
    axes.axvspan(*CLAIMED, color=CLAIM, alpha=0.55, lw=0)
    axes.axvline(1, color=MUTED, lw=1)
    for place, (*pair, _) in enumerate(ROWS):
        axes.axhline(place, color=RULE, lw=0.6)
        for words, (colour, face, shift) in KINDS.items():
            found = [x for net in nets if kind(net) == words for x in ratios(net, *pair)]
            axes.plot(
                found, [place + shift] * len(found), ls="", marker="o", ms=4.5, alpha=0.8,
                color=colour, mfc=face, label=words if place == 0 else None,
            )  # fmt: skip
    axes.set_yticks(range(len(ROWS)), [words for *_, words in ROWS])
    axes.set_ylim(len(ROWS) - 0.5, -0.5)
    axes.set(xscale="log", xlabel="energy of the twin over that of the spiking network")
    axes.tick_params(axis="y", length=0)
    axes.set_title("Few ways to compare give 38 to 57 times (yellow)")


def predictions(axes: Any, nets: list[dict[str, Any]]) -> None:
    """Draw how far synaptic operations from firing rates lie from the exact count."""
    axes.axvline(1, color=MUTED, lw=1)
    shown = [net for net in nets if net["coding"] == "spikes"]
    for place, net in enumerate(shown):
        exact = net["of_weights"]["exact"]
        axes.axhline(place, color=RULE, lw=0.6)
        for key, marker, colour, words in (
            ("rate_times_macs", "o", INK, "rate of each layer's input"),
            ("one_rate_times_macs", "D", "#009e73", "one mean firing rate"),
        ):
            axes.plot(
                net["of_weights"][key] / exact, place, marker=marker, ms=5, color=colour, ls="",
                label=words if place == 0 else None,
            )  # fmt: skip
    axes.set_yticks(range(len(shown)), [net["net"] for net in shown])
    for label, net in zip(axes.get_yticklabels(), shown, strict=True):
        label.set_color(TRAINED if net["trained"] else DRAWN)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set(xlabel="rate × MACs over exact synaptic operations")
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.set_title("One mean firing rate does not say\nhow many operations there are")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.4, -0.08), ncols=2, frameon=False, columnspacing=1,
        handletextpad=0.3,
    )  # fmt: skip


def draw(result: dict[str, Any], path: Path) -> None:
    """Write the picture."""
    nets = result["nets"]
    with mpl.rc_context(STYLE):
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(13, 6.6), width_ratios=(1.3, 1), layout="constrained"
        )
        comparisons(left, nets)
        predictions(right, nets)
        left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3, frameon=False)
        figure.supxlabel(
            f"Each dot is one net; stem once, sums of spikes as additions. Seed {result['seed']}, "
            f"commit {', '.join(result['commit'])}. make -C studies/energy_audit",
            fontsize=8.5,
            color=MUTED,
        )
        figure.savefig(path, dpi=110)
        plt.close(figure)


if __name__ == "__main__":
    draw(json.loads((HERE / "result.json").read_text("utf-8")), HERE / "energy_audit.png")
