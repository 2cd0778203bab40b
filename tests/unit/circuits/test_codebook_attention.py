import math

import numpy as np
import pytest
import torch
from tests.token_functions import DESIGN_LIPSCHITZ, centred, design, running_sum

from spikedim._core import AbstractProgress, InputError
from spikedim.circuits import (
    CircuitResult,
    CodebookAttention,
    codebook_cells,
    codebook_size,
    equivariant_class_bits,
)


@pytest.fixture(scope="module")
def net():
    return CodebookAttention.compile(
        design, tokens=2, features=2, cells=4, lipschitz=DESIGN_LIPSCHITZ, batched=True
    )


@pytest.fixture
def samples():
    return np.random.default_rng(0).random((50, 2, 2))


def snapped(x, cells):
    return (np.minimum(np.floor(x * cells), cells - 1) + 0.5) / cells


def test_answers_the_function_of_the_nearest_centres(net, samples):
    np.testing.assert_allclose(net.run(samples).value, design(snapped(samples, 4)), atol=1e-12)


@pytest.mark.parametrize(("tokens", "features", "cells"), [(1, 2, 3), (3, 1, 5), (4, 2, 2)])
def test_other_sizes(tokens, features, cells):
    net = CodebookAttention.compile(
        centred, tokens=tokens, features=features, cells=cells, lipschitz=1.0
    )
    assert net.memory_size == codebook_size(tokens=tokens, features=features, cells=cells)
    x = np.random.default_rng(0).random((20, tokens, features))
    got = net.run(x)
    np.testing.assert_allclose(got.value, centred(snapped(x, cells)), atol=1e-12)
    assert got.certificate.holds is True


def test_one_sample_a_function_and_tensors(net, samples):
    alone = CodebookAttention.compile(
        lambda x: torch.tensor(design(x)), tokens=2, features=2, cells=4, lipschitz=1.5
    )
    one = alone.run(torch.tensor(samples[0]))
    assert one.value.shape == (2, 2)
    assert one.silent.shape == (2,)
    np.testing.assert_allclose(one.value, net.run(samples).value[0], atol=1e-12)
    assert CircuitResult.from_json(one.to_json()).to_json() == one.to_json()


def test_leading_axes_are_kept(net, samples):
    got = net.run(samples.reshape(5, 10, 2, 2))
    assert got.value.shape == got.target.shape == (5, 10, 2, 2)
    assert got.certificate.error == net.run(samples).certificate.error


def test_outputs_may_differ_in_number_from_features():
    net = CodebookAttention.compile(
        lambda x: x.sum(axis=1, keepdims=True), tokens=2, features=2, cells=2, lipschitz=1.5
    )
    assert net.outputs == 1
    assert net.run([[0.9, 0.9], [0.1, 0.9]]).value.tolist() == [[1.5], [1.0]]


