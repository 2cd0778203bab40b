import warnings
from dataclasses import replace

import numpy as np
import pytest
from tests.circuit_examples import NO_THEOREM, THEOREM, example_result

from spikedim._core import AbstractProgress, InputError, WeakResultWarning
from spikedim.circuits import CircuitSweep, Theorem, sweep
from spikedim.circuits.sweeps._sweep_fit import fit_slope, pooled_rms

CHANCY = Theorem("h", "with high probability", "error", (), 0.01)


def swept(run, **options):
    options = {"steps": [16, 64, 256, 1024], "runs": 3, **options}
    return sweep(run, circuit="stand-in", settings={"n": "2"}, quantity="row error", **options)


def falling(steps, generator):
    return example_result(steps, error=generator.uniform(0.9, 1.1) / steps)


def test_a_sweep_holds_points_slope_and_verdict():
    found = swept(falling, expected_slope=-1.0, seed=5, command="typed")
    assert [point.at for point in found.points] == [16, 64, 256, 1024]
    assert found.holds is True
    assert found.failed == ()
    assert found.slope.value == pytest.approx(-1, abs=0.05)
    assert found.slope.low < found.slope.value < found.slope.high
    assert (found.slope.first, found.slope.points) == (16, 4)
    point = found.points[0]
    assert (point.steps, point.runs, point.spikes, point.row_spikes) == (16, 3, 32.0, 16.0)
    assert 0 < point.rms_low < point.rms_error < point.rms_high
    assert (point.rms_law, point.bound) == (pytest.approx(point.rms_error), 1.0)
    assert [row.spikes for row in point.rows] == [16] * 3
    assert (found.provenance.command, found.provenance.seed) == ("typed", 5)
    assert found.provenance.assumptions == tuple(entry.text for entry in THEOREM.assumptions)
    assert CircuitSweep.from_json(found.to_json()) == found


def test_the_headline_says_slope_expectation_verdict_and_price():
    text = swept(falling, expected_slope=-1.0, subject="stand-in (n = 2)").headline
    assert text.startswith("stand-in (n = 2): the RMS row error falls as T^-1.00 (-1.05")
    assert ", expected -1; every certificate of theorem 3a holds; 0.0" in text
    assert text.endswith(
        "2.2 % of the exact value, at T = 64, the first within 5 %, with 64 read-out spikes per "
        "row (128 in all populations)."
    )


def test_a_point_does_not_depend_on_the_sweep_it_is_in():
    alone = swept(falling, steps=[256])
    assert alone.points[0] == swept(falling).points[2]
    assert swept(falling, seed=1).points[2] != alone.points[0]


def test_runs_of_one_point_get_generators_of_their_own():
    drawn = []
    swept(lambda steps, g: drawn.append(g.random()) or example_result(steps, error=0.1), runs=4)
    assert len(set(drawn)) == len(drawn) == 16


def test_cases_take_turns():
    cases = [lambda steps, _, e=e: example_result(steps, error=e) for e in (0.1, 0.7)]
    found = swept(cases, runs=4)
    assert found.points[0].rms_error == pytest.approx(np.sqrt((0.1**2 + 0.7**2) / 2))
    assert found.points[0].error == 0.7


def test_values_are_sorted_and_counted_once():
    found = swept(falling, steps=[64, 16, 64])
    assert [point.at for point in found.points] == [16, 64]
    assert (found.slope, found.slope_reason) == (None, "fewer than 3 points from 16 on")
    assert "no slope of the RMS row error (fewer than 3 points from 16 on)" in found.headline


def test_a_broken_bound_is_named_with_its_place_and_theorem():
    def run(steps, generator):
        return example_result(
            steps, error=0.4, bound=0.3 if steps == 64 else 0.5, holds=steps != 64
        )

    found = swept(run)
    assert found.holds is False
    assert [point.at for point in found.failed] == [64]
    assert found.points[1].failures == 3
    assert "the certificate of theorem 3a FAILS at T = 64;" in found.headline
    assert "does not fall with T (slope 0.00, 0.00 to 0.00)" in found.headline


