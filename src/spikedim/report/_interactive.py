"""Steps against error with values on hover: Vega-Lite inside the page."""

import json
from typing import Any

from spikedim._core import require
from spikedim.planning import Plan

__all__ = ["steps_script", "steps_specification"]


def steps_specification(plan: Plan) -> dict[str, Any]:
    """Return the chart as a Vega-Lite specification.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    dict
        JSON types only.

    Raises
    ------
    MissingExtraError
        Without ``spikedim[charts]``.
    """
    altair: Any = require("altair", extra="charts", purpose="the interactive chart")
    points = [
        {"law": curve.law, "epsilon": epsilon, "T": steps, "low": low, "high": high}
        for curve in plan.curves
        for epsilon, steps, low, high in zip(
            curve.epsilons, curve.steps, curve.low, curve.high, strict=True
        )
    ]
    horizontal = altair.X("epsilon:Q", title=f"error ({plan.epsilon.kind.value})").scale(type="log")
    vertical = altair.Y("T:Q", title="T [steps], before rounding up").scale(type="log")
    base = altair.Chart(altair.Data(values=points)).encode(
        x=horizontal, color=altair.Color("law:N").legend(orient="top")
    )
    band = base.mark_area(opacity=0.15).encode(y=altair.Y("low:Q", title=""), y2="high:Q")
    line = base.mark_line(point=True).encode(
        y=vertical,
        tooltip=[
            altair.Tooltip("law:N"),
            altair.Tooltip("epsilon:Q", format=".3g"),
            altair.Tooltip("T:Q", format=".3g"),
            altair.Tooltip("low:Q", format=".3g"),
            altair.Tooltip("high:Q", format=".3g"),
        ],
    )
    chart = altair.layer(band, line).properties(width="container", height=320)
    return dict(chart.to_dict())


def steps_script(plan: Plan) -> str:
    """Return JavaScript that draws the chart into ``#interactive-steps``.

    Parameters
    ----------
    plan : Plan
        A plan.

    Returns
    -------
    str
        Vega, Vega-Lite and the chart: about 0.8 MB, no network.

    Raises
    ------
    MissingExtraError
        Without ``spikedim[charts]``.
    """
    converter: Any = require("vl_convert", extra="charts", purpose="the interactive chart")
    drawing = json.dumps(steps_specification(plan)).replace("<", "\\u003c")
    # `ast` keeps Vega from compiling expressions with eval, which the page forbids.
    snippet = f"""
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim();
    const rule = style.getPropertyValue("--rule").trim();
    const category = [1, 2, 3, 4, 5].map(k => style.getPropertyValue(`--series-${{k}}`).trim());
    const axis = {{labelColor: ink, titleColor: ink, gridColor: rule, domainColor: ink,
                  tickColor: ink}};
    vegaEmbed("#interactive-steps", {drawing}, {{
      actions: false, ast: true, renderer: "svg",
      config: {{background: "transparent", axis, range: {{category}}, view: {{stroke: null}},
               legend: {{labelColor: ink, titleColor: ink}}}},
    }});
    """
    return str(converter.javascript_bundle(snippet)).replace("</script", "<\\/script")
