"""The tables of the README, from result.json alone."""

from typing import Any

__all__ = ["section"]

_USUAL = "once, additions"
_SHORT = {
    "M0 sop": "M0",
    "M1 sop+memory": "M1",
    "M2 lemaire": "M2",
    "M3 compute+movement": "M3",
    "spikformer rev. A": "Spikformer A",
    "spikformer rev. B": "Spikformer B",
    "spikingformer tool": "Spikingformer tool",
    "spikingresformer monitor": "SpikingResformer monitor",
}
_PAIRS = (
    ("M0 sop", "fp32", "ann_fp32"),
    ("M0 sop", "fp16", "ann_fp16"),
    ("M0 sop", "int8", "ann_int8"),
    ("M0 sop", "fp32", "ann_fp32_zero_skipping"),
    ("M0 sop", "fp32", "qann"),
    ("M1 sop+memory", "fp32", "ann_fp32"),
    ("M1 sop+memory", "int8", "ann_int8"),
    ("M2 lemaire", "fp32", "ann_fp32"),
    ("M2 lemaire", "int8", "ann_int8"),
    ("M3 compute+movement", "fp32", "ann_fp32"),
    ("M3 compute+movement", "fp32", "qann"),
)


def section(result: dict[str, Any]) -> str:
    """Return the result section of the README."""
    nets = result["nets"]
    drawn, trained = ([n for n in nets if n["trained"] is kind] for kind in (False, True))
    parts = [
        _origin(result),
        "### Who computes what",
        _LEGEND,
        "**Random weights, normalisations fitted to training images: not what training gives.**",
        _counted(drawn),
        "**Trained nets.**",
        _counted(trained),
        _shares(nets),
        "### Energy of the spiking network",
        (
            "Millijoule a sample, fp32 words; stem once or every step, sums of spikes as additions "
            "or as multiplications. In brackets the 95 % interval over samples, of M4 the band of "
            "prices. A dash: the rule set does not apply."
        ),
        _open(nets),
        _published(nets),
        _memory(nets),
        "### Twins",
        (
            "Energy of the twin over that of the spiking network with words of the same width, "
            "stem once, sums of spikes as additions; above 1 the spiking network costs less. In "
            "brackets the band of constants, stem policy, and sums as additions or multiplications."
        ),
        _ratios(nets),
        "Millijoule a sample of the twins under M0:",
        _twins(nets),
        "### Break-even",
        (
            "Mean firing rate below which the spiking network costs less, and beside it its own; "
            "most steps T at its own rate. *always*, *never*: at "
            "every rate, at none."
        ),
        _break_even(nets),
        "### Predicted and counted",
        (
            "Before training one knows shape and T and guesses one firing rate. Here the guess is "
            "the true mean over all neurons, and yet:"
        ),
        _predicted(nets),
        "### One set of weights at other T",
        _steps(nets),
        "### 38 to 57 times, over all nets",
        _verdict(nets),
        _needed(result["needed_rates"]),
        _printed(result["printed"]),
        "### Published energies recomputed",
        _replications(result["replications"]),
    ]
    return "\n\n".join(part for part in parts if part)


_LEGEND = (
    "Firing rate: spikes a neuron and step. Dense: multiply-accumulates of one step. Exact: pairs "
    "of a spike and an output that it reaches, all steps, of every product that reads spikes; with "
    "sums of spikes counted by their value in *additions*. The last columns hold the products with "
    "weights only: each layer's own share of active inputs times its dense operations, and one "
    "mean firing rate times all of them, both against the exact count."
)


def _origin(result: dict[str, Any]) -> str:
    return (
        f"{len(result['nets'])} audits, {result['core_seconds'] / 60:.0f} minutes of one core "
        f"({result['seconds'] / 60:.0f} by the clock, on a machine shared with other work); seed "
        f"{result['seed']}; {result['machine']}; commit `{', '.join(result['commit'])}`. "
        + _unknown(result["nets"])
    )


def _unknown(nets: list[dict[str, Any]]) -> str:
    found = {name for net in nets for name in net["unknown"]}
    if not found:
        return "No operator was left uncounted."
    return f"Operators that were not counted: {', '.join(sorted(found))}."


