import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spikedim.training.optimisation import (
    ImageOperation,
    apply_operation,
    correct_sum,
    draw_augmentation,
    loss_sum,
    mix,
)
from spikedim.training.recipes import Augmentation, LossKind, Mixing, Objective, RandAugment

SEEDS = st.integers(0, 2**31)
RANDAUGMENTS = st.builds(
    RandAugment,
    operations=st.integers(1, 3),
    magnitude=st.floats(0, 10),
    deviation=st.floats(0, 5),
    probability=st.floats(0, 1),
)
AUGMENTATIONS = st.builds(
    Augmentation,
    flip=st.booleans(),
    crop=st.integers(0, 7),
    randaugment=st.none() | RANDAUGMENTS,
    erase=st.floats(0, 1),
)
FEW = settings(max_examples=25)


@st.composite
def batches(draw, *, largest=20):
    shape = (
        draw(st.integers(1, 6)),
        draw(st.sampled_from([1, 3])),
        draw(st.integers(8, largest)),
        draw(st.integers(8, largest)),
    )
    images = torch.rand(shape, generator=torch.Generator().manual_seed(draw(SEEDS)))
    # Black, white and full contrast are where levels leave their range first.
    return images.round() if draw(st.booleans()) else images


@FEW
@given(batches(), AUGMENTATIONS, SEEDS, st.data())
def test_a_part_is_changed_as_in_the_whole(images, augmentation, seed, data):
    count = len(images)
    draws = [
        draw_augmentation(
            augmentation,
            count=count,
            shape=tuple(images.shape[1:]),
            generator=torch.Generator().manual_seed(seed),
        )
        for _ in range(2)
    ]
    whole = draws[0].apply(images)
    assert torch.equal(whole, draws[1].apply(images))
    assert whole.shape == images.shape
    assert 0 <= whole.min() <= whole.max() <= 1
    start = data.draw(st.integers(0, count))
    stop = data.draw(st.integers(start, count))
    assert torch.equal(draws[0].part(start, stop).apply(images[start:stop]), whole[start:stop])


@FEW
@given(batches(), st.sampled_from(ImageOperation), st.lists(st.floats(-10, 10), min_size=6))
def test_an_operation_stays_in_range(images, operation, strengths):
    strength = torch.tensor(strengths[: len(images)], dtype=torch.float32)
    whole = apply_operation(images, operation, strength)
    assert whole.shape == images.shape
    assert 0 <= whole.min() <= whole.max() <= 1
    alone = [
        apply_operation(image[None], operation, value[None])
        for image, value in zip(images, strength, strict=True)
    ]
    assert torch.equal(torch.cat(alone), whole)


@FEW
@given(batches(), st.floats(0, 3), st.floats(0, 3), st.floats(0, 1), SEEDS)
def test_mixing_conserves_pixels_and_targets(images, mixup, cutmix, probability, seed):
    count = len(images)
    targets = torch.arange(count) % 4
    mixing = Mixing(mixup=mixup, cutmix=cutmix, probability=probability)
    mixed, shares = mix(
        images, targets, mixing=mixing, classes=5, generator=torch.Generator().manual_seed(seed)
    )
    assert mixed.shape == images.shape
    assert 0 <= mixed.min() <= mixed.max() <= 1 + 1e-6
    torch.testing.assert_close(mixed.sum(0), images.sum(0), rtol=1e-5, atol=1e-5)
    if shares.is_floating_point():
        ones = torch.nn.functional.one_hot(targets, 5).float()
        assert shares.min() >= 0
        torch.testing.assert_close(shares.sum(1), torch.ones(count))
        torch.testing.assert_close(shares.sum(0), ones.sum(0))
    else:
        assert shares is targets
        assert mixed is images


@FEW
@given(batches(), st.sampled_from([(1.0, 0.0), (0.0, 1.0), (0.5, 0.5)]), SEEDS)
def test_parts_that_start_at_even_numbers_are_mixed_as_in_the_whole(images, parameters, seed):
    targets = torch.arange(len(images)) % 3

    def mixed(part):
        return mix(
            images[part],
            targets[part],
            mixing=Mixing(mixup=parameters[0], cutmix=parameters[1]),
            classes=3,
            generator=torch.Generator().manual_seed(seed),
        )

    whole = mixed(slice(None))
    parts = [mixed(slice(start, start + 2)) for start in range(0, len(images), 2)]
    for joined, want in zip(zip(*parts, strict=True), whole, strict=True):
        assert torch.equal(torch.cat(joined), want)


@FEW
@given(st.sampled_from(LossKind), st.booleans(), st.integers(1, 4), SEEDS, st.data())
def test_sums_of_parts_add_up(kind, soft, steps, seed, data):
    generator = torch.Generator().manual_seed(seed)
    outputs = 4 * torch.randn(steps, 7, 5, generator=generator)
    targets = torch.randint(5, (7,), generator=generator)
    if soft:
        targets = torch.rand(7, 5, generator=generator).softmax(-1)
    objective = Objective(kind=kind)
    cut = data.draw(st.integers(1, 6))
    parts = [slice(0, cut), slice(cut, 7)]
    whole = loss_sum(outputs, targets, objective)
    split = [loss_sum(outputs[:, part], targets[part], objective) for part in parts]
    torch.testing.assert_close(sum(s.total for s in split), whole.total, rtol=1e-5, atol=1e-5)
    assert sum(s.count for s in split) == whole.count == 7
    hits = [correct_sum(outputs[:, part], targets[part]) for part in parts]
    assert sum(h.correct for h in hits) == correct_sum(outputs, targets).correct
