import json

import pytest
from tests.planning_examples import example_comparison, example_measurement, example_plan
from tests.training_examples import write_image_run

from spikedim import data
from spikedim.planning import Comparison, Measurement
from spikedim.report import Examination


def test_measure_asks_for_the_data_it_was_given(run, asked):
    got = run("measure", "digits", "--layer", "pixels", "--seed", "3", "--json")
    assert got.code == 0
    assert asked["measure"]["arguments"] == ("digits",)
    assert asked["measure"]["layer"] == "pixels"
    assert Measurement.from_json(got.out).provenance.seed == 3


def test_measure_prints_writes_and_draws(run, asked, tmp_path):
    out, html = tmp_path / "m.json", tmp_path / "m.html"
    text = run("measure", "digits", "--out", out, "--html", html).out
    assert text.startswith(example_measurement().headline)
    assert "two_nn was left out" in text
    assert Measurement.from_json(out.read_text()).headline == example_measurement().headline
    assert "<h1>" in html.read_text()
    assert run("measure", "digits", "-q").out == example_measurement().headline + "\n"


def test_measure_needs_data(run):
    got = run("measure")
    assert (got.code, got.err) == (
        2,
        "Error: Missing argument 'spec'. See: spikedim measure --help\n",
    )


@pytest.mark.parametrize("make", [example_plan, example_measurement])
def test_compare_reads_plans_and_measurements(run, asked, tmp_path, make):
    for name in "ab":
        make().to_json(tmp_path / f"{name}.json")
    got = run("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert got.code == 0
    assert asked["compare"]["arguments"] == (make(), make())
    assert got.out.startswith(example_comparison().headline)
    as_json = run("compare", tmp_path / "a.json", tmp_path / "b.json", "--json").out
    assert Comparison.from_json(as_json) == example_comparison()
    quiet = run("compare", tmp_path / "a.json", tmp_path / "b.json", "-q").out
    assert quiet == example_comparison().headline + "\n"


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must be a readable JSON file"),
        ("", "must be JSON"),
        ("[1, 2]", "must have schema 'spikedim.plan/1'; got 'list'"),
        ('{"schema": "spikedim.plan/1"}', "headline"),
        (b"\xff\xfe", "must be a readable JSON file"),
    ],
)
def test_compare_refuses_what_is_no_result(run, asked, tmp_path, content, message):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    example_plan().to_json(good)
    if content is not None:
        bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    got = run("compare", good, bad)
    assert (got.code, got.out, asked) == (2, "", {})
    assert message in got.err
    assert "bad.json" in got.err
    assert got.err.count("\n") == 1


def test_data_list_names_every_data_set_and_its_licence(run):
    text = run("data", "list").out
    assert all(name in text for name in data.names())
    assert "embedded" in text
    assert run("data", "list", "-q").out.split() == list(data.names())
    entries = json.loads(run("data", "list", "--json").out)
    assert [entry["name"] for entry in entries] == list(data.names())


def test_data_show_gives_licence_and_citation(run):
    text = " ".join(run("data", "show", "digits").out.split())
    assert "CC BY 4.0" in text
    assert "Alpaydin" in text
    assert json.loads(run("data", "show", "digits", "--json").out)["name"] == "digits"
    assert run("data", "show", "digits", "-q").out == "digits\n"


def test_data_show_suggests_a_name(run):
    got = run("data", "show", "cifar")
    assert got.code == 2
    assert "Did you mean 'cifar10'?" in got.err


def test_data_fetch_prints_where_it_is(run, asked):
    assert run("data", "fetch", "cifar10").out == "/somewhere/cifar10\n"
    assert asked["fetch"]["arguments"] == ("cifar10",)


def test_data_clear_says_what_it_freed(run, asked):
    assert run("data", "clear", "cifar10").out.startswith("Freed 3 MB in ")
    assert asked["clear"]["arguments"] == ("cifar10",)
    assert run("data", "clear", "-q").out == ""
    assert asked["clear"]["arguments"] == (None,)


def test_doctor_reports_this_installation(run):
    found = Examination.from_json(run("doctor", "--json").out)
    installed = {part.name: part.version for part in found.packages}
    assert installed["torch"].startswith("2.")
    assert {part.extra for part in found.packages} >= {"", "charts", "hf", "id"}
    assert "digits" in found.data_cached
    assert found.int8_exact
    text = run("doctor").out
    assert text.startswith(found.headline)
    assert found.cache_folder in "".join(text.split())
    assert run("doctor", "-q").out == found.headline + "\n"


def test_doctor_says_what_is_missing_and_slow(run, monkeypatch):
    from spikedim.cli import _examination

    def version(name):
        if name in ("altair", "numba"):
            raise _examination.PackageNotFoundError
        return "1.0"

    lines = ["torch>=2.5", "altair>=5.5; extra == 'charts'", "numba>=0.61; extra == 'fast'"]
    monkeypatch.setattr(_examination, "requires", lambda _: lines)
    monkeypatch.setattr(_examination, "version", version)
    monkeypatch.setattr(_examination, "thread_slowdown", lambda: 1.0)
    monkeypatch.setattr(_examination, "_probe_int8", lambda: (True, 0.5))
    found = Examination.from_json(run("doctor", "--json").out)
    texts = [advice.text for advice in found.advisories]
    assert any("8-bit products are slower" in text for text in texts)
    assert any("The extra charts is not" in text for text in texts)
    assert any("The extra fast is not" in text and "without numba" in text for text in texts)
    assert "without the extras" in found.headline
    monkeypatch.setattr(_examination, "_probe_int8", lambda: (False, 0.0))
    found = Examination.from_json(run("doctor", "--json").out)
    assert found.advisories[0].text.startswith("8-bit matrix products are not exact")


