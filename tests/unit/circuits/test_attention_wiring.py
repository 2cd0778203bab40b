import numpy as np
import pytest

from spikedim.circuits import (
    Dynamics,
    MultiHeadSpikingAttention,
    Pattern,
    Population,
    Projection,
    RateCode,
    Reading,
    Role,
    SoftmaxMode,
    SpikingAttention,
    SpikingAttentionStack,
    Wiring,
    to_graph,
)


def ends(graph, source, target):
    """Return the synapses between two populations as (source, target, weight) within them."""
    first = dict(
        zip(
            (part.name for part in graph.populations),
            np.cumsum([0, *(part.neurons for part in graph.populations)]),
            strict=False,
        )
    )
    size = {part.name: part.neurons for part in graph.populations}
    begin, end = graph.source - first[source], graph.target - first[target]
    inside = (begin >= 0) & (begin < size[source]) & (end >= 0) & (end < size[target])
    return sorted(
        zip(begin[inside].tolist(), end[inside].tolist(), graph.weight[inside], strict=True)
    )


def test_blocks_and_tiles_by_hand():
    populations = (
        Population("two", 2, Dynamics.ACCUMULATOR),
        Population("four", 4, Dynamics.ACCUMULATOR),
    )
    pair = np.array([[1.0, 2.0]])
    expected = {
        Pattern.BLOCKS: [(0, 0, 1.0), (0, 1, 2.0), (1, 2, 1.0), (1, 3, 2.0)],
        Pattern.TILED: [(0, 0, 1.0), (0, 1, 2.0), (1, 2, 1.0), (1, 3, 2.0)],
    }
    for pattern, want in expected.items():
        wiring = Wiring(populations, (Projection("two", "four", pattern, pair),))
        assert ends(to_graph(wiring), "two", "four") == want
        assert wiring.synapses == 4
    one = np.ones((1, 1))
    shared = Wiring(populations, (Projection("two", "four", Pattern.BLOCKS, one),))
    assert [s for s, _, _ in ends(to_graph(shared), "two", "four")] == [0, 0, 1, 1]
    tiled = Wiring(populations, (Projection("two", "four", Pattern.TILED, one),))
    assert [t for s, t, _ in ends(to_graph(tiled), "two", "four") if s == 0] == [0, 2]


@pytest.mark.parametrize("mode", list(SoftmaxMode))
@pytest.mark.parametrize("code", list(RateCode))
def test_the_graph_computes_what_attention_says(mode, code):
    rng = np.random.default_rng(0)
    n, features, width, out = 3, 4, 2, 5
    w_q, w_k, w_v = (rng.normal(size=(features, k)) for k in (width, width, out))
    layer = SpikingAttention.compile(w_q, w_k, w_v, mode=mode, encoder=code)
    graph, wiring = layer.to_graph(n), layer.wiring(n)
    assert (graph.neurons, graph.synapses) == (wiring.neurons, wiring.synapses)
    x = rng.random((n, features))

    def arrived(rates, source, target, size):
        total = np.zeros(size)
        for begin, end, weight in ends(graph, source, target):
            total[end] += weight * rates.ravel()[begin]
        return total

    queries = arrived(x, "query code", "queries", n * width)
    np.testing.assert_allclose(queries, (x @ w_q).ravel())
    keys = arrived(x, "key code", "keys", n * width)
    # Scores: a query spike adds, times its weight, the key that the score neuron holds.
    scores = np.zeros(n * n)
    held = {(end, begin % width): keys[begin] for begin, end, _ in ends(graph, "keys", "scores")}
    for begin, end, weight in ends(graph, "queries", "scores"):
        scores[end] += weight * queries[begin] * held[end, begin % width]
    np.testing.assert_allclose(scores.reshape(n, n), layer.scores(x)[0])
    # Outputs: a competitor's spike adds the value of its token.
    values = arrived(x, "value code", "values", n * out)
    rows, output = layer.attention(x)[0].ravel(), np.zeros(n * out)
    loads = ends(graph, "values", "output")
    for begin, end, weight in ends(graph, "competitors", "output"):
        token, channel = begin % n, end % out
        assert (token * out + channel, end, 1.0) in loads
        output[end] += weight * rows[begin] * values[token * out + channel]
    np.testing.assert_allclose(output.reshape(n, out), layer.exact(x))
    assert {Role.GATE, Role.CURRENT} <= set(graph.role)


def read(graph, rates):
    """Return what each population shows at the end, from the graph alone.

    `rates` are those of populations that nothing drives. A softmax circuit shows what its theorem
    says: competitors that open the same output share its spikes by their scores.
    """
    first = np.cumsum([0, *(part.neurons for part in graph.populations)])
    part_of = np.repeat(np.arange(len(graph.populations)), np.diff(first))
    shown = np.zeros(graph.neurons)
    gates = np.array([role is Role.GATE for role in graph.role])
    for number, part in enumerate(graph.populations):
        if part.dynamics is Dynamics.CONSTANT:
            shown[first[number] : first[number + 1]] = 1
    for number, part in enumerate(graph.populations):
        own = slice(first[number], first[number + 1])
        into = np.flatnonzero(part_of[graph.target] == number)
        if part.dynamics is Dynamics.CONSTANT:
            continue
        if "competitors" in part.name:
            outputs = [
                set(graph.target[graph.source == k]) - set(range(first[number + 1]))
                for k in range(own.start, own.stop)
            ]
            rows = np.array([min(group) for group in outputs])
            drive = np.zeros(part.neurons)
            for k in into:
                if part_of[graph.source[k]] != number and graph.role[k] is Role.CURRENT:
                    drive[graph.target[k] - own.start] += graph.weight[k] * shown[graph.source[k]]
            weights = np.exp(drive)
            shown[own] = [
                w / weights[rows == row].sum() for w, row in zip(weights, rows, strict=True)
            ]
        else:
            opened = into[gates[into] & (graph.opens[into] >= 0)]
            held = set(graph.opens[opened].tolist())
            for k in into:
                if k not in held and graph.role[k] is Role.CURRENT:
                    shown[graph.target[k]] += graph.weight[k] * shown[graph.source[k]]
            for k in opened:
                current = graph.opens[k]
                assert graph.target[current] == graph.target[k]
                let = graph.weight[current] * shown[graph.source[current]]
                shown[graph.target[k]] += graph.weight[k] * shown[graph.source[k]] * let
        if part.name in rates:
            shown[own] = rates[part.name].ravel()
    return {
        part.name: shown[first[number] : first[number + 1]]
        for number, part in enumerate(graph.populations)
    }


