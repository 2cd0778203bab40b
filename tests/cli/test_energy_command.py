import pytest
from tests.energy_audit_examples import example_audit, unknown_audit

from spikedim import energy
from spikedim.cli._energy import parse_rules
from spikedim.energy.audit import EnergyAudit

MODEL = "spikformer-2-64/digits"


@pytest.fixture
def audited(monkeypatch):
    """Answer at once with an audit made by hand; remember what was asked."""
    asked = {"result": example_audit()}

    def remember(source, **options):
        asked.update(options, source=source)
        return asked["result"]

    monkeypatch.setattr(energy, "audit_energy", remember, raising=False)
    return asked


@pytest.mark.parametrize(
    ("words", "want"),
    [
        (
            (),
            {"data": None, "split": "test", "samples": 256, "steps": None, "fused": True,
             "seed": 0, "chip": "loihi1", "device": "cpu", "memory_budget": "2GB"},
        ),
        (
            ("--data", "mnist", "--split", "train", "--samples", "9", "--steps", "2"),
            {"data": "mnist", "split": "train", "samples": 9, "steps": 2},
        ),
        (("--chip", "truenorth"), {"chip": "truenorth"}),
        (
            ("--no-fuse", "--seed", "5", "--device", "auto", "--memory", "1GB"),
            {"fused": False, "seed": 5, "device": "auto", "memory_budget": "1GB"},
        ),
    ],
)  # fmt: skip
def test_energy_asks_for_what_it_was_told(run, audited, words, want):
    got = run("energy", MODEL, *words, "-q")
    assert (got.code, got.err) == (0, "")
    assert got.out == example_audit().headline + "\n"
    assert audited["source"] == MODEL
    assert {key: audited[key] for key in want} == want
    assert audited["command"] == " ".join([f"spikedim energy {MODEL}", *words, "-q"])


def test_a_folder_is_a_run_even_where_a_model_has_its_name(run, audited, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / MODEL).mkdir(parents=True)
    assert run("energy", MODEL, "-q").code == 0
    assert str(audited["source"]) == MODEL
    assert not isinstance(audited["source"], str)


def test_energy_prints_writes_and_draws(run, audited, tmp_path):
    out, html, png = (tmp_path / name for name in ("e.json", "e.html", "e.png"))
    got = run("energy", tmp_path, "--out", out, "--html", html, "--png", png)
    assert (got.code, got.err) == (0, "")
    flat = " ".join(got.out.split())
    assert flat.startswith(example_audit().headline)
    assert "M0 sop 0.63 (0.50\N{EN DASH}0.94) 0.70 3.2 0.16 0.92" in flat
    assert "holds under none of 9 readings" in flat
    assert max(map(len, got.out.splitlines())) <= 100
    assert EnergyAudit.from_json(out.read_text("utf-8")) == example_audit()
    assert "<h1>" in html.read_text("utf-8")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert EnergyAudit.from_json(run("energy", tmp_path, "--json").out) == example_audit()


def test_rules_choose_what_is_shown_and_not_what_is_kept(run, audited, tmp_path):
    out = tmp_path / "e.json"
    got = run("energy", MODEL, "--rules", "m3, M1", "--out", out)
    assert "one inference, M1 sop+memory" in got.out
    assert "M0 sop" not in got.out.partition("Energy of one inference")[2].partition("256 samp")[0]
    assert EnergyAudit.from_json(out.read_text("utf-8")) == example_audit()
    assert parse_rules("spikformer") == ("spikformer rev. A", "spikformer rev. B")
    assert parse_rules(" ALL ") == ()


def test_strict_names_what_was_not_counted_after_delivering(run, audited, tmp_path):
    out = tmp_path / "e.json"
    assert run("energy", MODEL, "--strict", "-q").code == 0
    audited["result"] = unknown_audit()
    got = run("energy", MODEL, "--strict", "--out", out)
    assert got.code == 1
    assert got.err == (
        "Error: energy: `--strict` must find every operator counted; got aten.cumsum in "
        "block.0.attn, block.1.attn; aten.topk in the model itself. Every energy is too low by "
        "what they cost.\n"
    )
    assert "Warning: aten.cumsum was not counted" in got.out
    assert EnergyAudit.from_json(out.read_text("utf-8")) == unknown_audit()
    assert run("energy", MODEL).code == 0


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        (("nothing",), "energy: `RUN` must be the folder of a run or the name of a model"),
        (("nothing",), "got 'nothing', which is neither. Train one, or choose one of `spikedim"),
        ((MODEL, "--rules", "M7"), "energy: `--rules` must be all or beginnings of M0 sop, M1"),
        ((MODEL, "--rules", "M0,,M1"), "got ''. Write e.g. --rules M0,M3."),
        ((MODEL, "--out", "x", "--png", "x"), "`--png` must differ from `--out`"),
        ((MODEL, "--png", "x.svg"), "energy: `--png` must end in .png; got 'x.svg'. Pictures are"),
        ((MODEL, "--device", "tpu"), "`device` must be one of cpu, cuda, mps, auto"),
        ((MODEL, "--samples", "0"), "'--samples'"),
        ((MODEL, "--steps", "0"), "'--steps'"),
        ((), "RUN|MODEL"),
    ],
)
def test_bad_input_is_one_line_before_any_work(run, audited, words, needle):
    got = run("energy", *words)
    assert (got.code, got.out) == (2, "")
    assert needle in got.err
    assert got.err.count("\n") == 1
    assert "source" not in audited
