"""The result section of README.md, made from result.json alone."""

from typing import Any

HEAD = (
    "| circuit | T | spikes per sentence | attention l1 error (RMS) | embedding error | cosine | "
    "same nearest | recall@10 | accuracy | same class |"
)
COLUMNS = {
    "attention_l1_rms": ".3f",
    "relative_frobenius": ".4f",
    "mean_cosine": ".4f",
    "same_nearest": ".3f",
    "recall_at_10": ".3f",
    "accuracy": ".3f",
    "same_class": ".3f",
}


def line(cells: list[str]) -> str:
    """Return one line of a table."""
    return f"| {' | '.join(cells)} |"


def cell(number: dict[str, float | None], form: str) -> str:
    """Return a value with the half-width of its interval."""
    value, high = number["value"], number["high"]
    text = format(value, form)
    return text if high is None or value is None else f"{text} ± {format(high - value, form)}"


def points(result: dict[str, Any], layers: str) -> list[str]:
    """Return the table of one choice of layers: every second T, and the last."""
    lines = [HEAD, "|---|" + "---:|" * (len(COLUMNS) + 2)]
    chosen = [row for row in result["points"] if row["layers"] == layers]
    last = {row["mode"]: row["steps"] for row in chosen}
    for row in chosen:
        if row["steps"].bit_length() % 2 or row["steps"] == last[row["mode"]]:
            spikes = f"{row['spikes_per_sentence']['value']:,.0f}"
            cells = [cell(row[name], form) for name, form in COLUMNS.items()]
            lines.append(line([f"`{row['mode']}`", str(row["steps"]), spikes, *cells]))
    return lines


def each_layer(result: dict[str, Any]) -> list[str]:
    """Return what each layer alone does."""
    return [
        ("| layer | mean row entropy, bits | spikes per row | attention l1 error (RMS) | "
        "embedding error |"),
        "|---:|---:|---:|---:|---:|",
        *(
            line(
                [
                    str(row["layer"]),
                    f"{row['mean_entropy_bits']:.2f}",
                    f"{row['mean_row_spikes']:.1f}",
                    f"{row['attention_l1_rms']:.3f}",
                    f"{row['relative_frobenius']:.4f}",
                ]
            )
            for row in result["each_layer"]
        ),
    ]  # fmt: skip


def by_entropy(result: dict[str, Any]) -> list[str]:
    """Return the spikes that rows of each entropy need, and those that they use at one T."""
    need = result["spikes_for_row_error"]
    steps = str(result["each_layer_steps"])
    used = {
        (part["low_bits"] + part["high_bits"]) / 2: part["mean_spikes"]
        for part in result["rows_by_entropy"]["gli"][steps]
    }
    bits = [part["bits"] for part in need["gli"]]
    lines = [line(["circuit", *(f"{bit:g}" for bit in bits)]), "|---|" + "---:|" * len(bits)]
    for mode, parts in need.items():
        known = {part["bits"]: part for part in parts}
        cells = [
            ("≤ " * known[bit]["at_most"]) + f"{known[bit]['spikes']:.0f}" if bit in known else "–"
            for bit in bits
        ]
        lines.append(line([f"`{mode}`, needed", *cells]))
    return [*lines, line([f"`gli`, used at T = {steps}", *(f"{used[bit]:.1f}" for bit in bits)])]


def enough(result: dict[str, Any], layers: str, error: float) -> str:
    """Return the fewest T, and its spikes, at which the embeddings are within an error."""
    parts = []
    for mode in result["spikes_for_row_error"]:
        points = [p for p in result["points"] if (p["mode"], p["layers"]) == (mode, layers)]
        met = [p for p in points if p["relative_frobenius"]["value"] < error]
        spikes = f"{met[0]['spikes_per_sentence']['value']:,.0f}" if met else ""
        found = f"T = {met[0]['steps']}, {spikes} spikes a sentence" if met else "not reached"
        parts.append(f"`{mode}` {found}")
    return "; ".join(parts)


def alternative(result: dict[str, Any]) -> str:
    """Return the numbers of the picture in words."""
    curves: dict[str, list[dict[str, Any]]] = {}
    for row in result["points"]:
        if row["layers"] == "all":
            curves.setdefault(row["mode"], []).append(row)
    parts = [
        f"{mode} from {rows[0]['relative_frobenius']['value']:.2g} at T = {rows[0]['steps']} to "
        f"{rows[-1]['relative_frobenius']['value']:.2g} at T = {rows[-1]['steps']}"
        for mode, rows in curves.items()
    ]
    return f"Embedding error, softmax of all six layers: {', '.join(parts)}."


def section(result: dict[str, Any]) -> str:
    """Return the result section of the README."""
    accuracy, sentences = result["exact_accuracy"], result["sentences"]
    spread = (accuracy * (1 - accuracy) / sentences) ** 0.5
    hold, fail, unknown = (
        sum(row[f"certificates_{name}"] for row in result["points"])
        for name in ("hold", "fail", "unknown")
    )
    slopes = "; ".join(
        f"`{name}` {found['value']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
        for name, found in result["slopes"].items()
    )
    first = (
        f"First T with an embedding error below 10 %, all layers: {enough(result, 'all', 0.1)}. "
        f"The last layer alone: {enough(result, 'last', 0.1)}."
    )
    exact = (
        f"Logistic regression on exact embeddings: accuracy {accuracy:.3f} on these {sentences} "
        f"sentences (one standard error {spread:.3f})."
    )
    rows = (
        f"Read-out spikes of a row for an RMS l2 row error of {result['row_error']:g}, by the "
        "row's entropy in bits (middle of the bin; all layers; – not reached within the T run):"
    )
    verdicts = (
        f"Certificates, one for each layer and run: {hold} hold, {fail} fail, {unknown} without "
        "verdict."
    )
    origin = (
        f"Seed {result['seed']}; {result['machine']}; commit `{result['commit']}`; sentences "
        f"`{result['data']}`; {result['model']}; {result['seconds']:.0f} s."
    )
    return "\n".join(
        [
            f"**{result['scope']}** Spikes are those of the softmax circuits, all populations.",
            "",
            f"![{alternative(result)}](minilm_circuits.png)",
            "",
            "Every second T; all of them are in result.json. Softmax of all six layers:",
            "",
            *points(result, "all"),
            "",
            "Softmax of the last layer alone:",
            "",
            *points(result, "last"),
            "",
            exact,
            "",
            f"Slope of log embedding error against log T, T ≥ 16: {slopes}.",
            "",
            first,
            "",
            f"Each layer alone, `gli`, T = {result['each_layer_steps']}:",
            "",
            *each_layer(result),
            "",
            rows,
            "",
            *by_entropy(result),
            "",
            verdicts,
            "",
            origin,
        ]
    )
