"""The .ts format of aeon and sktime."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples

HEAD = "#comment\n@problemName Toy\n@timeStamps false\n@univariate false\n@equalLength false\n"
LABELS = "@classLabel true a b\n"
DATA = "@data\n1,2,3:4,5,6:b\n7,8:9,10:a\n"


def test_unequal_lengths_are_padded_with_zeros_and_said(tmp_path):
    path = tmp_path / "toy.ts"
    path.write_text(HEAD + LABELS + DATA)
    samples = open_samples(str(path), layer="tokens")
    np.testing.assert_array_equal(
        samples.to_numpy(), [[[1, 4], [2, 5], [3, 6]], [[7, 9], [8, 10], [0, 0]]]
    )
    assert samples.tokens == 3
    assert samples.labels.tolist() == [1, 0]
    assert samples.class_names == ("a", "b")
    assert any(
        "from 2 to 3 steps: shorter series padded with zeros" in note for note in samples.notes
    )
    assert open_samples(str(path)).shape == (2, 6)
    np.testing.assert_array_equal(
        open_samples(str(path), layer="features:2").to_numpy(), [[1, 4, 2, 5], [7, 9, 8, 10]]
    )


def test_the_test_split_is_the_sibling_file(tmp_path):
    (tmp_path / "Toy_TRAIN.ts").write_text(HEAD + LABELS + DATA)
    (tmp_path / "Toy_TEST.ts").write_text(HEAD + LABELS + DATA + "0:1:a\n")
    assert open_samples(str(tmp_path / "Toy_TRAIN.ts"), split="test").shape == (3, 6)
    test = open_samples(str(tmp_path / "Toy_TEST.ts"), split="test")
    assert test.shape == (3, 6), "a file named after a split is that split"
    (tmp_path / "Toy_TEST.ts").unlink()
    with pytest.raises(InputError, match=r"`split` must be a split of Toy_TRAIN.ts"):
        open_samples(str(tmp_path / "Toy_TRAIN.ts"), split="test")


def test_series_without_labels(tmp_path):
    path = tmp_path / "toy.ts"
    path.write_text(HEAD + "@classLabel false\n@data\n1,2,3\n4,5,6\n")
    samples = open_samples(str(path))
    np.testing.assert_array_equal(samples.to_numpy(), [[1, 2, 3], [4, 5, 6]])
    assert samples.labels is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"must be a .ts file with @tags and @data"),
        ("1,2\n3,4\n", r"must be a .ts file"),
        (HEAD + LABELS + "@data\n", r"must hold series after @data"),
        (HEAD + LABELS + "@data\n1,2:a\n1,2:3,4:b\n", r"1 dimensions in every series; got 2"),
        (HEAD + LABELS + "@data\n1,2:a\n1,?:b\n", r"a missing value '\?' in series 1"),
        (HEAD + LABELS + "@data\n1,2:a\n1,x:b\n", r"could not convert string .* in series 1"),
        (HEAD + LABELS + "@data\n1,2:a\n1,nan:b\n", r"NaN or infinity in sample 1"),
        ("@timeStamps true\n@data\n(0,1):a\n", r"time stamps"),
        (HEAD + LABELS + "@data\na\nb\n", r"must hold values and a label"),
    ],
)
def test_bad_files_say_where(tmp_path, text, message):
    path = tmp_path / "toy.ts"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        open_samples(str(path)).to_numpy()
