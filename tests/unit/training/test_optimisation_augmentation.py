import pytest
import torch

from spikedim._core import InputError
from spikedim.training.optimisation import ImageOperation, apply_operation, draw_augmentation, mix
from spikedim.training.recipes import Augmentation, Mixing, RandAugment

EVERYTHING = Augmentation(flip=True, crop=4, erase=0.5, randaugment=RandAugment(operations=2))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 224, 224), (2, 8, 16)], ids=str)
@pytest.mark.parametrize("operation", list(ImageOperation))
def test_no_operation_leaves_the_range(shape, operation, generator):
    images = torch.rand(3, *shape, generator=generator)
    got = apply_operation(images, operation, torch.tensor([-10.0, 5.0, 10.0]))
    assert got.shape == images.shape
    assert torch.isfinite(got).all()
    assert 0 <= got.min() <= got.max() <= 1


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 224, 224)], ids=str)
@pytest.mark.parametrize("threads", [1, 2])
def test_a_single_image_is_changed_as_in_the_batch(shape, threads, generator):
    images = torch.rand(4, *shape, generator=generator)
    draw = draw_augmentation(EVERYTHING, count=4, shape=shape, generator=generator)
    whole = draw.apply(images)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        alone = [draw.part(b, b + 1).apply(images[b : b + 1]) for b in range(4)]
    finally:
        torch.set_num_threads(before)
    assert torch.equal(torch.cat(alone), whole)


@pytest.mark.parametrize(
    "operation",
    [o for o in ImageOperation if o not in ("autocontrast", "equalize", "invert", "posterize")],
)
def test_strength_zero_changes_nothing(operation, generator):
    images = torch.rand(2, 3, 9, 12, generator=generator)
    torch.testing.assert_close(
        apply_operation(images, operation, torch.zeros(2)), images, rtol=0, atol=2e-6
    )


@pytest.mark.parametrize("operation", list(ImageOperation))
def test_full_strength_changes_a_colour_image(operation, generator):
    images = 0.2 + 0.5 * torch.rand(1, 3, 20, 20, generator=generator)
    got = apply_operation(images, operation, torch.tensor([10.0]))
    assert (got - images).abs().mean() > 0.03


def test_one_level_is_not_blown_up_to_an_image():
    images = torch.full((1, 1, 8, 8), 0.5)
    images[0, 0, 0, 0] += 1e-6
    got = apply_operation(images, ImageOperation.AUTOCONTRAST, torch.zeros(1))
    assert torch.equal(got, images)


def test_nothing_to_do_leaves_tokens_alone(generator):
    draw = draw_augmentation(Augmentation(), count=2, shape=(1, 1, 1), generator=generator)
    tokens = torch.arange(6).view(2, 3)
    assert draw.apply(tokens) is tokens
    assert draw.part(0, 1).apply(tokens) is tokens


def test_an_empty_part_is_empty(generator):
    draw = draw_augmentation(EVERYTHING, count=3, shape=(1, 8, 8), generator=generator)
    assert draw.part(2, 2).apply(torch.zeros(0, 1, 8, 8)).shape == (0, 1, 8, 8)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"count": 0}, r"`count` must be an integer >= 1; got 0"),
        ({"shape": (1, 0, 8)}, r"`shape` must be an integer >= 1; got 0"),
        (
            {"shape": (1, 9, 4)},
            r"`augmentation\.crop` must be below the sides of an image, 9 x 4; got 4",
        ),
    ],
)
def test_draws_need_an_image_to_change(changed, match, generator):
    arguments = {"count": 2, "shape": (1, 8, 8), **changed}
    with pytest.raises(InputError, match=rf"^draw_augmentation: {match}"):
        draw_augmentation(Augmentation(crop=4), generator=generator, **arguments)


@pytest.mark.parametrize(
    "images", [torch.zeros(2, 1, 8, 8), torch.zeros(3, 1, 8, 9), torch.zeros(3, 1, 8, 8).byte()]
)
def test_images_must_be_those_drawn_for(images, generator):
    draw = draw_augmentation(EVERYTHING, count=3, shape=(1, 8, 8), generator=generator)
    with pytest.raises(
        InputError,
        match=r"^AugmentationDraw.apply: `images` must be float \[3, 1, 8, 8\], as drawn",
    ):
        draw.apply(images)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("operation", "strength", "match"),
    [
        ("rotate_", torch.zeros(2), r"`operation` must be one of .*Did you mean 'rotate'"),
        ("rotate", torch.zeros(3), r"`strength` must have one number per image .*got \[3\]"),
    ],
)
def test_an_operation_needs_a_name_and_strengths(operation, strength, match):
    with pytest.raises(InputError, match=rf"^apply_operation: {match}"):
        apply_operation(torch.zeros(2, 1, 8, 8), operation, strength)


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        (torch.zeros(2, 5).long(), torch.zeros(2).long()),
        (torch.zeros(2, 5), torch.zeros(2).long()),
        (torch.zeros(2, 1, 8, 8).byte(), torch.zeros(2).long()),
        (torch.zeros(2, 1, 8, 8), torch.zeros(2, 5).long()),
    ],
)
def test_images_with_a_class_each_alone_are_mixed(inputs, targets, generator):
    with pytest.raises(
        InputError, match=r"^mix: `inputs` must be float images .* Set mixing.mixup"
    ):
        mix(inputs, targets, mixing=Mixing(mixup=1.0), classes=2, generator=generator)
    same = mix(inputs, targets, mixing=Mixing(), classes=2, generator=generator)
    assert same[0] is inputs
    assert same[1] is targets


def test_a_small_beta_parameter_stays_finite():
    for seed in range(20):
        mixed, shares = mix(
            torch.ones(2, 1, 8, 8),
            torch.tensor([0, 1]),
            mixing=Mixing(mixup=1e-6, cutmix=1e-6),
            classes=2,
            generator=torch.Generator().manual_seed(seed),
        )
        assert torch.isfinite(mixed).all()
        assert torch.isfinite(shares).all()
