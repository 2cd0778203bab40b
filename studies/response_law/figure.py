"""The pictures of the study, from result.json: ``python -m studies.response_law.figure``."""

import json
import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

__all__ = ["NAMES", "draw"]

HERE = Path(__file__).parent
NAMES = ("errors.png", "accuracies.png", "ratios.png")
INK, MUTED, RULE = "#16191d", "#565d66", "#d5d9de"
# Okabe and Ito's colours.
COLOURS = {"rates": "#d55e00", "currents": "#009e73", "none": "#0072b2"}
WORDS = {
    "rates": "maxima of rates",
    "currents": "maxima of currents",
    "none": "no maxima",
}
SHAPES = {"digits": "o", "mnist": "s", "fashion-mnist": "D", "movie-reviews": "^", "cifar10": "v"}
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}
LAWS = {
    "same asymptotic": "K / T, nothing simulated",
    "same two_point": "two points, T = 1 and 4",
    "same adaptive": "adaptive points, same samples",
    "other adaptive": "adaptive points, other samples",
}


def errors(result: dict[str, Any], path: Path) -> None:
    """Draw predicted against measured errors of every law."""
    figure, panels = plt.subplots(1, len(LAWS), figsize=(12.5, 3.7), sharex=True, sharey=True)
    steps = result["steps"]
    for axes, (law, title) in zip(panels, LAWS.items(), strict=True):
        ends = []
        for net in result["nets"].values():
            truth = np.sqrt(net["measured"][f"{law.partition(' ')[0]}_error"])
            said = np.sqrt(net["curves"][law]["squared_error"])
            scale = math.sqrt(net["net"]["reference_mean_square"])
            own = net["net"]
            axes.plot(
                truth / scale,
                said / scale,
                marker=SHAPES[own["data"]],
                color=COLOURS[own["maxima"]],
                ms=3,
                lw=0.5,
                mec="none",
                alpha=0.8,
            )
            ends += [truth.min() / scale, truth.max() / scale]
        line = np.array([min(ends) / 1.5, max(ends) * 1.5])
        axes.plot(line, line, color=INK, lw=0.8, zorder=0)
        axes.fill_between(line, line / 1.1, line * 1.1, color=RULE, zorder=-1, lw=0)
        r2 = result["pooled"][law]["r2"]
        axes.set_title(f"{title}\nR² of ln ε² {r2:.3f}, T = {steps[1]} to {steps[-1]}")
        axes.set(xscale="log", yscale="log", xlabel="measured relative error")
    panels[0].set_ylabel("predicted relative error")
    _legend(figure, result, shapes=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def accuracies(result: dict[str, Any], path: Path) -> None:
    """Draw accuracy over T for every net."""
    nets = result["nets"]
    columns = 5
    rows = math.ceil(len(nets) / columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(12.5, 2.1 * rows + 0.5), sharex=True, squeeze=False
    )
    steps = result["steps"]
    for axes, (name, net) in zip(panels.flat, nets.items(), strict=False):
        truth, colour = net["measured"], COLOURS[net["net"]["maxima"]]
        axes.axhline(100 * truth["same_exact"], color=MUTED, lw=0.8, ls=":")
        said = net["curves"]["same adaptive"]["accuracy"]
        axes.plot(steps, 100 * np.array(said), color=colour, lw=1.3)
        axes.plot(
            steps,
            100 * np.array(truth["same_accuracy"]),
            "o",
            color=INK,
            ms=3,
            mfc="white",
            mew=0.8,
        )
        used = net["curves"]["same adaptive"]["calibration_steps"]
        at = [100 * truth["same_accuracy"][steps.index(t)] for t in used if t in steps]
        axes.plot([t for t in used if t in steps], at, "o", color=INK, ms=3)
        axes.set_title(name)
        axes.set(xscale="log")
        axes.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        axes.minorticks_off()
        axes.grid(axis="y", color=RULE, lw=0.5)
    for axes in panels.flat[len(nets) :]:
        axes.axis("off")
    figure.supxlabel("T", fontsize=9)
    figure.supylabel("accuracy [%]", fontsize=9)
    figure.suptitle(
        "Line: adaptive law, same samples. Dots: measured; filled where the law simulated. Dotted: "
        "exact rates.",
        fontsize=9,
        x=0.01,
        ha="left",
    )
    figure.tight_layout(rect=(0, 0, 1, 0.99))
    figure.savefig(path, dpi=130)
    plt.close(figure)


def ratios(result: dict[str, Any], path: Path) -> None:
    """Draw T times the squared error over K, by what the network takes maxima of."""
    figure, panels = plt.subplots(1, 3, figsize=(12.5, 3.7), sharey=True)
    steps = np.array(result["steps"])
    for axes, (kind, word) in zip(panels, WORDS.items(), strict=True):
        axes.axhline(1, color=INK, lw=0.8)
        axes.axhspan(1 / 1.1, 1.1, color=RULE, lw=0, zorder=-1)
        for net in result["nets"].values():
            own, truth = net["net"], net["measured"]
            if own["maxima"] == kind:
                trained = own["noise_steps"] is None
                axes.plot(
                    steps,
                    steps * np.array(truth["same_error"]) / own["value"]["same"][0],
                    marker=SHAPES[own["data"]],
                    color=COLOURS[kind],
                    ms=4,
                    lw=1,
                    ls="-" if trained else "--",
                    mfc=COLOURS[kind] if trained else "white",
                )
        axes.set(xscale="log", yscale="log", xlabel="T", title=f"Networks with {word}")
        axes.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
        ticks = [2.0**power for power in range(-5, 6)]
        axes.set_yticks(ticks, [f"{t:g}" if t >= 1 else f"1/{1 / t:g}" for t in ticks])
        axes.minorticks_off()
        axes.grid(axis="y", color=RULE, lw=0.5)
    panels[0].set_ylabel("T ε² / K, same samples")
    _legend(figure, result, shapes=True, dashed=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _legend(figure: Any, result: dict[str, Any], *, shapes: bool, dashed: bool = False) -> None:
    """Put one legend under all panels."""
    seen = {net["net"]["data"] for net in result["nets"].values()}
    keys = [
        plt.Line2D([], [], color=COLOURS[kind], lw=2, label=word) for kind, word in WORDS.items()
    ]
    if shapes:
        keys += [
            plt.Line2D([], [], color=MUTED, marker=shape, ls="", ms=4, label=data)
            for data, shape in SHAPES.items()
            if data in seen
        ]
    if dashed:
        keys.append(
            plt.Line2D([], [], color=MUTED, marker="o", mfc="white", ls="--", label="noise-trained")
        )
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    figure.legend(handles=keys, loc="lower center", ncols=len(keys), frameon=False, fontsize=8.5)


def draw(result: dict[str, Any], folder: Path) -> None:
    """Write the pictures into a folder."""
    with plt.rc_context(STYLE):
        for name, make in zip(NAMES, (errors, accuracies, ratios), strict=True):
            make(result, folder / name)


if __name__ == "__main__":
    draw(json.loads((HERE / "result.json").read_text("utf-8")), HERE)