def test_the_wiring_computes_the_value(net, samples):
    wiring = net.wiring()
    weight = {(part.source, part.target): part.weight for part in wiring.projections}
    sample = samples[0]
    winners = []
    for i, token in enumerate(sample, start=1):
        name = f"quantiser {i}"
        drive = token @ weight[f"token {i}", name] + weight["bias", name][0]
        winners.append(np.eye(16)[drive.argmax()])
    histogram = sum(winners) * weight["quantiser 1", "histogram"]
    for winner, want in zip(winners, net.run(sample).value, strict=True):
        drive = np.repeat(winner * weight["query", "look-up"], net.memory_size // 16)
        drive = drive + histogram @ weight["histogram", "look-up"] + weight["bias", "look-up"][0]
        best = drive.argmax()
        assert drive[best] == pytest.approx((winner**2).sum() + (histogram**2).sum())
        np.testing.assert_allclose(weight["look-up", "read-out"][best], want, atol=1e-12)


@pytest.mark.parametrize("x", [0.0, 0.1, 1.0])
def test_the_winning_drive_is_above_0_whatever_the_token(net, x):
    drive = np.zeros(16)
    for part in net.wiring().projections:
        if part.target == "quantiser 1" and part.source == "token 1":
            drive += np.full(2, x) @ part.weight
        if part.target == "quantiser 1" and part.source == "bias":
            drive += part.weight[0]
    assert drive.max() > 0


def test_a_temperature_near_0_leaves_the_hard_answer(net, samples):
    got = net.attend(samples, temperature=1e-320, quantiser_temperature=1e-320)
    np.testing.assert_allclose(got, net.run(samples).value)


def test_counts_of_neurons_synapses_and_steps(net, samples):
    got = net.run(samples)
    graph = got.to_graph()
    # bias; 2 tokens of 2, quantisers of 16 with interneuron; histogram, query; look-up, read-out
    assert graph.neurons == 1 + 2 * (2 + 16 + 1) + 16 + 16 + 256 + 1 + 2
    assert got.certificate.neurons == 50 * graph.neurons
    assert got.certificate.synapses == 50 * graph.synapses
    assert got.steps == 1 + 2


def test_one_winner_per_competition(net, samples):
    spikes = {part.population: part.spikes for part in net.run(samples).spikes}
    assert spikes["quantiser 1"] == spikes["quantiser 2"] == 50
    assert spikes["look-up"] == spikes["query"] == 100
    assert spikes["bias"] == 150
    assert "token 1" not in spikes


def test_spiking_input_adds_its_own_error(net, samples):
    got = net.run(samples, steps=16)
    decoded = np.floor(samples * 16 + 0.5) / 16
    np.testing.assert_allclose(got.value, design(snapped(decoded, 4)), atol=1e-12)
    assert got.certificate.holds is True
    assert got.certificate.bound == pytest.approx(DESIGN_LIPSCHITZ * 2 * (1 / 8 + 1 / 32))
    assert got.steps == 16 + 1 + 2
    spikes = {part.population: part.spikes for part in got.spikes}
    assert spikes["token 1"] == decoded[:, 0].sum() * 16
    assert "1/(2T)" in got.certificate.theorem.statement


def test_bound_is_the_theorem(net):
    assert net.error_bound() == pytest.approx(DESIGN_LIPSCHITZ * 2 / 8, rel=1e-12)
    assert net.error_bound(steps=1) > net.error_bound(steps=9) > net.error_bound()


def test_a_given_slope_is_an_assumption_and_an_estimate_says_so(net, samples):
    given = net.run(samples).certificate.theorem.assumptions
    assert [part.holds for part in given] == [None, None]
    assert "samples show slopes up to 1.3" in given[1].text
    estimated = CodebookAttention.compile(design, tokens=2, features=2, cells=2)
    assert 1.3 < estimated.lipschitz <= DESIGN_LIPSCHITZ * (1 + 1e-9)
    assert "lower estimate" in estimated.run(samples).certificate.theorem.assumptions[1].text


def test_a_slope_that_is_a_lie_fails_where_samples_did_not_see_it():
    def needle(x):  # steep near 0.9375 only, where no sample of the check lies
        return np.maximum(0, 0.01 - np.abs(x - 0.9375).max(axis=-1, keepdims=True)) * 1e3

    net = CodebookAttention.compile(needle, tokens=1, features=6, cells=2, lipschitz=0.1)
    got = net.run(np.full((1, 6), 0.9375))
    assert got.certificate.holds is False
    assert got.certificate.error == pytest.approx(10.0)


def test_not_measured_on_request(net, samples):
    got = net.run(samples, measure_error=False)
    assert (got.target, got.certificate.error, got.certificate.holds) == (None, None, None)
    assert got.certificate.bound == pytest.approx(net.error_bound())
    assert got.certificate.reason == "the error was not asked for"


def test_cold_attention_is_the_circuit(net, samples):
    got = net.attend(samples, temperature=1e-3)
    np.testing.assert_allclose(got, net.run(samples).value, atol=1e-12)
    assert net.attend(samples[0], temperature=1e-3).shape == (2, 2)


def test_leak_temperature_is_the_one_that_it_says(net):
    want = 2 / (4 * math.log((net.memory_size + 1) / 0.01))
    assert net.leak_temperature(leak=0.01) == pytest.approx(want)


def test_leak_temperature_keeps_the_leak(net):
    heat = net.leak_temperature(leak=0.01)
    assert heat == pytest.approx(2 / (4 * math.log(257 / 0.01)))
    wide = math.sqrt(2) * np.linalg.norm(np.ptp(net.values, axis=0))
    assert net.leak_bound(temperature=heat) <= 0.01 * wide


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"function": running_sum},
            r"`function` must be permutation-.* got a gap of 1 on 64",
        ),
        ({"function": 3}, r"`function` must be callable; got int"),
        ({"function": lambda x: x[0]}, r"`function` must return shape \[n, d'\]"),
        ({"tokens": 0}, r"`tokens` must be an integer >= 1; got 0"),
        ({"features": -1}, r"`features` must be an integer >= 1; got -1"),
        ({"cells": 0}, r"`cells` must be an integer >= 1; got 0"),
        ({"lipschitz": 0.5}, r"`lipschitz` must be at least the slope of f; got 0\.5, but two"),
        ({"lipschitz": math.inf}, r"`lipschitz` must be a finite number; got inf"),
        ({"memory_budget": "none"}, r"`memory_budget` must be a positive size; got 'none'"),
        (
            {"cells": 32},
            r"`cells` must leave .* in 67,108,864 bytes; got m = 32 .* = 1,048,576 entries",
        ),
        (
            {"tokens": 64, "features": 384},
            r"K = .* = about 10\^14\d{3} entries, about 10\^14\d{3} bytes. Take fewer cells",
        ),
        (
            {"function": lambda x: 0 * x, "lipschitz": None},
            r"`lipschitz` must be given for a function that is flat on all samples; got None",
        ),
    ],
)
def test_compile_refuses(change, message):
    good = {"function": centred, "tokens": 2, "features": 2, "cells": 4, "lipschitz": 1.0}
    call = good | change
    with pytest.raises(InputError, match=rf"^CodebookAttention\.compile: .*{message}"):
        CodebookAttention.compile(call.pop("function"), **call)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("x", "more", "message"),
    [
        (np.zeros((3, 2)), {}, r"`x` must have shape \[\.\.\., 2, 2\]; got \(3, 2\)"),
        (np.zeros(4), {}, r"`x` must have shape \[\.\.\., 2, 2\]; got \(4,\)"),
        (np.full((2, 2), 1.5), {}, r"`x` must be in \[0, 1\]; got values from 1\.5 to 1\.5"),
        (np.full((2, 2), np.nan), {}, r"`x` must be finite"),
        (np.zeros((2, 2)), {"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
    ],
)
def test_run_refuses(net, x, more, message):
    with pytest.raises(InputError, match=f"^CodebookAttention.run: {message}"):
        net.run(x, **more)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("name", ["temperature", "quantiser_temperature"])
def test_attend_refuses_a_temperature_of_zero(net, name):
    call = {"temperature": 1.0} | {name: 0.0}
    with pytest.raises(InputError, match=rf"attend: `{name}` must be above 0; got 0\.0"):
        net.attend(np.zeros((2, 2)), **call)


def test_says_how_far_it_is():
    class Listener(AbstractProgress):
        def start(self, description, total):
            self.seen = [description, total]
            return 0

        def advance(self, task, amount=1):
            self.seen.append((task, amount))

        def finish(self, task):
            self.seen.append((task, "done"))

    listener = Listener()
    CodebookAttention.compile(
        centred, tokens=2, features=1, cells=2, lipschitz=1.0, progress=listener
    )
    assert listener.seen == ["evaluating f on the codebook", 1.0, (0, 1), (0, "done")]


def test_sizes_refuse_what_is_not_a_number():
    with pytest.raises(InputError, match=r"^codebook_size: `cells` must be an integer >= 1; got 0"):
        codebook_size(tokens=1, features=1, cells=0)
    with pytest.raises(InputError, match=r"^codebook_cells: `epsilon_fro` must be above 0; got 0"):
        codebook_cells(tokens=1, features=1, lipschitz=1.0, epsilon_fro=0.0)
    with pytest.raises(InputError, match=r"^equivariant_class_bits: `epsilon_fro` must be above L"):
        equivariant_class_bits(tokens=1, features=1, lipschitz=1.0, epsilon_fro=1e-30)


def test_cells_are_the_fewest_that_keep_the_error():
    for epsilon in (0.7, 0.3, 0.1, 0.01):
        cells = codebook_cells(tokens=3, features=2, lipschitz=1.7, epsilon_fro=epsilon)
        error = [1.7 * math.sqrt(6) / (2 * m) for m in (cells - 1 or 0.5, cells)]
        assert error[1] <= epsilon * (1 + 1e-9) < error[0]