def test_a_slope_that_may_be_anything_is_called_uncertain():
    errors = {16: 0.1, 64: 0.3, 256: 0.02}
    found = swept(lambda t, _: example_result(t, error=errors[t]), steps=list(errors))
    assert "the slope of the RMS row error is uncertain: -0.58 (" in found.headline


def test_many_failures_are_counted_not_listed():
    found = swept(lambda t, _: example_result(t, error=2.0, holds=False), steps=range(1, 8))
    assert "FAILS at T = 1, 2, 3, 4 and 3 more" in found.headline


def test_silence_fails_where_the_certificate_says_so():
    def run(steps, generator):
        quiet = steps == 16
        return example_result(steps, error=0.1, holds=not quiet, silent=quiet, reason="silent rows")

    found = swept(run)
    assert found.holds is False
    assert (found.points[0].silent_rows, found.points[0].failures) == (3, 0)
    assert found.points[0].rows == ()
    assert "rows are SILENT at T = 16" in found.headline


def test_silence_that_the_bound_covers_is_no_failure():
    found = swept(lambda t, _: example_result(t, error=0.1, silent=True))
    assert found.holds is True
    assert found.points[0].silent_rows == 3


@pytest.mark.parametrize(("failing", "holds"), [(1, True), (2, False), (4, False)])
def test_a_theorem_that_may_fail_is_allowed_bad_luck(failing, holds):
    cases = [
        lambda t, _, k=k: example_result(t, error=0.1, theorem=CHANCY, holds=k >= failing)
        for k in range(8)
    ]
    point = swept(cases, runs=8).points[0]
    assert (point.failures, point.holds) == (failing, holds)


def test_a_failure_of_one_in_a_million_is_not_forgiven():
    rare = Theorem("r", "almost surely", "error", (), 1e-6)
    cases = [
        lambda t, _, k=k: example_result(t, error=0.1 if k else 5.0, theorem=rare, holds=k > 0)
        for k in range(200)
    ]
    found = swept(cases, runs=200, steps=[16, 64])
    assert (found.holds, found.forgiven) == (False, 0)
    assert "the certificate of theorem r FAILS at T = 16, 64" in found.headline


def test_what_is_forgiven_is_said():
    cases = [
        lambda t, _, k=k: example_result(t, error=0.1, theorem=CHANCY, holds=k > 0)
        for k in range(8)
    ]
    found = swept(cases, runs=8)
    assert (found.holds, found.forgiven) == (True, 4)
    assert (
        "; theorem h holds but for 4 of 32 runs, which its failure probability allows;"
        in found.headline
    )


def test_forgiveness_does_not_check_what_was_not_measured():
    verdicts = [False, None, *[True] * 6]
    cases = [
        lambda t, _, v=v: example_result(t, error=0.1, theorem=CHANCY, holds=v) for v in verdicts
    ]
    assert swept(cases, runs=8).points[0].holds is None


def test_silence_is_no_bad_luck():
    cases = [
        lambda t, _, k=k: example_result(t, error=0.1, theorem=CHANCY, holds=k > 0, silent=k == 0)
        for k in range(8)
    ]
    assert swept(cases, runs=8).points[0].holds is False


def test_no_theorem_is_said_first():
    found = swept(
        lambda t, _: example_result(t, error=0.3, bound=None, holds=None, theorem=NO_THEOREM)
    )
    assert found.holds is None
    assert found.headline.startswith("stand-in: no theorem; the RMS row error does not fall with T")
    assert found.points[0].bound is None
    assert found.points[0].error == 0.3


def test_an_unmeasured_error_is_not_checked():
    from dataclasses import replace

    def run(steps, generator):
        got = example_result(steps, error=0.1, holds=None)
        unmeasured = replace(got.certificate, error=None, rms_error=None, rms_law=None)
        return replace(got, certificate=unmeasured, target=None, row_entropy_bits=None)

    found = swept(run)
    assert found.holds is None
    assert found.points[0].rows == ()
    assert found.points[0].rms_error is found.points[0].rms_low is None
    assert "theorem 3a is not checked at T = 16, 64, 256, 1,024" in found.headline
    assert "no measured error at T = 1,024" in found.headline
    assert found.slope_reason == "an error was not measured"


