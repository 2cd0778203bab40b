"""The fast circuit against one written down competitor by competitor from the equations."""

import math

import numpy as np
import pytest

from spikedim.circuits import Emission, Update, gli, gli_step, init_gli_state
from spikedim.circuits.competition._gli_run import run_rows


def naive_row(z, steps, *, budget=1.0, update="linear", uniforms=None, phases=None):
    """Read it beside the equations; only z - max z matters, because g starts at the maximum."""
    n = len(z)
    strongest = max(z)
    z = [x - strongest for x in z]
    g = max(0.0, -math.log(budget))  # max z - ln(budget), never below max z
    open_entries = sum(x > -math.inf for x in z)
    ceiling = max(0.0, math.log(open_entries / budget))  # what equal drives need
    v, s, counts = list(phases or [0.5] * n), [0] * n, [0] * n
    for t in range(1, steps + 1):
        if t > 1:
            i_inh = sum(s) / n
            if update == "linear":
                g += max(0.05, 1 / (1 + t)) * (n * i_inh - budget)
            else:
                g += max(0.05, 1 / t) * math.log((n * i_inh + 0.5) / (budget + 0.5))
            g = min(max(g, 0.0), ceiling)
        p = [math.exp(x - g) for x in z]
        if uniforms is None:
            v = [a + b for a, b in zip(v, p, strict=True)]
            s = [int(a >= 1) for a in v]
            v = [a - b for a, b in zip(v, s, strict=True)]
        else:
            s = [int(u < q) for u, q in zip(uniforms[t - 1], p, strict=True)]
        counts = [a + b for a, b in zip(counts, s, strict=True)]
    return counts


def logits(n, deviation, *, rows=3, seed=0):
    """Return normal rows, one of equal numbers, one with ties at the top, one half masked."""
    rng = np.random.default_rng([seed, n])
    z = deviation * rng.standard_normal((rows + 3, n))
    z[-3] = 0.7
    z[-2, : n // 2 + 1] = z[-2].max()
    if n > 1:
        z[-1, ::2] = -np.inf
    return z


def rows_of(backend, z, *, noise=None, **options):
    drawn = {2: Emission.RANDOM_PHASE, 3: Emission.ESCAPE}
    emission = Emission.INTEGRATE_AND_FIRE if noise is None else drawn[noise.ndim]
    options = {"budget": 1.0, "update": Update.LINEAR, **options}
    return run_rows(z, emission=emission, noise=noise, backend=backend, **options).counts


@pytest.mark.parametrize("deviation", [1.0, 6.0])
@pytest.mark.parametrize("n", [1, 2, 5, 16, 64, 256])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_integrate_and_fire_gives_the_naive_counts(n, deviation, backend):
    z = logits(n, deviation)
    steps = 60 if n == 256 else 200
    want = [naive_row(row.tolist(), steps) for row in z]
    assert rows_of(backend, z, steps=steps).tolist() == want


@pytest.mark.parametrize("update", ["linear", "log"])
@pytest.mark.parametrize("budget", [0.25, 0.5, 1.7, 6.0])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_any_budget_and_update_gives_the_naive_counts(budget, update, backend):
    z = logits(6, 2.0)
    noise = np.random.default_rng(1).random((150, *z.shape))
    options = {"budget": budget, "update": Update(update)}
    want = [naive_row(row.tolist(), 150, budget=budget, update=update) for row in z]
    assert rows_of(backend, z, steps=150, **options).tolist() == want
    want = [
        naive_row(row.tolist(), 150, budget=budget, update=update, uniforms=noise[:, r].tolist())
        for r, row in enumerate(z)
    ]
    assert rows_of(backend, z, steps=150, noise=noise, **options).tolist() == want
    assert np.array(want).sum() > 30, "a comparison of silent rows proves nothing"
    want = [
        naive_row(row.tolist(), 150, budget=budget, update=update, phases=noise[0, r].tolist())
        for r, row in enumerate(z)
    ]
    assert rows_of(backend, z, steps=150, noise=noise[0], **options).tolist() == want


@pytest.mark.parametrize("emission", list(Emission))
@pytest.mark.parametrize("update", list(Update))
def test_step_by_step_is_the_whole_run(emission, update):
    z = logits(7, 3.0)
    escape = emission is Emission.ESCAPE
    shapes = {Emission.ESCAPE: (120, *z.shape), Emission.RANDOM_PHASE: z.shape}
    noise = np.random.default_rng(2).random(shapes[emission]) if emission in shapes else None
    phases = noise if emission is Emission.RANDOM_PHASE else None
    state, counts = init_gli_state(z, budget=0.5, phases=phases), 0
    for t in range(120):
        spikes, state = gli_step(
            state,
            z,
            emission=emission,
            budget=0.5,
            update=update,
            uniforms=noise[t] if escape else None,
        )
        counts = counts + spikes
    whole = rows_of("numpy", z, steps=120, noise=noise, budget=0.5, update=update)
    assert counts.tolist() == whole.tolist()
    assert state.step == 120


@pytest.mark.parametrize("emission", list(Emission))
@pytest.mark.parametrize(
    ("rows", "n", "steps"), [(301, 64, 200), (5, 256, 8000), (3, 5, 70_000), (40, 1000, 300)]
)
def test_both_loops_agree_on_long_runs(rows, n, steps, emission):
    # Long enough for several pieces of steps, blocks of rows and numbers of rows in lockstep.
    z = 3 * np.random.default_rng(3).standard_normal((rows, n))
    if emission is Emission.ESCAPE:
        steps = min(steps, 40_000) // 2
    runs = [
        run_rows(
            z,
            steps=steps,
            emission=emission,
            budget=1.0,
            update=Update.LINEAR,
            generator=np.random.default_rng(4),
            backend=backend,
        )
        for backend in ("numpy", "numba")
    ]
    assert np.array_equal(runs[0].counts, runs[1].counts)
    np.testing.assert_allclose(runs[0].exposure, runs[1].exposure, rtol=1e-11)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_generator_and_its_numbers_as_noise_are_the_same(backend):
    # 300 x 4100 numbers: drawn in two pieces.
    z = logits(50, 1.0, rows=79)
    steps = 300
    noise = np.random.default_rng(5).random((steps, *z.shape))
    drawn = run_rows(
        z,
        steps=steps,
        emission=Emission.ESCAPE,
        budget=1.0,
        update=Update.LINEAR,
        generator=np.random.default_rng(5),
        backend=backend,
    )
    assert np.array_equal(drawn.counts, rows_of(backend, z, steps=steps, noise=noise))


def test_the_public_function_returns_these_counts():
    z = logits(9, 2.0)
    result = gli(z, steps=90)
    counts = np.array([naive_row(row.tolist(), 90) for row in z])
    assert np.array_equal(result.row_spikes, counts.sum(axis=1))
    assert np.array_equal(result.value, counts / counts.sum(axis=1, keepdims=True))
