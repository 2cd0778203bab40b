"""The ready-made sweeps: softmax, exponential, universal approximation."""

import os
import zipfile

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.circuits import (
    equivariance_gap,
    gap_to_max_and_mean,
    sweep_exponential,
    sweep_softmax,
    sweep_universal,
)
from spikedim.circuits.sweeps._array_file import given_array

STEPS = [64, 128, 256, 512]


@pytest.mark.parametrize(
    ("mode", "slope"),
    [
        ("gli", -1.0),
        ("gli_random_phase", -1.0),
        ("gli_escape", -0.5),
        ("race", -0.5),
        ("cup", -1.0),
    ],
)
def test_softmax_circuits_keep_their_theorems_and_slopes(mode, slope):
    found = sweep_softmax(steps=STEPS, mode=mode, n=8, rows=8)
    assert found.holds is True
    assert (found.circuit, found.expected_slope) == (mode, slope)
    assert found.slope.value == pytest.approx(slope, abs=0.1)
    assert found.settings["rows"] == "8 per run"
    assert [point.runs for point in found.points] == [4] * 4


@pytest.mark.parametrize("mode", ["published_subtractive", "published_diagonal"])
def test_published_inhibitions_have_no_theorem_and_do_not_fall(mode):
    found = sweep_softmax(steps=[256, 512, 1024], mode=mode, n=8, rows=8)
    assert found.holds is None
    assert found.slope.high > -0.1
    assert "no theorem; the RMS row error (l2) does not fall with T" in found.headline


def test_sparsemax_is_held_to_sparsemax():
    found = sweep_softmax(steps=STEPS, mode="sparsemax", n=8, rows=4)
    assert (found.holds, found.theorem.name) == (True, "sparsemax")
    assert found.points[-1].rms_error < 0.1


def test_drawn_logits_are_those_of_seed_and_run_and_the_same_at_every_step():
    found = sweep_softmax(steps=[64, 512], n=8, rows=4, runs=1, seed=3)
    logits = np.random.default_rng([3, 0, 0]).normal(0, 1, (4, 8))
    again = sweep_softmax(steps=[64, 512], logits=logits, runs=1)
    assert [p.rms_error for p in found.points] == [p.rms_error for p in again.points]
    entropies = [[row.entropy_bits for row in point.rows] for point in found.points]
    assert entropies[0] == entropies[1]


def test_given_logits_are_run_once_unless_the_circuit_is_random(tmp_path):
    logits = np.array([[0.0, 1.0, -np.inf], [2.0, 2.0, 2.0]])
    np.save(tmp_path / "z.npy", logits)
    for given in (logits, tmp_path / "z.npy", str(tmp_path / "z.npy")):
        found = sweep_softmax(steps=[64], logits=given)
        assert (found.points[0].runs, found.points[0].rms_low) == (1, None)
        assert found.provenance.data_fingerprint.startswith("sha256:")
        assert "n = 3, 2 rows" in found.headline
    assert sweep_softmax(steps=[64], logits=logits, mode="race").points[0].runs == 4
    assert "1 row)" in sweep_softmax(steps=[64], logits=[0.0, 1.0]).headline


def test_the_budget_buys_spikes():
    half = sweep_softmax(steps=[512], n=8, rows=2, budget=0.5)
    assert half.points[0].row_spikes == pytest.approx(256, rel=0.05)
    assert half.settings["budget"] == "0.5 spikes per row and step"


@pytest.mark.parametrize("form", ["factory", "taylor"])
def test_exponentials_keep_theirs(form):
    found = sweep_exponential(steps=[64, 256, 1024], form=form, z=[0.5, -1.0], runs=30)
    assert found.holds is True
    assert found.slope.value == pytest.approx(-0.5, abs=0.1)
    for point in found.points:
        assert point.rms_error == pytest.approx(point.rms_law, rel=0.3)
    assert "z = 0.5, -1" in found.headline


def test_a_large_range_is_noted_and_the_published_series_does_not_fall():
    found = sweep_exponential(steps=[64], form="taylor", half_range=4.0, order=20, runs=2)
    assert found.settings["order"] == "20"
    assert any("M = 4 is above 3" in note for note in found.notes)
    series = sweep_exponential(
        steps=[256, 512, 1024, 4096], form="published", streams="nested", runs=40
    )
    assert series.holds is None
    assert "does not fall with T" in series.headline
    many = sweep_exponential(steps=[64], z=np.linspace(-1, 1, 9), runs=1)
    assert "9 values of z" in many.headline


