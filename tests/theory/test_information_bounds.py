"""Reverse water-filling and the fewest spikes, against plain versions and the design's oracle."""

import ast
import math

import numpy as np
import pytest
from scipy.special import gammaln

from spikedim.bounds import (
    gaussian_information_bits,
    minimum_spikes_any_rate,
    reverse_water_filling,
    uniform_information_bits,
)

POWER_LAW = 1 / np.arange(1, 513) ** 1.5


def bits_of_100_entries():
    return uniform_information_bits(tokens=10, features=10, epsilon_rms=0.05, lipschitz=1.0).value


@pytest.mark.parametrize(("steps", "spikes"), [(4, 56), (64, 25), (1024, 17)])
def test_fewest_spikes_of_the_design(steps, spikes):
    got = minimum_spikes_any_rate(bits=bits_of_100_entries(), neurons=100, steps=steps)
    assert got.value == spikes


def naive_minimum_spikes(bits, cells):
    """Count patterns in whole numbers."""
    total = 0
    for spikes in range(cells + 1):
        total += math.comb(cells, spikes)
        if total.bit_length() - 1 >= bits if bits == int(bits) else math.log2(total) >= bits:
            return spikes
    raise ValueError(bits)


@pytest.mark.parametrize("cells", [1, 2, 3, 7, 30, 100, 257])
def test_fewest_spikes_match_counting(cells):
    bits = {0.0, 1.0, 2.0, cells / 3, cells / 2, cells - 1.0, cells - 0.5, float(cells)}
    bits |= {math.log2(1 + cells)} - {float(cells)}
    for b in sorted(b for b in bits if 0 <= b <= cells):
        got = minimum_spikes_any_rate(bits=b, neurons=1, steps=cells).value
        want = naive_minimum_spikes(round(b, 9) - (0 if b == int(b) else 1e-8), cells)
        assert got == want, (b, cells)


def test_fewest_spikes_obey_the_closed_form_at_the_size_of_a_real_layer():
    bits, neurons, steps = 43976.0, 64 * 384, 4
    spikes = minimum_spikes_any_rate(bits=bits, neurons=neurons, steps=steps).value
    assert spikes >= bits / math.log2(math.e * neurons * steps / spikes)
    k = np.arange(neurons * steps + 1)
    log2_choose = (gammaln(k[-1] + 1) - gammaln(k + 1) - gammaln(k[-1] - k + 1)) / math.log(2)
    assert spikes == np.argmax(np.logaddexp2.accumulate(log2_choose) >= bits)


def bisected_rate_distortion(eigenvalues, distortion):
    """Return (bits, active modes, level) by bisection on the level."""
    low, high = 0.0, eigenvalues.max()
    for _ in range(200):
        middle = (low + high) / 2
        if np.minimum(middle, eigenvalues).sum() < distortion:
            low = middle
        else:
            high = middle
    bits = 0.5 * np.log2(np.maximum(eigenvalues / high, 1)).sum()
    return bits, int((eigenvalues > high * (1 + 1e-12)).sum()), high


@pytest.mark.parametrize("fraction", [0.9, 0.5, 0.2, 0.05, 0.01, 1e-4])
def test_water_filling_matches_bisection(fraction):
    distortion = fraction * POWER_LAW.sum()
    got = reverse_water_filling(eigenvalues=POWER_LAW, distortion=distortion)
    bits, active, level = bisected_rate_distortion(POWER_LAW, distortion)
    assert got.bits == pytest.approx(bits, rel=1e-9)
    assert got.active == active
    assert got.level == pytest.approx(level, rel=1e-9)


def test_water_filling_of_equal_modes_is_the_gaussian_formula():
    got = gaussian_information_bits(eigenvalues=np.full(7, 2.0), distortion=7 * 0.125)
    assert got.value == pytest.approx(7 * 0.5 * math.log2(16))
    assert got.note == "7 of 7 modes active"


def test_gaussian_code_of_a_scalar_cannot_beat_its_bits():
    # A uniform quantiser of fine cell width w has error w^2/12 and the entropy of its cells;
    # it pays 0.2546 bits above the rate-distortion function and never less.
    generator = np.random.default_rng(5)
    x = generator.standard_normal(400_000)
    width = 0.25
    cells = np.round(x / width)
    _, counts = np.unique(cells, return_counts=True)
    probability = counts / counts.sum()
    entropy = -(probability * np.log2(probability)).sum()
    error = np.mean((cells * width - x) ** 2)
    bits = gaussian_information_bits(eigenvalues=[1.0], distortion=error).value
    assert entropy - bits == pytest.approx(0.5 * math.log2(math.pi * math.e / 6), abs=0.01)


def test_leaving_modes_out_keeps_the_bits_below():
    distortion = 0.2 * POWER_LAW.sum()
    whole = gaussian_information_bits(eigenvalues=POWER_LAW, distortion=distortion).value
    for kept in (3, 20, 200):
        part = gaussian_information_bits(eigenvalues=POWER_LAW[:kept], distortion=distortion)
        assert part.value <= whole + 1e-9


@pytest.mark.data
def test_agrees_with_the_oracle_scripts(shared):
    # Only the two functions are run, not the script, which draws for minutes.
    tree = ast.parse((shared / "reference" / "theory" / "lower.py").read_text(encoding="utf-8"))
    wanted = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name in {"Nmin", "RD"}]
    oracle = {"np": np, "gammaln": gammaln, "log": math.log}
    exec(compile(ast.Module(wanted, []), "lower.py", "exec"), oracle)
    for steps in (4, 64, 1024):
        got = minimum_spikes_any_rate(bits=bits_of_100_entries(), neurons=100, steps=steps).value
        assert got == oracle["Nmin"](bits_of_100_entries(), 100, steps)
    for fraction in (0.5, 0.2, 0.05, 0.01):
        distortion = fraction * POWER_LAW.sum()
        bits, active, level = oracle["RD"](POWER_LAW, distortion)
        got = reverse_water_filling(eigenvalues=POWER_LAW, distortion=distortion)
        assert (got.bits, got.level) == pytest.approx((bits, level), rel=1e-9)
        assert got.active == active
