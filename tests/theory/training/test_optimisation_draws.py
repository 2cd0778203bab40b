"""Frequencies of what is drawn against their probabilities, within five standard errors."""

import math

import numpy as np
import pytest
import torch

from spikedim.training.optimisation import ImageOperation, draw_augmentation, mix
from spikedim.training.recipes import Augmentation, Mixing, RandAugment

COUNT = 20000


def draw(augmentation, generator, shape=(1, 28, 28)):
    return draw_augmentation(augmentation, count=COUNT, shape=shape, generator=generator)


def assert_frequency(hits, probability):
    error = math.sqrt(probability * (1 - probability) / len(hits))
    assert abs(hits.double().mean().item() - probability) < 5 * error


def test_half_of_the_images_are_mirrored(generator):
    assert_frequency(draw(Augmentation(flip=True), generator).mirrored, 0.5)


def test_every_move_is_as_likely(generator):
    moved = draw(Augmentation(crop=2), generator).moved
    for down in range(-2, 3):
        for right in range(-2, 3):
            assert_frequency((moved == torch.tensor([down, right])).all(1), 1 / 25)


def test_operations_are_uniform_and_strengths_normal(generator):
    random = RandAugment(operations=2, magnitude=5.0, deviation=0.5, probability=0.3)
    drawn = draw(Augmentation(randaugment=random), generator)
    which, strengths = drawn.operations.flatten(), drawn.strengths.flatten()
    assert_frequency(which >= 0, 0.3)
    for number in range(len(ImageOperation)):
        assert_frequency(which == number, 0.3 / len(ImageOperation))
    assert_frequency(strengths < 0, 0.5)
    size = strengths.abs().double()
    assert size.mean().item() == pytest.approx(5, abs=5 * 0.5 / math.sqrt(len(size)))
    assert size.std().item() == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(2 * len(size)))


def test_strengths_are_cut_at_ten(generator):
    random = RandAugment(magnitude=9.0, deviation=1.0)
    strengths = draw(Augmentation(randaugment=random), generator).strengths.abs()
    assert strengths.max() == 10
    assert_frequency(strengths == 10, 0.5 * math.erfc(1 / math.sqrt(2)))


@pytest.mark.parametrize("shape", [(1, 96, 96), (1, 64, 128)], ids=str)
def test_rectangles_have_the_area_and_the_aspect_of_the_recipe(shape, generator):
    drawn = draw(Augmentation(erase=0.01), generator, shape)
    assert_frequency(drawn.erased, 0.01)
    assert len(drawn.noise) == drawn.erased.sum()
    top, left, bottom, right = drawn.boxes.double().unbind(1)
    rows, columns = bottom - top, right - left
    assert torch.stack([top, left, rows - 1, columns - 1]).min() >= 0
    assert bottom.max() <= shape[1]
    assert right.max() <= shape[2]
    # Sides are rounded: half a pixel of the shortest, sqrt(0.02 * 0.3) of an edge or more.
    area = rows * columns / (shape[1] * shape[2])
    rounded = 1 + 0.5 / rows.minimum(columns).min().item()
    assert 0.02 / rounded**2 <= area.min() <= 0.03
    assert 0.3 <= area.max() <= 0.33 * rounded**2
    assert 0.3 / rounded**2 <= (rows / columns).min() <= 0.4
    assert 2.5 <= (rows / columns).max() <= rounded**2 / 0.3
    assert top[rows < shape[1]].max() > 0
    # Every place is as likely: a corner is at the middle of its range on average.
    room = shape[1] - rows
    place = (top / room)[room >= 10]
    assert place.mean().item() == pytest.approx(0.5, abs=5 * math.sqrt(1 / 10 / len(place)))


def test_noise_is_uniform(generator):
    noise = draw(Augmentation(erase=0.01), generator).noise.double() / 255
    deviation = math.sqrt(1 / 12)
    assert noise.mean().item() == pytest.approx(0.5, abs=5 * deviation / math.sqrt(noise.numel()))
    assert noise.std().item() == pytest.approx(deviation, rel=0.01)


def own_shares(mixing, generator, draws=3000):
    images, targets = torch.zeros(2, 1, 64, 64), torch.tensor([0, 1])
    shares = [
        mix(images, targets, mixing=mixing, classes=2, generator=generator)[1] for _ in range(draws)
    ]
    return np.array([s[0, 0].item() if s.is_floating_point() else 1.0 for s in shares])


def test_the_share_of_mixup_follows_its_beta_distribution(generator):
    own = own_shares(Mixing(mixup=0.8), generator)
    variance = 1 / (4 * (2 * 0.8 + 1))
    assert own.mean() == pytest.approx(0.5, abs=5 * math.sqrt(variance / len(own)))
    assert own.var() == pytest.approx(variance, rel=0.1)


def test_a_batch_is_mixed_with_its_probability(generator):
    own = torch.from_numpy(own_shares(Mixing(mixup=1.0, probability=0.25), generator))
    assert_frequency(own < 1, 0.25)


def test_both_kinds_of_mixing_are_as_likely(generator):
    images = torch.tensor([0.0, 1.0])[:, None, None, None].expand(2, 1, 16, 16)
    mixing = Mixing(mixup=1.0, cutmix=1.0)
    blended = [
        mix(images, torch.tensor([0, 1]), mixing=mixing, classes=2, generator=generator)[0]
        .sub(0.5)
        .abs()
        .max()
        .item()
        < 0.5
        for _ in range(2000)
    ]
    assert_frequency(torch.tensor(blended), 0.5)
