"""Closed forms of spiking attention against Jacobians taken by differences."""

from dataclasses import replace

import numpy as np
import pytest

from spikedim.circuits import MultiHeadSpikingAttention
from spikedim.circuits.attention._attention_constant import (
    joint_effect,
    score_effects,
    value_effect,
)

STEP = 1e-6


def naive_output(layer, query, key, value):
    """Return attention of three codes of the same tokens, read it beside the definition."""
    heads, output = layer.heads, layer.heads.output_bias.copy()
    for h in range(heads.count):
        q = query @ heads.query[h] + heads.query_bias[h]
        k = key @ heads.key[h] + heads.key_bias[h]
        v = value @ heads.value[h] + heads.value_bias[h]
        z = q @ k.T / np.sqrt(q.shape[1])
        rows = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        output = output + rows @ v @ heads.output[h]
    return output


def naive_effect(layer, x, which):
    """Return the squared change of the output by each rate of some codes at once."""
    effect = np.zeros_like(x)
    for j, a in np.ndindex(*x.shape):
        outputs = []
        for sign in (-1, 1):
            codes = [x.copy(), x.copy(), x.copy()]
            for code in which:
                codes[code][j, a] += sign * STEP
            outputs.append(naive_output(layer, *codes))
        effect[j, a] = (((outputs[1] - outputs[0]) / (2 * STEP)) ** 2).sum()
    return effect


@pytest.fixture(params=[(1, True), (2, True), (3, False)], ids=str)
def layer(request):
    heads, joined = request.param
    rng = np.random.default_rng(heads)
    w_q, w_k, w_v, w_o = rng.normal(size=(4, 5, 6))
    w_o = rng.normal(size=(6, 4)) if joined else None
    b_q, b_k, b_v = rng.normal(size=(3, 6))
    return MultiHeadSpikingAttention.compile(
        w_q, w_k, w_v, w_o, heads=heads, mode="gli_escape", b_q=b_q, b_k=b_k, b_v=b_v
    )


@pytest.fixture
def x():
    return np.random.default_rng(9).random((4, 5))


def test_effects_are_the_columns_of_the_jacobian(layer, x):
    exact = layer.heads.exact(x, None)
    np.testing.assert_allclose(exact.output, naive_output(layer, x, x, x))
    effects = score_effects(layer.heads, exact)
    close = {"rtol": 1e-5, "atol": 1e-8}
    np.testing.assert_allclose(effects.query, naive_effect(layer, x, [0]), **close)
    np.testing.assert_allclose(effects.key, naive_effect(layer, x, [1]), **close)
    np.testing.assert_allclose(
        value_effect(layer.heads, exact.rows), naive_effect(layer, x, [2]), **close
    )


def test_codes_that_err_together_have_a_joint_effect(layer, x):
    exact = layer.heads.exact(x, None)
    joint = joint_effect(layer.heads, exact)
    np.testing.assert_allclose(joint, naive_effect(layer, x, [0, 1, 2]), rtol=1e-5, atol=1e-8)
    effects = score_effects(layer.heads, exact)
    apart = effects.query + effects.key + value_effect(layer.heads, exact.rows)
    assert abs(joint / apart - 1).max() > 0.05


def loop_over_tokens(heads, exact):
    """Return the joint effect, a token j at a time: by its column of A, and by its own query."""
    weights = heads.scale * exact.query @ heads.key.transpose(0, 2, 1)  # [H, i, D]
    means, n = exact.rows @ exact.value, len(exact.output)
    effect = np.zeros((n, heads.key.shape[1]))
    for j, a in np.ndindex(*effect.shape):
        change = np.zeros_like(exact.output)
        for h, i in np.ndindex(heads.count, n):
            row, away = exact.rows[h, i], exact.value[h] - means[h, i]
            change[i] += row[j] * (heads.folded_value[h, a] + weights[h, i, a] * away[j])
            if i == j:
                scores = heads.scale * exact.key[h] @ heads.query[h, a]
                change[i] += (row * scores) @ away
        effect[j, a] = (change**2).sum()
    return effect


@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_the_joint_effect_by_matrix_products_is_that_by_loops(layer, x, shift):
    moved = replace(layer.heads, value_bias=layer.heads.value_bias + shift)
    exact = moved.exact(np.vstack([x, x[:2], 1 - x]), None)
    want = loop_over_tokens(moved, exact)
    tolerance = 1e-10 if shift == 0 else 1e-8
    np.testing.assert_allclose(joint_effect(moved, exact), want, rtol=tolerance)


def test_the_constant_sums_effects_times_variances(layer, x):
    constant, noise = layer.error_constant(x), x * (1 - x)
    parts = [(naive_effect(layer, x, [which]) * noise).sum() for which in range(3)]
    assert constant.score == pytest.approx(parts[0] + parts[1], rel=1e-6)
    assert constant.value == pytest.approx(parts[2], rel=1e-6)


def test_the_sampling_part_by_loops(layer, x):
    exact, total = layer.heads.exact(x, None), 0.0
    for h, i, j in np.ndindex(*exact.rows.shape):
        row, values = exact.rows[h, i], exact.value[h]
        total += row[j] * (1 - row[j]) * np.sum((values[j] - row @ values) ** 2)
    assert layer.error_constant(x).sampling == pytest.approx(total)
