"""The picture of the study, drawn from result.json alone: ``python figure.py``."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
INK, MUTED, RULE = "#16191d", "#565d66", "#d5d9de"
# Okabe and Ito's colours.
COLOURS = {
    "gli": "#0072b2",
    "gli_random_phase": "#cc79a7",
    "gli_escape": "#009e73",
    "race": "#d55e00",
}
NAMES = {
    "gli": "GLI, integrate and fire",
    "gli_random_phase": "GLI, random phase",
    "gli_escape": "GLI, escape noise",
    "race": "race",
}
MARKERS = {"gli": "o", "gli_random_phase": "D", "gli_escape": "s", "race": "^"}
# What the panels show: to be read again after each run.
TITLES = {
    "steps": "Error falls as 1/T or as 1/\N{SQUARE ROOT}T\n"
    "(solid: all six layers, dashed: the last)",
    "spikes": "With few spikes random phases do better,\nwith many the fixed start",
    "neighbours": "At T = 4 half of the nearest sentences\n"
    "are lost (solid; dotted: the ten nearest)",
    "rows": "For an RMS row error of {error:g} the race needs\n"
    "fewer spikes in peaky rows, GLI hardly",
}
STYLE = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}


def rows(result: dict[str, Any], mode: str, layers: str) -> list[dict[str, Any]]:
    """Return the measured points of one curve, by T."""
    return [row for row in result["points"] if (row["mode"], row["layers"]) == (mode, layers)]


def modes(result: dict[str, Any]) -> list[str]:
    """Return the circuits that were run, in the order of the legend."""
    return [mode for mode in NAMES if mode in result["spikes_for_row_error"]]


def curve(axes: Any, points: list[dict[str, Any]], x: str, y: str, mode: str, **look: Any) -> None:
    """Draw measured points, with intervals where there are seeds."""
    across = [point[x] if x == "steps" else point[x]["value"] for point in points]
    heights = [point[y]["value"] for point in points]
    axes.plot(across, heights, color=COLOURS[mode], marker=MARKERS[mode], ms=4, lw=1.4, **look)
    low = [
        point[y]["low"] if point[y]["low"] is not None else point[y]["value"] for point in points
    ]
    high = [
        point[y]["high"] if point[y]["high"] is not None else point[y]["value"] for point in points
    ]
    axes.fill_between(across, low, high, color=COLOURS[mode], alpha=0.2, lw=0)


def errors(axes: Any, result: dict[str, Any], x: str) -> None:
    """Draw the error of the embeddings against steps or spikes."""
    for mode in modes(result):
        curve(axes, rows(result, mode, "all"), x, "relative_frobenius", mode, label=NAMES[mode])
    for mode in modes(result):
        last = rows(result, mode, "last")
        curve(axes, last, x, "relative_frobenius", mode, ls="--", mfc="white", alpha=0.9)
    axes.set(xscale="log", yscale="log", ylabel="relative error of the embeddings")


def neighbours(axes: Any, result: dict[str, Any]) -> None:
    """Draw how many nearest neighbours stay the same."""
    for mode in modes(result):
        points = rows(result, mode, "all")
        curve(axes, points, "steps", "same_nearest", mode, label=NAMES[mode])
        curve(axes, points, "steps", "recall_at_10", mode, ls=":", mfc="white")
    axes.set(xscale="log", xlabel="T, time steps of every circuit", ylabel="share of sentences")
    axes.set_ylim(0, 1.02)
    axes.set_title(TITLES["neighbours"])


def peaky(axes: Any, result: dict[str, Any]) -> None:
    """Draw the spikes that rows of each entropy need."""
    for mode in modes(result):
        points = result["spikes_for_row_error"][mode]
        bits, spikes = [p["bits"] for p in points], [p["spikes"] for p in points]
        axes.plot(bits, spikes, color=COLOURS[mode], marker=MARKERS[mode], ms=4, lw=1.4)
        most = [p for p in points if p["at_most"]]
        axes.plot(
            [p["bits"] for p in most], [p["spikes"] for p in most], ls="", color=COLOURS[mode],
            marker=MARKERS[mode], ms=6, mfc="white",
        )  # fmt: skip
    axes.set(
        yscale="log",
        xlabel="entropy of the attention row, bits",
        ylabel="read-out spikes of a row",
    )
    axes.set_title(TITLES["rows"].format(error=result["row_error"]))


def draw(result: dict[str, Any], path: Path) -> None:
    """Write the picture."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(2, 2, figsize=(9.6, 8.2), layout="constrained")
        errors(axes[0, 0], result, "steps")
        axes[0, 0].set_xlabel("T, time steps of every circuit")
        axes[0, 0].set_title(TITLES["steps"])
        errors(axes[0, 1], result, "spikes_per_sentence")
        axes[0, 1].set_xlabel("spikes of the softmax circuits for a sentence")
        axes[0, 1].set_title(TITLES["spikes"])
        neighbours(axes[1, 0], result)
        peaky(axes[1, 1], result)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
        figure.supxlabel(
            f"all-MiniLM-L6-v2 on {result['sentences']} movie-review sentences. "
            "Only softmax is a spike circuit: Q, K, V and the rest stay real-valued.\n"
            f"make -C studies/minilm_circuits, commit {result['commit']}. "
            "Bands: 95 % over seeds. Hollow in the last panel: reached at T = 1.",
            fontsize=8.5,
            color=MUTED,
        )
        figure.savefig(path, dpi=130)
        plt.close(figure)


if __name__ == "__main__":
    draw(json.loads((HERE / "result.json").read_text("utf-8")), HERE / "minilm_circuits.png")