@pytest.mark.parametrize(("axes", "reference"), [(0, 0.5), (1, 0.5 * 2**0.5), (2, 0.5 * 2**0.5)])
def test_the_relative_error_is_in_the_norm_of_the_error(axes, reference):
    found = swept(lambda t, _: example_result(t, error=0.1), error_axes=axes)
    assert found.points[0].relative_error == pytest.approx(0.1 / reference)


def test_exact_values_have_no_slope():
    found = swept(lambda t, _: example_result(t, error=0.0))
    assert found.slope is None
    assert "exactly 0" in found.slope_reason
    assert found.points[0].rms_low is None


def test_circuits_without_rows_count_all_spikes():
    found = swept(lambda t, _: example_result(t, error=0.01, rows=False))
    assert (found.points[0].row_spikes, found.points[0].rows) == (None, ())
    end = "0.010, 1.4 % of the exact value, at T = 16, the first within 5 %, with 32 spikes."
    assert found.headline.endswith(end)


def test_weak_results_become_notes_and_other_warnings_pass():
    def run(steps, generator):
        warnings.warn("M is large", WeakResultWarning, stacklevel=1)
        if steps == 16:
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        return example_result(steps, error=0.1)

    with pytest.warns(DeprecationWarning, match="old"):
        found = swept(run, notes=["mine"])
    assert found.notes == ("mine", "M is large")


def test_progress_counts_the_steps():
    class Listener(AbstractProgress):
        def __init__(self):
            self.total, self.done, self.closed = None, 0.0, False

        def start(self, description, total):  # noqa: ARG002
            self.total = total
            return 0

        def advance(self, task, amount=1):  # noqa: ARG002
            self.done += amount

        def finish(self, task):  # noqa: ARG002
            self.closed = True

    listener = Listener()
    swept(falling, progress=listener)
    assert listener.total == listener.done == 3 * (16 + 64 + 256 + 1024)
    assert listener.closed


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": []}, "sweep: `steps` must have at least one value"),
        ({"steps": [0]}, "sweep: `steps` must be an integer >= 1; got 0"),
        ({"runs": 0}, "sweep: `runs` must be an integer >= 1; got 0"),
        ({"error_axes": -1}, "sweep: `error_axes` must be an integer >= 0; got -1"),
        ({"slope_from": 0}, "sweep: `slope_from` must be an integer >= 1; got 0"),
        ({"seed": -1}, "sweep: `seed` must be an integer >= 0; got -1"),
    ],
)
def test_bad_input_is_refused_at_the_door(options, message):
    with pytest.raises(InputError, match=message):
        swept(falling, **options)


def test_a_sweep_needs_a_run():
    with pytest.raises(InputError, match="`run` must be a callable or a sequence"):
        swept([])


def test_the_fit_is_that_of_textbooks():
    from scipy import stats

    x, noise = np.array([16, 32, 64, 128, 256]), np.array([1.1, 0.9, 1.05, 0.97, 1.0])
    got, why = fit_slope(x.tolist(), (noise / x).tolist(), first=16)
    want = stats.linregress(np.log(x), np.log(noise / x))
    half = stats.t.ppf(0.975, 3) * want.stderr
    assert (got.value, got.low, got.high) == pytest.approx(
        (want.slope, want.slope - half, want.slope + half)
    )
    assert why == ""


def test_the_fit_starts_where_it_is_told():
    x = [2, 4, 8, 64, 128, 256, 512, 1024]
    y = [9.0, 7.0, 6.0, *(1 / at for at in x[3:])]
    assert fit_slope(x, y, first=None)[0].value == pytest.approx(-1)
    assert fit_slope(x, y, first=2)[0].value < -1.2
    assert fit_slope(x[:-1], y[:-1], first=None)[0].first == 2  # four points would be left
    assert fit_slope(x, y, first=500)[0] is None


def test_the_interval_of_a_pooled_error_covers_it_as_often_as_it_says():
    generator = np.random.default_rng(0)
    errors = np.abs(generator.normal(size=(2000, 20)))
    found = [pooled_rms(row)[1:] for row in errors.tolist()]
    share = np.mean([low <= 1 <= high for low, high in found])
    assert 0.90 < share < 0.98


