"""What a wiring tells of a circuit: starts, rules and numbers, and no loop without a delay."""

import math

import numpy as np
import pytest

from spikedim.circuits import (
    Pattern,
    cup,
    exp_taylor_coincidence,
    gli,
    published_diagonal_wta,
    published_subtractive_wta,
    race,
    sparsemax,
)

Z = [0.0, 1.0, 2.0]


def population(result, name):
    return next(part for part in result.wiring.populations if part.name == name)


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    "result",
    [
        gli(Z, steps=3),
        race(Z, steps=3, generator=rng()),
        cup(Z, steps=3),
        sparsemax(Z, steps=3),
        published_diagonal_wta(Z, steps=3),
        published_subtractive_wta(Z, steps=3),
    ],
    ids=lambda result: result.circuit,
)
def test_every_loop_takes_a_step(result):
    at_once = {
        (part.source, part.target) for part in result.wiring.projections if not part.delay_steps
    }
    reached = set(at_once)
    for _ in at_once:
        reached |= {(a, d) for a, b in reached for c, d in at_once if b == c}
    assert [pair for pair in reached if pair[0] == pair[1]] == []


def test_no_two_settings_of_gli_have_the_same_wiring():
    settings = [
        {"budget": budget, "update": update, "emission": emission}
        for budget in (0.25, 1.0, 1.5)
        for update in ("linear", "log")
        for emission in ("integrate_and_fire", "random_phase", "escape")
    ]
    seen = set()
    for options in settings:
        random = options["emission"] != "integrate_and_fire"
        wiring = gli(Z, steps=2, generator=rng() if random else None, **options).wiring
        seen.add(wiring.populations)
    assert len(seen) == len(settings)


def test_the_inhibition_of_gli_says_its_start_and_rule():
    thrifty = population(gli(Z, steps=2, budget=0.25), "inhibition")
    assert thrifty.initial == pytest.approx(math.log(4))
    assert thrifty.rule == (
        "h += max(0.05, 1 / (t + 1)) (spikes - 0.25) at steps t >= 2, kept between 0 and "
        "ln(n / 0.25) of n unmasked competitors"
    )
    lavish = population(gli(Z, steps=2, budget=1.5, update="log"), "inhibition")
    assert lavish.initial == 0.0
    assert "max(0.05, 1 / t) ln((spikes + 0.5) / (1.5 + 0.5))" in lavish.rule
    assert population(gli(Z, steps=2), "competitors").initial == 0.5
    phased = gli(Z, steps=2, emission="random_phase", generator=rng())
    assert "uniform start in [0, 1)" in population(phased, "competitors").rule


def test_a_wiring_alone_replays_sparsemax():
    steps, gain = 40, 0.1
    result = sparsemax(Z, steps=steps, gain=gain)
    inhibition, competitors = (population(result, n) for n in ("inhibition", "competitors"))
    assert f"{gain!r} (spikes - 1)" in inhibition.rule
    drives = np.array(Z) - max(Z)
    h, v, counts = inhibition.initial, np.full(3, competitors.initial), np.zeros(3)
    for _ in range(steps):
        v += np.maximum(drives - h, 0.0)
        fired = v >= competitors.threshold
        v -= fired
        h += gain * (fired.sum() - 1)
        counts += fired
    assert (counts / counts.sum()).tolist() == result.value.tolist()


def test_a_race_and_a_cup_say_who_wins():
    assert "Exp(1)" in population(race(Z, steps=2, generator=rng()), "competitors").rule
    assert "fullest" in population(cup(Z, steps=2), "competitors").rule


@pytest.mark.parametrize("streams", ["fresh", "nested"])
def test_a_long_series_is_short_to_write(streams):
    order = 128
    result = exp_taylor_coincidence(
        [0.0], half_range=1.0, order=order, streams=streams, steps=4, generator=rng()
    )
    assert len(result.to_json()) < 500_000
    gates = result.wiring.projections[0]
    assert (gates.pattern is Pattern.GROWING) is (streams == "fresh")
    graph = result.to_graph()
    from_streams = graph.source < population(result, "streams").neurons
    heard = np.bincount(graph.target[from_streams])[-order:]
    assert heard.tolist() == list(range(1, order + 1))
    weight = np.bincount(graph.target[from_streams], graph.weight[from_streams])[-order:]
    assert weight == pytest.approx(np.ones(order))
    assert population(result, "read-out").rule == f"adds {math.exp(-1.0)!r} to the mean"