def biased_weights(rng, heads, joined):
    names = ("w_q", "w_k", "w_v", *(["w_o"] if joined else []))
    weights = dict(zip(names, rng.normal(size=(len(names), 4, 4)), strict=True))
    biases = dict(zip(("b_q", "b_k", "b_v", "b_o"), rng.normal(size=(4, 4)), strict=True))
    return weights | biases | {"heads": heads}


@pytest.mark.parametrize("mode", list(SoftmaxMode))
@pytest.mark.parametrize(("heads", "joined"), [(1, False), (2, False), (1, True), (2, True)])
def test_the_graph_alone_gives_the_output_with_ranges_biases_and_heads(mode, heads, joined):
    rng, n = np.random.default_rng(heads), 3
    weights = biased_weights(rng, heads, joined)
    layer = MultiHeadSpikingAttention.compile(**weights, low=-1.0, high=2.5, mode=mode)
    x = -1 + 3.5 * rng.random((n, 4))
    graph, wiring = layer.to_graph(n), layer.wiring(n)
    assert (graph.neurons, graph.synapses) == (wiring.neurons, wiring.synapses)
    rates = layer.rates(x)
    shown = read(graph, {f"{code} code": rates for code in ("query", "key", "value")})
    if joined:
        got = shown["joined output"].reshape(n, 4)
    else:
        names = [name for name in shown if name.startswith("output")]
        got = np.concatenate([shown[name].reshape(n, -1) for name in names], axis=1)
    np.testing.assert_allclose(got, layer.exact(x), atol=1e-12)
    readings = {part.name.split(" of ")[0]: part.reading for part in graph.populations}
    assert readings["queries"] is readings["keys"] is readings["values"] is Reading.MEAN
    assert readings["output"] is Reading.SHARE


@pytest.mark.parametrize("joined", [False, True])
def test_the_graph_of_a_stack_codes_outputs_within_their_range(joined):
    rng, n = np.random.default_rng(7), 3
    weights = [biased_weights(rng, 2, joined) for _ in range(2)]
    stack = SpikingAttentionStack.compile(weights, low=-1.0, high=2.5)
    x = -1 + 3.5 * rng.random((n, 4))
    rates = stack.layers[0].rates(x)
    shown = read(stack.to_graph(n), {f"layer 0 {c} code": rates for c in ("query", "key", "value")})
    got = shown["layer 1 key code"].reshape(n, 4)
    np.testing.assert_allclose(got, stack.layers[1].rates(stack.layers[0].exact(x)), atol=1e-12)


def test_two_layers_with_unlike_biases_have_unlike_graphs():
    eye = np.eye(2)
    one = SpikingAttention.compile(eye, eye, eye, low=-1.0, high=1.0, b_q=[3.0, 4.0])
    other = SpikingAttention.compile(eye, eye, eye, low=0.0, high=2.0)
    assert one.to_graph(2).synapses > other.to_graph(2).synapses
    assert "bias" not in {part.name for part in other.wiring(2).populations}


def test_sizes_of_the_default_circuit():
    layer = SpikingAttention.compile(np.ones((4, 2)), np.ones((4, 2)), np.ones((4, 3)))
    sizes = {part.name: part.neurons for part in layer.wiring(5).populations}
    assert sizes["query code"] == 20
    assert (sizes["queries"], sizes["values"], sizes["output"]) == (10, 15, 15)
    assert (sizes["scores"], sizes["competitors"], sizes["inhibition"]) == (25, 25, 5)


def test_heads_share_their_codes_and_stacks_their_outputs():
    rng = np.random.default_rng(0)
    weights = dict(zip(("w_q", "w_k", "w_v", "w_o"), rng.normal(size=(4, 4, 4)), strict=True))
    layer = MultiHeadSpikingAttention.compile(**weights, heads=2)
    names = [part.name for part in layer.wiring(3).populations]
    assert sum(name.endswith("code") for name in names) == 3
    assert {"output of head 0", "output of head 1", "joined output"} <= set(names)
    joined = ends(layer.to_graph(3), "output of head 1", "joined output")
    assert len(joined) == 3 * 2 * 4
    for last in ({"w_o": weights["w_o"]}, {}):
        plain = {name: weights[name] for name in ("w_q", "w_k", "w_v")}
        stack = SpikingAttentionStack.compile([{**plain, **last, "heads": 2}] * 2)
        graph, wiring = stack.to_graph(3), stack.wiring(3)
        assert (graph.neurons, graph.synapses) == (wiring.neurons, wiring.synapses)
        sources = [f"layer 0 output of head {h}" for h in range(2)]
        into = [
            end
            for source in (["layer 0 joined output"] if last else sources)
            for end in ends(graph, source, "layer 1 key code")
        ]
        assert sorted(end for _, end, _ in into) == list(range(12))
        span = stack.layers[1].high - stack.layers[1].low
        np.testing.assert_allclose([w for _, end, w in into], [1 / span[e % 4] for _, e, _ in into])