def _table(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    """Return a table whose first columns are text."""
    rule = ["---" if place < left else "--:" for place in range(len(head))]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _number(value: float | None) -> str:
    """Return three digits, in thousands, millions or milliards where there are many."""
    if value is None:
        return "–"
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _times(value: float) -> str:
    """Return a ratio: three digits, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _change(value: float, exact: float) -> str:
    if not exact:
        return "–"
    return f"{100 * (value / exact - 1):+.1f} %"


def _counted(nets: list[dict[str, Any]]) -> str:
    rows = []
    for net in nets:
        weights = net["of_weights"]
        rows.append(
            [
                f"`{net['net']}`",
                str(net["steps"]),
                str(net["samples"]),
                _percent(net["accuracy"]),
                _percent(net["firing_rate"]),
                _number(net["spikes"]),
                _number(net["macs_step"]),
                _number(net["synaptic_operations"]),
                _number(net["weighted_operations"]),
                _change(weights["rate_times_macs"], weights["exact"]),
                _change(weights["one_rate_times_macs"], weights["exact"]),
            ]
        )
    head = ["net", "T", "samples", "accuracy", "firing rate", "spikes", "dense", "exact"]
    head += ["additions", "rate × MACs by layer", "one rate × MACs"]
    if all(net["accuracy"] is None for net in nets):
        head.pop(3)
        for row in rows:
            row.pop(3)
    return _table(head, rows)


def _shares(nets: list[dict[str, Any]]) -> str:
    """Return what rates make of single layers and of attention."""
    worst = max(
        (net["of_weights"]["worst_layer"] + [net["net"]] for net in nets),
        key=lambda found: abs(found[0]),
    )
    rows = []
    for net in nets:
        paired = net["of_attention"]
        family = net["model"].startswith(("spikformer", "spikingformer", "qkformer"))
        if family and paired["exact"] and paired["bound"] is not None:
            rows.append(
                [
                    f"`{net['net']}`",
                    _number(paired["exact"]),
                    f"{paired['rate_times_macs'] / paired['exact']:.1f} times",
                    f"{paired['bound'] / paired['exact']:.1f} times",
                ]
            )
    text = (
        f"The layer that firing rate times dense operations misses most is `{worst[1]}` of "
        f"`{worst[2]}`, by {100 * worst[0]:+.0f} %: borders count there as if they were reached in "
        "full. Products of two activations are another matter, since both factors are seldom "
        "there at once. Of the families with queries, keys and values, for which Spikingformer's "
        "tool has a formula:"
    )
    head = ["net", "exact overlaps", "rate of one factor × MACs", "Spikingformer's tool"]
    return f"{text}\n\n{_table(head, rows)}"


def _open(nets: list[dict[str, Any]]) -> str:
    rows = []
    for net in nets:
        ends = net["m0_interval_mj"]
        band = "" if ends is None else f" [{ends[0]:.3g}, {ends[1]:.3g}]"
        found = net["energies_mj"]
        rows.append(
            [
                f"`{net['net']}`",
                f"{found['M0 sop'][_USUAL]:.3g}{band}",
                f"{found['M0 sop']['every_step, additions']:.3g}",
                f"{found['M0 sop']['once, multiplications']:.3g}",
                f"{found['M0 sop']['every_step, multiplications']:.3g}",
                *(_both(found[rules]) for rules in list(found)[1:]),
                _band(net["chip_mj"]),
            ]
        )
    head = ["net", "M0, once, add.", "every, add.", "once, mult.", "every, mult."]
    head += ["M1 once–every", "M2 once–every", "M3 once–every", "M4 Loihi 1"]
    return _table(head, rows)


def _both(found: dict[str, float]) -> str:
    """Return the energies of both stem policies, one number if they agree."""
    once, every = (f"{found[key]:.3g}" for key in (_USUAL, "every_step, additions"))
    return once if once == every else f"{once}–{every}"


def _band(values: list[float] | None) -> str:
    return "–" if values is None else f"{values[0]:.3g} [{values[1]:.3g}, {values[2]:.3g}]"


def _published(nets: list[dict[str, Any]]) -> str:
    names = [name for name in _SHORT if name.startswith("spik")]
    rows = [
        [
            f"`{net['net']}`",
            f"{net['energies_mj']['M0 sop'][_USUAL]:.3g}",
            *(
                f"{net['published_mj'][name]:.3g}" if name in net["published_mj"] else "–"
                for name in names
            ),
        ]
        for net in nets
    ]
    text = "The same counts under the rules by which papers printed theirs:"
    return f"{text}\n\n{_table(['net', 'M0', *(_SHORT[name] for name in names)], rows)}"


def _memory(nets: list[dict[str, Any]]) -> str:
    names = {
        "step": "on the chip, 3.12 pJ a bit",
        "sram_8kb": "8 KB",
        "sram_32kb": "32 KB",
        "sram_1mb": "1 MB",
        "dram": "DRAM",
    }
    rows = [
        [
            f"`{net['net']}`",
            f"{net['energies_mj']['M0 sop'][_USUAL]:.3g}",
            *(f"{net['memory_mj'][name]:.3g}" for name in names),
        ]
        for net in nets
    ]
    text = (
        "M1 with weights and membranes in one memory, whatever fits into it; M0 without any memory "
        "beside it:"
    )
    return f"{text}\n\n{_table(['net', 'M0', *names.values()], rows)}"


def _ratio(net: dict[str, Any], rules: str, word: str, twin: str) -> dict[str, Any] | None:
    for one in net["ratios"]:
        same = one["twin"].startswith("qann") if twin == "qann" else one["twin"] == twin
        if same and one["rules"] == rules and one["word"] == word:
            return one
    return None


def _pair(rules: str, word: str, twin: str) -> str:
    names = {
        "ann_fp32": "fp32 twin",
        "ann_fp16": "fp16 twin",
        "ann_int8": "int8 twin",
        "ann_fp32_zero_skipping": "zero-skipping fp32 twin",
        "qann": "bit-matched twin",
    }
    beside = "" if twin.endswith(word) or word == "fp32" else f" ({word} spikes)"
    return f"{_SHORT[rules]}: {names[twin]}{beside}"


def _ratios(nets: list[dict[str, Any]]) -> str:
    rows = []
    for net in nets:
        cells = [f"`{net['net']}`"]
        for pair in _PAIRS:
            one = _ratio(net, *pair)
            cells.append(_banded_ratio(one))
        rows.append(cells)
    return _table(["net", *(_pair(*pair) for pair in _PAIRS)], rows)


def _banded_ratio(one: dict[str, Any] | None) -> str:
    if one is None:
        return "–"
    value, low, high = map(_times, one["ratio"])
    return f"{value} [{low}, {high}]"


def _twins(nets: list[dict[str, Any]]) -> str:
    wanted = (
        ("fp32", "ann_fp32"),
        ("fp16", "ann_fp16"),
        ("int8", "ann_int8"),
        ("fp32", "ann_fp32_zero_skipping"),
        ("fp32", "qann"),
        ("int8", "qann"),
    )
    rows = []
    for net in nets:
        cells = [f"`{net['net']}`", f"{net['energies_mj']['M0 sop'][_USUAL]:.3g}"]
        for word, twin in wanted:
            found = [
                one["mj"]
                for one in net["twins_mj"]
                if one["rules"] == "M0 sop"
                and one["word"] == word
                and (one["twin"].startswith("qann") if twin == "qann" else one["twin"] == twin)
            ]
            cells.append("–" if not found else f"{found[0][0]:.3g}")
        rows.append(cells)
    head = ["net", "spiking, fp32", "fp32", "fp16", "int8", "fp32, zeros left out"]
    return _table([*head, "bit-matched, fp32 sums", "bit-matched, int8 sums"], rows)


def _limit(one: dict[str, Any] | None, *, sequence: bool) -> str:
    """Return break-even rate and T; a rate code, which acts once, has no T of its own."""
    if one is None:
        return "–"
    if one["rate"] is None:
        rate = "always" if "every firing rate" in (one["reason"] or "") else "never"
    else:
        rate = _percent(one["rate"])
    if not sequence:
        return rate
    return f"{rate}; " + ("no T" if one["steps"] is None else f"T ≤ {one['steps']:,}")


def _break_even(nets: list[dict[str, Any]]) -> str:
    pairs = [pair for pair in _PAIRS if pair[1] == "fp32" and "zero" not in pair[2]]
    rows = [
        [
            f"`{net['net']}`",
            _percent(net["firing_rate"]),
            *(_limit(_ratio(net, *pair), sequence=net["coding"] == "spikes") for pair in pairs),
        ]
        for net in nets
    ]
    return _table(["net", "own rate", *(_pair(*pair) for pair in pairs)], rows)


def _predicted(nets: list[dict[str, Any]]) -> str:
    rules = ("M0 sop", "M1 sop+memory", "M3 compute+movement")
    rows = []
    for net in nets:
        cells = [f"`{net['net']}`"]
        for name in rules:
            if name not in net["expected_mj"]:
                cells.append("–")
                continue
            before, counted = net["expected_mj"][name], net["energies_mj"][name][_USUAL]
            cells.append(f"{before:.3g}, {counted:.3g} ({_change(counted, before)})")
        rows.append(cells)
    head = [f"{_SHORT[name]}: predicted, counted [mJ]" for name in rules]
    return _table(["net", *head], rows)


def _steps(nets: list[dict[str, Any]]) -> str:
    family = [net for net in nets if net["net"].partition(" ")[0] == "cifar10-4"]
    rows = []
    for net in sorted(family, key=lambda net: net["steps"]):
        fp32 = _ratio(net, "M0 sop", "fp32", "ann_fp32")
        bits = _ratio(net, "M0 sop", "fp32", "qann")
        rows.append(
            [
                str(net["steps"]),
                _percent(net["accuracy"]),
                _percent(net["firing_rate"]),
                _number(net["spikes"]),
                *(f"{net['energies_mj'][r][_USUAL]:.3g}" for r in net["energies_mj"]),
                "–" if fp32 is None else f"{fp32['ratio'][0]:.3g}",
                "–" if bits is None else f"{bits['ratio'][0]:.3g}",
            ]
        )
    head = ["T", "accuracy", "firing rate", "spikes", "M0 [mJ]", "M1", "M2", "M3"]
    head += ["M0: fp32 twin", "M0: bit-matched twin"]
    return "`cifar10-4`, trained at T = 4:\n\n" + _table(head, rows, left=0)


def verdict_rows(nets: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[list[float]]]:
    """Return the ratios of spiking nets with their bands by rule set, word and twin."""
    found: dict[tuple[str, str, str], list[list[float]]] = {}
    for net in nets:
        if net["coding"] != "spikes":
            continue
        for one in net["ratios"]:
            twin = "qann" if one["twin"].startswith("qann") else one["twin"]
            found.setdefault((one["rules"], one["word"], twin), []).append(one["ratio"])
    return found


def _verdict(nets: list[dict[str, Any]]) -> str:
    several = verdict_rows([net for net in nets if net["steps"] > 1])
    single = verdict_rows([net for net in nets if net["steps"] == 1])
    rows = [
        [
            _SHORT[rules],
            word,
            twin.removeprefix("ann_").replace("qann", "bit-matched").replace("_", " "),
            *_range(ratios),
            *_range(single.get((rules, word, twin), []))[::2],
        ]
        for (rules, word, twin), ratios in sorted(
            several.items(), key=lambda pair: -max(ratio[0] for ratio in pair[1])
        )
    ]
    text = (
        "Each line is one way to make the comparison; ratios of all spiking nets above, as they "
        "are and with their bands, those of T = 1 apart. The published rule sets know no twin and "
        "meet the fp32 one under M0."
    )
    head = ["rules", "spikes in", "twin", "ratio, T ≥ 2", "with bands", "38 or more"]
    return f"{text}\n\n{_table([*head, 'ratio, T = 1', '38 or more'], rows, left=3)}"


def _range(ratios: list[list[float]]) -> list[str]:
    """Return the range of ratios, that with bands, and how many reach 38."""
    if not ratios:
        return ["–", "–", "–"]
    values = [ratio[0] for ratio in ratios]
    return [
        f"{_times(min(values))} to {_times(max(values))}",
        f"{_times(min(one[1] for one in ratios))} to {_times(max(one[2] for one in ratios))}",
        f"{sum(round(value, 1) >= 38 for value in values)} of {len(values)}",
    ]


def _needed(found: list[dict[str, Any]]) -> str:
    steps = list(found[0]["rates"])
    rows = [
        [
            f"`{one['model']}`",
            _SHORT[one["rules"]],
            one["stem"].replace("_", " "),
            f"{one['cap']:.0f}",
            *(_percent(rate, 2) if rate else "none" for rate in one["rates"].values()),
        ]
        for one in found
    ]
    text = (
        "What the claim takes: the firing rate, the same in every layer, at which the dense fp32 "
        "twin costs 38 times as much, sums of spikes as additions. *Dense over stem* is the ratio "
        "under M0 of a network whose neurons never fire, if the image passes once."
    )
    head = ["net", "rules", "stem", "dense over stem", *(f"T={step}" for step in steps)]
    return f"{text}\n\n{_table(head, rows, left=3)}"


def _printed(found: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"`{one['model']}`",
            str(one["steps"]),
            one["said_by"],
            f"{one['printed_mj']:.4g}",
            f"{one['twin_mj']:.4g}",
            f"{one['ratio']:.1f}",
        ]
        for one in sorted(found, key=lambda one: -one["ratio"])
    ]
    text = (
        "And what papers print themselves: the dense fp32 network of the same shape at 4.6 pJ an "
        "operation (ReLU for neurons, from the card) over the energy that was printed, by the "
        "rules of each source:"
    )
    head = ["model", "T", "said by", "printed [mJ]", "fp32 twin [mJ]", "ratio"]
    return f"{text}\n\n{_table(head, rows, left=3)}"


def _replications(found: list[dict[str, Any]]) -> str:
    rows = [
        [
            one["name"],
            f"{one['printed_mj']:.4g}",
            f"{one['recomputed_mj']:.4g}",
            "–" if one["corrected_mj"] is None else f"{one['corrected_mj']:.4g}",
            one["explanation"],
        ]
        for one in found
    ]
    head = ["number", "printed [mJ]", "recomputed", "corrected", "why"]
    return _table(head, rows)
