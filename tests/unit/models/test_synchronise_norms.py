import pytest
import torch
from tests.joint_runs import CASES, train_jointly, train_once
from tests.model_examples import images, live_model

from spikedim._core import InputError
from spikedim.models import synchronise_norms

NEAR = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(scope="module")
def joint(tmp_path_factory):
    return train_jointly(tmp_path_factory.mktemp("joint"))


@pytest.fixture(scope="module", params=CASES)
def pair(request, joint):
    """Return what one process found for the whole batch, and what two found for its parts."""
    return train_once(CASES[request.param]), [parts[request.param] for parts in joint]


def test_outputs_of_the_parts_are_those_of_the_whole(pair):
    whole, parts = pair
    torch.testing.assert_close(
        torch.cat([part["outputs"] for part in parts]), whole["outputs"], **NEAR
    )


def test_gradients_of_the_parts_sum_to_that_of_the_whole(pair):
    whole, parts = pair
    assert any((g != 0).any() for g in parts[0]["gradients"].values())
    for key, gradient in whole["gradients"].items():
        found = sum(part["gradients"][key] for part in parts)
        scale = max(gradient.abs().max().item(), 1.0)
        assert (found - gradient).abs().max() <= 1e-10 * scale, key


def test_running_statistics_are_those_of_the_whole_on_every_process(pair):
    whole, (first, second) = pair
    for key, buffer in whole["buffers"].items():
        assert torch.equal(first["buffers"][key], second["buffers"][key]), key
        torch.testing.assert_close(first["buffers"][key], buffer, **NEAR, msg=key)


def test_one_process_changes_nothing():
    first, second = (live_model("spikformer-2-64/digits").train() for _ in range(2))
    x = images(first)
    assert torch.equal(synchronise_norms(first)(x), second(x))


def test_refuses_other_modules(untyped):
    with pytest.raises(InputError, match=r"^synchronise_norms: `model` must be a spiking"):
        synchronise_norms(torch.nn.Linear(2, 2))