def test_a_codebook_is_swept_over_cells():
    found = sweep_universal(values=[2, 3, 4, 6], samples=32, runs=2)
    assert (found.holds, found.axis, found.theorem.name) == (True, "m", "5A")
    assert found.slope.value == pytest.approx(-1, abs=0.2)
    assert [point.at for point in found.points] == [2, 3, 4, 6]
    assert {point.steps for point in found.points} == {3}
    sizes = [point.neurons for point in found.points]
    assert sizes == sorted(set(sizes))
    assert "gap_to_max_and_mean" in found.notes[0]


def test_a_sweep_compiles_one_codebook_at_a_time(monkeypatch):
    import gc
    import weakref

    from spikedim.circuits.universal._codebook_attention import CodebookAttention

    built, alive, honest = [], [], CodebookAttention.compile

    def watched(**options):
        gc.collect()
        alive.append(sum(entry() is not None for entry in built))
        found = honest(**options)
        built.append(weakref.ref(found))
        return found

    monkeypatch.setattr(CodebookAttention, "compile", watched)
    sweep_universal(values=[2, 3, 4], samples=4, runs=2)
    assert alive == [0, 0, 0]


def test_the_lipschitz_constant_of_the_example_may_be_given():
    found = sweep_universal(values=[2], samples=4, runs=1, lipschitz=3.0)
    assert found.settings["Lipschitz constant"] == "3"


def test_windows_are_swept_over_steps():
    found = sweep_universal(values=[64, 256, 1024], form="bernstein", samples=32, runs=2)
    assert (found.holds, found.axis, found.theorem.name) == (True, "T", "5B")
    assert found.slope.value == pytest.approx(-0.5, abs=0.1)


def test_a_function_of_ones_own_is_approximated():
    def centred(x):
        return x - x.mean(axis=0)

    found = sweep_universal(
        values=[2, 4], function=centred, lipschitz=1.0, tokens=3, features=1, samples=8, runs=1
    )
    assert found.holds is True
    assert "codebook attention (centred, 3 tokens" in found.headline
    assert found.settings["Lipschitz constant"] == "1"
    guessed = sweep_universal(values=[2], function=centred, tokens=2, features=1, samples=8, runs=1)
    assert guessed.settings["Lipschitz constant"] == "largest slope seen"


