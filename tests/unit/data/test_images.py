"""Image folders and archives."""

import io
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from spikedim._core import InputError
from spikedim.data import open_samples
from spikedim.data._decode import MAX_PIXELS


@pytest.fixture
def folder(tmp_path, rng, write_image):
    x = rng.integers(0, 256, (6, 8, 10, 3), dtype=np.uint8)
    for i, pixels in enumerate(x):
        write_image(tmp_path / "set" / ("cat", "dog")[i // 3] / f"{i}.png", pixels)
    return tmp_path / "set", x


def png_of_size(width, height):
    """Return a PNG whose header claims a size; it holds one row at most."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def test_sub_folders_are_classes_in_order_of_name(folder):
    path, x = folder
    samples = open_samples(str(path))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(6, -1))
    assert samples.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert samples.class_names == ("cat", "dog")
    assert samples.modality == "image"
    assert len(samples.preview(4)) == 4


def test_a_flat_folder_has_no_labels_and_other_files_are_ignored(tmp_path, rng, write_image):
    x = rng.integers(0, 256, (3, 4, 4), dtype=np.uint8)
    for i, pixels in enumerate(x):
        write_image(tmp_path / "flat" / f"{i}.PNG", pixels)
    (tmp_path / "flat" / "README.txt").write_text("hello")
    write_image(tmp_path / "flat" / ".hidden.png", x[0][:2])
    samples = open_samples(str(tmp_path / "flat"))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(3, -1))
    assert samples.labels is None


def test_train_and_test_sub_folders_are_splits(tmp_path, rng, write_image):
    for split, count in (("train", 3), ("val", 2)):
        for i in range(count):
            pixels = rng.integers(0, 256, (4, 4), dtype=np.uint8)
            write_image(tmp_path / "d" / split / "a" / f"{i}.png", pixels)
    assert open_samples(str(tmp_path / "d")).shape == (3, 16)
    assert open_samples(str(tmp_path / "d"), split="test").shape == (2, 16)
    assert open_samples(str(tmp_path / "d"), split="validation").shape == (2, 16)
    with pytest.raises(InputError, match=r"`split` must be 'train' for"):
        open_samples(str(tmp_path / "d" / "train"), split="test")


def test_images_beside_class_folders_are_ambiguous(folder, write_image):
    path, x = folder
    write_image(path / "loose.png", x[0])
    with pytest.raises(InputError, match=r"either images or one sub-folder per class.*1 loose"):
        open_samples(str(path))


def test_mixed_sizes_are_refused_with_the_way_out(folder, write_image):
    path, x = folder
    write_image(path / "dog" / "z.png", x[0][:4])
    with pytest.raises(InputError, match=r"one size, 8 x 10 .* got 4 x 10 in .*images:DIR@SIZE"):
        open_samples(str(path))
    samples = open_samples(f"images:{path}@4")
    assert samples.to_numpy().shape == (7, 48)
    assert any("centre crop 4 x 4" in note for note in samples.notes)


def test_grey_images_among_colour_become_colour(folder, write_image):
    path, x = folder
    write_image(path / "cat" / "a.png", x[0, ..., 0])
    got = open_samples(str(path)).to_numpy().reshape(7, 8, 10, 3)
    for channel in range(3):
        np.testing.assert_array_equal(got[3, ..., channel], x[0, ..., 0])


def test_imagenet_resizes_the_shorter_side_to_256_and_crops_224(tmp_path, write_image):
    ramp = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (256, 1))
    for i in range(2):
        write_image(tmp_path / "n01" / f"{i}.png", np.stack([ramp] * 3, -1))
    samples = open_samples(f"imagenet:{tmp_path}")
    assert samples.shape == (2, 224 * 224 * 3)
    got = samples.to_numpy().reshape(2, 224, 224, 3)[0]
    np.testing.assert_array_equal(got[..., 0], np.tile(ramp[0, 144:368], (224, 1)))


def make_tar(path, members, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz")])
def test_a_tar_is_read_in_its_order(tmp_path, rng, name, mode):
    x = rng.integers(0, 256, (4, 4, 4, 3), dtype=np.uint8)
    members = [(f"set/{'ba'[i // 2]}/{i}.png", png(x[i])) for i in range(4)]
    path = make_tar(tmp_path / name, [("set/readme.txt", b"hi"), *members], mode)
    samples = open_samples(str(path))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(4, -1))
    assert samples.class_names == ("a", "b")
    assert samples.labels.tolist() == [1, 1, 0, 0]
    np.testing.assert_array_equal(np.concatenate(list(samples.batches(3))), x.reshape(4, -1))


def test_a_tar_of_class_tars_is_read(tmp_path, rng):
    x = rng.integers(0, 256, (4, 300, 300, 3), dtype=np.uint8)
    inner = []
    for c in range(2):
        path = make_tar(tmp_path / f"n{c}.tar", [(f"{i}.png", png(x[2 * c + i])) for i in range(2)])
        inner.append((path.name, path.read_bytes()))
    samples = open_samples(f"imagenet:{make_tar(tmp_path / 'train.tar', inner)}")
    assert samples.shape == (4, 224 * 224 * 3)
    assert samples.class_names == ("n0", "n1")
    assert np.concatenate(list(samples.batches(1))).shape == samples.shape


def test_nothing_in_a_tar_is_written_or_followed(tmp_path, rng):
    x = rng.integers(0, 256, (2, 4, 4), dtype=np.uint8)
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(np.zeros((4, 4), np.uint8)))
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for kind, target in ((tarfile.SYMTYPE, str(secret)), (tarfile.LNKTYPE, "../secret.png")):
            link = tarfile.TarInfo("c/link.png")
            link.type, link.linkname = kind, target
            archive.addfile(link)
        for i, name in enumerate(("../../escaped.png", "/tmp/absolute-escape.png")):
            info = tarfile.TarInfo(name)
            info.size = len(png(x[i]))
            archive.addfile(info, io.BytesIO(png(x[i])))
    before = sorted(p.name for p in tmp_path.rglob("*"))
    samples = open_samples(str(path))
    np.testing.assert_array_equal(samples.to_numpy(), x.reshape(2, -1))
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
    assert not (tmp_path.parent.parent / "escaped.png").exists()


@pytest.mark.parametrize("keep", [100, 700, 5000])
def test_a_truncated_tar_is_refused(tmp_path, rng, keep):
    x = rng.integers(0, 256, (4, 40, 40, 3), dtype=np.uint8)
    path = make_tar(tmp_path / "a.tar", [(f"{i}.png", png(x[i])) for i in range(4)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"^open_samples: `spec` must (be a|hold) whole"):
        open_samples(str(path)).to_numpy()


def test_a_tar_without_images_is_refused(tmp_path):
    path = make_tar(tmp_path / "a.tar", [("x.txt", b"hello")])
    with pytest.raises(InputError, match=r"`spec` must hold images"):
        open_samples(str(path))


@pytest.mark.parametrize("side", [8001, 10_000, 20_000, 60_000])
def test_an_image_bomb_is_refused_from_its_header(tmp_path, side):
    assert side**2 > MAX_PIXELS
    for i in range(2):
        (tmp_path / f"{i}.png").write_bytes(png_of_size(side, side))
    with pytest.raises(InputError, match=r"at most 64,000,000 pixels .an image bomb has more."):
        open_samples(str(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n"]
)
def test_a_file_that_is_no_image_is_named(folder, content):
    path, _ = folder
    (path / "cat" / "bad.png").write_bytes(content)
    with pytest.raises(InputError, match=r"`spec` must hold (images|whole images).*bad\.png"):
        open_samples(str(path))


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_truncated_image_is_named_when_it_is_met(tmp_path, rng, write_image, suffix):
    for i in range(3):
        pixels = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        path = write_image(tmp_path / f"{i}.{suffix}", pixels)
    path.write_bytes(path.read_bytes()[:-400])
    samples = open_samples(str(tmp_path))
    with pytest.raises(InputError, match=rf"must hold whole images; got .*2\.{suffix}"):
        samples.to_numpy()


def test_16_bit_images_are_refused(tmp_path, write_image):
    write_image(tmp_path / "a.png", np.zeros((4, 4), np.uint16))
    write_image(tmp_path / "b.png", np.zeros((4, 4), np.uint16))
    with pytest.raises(InputError, match=r"must hold 8-bit images"):
        open_samples(str(tmp_path))


def test_links_out_of_the_folder_are_not_walked(folder, tmp_path):
    path, _ = folder
    (path / "cat" / "loop").symlink_to(path, target_is_directory=True)
    assert open_samples(str(path)).shape[0] == 6


def test_a_tar_member_larger_than_the_budget_is_refused_unread(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("a/x.png")
        info.size = 40 << 20
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"members of at most .* budget.* 41,943,040 bytes"):
            open_samples(str(path), memory_budget="16MB")
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def png_with_text_bomb():
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG")
    data = buffer.getvalue()
    body = b"zTXtkey\0\0" + zlib.compress(bytes(4 << 20))
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.png", png_with_text_bomb()),
        ("x.ppm", b"P6 1a 2 255\n\0\0\0"),
        ("x.pgm", b"P5 2 2 " + b"9" * 40),
    ],
)
def test_what_the_decoder_dislikes_is_one_line(tmp_path, write_image, rng, name, data):
    for i in range(2):
        write_image(tmp_path / f"a{i}.png", rng.integers(0, 255, (2, 2), dtype=np.uint8))
    (tmp_path / name).write_bytes(data)
    with pytest.raises(
        InputError, match=rf"hold (whole images|images in a known).*{name}"
    ) as error:
        open_samples(str(tmp_path)).to_numpy()
    assert "\n" not in str(error.value)


def test_a_pipe_among_images_does_not_block(tmp_path, write_image, rng):
    for i in range(2):
        write_image(tmp_path / f"a{i}.png", rng.integers(0, 255, (2, 2), dtype=np.uint8))
    os.mkfifo(tmp_path / "b.png")
    script = f"from spikedim.data import open_samples; open_samples({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False
    )
    assert "must hold regular files" in done.stderr


def test_names_that_are_not_utf8_are_only_names(tmp_path, write_image, rng):
    pixels = rng.integers(0, 255, (2, 2, 2), dtype=np.uint8)
    for name, one in zip((b"\xff.png", b"\xfe.png"), pixels, strict=True):
        write_image(tmp_path / os.fsdecode(name), one)
    samples = open_samples(str(tmp_path))
    np.testing.assert_array_equal(samples.to_numpy(), pixels[::-1].reshape(2, 4))


def test_another_crop_has_another_fingerprint(folder, tmp_path):
    path, _ = folder
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(path, "set")
    for place in (path, tmp_path / "x.tar"):
        specs = (f"images:{place}", f"images:{place}@4", f"images:{place}@6")
        assert len({open_samples(spec).fingerprint for spec in specs}) == 3