def test_doctor_says_what_training_misses(run, monkeypatch):
    from spikedim.cli import _examination

    lines = [
        "lightning-fabric>=2.5; extra == 'train'",
        "tokenizers>=0.21; extra == 'train'",
        "tensorboard>=2.17; extra == 'tensorboard'",
    ]

    def version(name):
        if name in ("tokenizers", "tensorboard"):
            raise _examination.PackageNotFoundError
        return "1.0"

    monkeypatch.setattr(_examination, "requires", lambda _: lines)
    monkeypatch.setattr(_examination, "version", version)
    monkeypatch.setattr(_examination, "thread_slowdown", lambda: 1.0)
    found = Examination.from_json(run("doctor", "--json").out)
    assert [(part.name, part.extra, part.version) for part in found.packages] == [
        ("lightning-fabric", "train", "1.0"),
        ("tokenizers", "train", ""),
        ("tensorboard", "tensorboard", ""),
    ]
    told = {advice.remedy: advice.text for advice in found.advisories}
    assert "lightning-fabric, and tokenizers" in told["pip install 'spikedim[train]'"]
    assert "--tensorboard" in told["pip install 'spikedim[tensorboard]'"]


@pytest.mark.parametrize(("slowdown", "told"), [(1.0, False), (2.9, False), (6.4, True)])
def test_doctor_advises_one_thread_where_more_stall(run, monkeypatch, slowdown, told):
    from spikedim.cli import _examination

    monkeypatch.setattr(_examination, "thread_slowdown", lambda: slowdown)
    found = Examination.from_json(run("doctor", "--json").out)
    assert found.thread_slowdown == slowdown
    advised = [advice for advice in found.advisories if "--threads 1," in advice.remedy]
    assert len(advised) == told
    if told:
        assert "6 times as long on" in advised[0].text
    assert f"takes {slowdown:.1f} times as long as on one" in " ".join(run("doctor").out.split())


class Machine:
    """A clock that moves only while eigenvalues are being found."""

    def __init__(self, seconds, stalls=()):
        self.now, self.seconds, self.stalls = 0.0, seconds, dict(stalls)
        self.calls = {1: 0, 4: 0}

    def work(self):
        import torch

        threads = torch.get_num_threads()
        self.calls[threads] += 1
        self.now += self.stalls.get((threads, self.calls[threads]), self.seconds[threads])


@pytest.fixture
def four_threads():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize(
    ("seconds", "stalls", "want"),
    [
        ({1: 0.002, 4: 0.001}, {}, 0.5),
        # The first call, which starts the threads, does not count; a later stall does.
        ({1: 0.001, 4: 0.001}, {(4, 1): 0.6}, 1.0),
        ({1: 0.001, 4: 0.001}, {(4, 7): 0.201}, 6.0),
    ],
)
def test_thread_probe_compares_means_on_all_threads_and_on_one(seconds, stalls, want):
    import torch

    from spikedim.cli._thread_probe import thread_slowdown

    machine = Machine(seconds, stalls)
    got = thread_slowdown(machine.work, lambda: machine.now)
    assert got == pytest.approx(want)
    assert torch.get_num_threads() == 4
    assert machine.calls == {1: 41, 4: 41}


@pytest.mark.usefixtures("four_threads")
def test_thread_probe_ends_after_a_stall():
    from spikedim.cli._thread_probe import thread_slowdown

    machine = Machine({1: 0.001, 4: 0.09})
    assert thread_slowdown(machine.work, lambda: machine.now) == pytest.approx(90)
    assert machine.calls[4] == 1 + 3
    assert machine.now < 0.5


def test_thread_probe_of_one_thread_does_nothing(monkeypatch):
    import torch

    from spikedim.cli._thread_probe import thread_slowdown

    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    machine = Machine({1: 0.001})
    assert thread_slowdown(machine.work, lambda: machine.now) == 1.0
    assert machine.calls[1] == 0


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("plan", "--epsilon", "0.1"), "0.1:relative"),
        (("plan", "--epsilon=-1:rms"), "epsilon"),
        (("plan", "--rate", "1.5"), "rate"),
        (("plan", "--data", "digitz"), "digits"),
        (("plan", "--model", "spikformer-2-65"), "spikformer-2-64"),
        (("plan", "--law", "weiner"), "wiener"),
        (("plan", "--data", "missing.npz"), "missing.npz"),
        (("measure", "digits", "--memory", "much"), "memory"),
    ],
)
def test_bad_input_is_one_line_with_a_remedy(run, tmp_path, words, needle):
    got = run(*words, "--html", tmp_path / "x.html")
    assert (got.code, got.out) == (2, "")
    assert got.err.count("\n") == 1
    assert needle in got.err
    assert list(tmp_path.iterdir()) == []


def test_a_layer_of_a_run_is_measured_and_shown_with_its_images(run, tmp_path):
    folder = write_image_run(tmp_path / "first", data="digits")
    page = tmp_path / "m.html"
    got = run("measure", "digits", "--layer", f"block.0.attn@{folder}", "--html", page, "--quiet")
    assert got.code == 0, got.err
    assert "block.0.attn@first, mean over 4 steps" in got.out
    assert "data:image/png" in page.read_text(encoding="utf-8")
