import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training_examples import (
    TEXT,
    drawn_model,
    image_examples,
    record_of,
    sentence_examples,
    write_image_run,
)

from spikedim._core import AbstractProgress, InputError
from spikedim.energy import (
    EnergyAudit,
    OperationKind,
    Rules,
    audit_energy,
    count_operations,
    expected_operations,
    price,
)
from spikedim.energy.audit import _audited_examples, _audited_rows, _counted
from spikedim.energy.audit._words import unit_of
from spikedim.models import card, fuse
from spikedim.report._energy_audit_rows import energy_unit
from spikedim.training import (
    ExampleSplits,
    Recipe,
    RunStatus,
    TrainedRun,
    open_examples,
    open_run,
)

FEW = {"samples": 6, "command": "spikedim energy x"}
SUBJECTS = {
    "snn",
    "ann_fp32",
    "ann_fp16",
    "ann_int8",
    "ann_fp32_zero_skipping",
    "qann_3bit",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_image_run(tmp_path_factory.mktemp("runs") / "one", data="digits", steps=4)


@pytest.fixture(scope="module")
def audit(folder):
    return audit_energy(folder, **FEW)


@pytest.fixture
def under_m0(monkeypatch):
    """Price under one rule set where a test asks for none."""
    monkeypatch.setattr(_audited_rows, "Rules", (Rules.M0,))


@pytest.fixture(scope="module")
def counts(folder):
    """Count the samples of the audit by hand."""
    run = open_run(folder)
    test = open_examples("digits").test
    test = replace(test, mean=run.record.mean, deviation=run.record.deviation)
    x = test.normalise(test.take(np.arange(6) * len(test) // 6)[0])
    return count_operations(fuse(run.model, x).model, x, steps=4)


def energy(audit, rules, subject="snn", word="fp32"):
    return next(
        e for e in audit.energies if (e.rules, e.subject, e.options.word) == (rules, subject, word)
    )


def test_says_what_was_counted(audit, counts):
    assert (audit.model, audit.trained, audit.fused) == ("spikformer-2-64/digits", True, True)
    assert (audit.data, audit.split, audit.n_samples, audit.steps) == ("digits", "test", 6, 4)
    assert audit.operations == counts.operations
    assert (audit.firing_rate, audit.neurons) == (counts.firing_rate, counts.neurons)
    assert audit.spikes == counts.spikes > 0
    assert audit.weights_fingerprint == counts.weights_fingerprint
    assert audit.data_fingerprint == counts.data_fingerprint
    assert audit.unknown == ()
    assert audit.provenance.command == "spikedim energy x"
    assert not any(o.kind is OperationKind.NORMALISATION for o in audit.operations)


def test_prices_what_was_counted(audit, counts):
    for rules in Rules:
        want = price(counts, rules=rules)
        got = energy(audit, rules)
        assert got.value_mj == pytest.approx(want.value_mj)
        assert (got.low_mj, got.high_mj) == pytest.approx((want.low_mj, want.high_mj))
        assert got.sample_interval_mj == want.sample_interval_mj
        assert got.breakdown_mj == want.breakdown_mj
        assert got.source == "counted"
        assert len(got.lines) == len(audit.operations)


def test_expects_what_the_card_says(audit, folder, counts):
    run = open_run(folder)
    form = fuse(run.model, torch.zeros(1, 1, 8, 8)).model.card
    want = price(expected_operations(form, steps=4, rate=counts.firing_rate))
    got = next(e for e in audit.expected if e.rules == Rules.M0)
    assert (got.value_mj, got.source, got.lines) == (want.value_mj, "expected", ())
    assert {e.subject for e in audit.expected} == {"snn"}


def test_every_twin_is_there(audit):
    assert {e.subject for e in audit.energies} == SUBJECTS
    assert {e.subject for e in audit.energies if e.options.word == "int8"} == {
        "snn",
        "ann_int8",
        "qann_3bit",
    }


def test_the_twin_is_counted_too(audit):
    dense = sum(line.energy_mj for line in energy(audit, Rules.M0, "ann_fp32").lines)
    macs = sum(o.macs / o.passes for o in audit.operations if o.values != "binary" or o.macs)
    assert dense == pytest.approx(4.6e-9 * macs, rel=0.01)  # of sums the twin has fewer
    skipping = energy(audit, Rules.M0, "ann_fp32_zero_skipping").value_mj
    assert 0.2 * dense < skipping < 0.9 * dense


def test_ratios_are_those_of_the_energies(audit):
    for ratio in audit.ratios:
        own = energy(audit, ratio.rules, word=ratio.word).value_mj
        beside = "M0 sop" if ratio.rules.startswith("spik") else ratio.rules
        narrow = ratio.word if ratio.twin.startswith("qann") else ratio.twin.split("_")[1]
        twin = energy(audit, beside, ratio.twin, narrow).value_mj
        assert ratio.value == pytest.approx(twin / own)
        assert ratio.low <= ratio.value <= ratio.high
    pairs = {(r.word, r.twin) for r in audit.ratios if r.rules == Rules.M0}
    assert {("fp32", "ann_fp32"), ("int8", "ann_int8"), ("int8", "qann_3bit")} < pairs


def test_headline_has_rules_and_intervals(audit):
    own, (matched, *_) = energy(audit, Rules.M0), [r for r in audit.ratios if "qann" in r.twin]
    ends = own.sample_interval_mj
    assert audit.headline.startswith(
        "spikformer-2-64/digits on digits (test, 6 samples) at T = 4 takes "
        f"{own.value_mj * 1e3:.3g} µJ a sample under M0 sop (95 % interval over samples "
        f"{ends.low * 1e3:.3g} to {ends.high * 1e3:.3g}); the same network without spikes takes "
    )
    assert audit.headline.endswith(
        f" as much in fp32, {matched.value:.3g} times ({matched.low:.3g} to {matched.high:.3g}) "
        "with 3-bit activations."
    )


def test_notes_say_what_no_field_says(audit):
    said = " ".join(audit.notes)
    assert f"{audit.fused_parameters:,} parameters instead of {audit.parameters:,}" in said
    assert "spikformer-2-64/digits:ann with random weights" in said
    assert "Expected before training" in said
    assert "a residual sum carries the spikes of several layers" in said
    assert not re.search("ann_|_skipping|mJ", " ".join((said, audit.headline)))
    verdict = audit.verdict
    assert not re.search("ann_|_skipping", " ".join((*verdict.fails, *verdict.falsified_by)))
    assert "38 times need" in said
    assert "weights are random (seed" not in said


def test_survives_json(audit):
    assert EnergyAudit.from_json(audit.to_json()) == audit


@pytest.mark.usefixtures("under_m0")
def test_the_same_audit_twice(audit, folder):
    again = audit_energy(open_run(folder), **FEW)
    assert again.operations == audit.operations
    assert again.headline == audit.headline
    assert again.energies == tuple(e for e in audit.energies if e.rules == Rules.M0)
    assert again.ratios == tuple(r for r in audit.ratios if r.rules == Rules.M0)


@pytest.mark.usefixtures("under_m0")
def test_a_name_is_a_model_with_random_weights():
    found = audit_energy("spikformer-2-64/digits", **FEW)
    assert not found.trained
    assert (found.data, found.steps) == ("digits", 4)
    assert found.notes[0].startswith("The weights are random (seed 0)")
    assert "with random weights on digits" in found.headline
    assert 0 < found.firing_rate < 1
    other = audit_energy("spikformer-2-64/digits", seed=1, steps=1, **FEW | {"samples": 1})
    assert " on digits (test, 1 sample) at T = 1 takes " in other.headline
    assert (other.steps, other.provenance.seed) == (1, 1)
    assert other.weights_fingerprint != found.weights_fingerprint
    assert "qann_1bit" in {e.subject for e in other.energies}
    usual = next(r for r in other.ratios if r.twin == "ann_fp32")
    assert usual.break_even_steps < 1000  # every step costs as much as the one that was seen


def drawn_run(name, examples, **shape):
    model = drawn_model(name, examples, **shape)
    return TrainedRun(model, record_of(model, examples, data="digits"), Recipe(updates=2))


def test_re_parametrised_convolutions_are_folded_and_rules_that_do_not_apply_say_why(monkeypatch):
    monkeypatch.setattr(_audited_rows, "Rules", (Rules.M0, Rules.M4))
    found = audit_energy(drawn_run("sdt-v2-xs/digits", image_examples(8)), samples=2, steps=1)
    assert (found.parameters, found.unknown) == (622_234, ())
    assert found.fused_parameters > 1_200_000
    assert Rules.M4 not in {e.rules for e in found.energies}
    assert any(
        note.startswith("M4 chip does not apply: a chip for spikes does not multiply real values")
        for note in found.notes
    )


@pytest.mark.usefixtures("under_m0")
def test_unfolded_normalisations_are_counted(folder):
    found = audit_energy(folder, fused=False, **FEW)
    assert any(o.kind is OperationKind.NORMALISATION for o in found.operations)
    assert not found.fused
    assert found.fused_parameters < found.parameters
    assert any(note.startswith("Normalisations are not folded") for note in found.notes)


@pytest.mark.usefixtures("under_m0")
def test_a_rate_coded_run_needs_the_length_of_its_code(tmp_path):
    path = write_image_run(tmp_path / "twin", twin=True, data="digits")
    with pytest.raises(InputError, match=r"^audit_energy: `steps` must be the length of the code"):
        audit_energy(path, **FEW)
    found = audit_energy(path, steps=3, **FEW)
    assert (found.steps, found.model) == (3, "spikformer-2-64/digits:softmax")
    assert "qann_2bit" in {e.subject for e in found.energies}
    assert {r.break_even_steps for r in found.ratios} == {None}  # no layer runs in steps
    noisy = write_image_run(tmp_path / "noisy", twin=True, data="digits", code_steps=3)
    again = audit_energy(noisy, **FEW)
    assert (again.steps, again.firing_rate) == (3, found.firing_rate)


@pytest.mark.usefixtures("under_m0")
def test_warm_up_steps_cost_energy_too(tmp_path, audit):
    recipe = Recipe(updates=2, neurons={"warm_up_steps": 2})
    path = write_image_run(tmp_path / "run", data="digits", recipe=recipe, steps=4)
    found = audit_energy(path, **FEW)
    neurons = next(o for o in found.operations if o.kind is OperationKind.NEURON)
    assert (found.steps, neurons.passes) == (4, 6)
    assert energy(found, Rules.M0).value_mj > energy(audit, Rules.M0).value_mj
    assert "2 warm-up steps run first and are counted too." in found.notes


@pytest.mark.usefixtures("under_m0")
def test_an_unfinished_run_says_so(tmp_path):
    path = write_image_run(tmp_path / "run", data="digits", status=RunStatus.DIVERGED, steps=1)
    assert audit_energy(path, **FEW).notes[0].startswith("The run diverged")


@pytest.mark.usefixtures("under_m0")
def test_a_family_without_ordinary_network_is_expected(folder, monkeypatch):
    def no_card(name):
        raise InputError(f"card: `name` must be known; got {name!r}.")

    monkeypatch.setattr(_counted, "card", no_card)
    found = audit_energy(folder, **FEW)
    assert {e.subject for e in found.energies} == SUBJECTS - {"ann_fp32_zero_skipping"}
    assert energy(found, Rules.M0, "ann_fp32").source == "expected"
    assert any(note.startswith("The twins are expected from the shape") for note in found.notes)


@pytest.mark.usefixtures("under_m0")
def test_a_silent_network_has_no_break_even():
    examples = image_examples()
    model = drawn_model("spikformer-2-64/digits", examples, depth=1, width=32, heads=2)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    run = TrainedRun(model, record_of(model, examples, data="digits"), Recipe(updates=2))
    found = audit_energy(run, **FEW)
    assert found.firing_rate == 0
    assert found.expected == ()
    assert {r.break_even.reason for r in found.ratios if r.rules == Rules.M0} == {
        "no neuron fired, so that no other rate follows"
    }
    assert any(note.startswith("No neuron fired") for note in found.notes)


class Phases(AbstractProgress):
    def __init__(self):
        self.seen = []

    def start(self, description, total):  # noqa: ARG002
        self.seen.append(description)
        return len(self.seen)

    def advance(self, task, amount=1):
        pass

    def finish(self, task):
        pass


@pytest.mark.usefixtures("under_m0")
def test_counts_all_samples_if_there_are_fewer_and_reports_its_phases(folder, monkeypatch):
    splits = open_examples("digits")
    test = splits.test
    few = replace(test, inputs=test.inputs[:5], targets=test.targets[:5], rows=None)
    use(monkeypatch, few, train=splits.train)
    progress = Phases()
    assert audit_energy(folder, samples=9, steps=1, progress=progress).n_samples == 5
    assert [name for name in progress.seen if "operations" in name or "twins" in name] == [
        "counting operations",
        "counting operations",
        "price operations",
        "price operations",
        "compare twins",
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere/at/all", r"got 'nowhere/at/all', which is no folder\. As a name: card: `name`"),
        (torch.nn.Linear(2, 2), r"got Linear\. Count it with `count_operations`"),
        (7, r"got int\. Give a path, or a name"),
    ],
    ids=["unknown", "module", "number"],
)
@pytest.mark.usefixtures("untyped")
def test_a_source_that_is_none(source, message):
    with pytest.raises(
        InputError, match=rf"^audit_energy: `source` must be the folder of a run.*{message}"
    ):
        audit_energy(source, **FEW)


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(InputError, match=r"`path` must"):
        audit_energy(Path(tmp_path), **FEW)


def test_an_ordinary_network_has_no_neurons():
    with pytest.raises(
        InputError,
        match=r"^audit_energy: `source` must have neurons; got spikformer-2-64/digits:ann",
    ):
        audit_energy("spikformer-2-64/digits:ann", **FEW)


@pytest.mark.parametrize(
    ("energies", "unit"),
    [
        ((3e-4, 0.5, 2e-3), "µJ"),
        ((9e-4, 0.12), "µJ"),
        ((0.63,), "mJ"),
        ((), "mJ"),
        ((1e-12,), "pJ"),
    ],
)
def test_an_audit_speaks_in_the_unit_of_its_tables(energies, unit):
    assert unit_of(energies)[0] == unit == energy_unit(energies).name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 0}, r"`samples` must be an integer >= 1; got 0"),
        ({"steps": 0}, r"`steps` must be an integer >= 1; got 0"),
        ({"seed": -1}, r"`seed` must be an integer >= 0; got -1"),
        ({"split": "dev"}, r"`split` must be one of .*; got 'dev'"),
        ({"device": "abacus"}, r"`device` must be one of this machine; got 'abacus'"),
        (
            {"data": "task:copy"},
            r"`data` must be images, as .* reads; got sequences of 'task:copy'",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_input_is_named(folder, given, message):
    with pytest.raises(InputError, match=rf"^audit_energy: {message}"):
        audit_energy(folder, **FEW | given)


def use(monkeypatch, examples, **parts):
    """Let a specification open these examples."""
    splits = ExampleSplits(examples, None, examples)._replace(**parts)
    monkeypatch.setattr(_audited_examples, "open_examples", lambda *_, **__: splits)


def test_data_of_another_shape(folder, monkeypatch):
    use(monkeypatch, replace(image_examples(), inputs=np.zeros((24, 3, 8, 8), np.uint8)))
    with pytest.raises(
        InputError,
        match=r"^audit_energy: `data` must have samples of shape \(1, 8, 8\), as spikformer-2-64/"
        r"digits reads; got \(3, 8, 8\) in 'drawn'",
    ):
        audit_energy(folder, data="colours", **FEW)


@pytest.mark.usefixtures("untyped")
def test_sentences_are_no_images(folder, monkeypatch):
    use(monkeypatch, sentence_examples(vocabulary=Words("a")))
    with pytest.raises(InputError, match=r"^audit_energy: `data` must be images, as .*sentences"):
        audit_energy(folder, data="movie-reviews", **FEW)


def test_a_part_that_was_not_kept_aside(folder, monkeypatch):
    use(monkeypatch, image_examples())
    with pytest.raises(InputError, match=r"^audit_energy: `split` must be one that 'drawn' has"):
        audit_energy(folder, split="validation", **FEW)


class Words:
    """A tokenizer that is nothing but its numbers."""

    size = 20

    def __init__(self, text):
        self.text = text

    def to_json(self):
        return self.text


def text_run(vocabulary=None):
    examples = sentence_examples()
    model = drawn_model("spikformer-text-2-64/movie-reviews", examples, **TEXT)
    record = record_of(model, examples, data="movie-reviews")
    return TrainedRun(model, record, Recipe(updates=2), vocabulary)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("own", "message"),
    [
        (None, r"`source` must hold the tokenizer of a run on text; got 'run' without one"),
        (Words("b"), r"`data` must be written in the token numbers of the run; got a tokenizer"),
    ],
    ids=["none", "another"],
)
def test_token_numbers_mean_what_the_run_knows(own, message, monkeypatch):
    use(monkeypatch, sentence_examples(vocabulary=Words("a")))
    with pytest.raises(InputError, match=rf"^audit_energy: {message}"):
        audit_energy(text_run(own), **FEW)