def test_the_example_function_is_equivariant_with_the_slope_it_states():
    assert equivariance_gap(gap_to_max_and_mean, tokens=4, features=3) < 1e-12
    x, y = np.random.default_rng(0).random((2, 2000, 4, 3))
    y = x + 1e-3 * (y - x)
    rise = np.linalg.norm(
        (gap_to_max_and_mean(y) - gap_to_max_and_mean(x)).reshape(2000, -1), axis=1
    )
    slopes = rise / np.linalg.norm((y - x).reshape(2000, -1), axis=1)
    assert slopes.max() <= 2 + 1e-9
    steep = np.zeros((4, 3))
    steep[0, 0] = 1.0  # the largest moves: all other gaps move with it
    rise = np.linalg.norm(gap_to_max_and_mean(steep) - gap_to_max_and_mean(0.5 * steep))
    assert rise / np.linalg.norm(0.5 * steep) == pytest.approx(np.sqrt(3))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sweep_softmax(steps=STEPS, mode="glj"), "`mode` must be one of gli.*Did you mean"),
        (lambda: sweep_softmax(steps=STEPS, mode="cup", budget=0.5), "`budget` must be left at 1"),
        (lambda: sweep_softmax(steps=STEPS, budget=0.0), "`budget` must be above 0"),
        (lambda: sweep_softmax(steps=STEPS, scale=-1.0), "`scale` must be above 0"),
        (lambda: sweep_softmax(steps=STEPS, n=0), "`n` must be an integer >= 1"),
        (lambda: sweep_softmax(steps=STEPS, rows=0), "`rows` must be an integer >= 1"),
        (lambda: sweep_softmax(steps=STEPS, runs=0), "`runs` must be an integer >= 1"),
        (lambda: sweep_softmax(steps=STEPS, seed=-1), "`seed` must be an integer >= 0"),
        (lambda: sweep_softmax(steps=STEPS, logits=[[np.nan, 0]]), "must be finite, or -inf"),
        (lambda: sweep_softmax(steps=STEPS, n=10**7, rows=10**7), "`rows \\* n` must be at"),
        (lambda: sweep_softmax(steps=STEPS, n=10**12, rows=10**12), "`rows \\* n` must be at"),
        (lambda: sweep_softmax(steps=STEPS, runs=10**9), "`runs` must be at most 1,048,576"),
        (lambda: sweep_softmax(steps=STEPS, logits=[[0.0]], runs="a"), "`runs` must be an integer"),
        (lambda: sweep_exponential(steps=STEPS, half_range="a"), "`half_range` must be a finite"),
        (lambda: sweep_exponential(steps=STEPS, runs="a"), "`runs` must be an integer >= 1"),
        (lambda: sweep_universal(values=[2], lipschitz="x"), "`lipschitz` must be a finite number"),
        (lambda: sweep_universal(values=[2], samples=10**9), "`samples \\* tokens \\* "),
        (lambda: sweep_exponential(steps=STEPS, order=3), "`order` must be left out"),
        (lambda: sweep_exponential(steps=STEPS, streams="fresh"), "`streams` must be left out"),
        (lambda: sweep_exponential(steps=STEPS, form="tailor"), "Did you mean 'taylor'"),
        (lambda: sweep_exponential(steps=STEPS, z=3.0), r"`z` must lie in \[-2, 2\]"),
        (lambda: sweep_universal(values=[2], form="fourier"), "`form` must be one of codebook"),
        (lambda: sweep_universal(values=[2], samples=0), "`samples` must be an integer >= 1"),
        (lambda: sweep_universal(values=[64]), "must leave a memory that fits"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


class TestFiles:
    def read(self, path):
        return given_array(path, name="logits", caller="test")

    def test_archives_give_the_array_of_that_name_or_the_only_one(self, tmp_path):
        np.savez(tmp_path / "one.npz", anything=[1.0])
        np.savez_compressed(tmp_path / "two.npz", logits=[2.0], other=[3.0])
        assert self.read(tmp_path / "one.npz").tolist() == [1.0]
        assert self.read(str(tmp_path / "two.npz")).tolist() == [2.0]

    def test_arrays_are_handed_on(self):
        x = np.zeros(3)
        assert self.read(x) is x

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.npy", b""), ("b.npy", b"garbage"), ("c.npz", b"garbage"), ("missing.npy", None)],
    )
    def test_what_is_no_array_is_refused_in_one_line(self, tmp_path, name, content):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match=r"^test: `logits` must be a readable .npy or .npz"):
            self.read(path)

    @pytest.mark.parametrize("claim", [b"(10000,), }", b"(10**15,), }", b"(9e9,), }", b"(1,"])
    def test_a_header_that_lies_is_refused(self, tmp_path, claim):
        np.save(tmp_path / "x.npy", np.zeros(10))
        content = (tmp_path / "x.npy").read_bytes()
        honest = b"(10,), }".ljust(len(claim))
        (tmp_path / "x.npy").write_bytes(content.replace(honest, claim.ljust(len(honest))))
        with pytest.raises(InputError, match="readable"):
            self.read(tmp_path / "x.npy")

    @pytest.mark.parametrize("claim", [b"(99999999999,), }", b"(10**15,), }", b"(-1,), }"])
    def test_a_header_inside_an_archive_that_lies_is_refused(self, tmp_path, claim):
        np.savez(tmp_path / "honest.npz", logits=np.zeros(10))
        with zipfile.ZipFile(tmp_path / "honest.npz") as archive:
            content = archive.read("logits.npy")
        honest = b"(10,), }".ljust(len(claim))
        with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
            archive.writestr("logits.npy", content.replace(honest, claim))
        with pytest.raises(InputError, match=r"must be a readable .*npz"):
            self.read(tmp_path / "lie.npz")

    def test_capitals_name_the_same_kind_of_file(self, tmp_path):
        np.savez(tmp_path / "x.npz", logits=[2.0])
        (tmp_path / "x.npz").rename(tmp_path / "X.NPZ")
        assert self.read(tmp_path / "X.NPZ").tolist() == [2.0]

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.npy")
        with pytest.raises(InputError, match=r"readable .*pipe.npy' \(no file\)"):
            self.read(tmp_path / "pipe.npy")

    def test_a_home_of_nobody_is_refused(self):
        with pytest.raises(InputError, match=r"readable .*'~no such user/x.npy'"):
            self.read("~no such user/x.npy")

    def test_pickles_are_not_run(self, tmp_path):
        np.save(tmp_path / "p.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
        with pytest.raises(InputError, match="readable"):
            self.read(tmp_path / "p.npy")

    def test_an_archive_without_that_array_is_refused(self, tmp_path):
        np.savez(tmp_path / "ab.npz", a=[1.0], b=[2.0])
        with pytest.raises(InputError, match="an array 'logits' or with a single array; got a, b"):
            self.read(tmp_path / "ab.npz")

    def test_what_would_not_fit_is_not_read(self, tmp_path, monkeypatch):
        from spikedim.circuits.sweeps import _array_file

        monkeypatch.setattr(_array_file, "_MOST_BYTES", 1000)
        np.save(tmp_path / "big.npy", np.zeros(1000))
        np.savez_compressed(tmp_path / "bomb.npz", logits=np.zeros(1000))
        for name in ("big.npy", "bomb.npz"):
            with pytest.raises(InputError, match="must have at most 0 GB"):
                self.read(tmp_path / name)
