"""Evaluation of twins by other codes, and with a T for every population."""

import numpy as np
import pytest
import torch
from tests.training_examples import TINY, drawn_model, image_examples, record_of

from spikedim._core import InputError
from spikedim.circuits import RateCode
from spikedim.training import Evaluation, Recipe, TrainedRun, evaluate


def opened(name, examples):
    recipe = Recipe(updates=2)
    model = drawn_model(name, examples, **TINY)
    return TrainedRun(model, record_of(model, examples, recipe=recipe), recipe)


@pytest.fixture(scope="module")
def examples():
    return image_examples()


@pytest.fixture(scope="module")
def twin(examples):
    return opened("spikformer-2-64/digits:softmax", examples)


@pytest.fixture(scope="module")
def lengths(twin):
    return {name: 1 + i % 5 for i, name in enumerate(twin.model.populations)}


@pytest.fixture(scope="module")
def found(twin, examples, lengths):
    return evaluate(twin, data=examples, steps=(2, 5), allocation=lengths, draws=2)


def test_an_allocation_is_a_point_of_its_own(found, lengths):
    assert [(p.steps, bool(p.allocation), p.draws) for p in found.points] == [
        (2, False, 2),
        (5, False, 2),
        (5, True, 2),
        (None, False, 1),
    ]
    point = found.points[2]
    assert point.allocation == lengths
    assert found.allocated is point
    assert found.at(5) is found.points[1]
    assert (found.code, found.reference) == (RateCode.BERNOULLI, "exact rates")


def test_its_spikes_and_error_are_those_of_the_model(twin, examples, lengths):
    """Of a code that draws nothing, sample by sample."""
    found = evaluate(
        twin, data=examples, steps=(3,), allocation=lengths, code="sigma_delta", draws=4
    )
    model = twin.model.eval()
    images = torch.cat([x for x, _ in examples_of(examples, model)])
    for how, point in ((3, found.at(3)), (lengths, found.allocated)):
        count = model.count_spikes(images, code_steps=how, code="sigma_delta")
        total = sum(spikes.sum(dim=0) for spikes in count.spikes.values())
        with torch.no_grad():
            error = (count.outputs[0].double() - model(images).double()).square().sum(dim=-1)
        assert point.draws == 1
        assert point.spikes_per_sample == pytest.approx(float(total.double().mean()))
        assert point.squared_error == pytest.approx(float(error.mean()), rel=1e-4)
    assert found.code is RateCode.SIGMA_DELTA


def examples_of(examples, model):
    """Yield inputs as the evaluation reads them."""
    from spikedim.training.opened import batches_of

    return batches_of(examples, np.arange(len(examples)), 64, model.head.weight)


def test_other_points_do_not_depend_on_it(twin, examples, found):
    alone = evaluate(twin, data=examples, steps=(2, 5), draws=2)
    assert alone.points == (*found.points[:2], found.points[3])
    assert alone.populations == found.populations
    assert alone.allocated is None


def test_populations_fire_as_at_the_largest_common_t(twin, examples, lengths, found):
    more = dict.fromkeys(lengths, 9)
    assert evaluate(twin, data=examples, steps=(2, 5), allocation=more, draws=2).populations == (
        found.populations
    )


def test_statistics_are_estimated_with_each_code(twin, examples, lengths, monkeypatch):
    from spikedim.training.evaluation import _evaluate

    asked = []
    own = _evaluate.recalibrate_norms

    def remember(model, batches, **how):
        asked.append((how["code_steps"], how["code"]))
        own(model, batches, **how)

    monkeypatch.setattr(_evaluate, "recalibrate_norms", remember)
    monkeypatch.setattr(_evaluate, "examples_of_run", lambda *_a, **_k: examples)
    evaluate(
        twin, data=examples, steps=(2,), allocation=lengths, code="random_phase", recalibrate=8
    )
    assert asked == [(2, RateCode.RANDOM_PHASE), (lengths, RateCode.RANDOM_PHASE)]


def test_a_result_comes_back_from_its_file(found):
    assert Evaluation.from_json(found.to_json()) == found


def test_files_of_before_have_neither(found):
    fields = found.to_dict()
    del fields["code"]
    for point in fields["points"]:
        del point["allocation"]
    old = Evaluation.from_dict(fields)
    assert (old.code, old.allocated) == (None, None)


def test_what_does_not_fit_is_refused(twin, examples):
    spiking = opened("spikformer-2-64/digits", examples)
    with pytest.raises(InputError, match=r"^evaluate: `code` must be absent for .* no rate-coded"):
        evaluate(spiking, data=examples, code="sigma_delta")
    with pytest.raises(InputError, match=r"^evaluate: `allocation` must be absent for a spiking"):
        evaluate(spiking, data=examples, allocation={"stem.lif0": 1})
    with pytest.raises(InputError, match=r"^evaluate: `allocation` must have a T for each of the"):
        evaluate(twin, data=examples, allocation={"stem.lif0": 1})
    with pytest.raises(InputError, match=r"^evaluate: `code` must be one of bernoulli, sigma_d"):
        evaluate(twin, data=examples, code="latency")


@pytest.mark.usefixtures("untyped")
def test_an_allocation_names_populations(twin, examples):
    with pytest.raises(InputError, match=r"^evaluate: `allocation` must map names of populations"):
        evaluate(twin, data=examples, allocation=[1, 2])
