import numpy as np
import pytest

from spikedim.circuits import (
    Dynamics,
    Pattern,
    Population,
    Projection,
    Role,
    Wiring,
    to_graph,
)


def wire(pattern, sources, targets, weight=1.0, **fields):
    return Wiring(
        (
            Population("a", sources, Dynamics.BERNOULLI),
            Population("b", targets, Dynamics.INTEGRATE_AND_FIRE),
        ),
        (Projection("a", "b", pattern, np.array(weight), **fields),),
    )


@pytest.mark.parametrize(
    ("wiring", "pairs"),
    [
        (wire(Pattern.ONE_TO_ONE, 2, 2), [(0, 2), (1, 3)]),
        (wire(Pattern.ALL_TO_ALL, 2, 2), [(0, 2), (0, 3), (1, 2), (1, 3)]),
        (wire(Pattern.GROUPED, 4, 2), [(0, 4), (1, 4), (2, 5), (3, 5)]),
        (wire(Pattern.GROUPED, 1, 3), [(0, 1), (0, 2), (0, 3)]),
        (wire(Pattern.GROWING, 3, 2, [1.0, 0.5]), [(0, 3), (1, 4), (2, 4)]),
        (wire(Pattern.DENSE, 2, 2, [[0.0, 3.0], [4.0, 0.0]]), [(0, 3), (1, 2)]),
    ],
)
def test_who_is_joined(wiring, pairs):
    graph = to_graph(wiring)
    assert list(zip(graph.source.tolist(), graph.target.tolist(), strict=True)) == pairs
    assert graph.synapses == wiring.synapses == len(pairs)
    assert graph.neurons == wiring.neurons


def test_weights_delays_and_roles_follow_their_synapses():
    inhibition = {"role": Role.LOG_INHIBITION, "delay_steps": 1}
    two = wire(Pattern.DENSE, 2, 1, [[0.5], [0.25]], **inhibition)
    one = wire(Pattern.ALL_TO_ALL, 2, 1, -1.0)
    graph = to_graph(Wiring(two.populations, (*two.projections, *one.projections)))
    assert graph.weight.tolist() == [0.5, 0.25, -1.0, -1.0]
    assert graph.delay_steps.tolist() == [1, 1, 0, 0]
    assert graph.role == (Role.LOG_INHIBITION,) * 2 + (Role.CURRENT,) * 2


def test_a_growing_pattern_has_one_weight_for_each_target():
    graph = to_graph(wire(Pattern.GROWING, 6, 3, [1.0, 0.5, 0.25]))
    assert graph.weight.tolist() == [1.0, 0.5, 0.5, 0.25, 0.25, 0.25]
    twice = to_graph(wire(Pattern.GROWING, 6, 4, [1.0, 0.5]))
    assert twice.weight.tolist() == [1.0, 0.5, 0.5] * 2
    assert twice.source.tolist() == [0, 1, 2, 3, 4, 5]
    assert (twice.target - 6).tolist() == [0, 1, 1, 2, 3, 3]


def test_copies_multiply_counts_but_not_the_graph():
    single = wire(Pattern.ALL_TO_ALL, 3, 2)
    many = Wiring(single.populations, single.projections, copies=7)
    assert (many.neurons, many.synapses) == (35, 42)
    assert to_graph(many).synapses == 6


def test_a_circuit_without_synapses_is_a_graph():
    graph = to_graph(Wiring((Population("a", 2, Dynamics.BERNOULLI),), ()))
    assert (graph.neurons, graph.synapses) == (2, 0)