@pytest.mark.usefixtures("untyped", "under_m0")
def test_a_run_on_text(monkeypatch):
    use(monkeypatch, sentence_examples(vocabulary=Words("a")))
    found = audit_energy(text_run(Words("a")), steps=1, **FEW)
    assert found.n_samples == 6
    assert found.unknown == ()


@pytest.mark.usefixtures("untyped")
def test_more_words_than_the_model_knows(monkeypatch):
    many = Words("a")
    many.size = 5000
    use(monkeypatch, sentence_examples(vocabulary=many))
    with pytest.raises(InputError, match=r"`data` must have at most the 20 tokens .*; got 5000"):
        audit_energy(text_run(Words("a")), **FEW)


def test_data_that_cannot_be_fetched_must_be_named():
    with pytest.raises(InputError, match=r"^audit_energy: `data` must be given for .*imagenet"):
        audit_energy("spikformer-8-384/imagenet", **FEW)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("spikformer-2-64/digits", "digits"),
        ("spikformer-text-2-64/movie-reviews", "movie-reviews"),
        ("spikformer-lm-2-64/movie-reviews", "movie-reviews:next-token"),
        ("spikformer-lm-2-64/sequences", "task:copy"),
    ],
)
def test_a_model_is_shown_what_it_is_named_after(name, data):
    assert _audited_examples.data_named(card(name), caller="audit_energy") == data


def test_m4_charges_the_chip_that_was_chosen(folder, audit):
    other = audit_energy(folder, chip="spinnaker2", **FEW)
    chips = [
        next(e for e in a.energies if e.rules == Rules.M4 and e.subject == "snn")
        for a in (audit, other)
    ]
    assert [one.options.chip for one in chips] == ["loihi1", "spinnaker2"]
    assert chips[0].value_mj < chips[1].value_mj
    assert "spinnaker2_synop" in chips[1].constants
    same = [[e.value_mj for e in a.energies if e.rules != Rules.M4] for a in (audit, other)]
    assert same[0] == same[1]


@pytest.mark.usefixtures("untyped")
def test_a_chip_without_a_published_price_is_refused(folder):
    with pytest.raises(InputError, match=r"^audit_energy: `chip` must be one of .*; got 'loihi2'"):
        audit_energy(folder, chip="loihi2", **FEW)


def test_a_device_without_values_is_refused(folder):
    with pytest.raises(InputError, match=r"^audit_energy: `device` must hold values; got 'meta'"):
        audit_energy(folder, device="meta", **FEW)