def test_one_run_has_no_interval():
    assert pooled_rms([0.3]) == (pytest.approx(0.3), None, None)


def test_no_error_is_too_large_or_too_small_for_a_sweep():
    for size in (1e-200, 1e200):
        assert pooled_rms([size, size]) == pytest.approx((size, size, size), rel=1e-9)
    found = swept(lambda t, _: example_result(t, error=1e300, bound=1e301))
    assert found.points[0].rms_error == pytest.approx(1e300)
    assert "1.0e+300" in found.headline
    rms, low, high = pooled_rms([1e308, 1e300])
    assert 0 < low < rms < high < np.inf


def test_runs_that_are_kept_are_spread_evenly_and_reasons_are_counted():
    cases = [
        lambda t, _, k=k: example_result(t, error=k / 128, reason=f"because of {k}")
        for k in range(128)
    ]
    point = swept(cases, runs=128, steps=[16]).points[0]
    assert [row.error for row in point.rows] == pytest.approx([k / 128 for k in range(0, 128, 2)])
    assert point.reason == "because of 0 (and others)"


def test_the_interval_is_that_of_the_delta_method():
    from scipy import stats

    squares = np.array([1.0, 2.0, 4.0])
    rms, low, high = pooled_rms(np.sqrt(squares).tolist())
    error = stats.sem(squares) / squares.mean()
    factor = np.exp(stats.t.ppf(0.975, 2) * error / 2)
    assert (low, high) == pytest.approx((rms / factor, rms * factor))


def test_the_price_is_at_the_first_error_of_five_percent():
    errors = {16: 0.0360, 64: 0.0345, 256: 0.03}  # of a value of norm 0.71: 5.1, 4.9 and 4.2 %
    found = swept(lambda t, _: example_result(t, error=errors[t]), steps=list(errors))
    assert "4.9 % of the exact value, at T = 64, the first within 5 %, with" in found.headline


def test_progress_is_closed_by_an_error():
    closed = []

    class Listener(AbstractProgress):
        def start(self, description, total):  # noqa: ARG002
            return 7

        def advance(self, task, amount=1):
            pass

        def finish(self, task):
            closed.append(task)

    def broken(steps, generator):
        raise KeyError(steps)

    with pytest.raises(KeyError):
        swept(broken, progress=Listener())
    assert closed == [7]


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("number", [2**40 + 1, 2**70, 10**400])
def test_numbers_without_end_are_refused(number):
    with pytest.raises(InputError, match=r"`steps` must be at most 2\*\*40"):
        swept(falling, steps=[number])
    with pytest.raises(InputError, match=r"`runs` must be at most 1,048,576; got "):
        swept(falling, runs=number)


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (0.1, "holds; "),
        (1.0, "holds, but it says nothing up to T = 64; "),
    ],
)
def test_a_bound_that_nothing_can_break_is_told(most, words):
    found = sweep(
        lambda steps, _: example_result(steps, error=0.5 / steps, bound=1.0),
        circuit="stand-in", settings={}, steps=[16, 32, 64], runs=1,
        vacuous_bound=None if most < 1 else most,
    )  # fmt: skip
    assert words in found.headline
    found = sweep(
        lambda steps, _: example_result(steps, error=0.5 / steps, bound=min(1.0, 32 / steps)),
        circuit="stand-in", settings={}, steps=[16, 64], runs=1, vacuous_bound=1.0,
    )  # fmt: skip
    assert "holds, and says something from T = 64 on" in found.headline


def test_the_price_is_of_one_copy_and_in_steps_that_are_run():
    found = sweep(
        lambda steps, _: replace(
            example_result(steps, error=0.5, rows=False),
            certificate=replace(example_result(steps, error=0.5).certificate, steps=2 * steps),
        ),
        circuit="stand-in", settings={}, steps=[16, 32], runs=1, copies=4, copy="sample",
    )  # fmt: skip
    assert "at T = 32 (64 steps) (5 % is not reached) with 16 spikes per sample." in found.headline
