"""The door: names, schemes, paths, and one line for everything that is none of them."""

import os

import numpy as np
import pytest

from spikedim._core import AbstractProgress, InputError, SampleStream
from spikedim.data import names, open_samples


def test_digits_are_all_there_in_sixteenths():
    samples = open_samples("digits")
    assert samples.shape == (1797, 64)
    assert (samples.dtype, samples.scale, samples.offset) == (np.uint8, 1 / 16, 0.0)
    assert int(samples.to_numpy().max()) == 16
    assert samples.labels.tolist()[:5] == [0, 1, 2, 3, 4]
    assert samples.class_names == tuple("0123456789")
    assert isinstance(samples, SampleStream)


@pytest.mark.parametrize(
    ("spec", "suggestion"),
    [
        ("cifar11", "cifar10"),
        ("digit", "digits"),
        ("fasion-mnist", "fashion-mnist"),
        ("imagnet:somewhere", "imagenet"),
        ("MNIST", "mnist"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(spec, suggestion):
    with pytest.raises(InputError, match=rf"`spec` must be one of .*Did you mean '{suggestion}'"):
        open_samples(spec)


@pytest.mark.parametrize("spec", ["", "  ", "a\0b", "line\nbreak", "\x1b[31mred"])
def test_strange_characters_are_refused_and_shown_escaped(spec):
    with pytest.raises(InputError, match=r"printable characters") as caught:
        open_samples(spec)
    assert str(caught.value).isprintable()


def test_unicode_spaces_and_brackets_in_a_path_are_fine(tmp_path):
    path = tmp_path / "dätä [x] & <y>; $(z).npy"
    np.save(path, np.eye(3))
    assert open_samples(str(path)).shape == (3, 3)


def test_a_very_long_name_is_cut_in_the_message():
    with pytest.raises(InputError) as caught:
        open_samples("x" * 5000)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("spec", ["/no/such/file.npy", "nowhere.npz", "images:/no/dir", "sst2:/x"])
def test_a_missing_file_is_said_to_be_missing(spec):
    with pytest.raises(InputError, match=r"`spec` must name an existing file"):
        open_samples(spec)


@pytest.mark.parametrize("scheme", ["hf", "cifar100", "imagenet", "sst2", "images"])
def test_a_scheme_needs_a_path(scheme):
    with pytest.raises(InputError, match=rf"`spec` must be {scheme}:PATH"):
        open_samples(f"{scheme}:")


@pytest.mark.parametrize("name", names()[1:])
def test_a_set_that_is_not_fetched_says_how(name):
    with pytest.raises(InputError, match=rf"Run `spikedim data fetch {name}`"):
        open_samples(name)


@pytest.mark.parametrize("suffix", [".pkl", ".mat", ".txt", ""])
def test_an_unknown_format_is_refused_unread(tmp_path, suffix):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(b"\x80\x04evil")
    with pytest.raises(InputError, match=r"`spec` must be in a known format"):
        open_samples(str(path))


def test_content_decides_not_the_extension(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    (tmp_path / "a.npy").rename(tmp_path / "a.dat")
    assert open_samples(str(tmp_path / "a.dat")).shape == (3, 3)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"`spec` must hold images"):
        open_samples(str(tmp_path))


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_fewer_than_two_samples_are_refused(tmp_path, rows, suffix):
    path = tmp_path / f"few{suffix}"
    x = np.ones((rows, 3))
    if suffix == ".npy":
        np.save(path, x)
    elif suffix == ".npz":
        np.savez(path, x=x)
    else:
        path.write_text("a,b,c\n" + "1,2,3\n" * rows)
    with pytest.raises(InputError, match=r"`spec` must hold (at least 2|numbers)"):
        open_samples(str(path))


def test_permission_denied_is_said(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n")

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "open", denied)  # root may read anything: chmod proves nothing
    with pytest.raises(InputError, match=r"`spec` must be readable; .*fix the permissions"):
        open_samples(str(path))


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(InputError, match=r"`spec` must be a regular file"):
        open_samples(str(tmp_path / "pipe.npy"))


def test_a_path_object_is_as_good_as_its_text(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    assert open_samples(tmp_path / "a.npy").spec == str(tmp_path / "a.npy")


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("spec", [None, 3, b"digits", ["digits"]])
def test_other_types_are_refused(spec):
    with pytest.raises(InputError, match=r"`spec` must be a name or path"):
        open_samples(spec)


def test_a_folder_that_cannot_be_listed_is_said(tmp_path, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("spikedim.data._images.os.scandir", denied)
    with pytest.raises(InputError, match=r"fix the permissions"):
        open_samples(str(tmp_path))


def test_split_must_be_known_and_there(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3))
    with pytest.raises(InputError, match=r"`split` must be one of train, test, validation"):
        open_samples("digits", split="tset")
    for spec in ("digits", str(tmp_path / "a.npy")):
        with pytest.raises(InputError, match=r"`split` must be 'train'"):
            open_samples(spec, split="test")


def test_memory_budget_is_read_as_people_write_it(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((4, 1000)))
    assert open_samples("digits", memory_budget="1 MB").memory_budget == 1 << 20
    with pytest.raises(InputError, match=r"open_samples: `memory_budget` must be a positive size"):
        open_samples("digits", memory_budget="lots")
    with pytest.raises(InputError, match=r"`memory_budget` must be at least one sample"):
        open_samples(str(tmp_path / "a.npy"), memory_budget=100)


class Listener(AbstractProgress):
    def __init__(self):
        self.done = []

    def start(self, description, total):  # noqa: ARG002
        self.done.append(description)
        return 0

    def advance(self, task, amount=1):  # noqa: ARG002
        self.done.append(amount)

    def finish(self, task):  # noqa: ARG002
        self.done.append("finished")


def test_long_openings_report_progress(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + "good film,1\nbad film,0\ndull plot,0\n")
    listener = Listener()
    open_samples(str(path), layer="embedding:tfidf", progress=listener)
    assert listener.done[0] == "TF-IDF and SVD"
    assert listener.done[-1] == "finished"
