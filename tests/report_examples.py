"""Results that try to break a page: names that are markup, extreme numbers, nothing at all."""

from dataclasses import replace

import numpy as np
from tests.planning_examples import example_data, example_measurement, example_model, example_plan

HOSTILE = (
    "<script>document.title='owned'</script>\"'&amp; $x^2$ {{ 7*7 }} \u202egnp.exe "
    "\u540d\u524d_%s </title></style></svg>" % ("very-long-" * 30)
)


def hostile_plan():
    """Return a plan whose every free text is hostile."""
    plan = example_plan()
    advisory = replace(plan.advisories[0], text=HOSTILE, remedy=HOSTILE)
    return example_plan(
        headline=HOSTILE,
        data=example_data(spec=HOSTILE, layer=HOSTILE, licence=HOSTILE, fingerprint=HOSTILE),
        model=example_model(name=HOSTILE, layer_names=(HOSTILE, "b", "c", "d", "e")),
        laws=(replace(plan.laws[0], reference=HOSTILE), *plan.laws[1:]),
        curves=(replace(plan.curves[0], law=HOSTILE),),
        bounds=tuple(
            replace(bound, name=HOSTILE, population=HOSTILE, verdict=HOSTILE)
            for bound in plan.bounds
        ),
        energy=tuple(
            replace(entry, rules=f"{entry.rules} {HOSTILE}", notes=(HOSTILE,))
            for entry in plan.energy
        ),
        advisories=(advisory,),
        provenance=replace(plan.provenance, command=HOSTILE, assumptions=(HOSTILE,)),
    )


def bare_plan():
    """Return a plan without model, energy, warnings, curves, bounds or scree."""
    return example_plan(
        model=None,
        energy=(),
        break_even=(),
        network_spikes=None,
        advisories=(),
        curves=(),
        bounds=(),
        laws=example_plan().laws[:1],
        data=example_data(eigenvalue_ranks=(), eigenvalues=()),
        dimensions=(),
        energy_reason="no model was named.",
    )


def hostile_measurement():
    """Return a measurement whose every free text is hostile."""
    measurement = example_measurement()
    return replace(
        measurement,
        headline=HOSTILE,
        data=example_data(spec=HOSTILE, layer=HOSTILE),
        notes=(HOSTILE,),
    )


def pictures(count=3):
    """Return grey and colour pictures."""
    generator = np.random.default_rng(0)
    grey = [generator.integers(0, 256, (8, 8), dtype=np.uint8) for _ in range(count - 1)]
    return (*grey, generator.integers(0, 256, (200, 100, 3), dtype=np.uint8))
