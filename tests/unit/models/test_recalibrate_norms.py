import pytest
import torch
from tests.model_examples import generator, inputs

from spikedim._core import InputError
from spikedim.models import build, recalibrate_norms

TWIN = "spikformer-2-64/digits:softmax"


def statistics(model):
    return {key: b.clone() for key, b in model.named_buffers() if "running" in key}


def estimate(name, **changed):
    model = build(name, dtype=torch.float64)
    x = inputs(model, 6)
    recalibrate_norms(model, [x[:3], x[3:]], **changed)
    return statistics(model)


def equal(first, second):
    return all(torch.equal(first[key], second[key]) for key in first)


def test_the_number_of_steps_is_one_to_choose():
    assert equal(estimate("spikformer-2-64/digits", steps=4), estimate("spikformer-2-64/digits"))
    assert not equal(
        estimate("spikformer-2-64/digits", steps=2), estimate("spikformer-2-64/digits")
    )


def test_noise_widens_what_normalisations_see():
    exact, coded = estimate(TWIN), estimate(TWIN, code_steps=1)
    key = "block.0.attn.q.norm.running_var"
    assert coded[key].mean() > 1.2 * exact[key].mean()
    first = "stem.conv0.norm.running_var"  # in front of all populations
    assert torch.equal(coded[first], exact[first])


def test_the_generator_is_seed_zero_or_given():
    first = estimate(TWIN, code_steps=2)
    assert equal(first, estimate(TWIN, code_steps=2, generator=generator(0)))
    assert not equal(first, estimate(TWIN, code_steps=2, generator=generator(1)))


def test_batches_have_noise_of_their_own():
    model = build(TWIN, dtype=torch.float64)
    x = inputs(model, 3)
    recalibrate_norms(model, [x, x], code_steps=1)
    twice = statistics(model)
    recalibrate_norms(model, [x], code_steps=1)
    assert not equal(statistics(model), twice)


@pytest.mark.parametrize("batches", [[], [torch.ones(2, 3)], [None, torch.ones(2, 3)]])
def test_a_refused_batch_leaves_the_statistics(batches):
    model = build("spikformer-2-64/digits").eval()
    x = inputs(model)
    recalibrate_norms(model, [x])
    before = statistics(model)
    with pytest.raises(InputError, match=r"must"):
        recalibrate_norms(model, [x if batch is None else batch for batch in batches])
    assert equal(statistics(model), before)
    assert not model.training
    assert {m.momentum for m in model.modules() if isinstance(m, torch.nn.BatchNorm1d)} == {0.1}
