"""Tables and texts in csv and tsv files."""

import numpy as np
import pytest

from spikedim._core import InputError
from spikedim.data import open_samples


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return str(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "1,2\n3,4\n5,6\n"),
        ("a.csv", "left,right\n1,2\n3,4\n5,6"),
        ("a.csv", "\ufeffleft,right\r\n1,2\r\n3,4\r\n\r\n5,6\r\n"),
        ("a.csv", "left;right\n1;2\n3;4\n5;6\n"),
        ("a.tsv", "left\tright\n1\t2\n3\t4\n5\t6\n"),
        ("a.csv", '"left","right"\n"1","2"\n3,4e0\n5,6\n'),
        ("a.csv", '"left\nhand","right"\n1,2\n3,4\n5,6\n'),
    ],
)
def test_numbers_are_read_whatever_the_dialect(tmp_path, name, text):
    samples = open_samples(write(tmp_path / name, text))
    np.testing.assert_array_equal(samples.to_numpy(), [[1, 2], [3, 4], [5, 6]])
    assert (samples.modality, samples.layer, samples.dtype) == ("table", "features", np.float64)


def test_a_label_column_is_taken_out_and_named(tmp_path):
    path = write(tmp_path / "a.csv", "x,Label,y\n1,dog,2\n3,cat,4\n")
    samples = open_samples(path)
    np.testing.assert_array_equal(samples.to_numpy(), [[1, 2], [3, 4]])
    assert samples.labels.tolist() == [1, 0]
    assert samples.class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("text", "dtype"), [("x,y\n1,3\n2,4\n", np.int64), ("x,y\n1,.5\n2,4\n", np.float64)]
)
def test_numeric_labels_stay_numbers(tmp_path, text, dtype):
    assert open_samples(write(tmp_path / "a.csv", text)).labels.dtype == dtype


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"at least 2 rows"),
        ("just a sentence\n", r"There is only one line, and it is text"),
        ("a,b\n1,2\n1,2,3\n", r"2 columns in every row; got 3 on line 3"),
        ("a,b\n1,2\n1,dog\n", r"got 'dog' in column 'b', sample 1"),
        ("1,2\n1,dog\n", r"got 'dog' in column '1', sample 1"),
        ("label\n1\n2\n", r"There are only labels"),
        ("a,b\n1,2\n1,nan\n", r"NaN or infinity in sample 1"),
        ("a,b\n1,2\n1,\n", r"got '' in column 'b', sample 1"),
    ],
)
def test_bad_tables_say_where(tmp_path, text, message):
    path = write(tmp_path / "a.csv", text)
    with pytest.raises(InputError, match=message):
        open_samples(path).to_numpy()


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", "text,label\nschön,1\nlaid,0\n", encoding="latin1")
    with pytest.raises(InputError, match=r"`spec` must hold UTF-8 text; .*iconv"):
        open_samples(path)


def test_a_field_that_never_ends_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n" + '"' + "x" * 200_000 + "\n1,2\n")
    with pytest.raises(InputError, match=r"`spec` must be a well-formed table"):
        open_samples(path).to_numpy()


@pytest.mark.parametrize("text", ["text,label\n{},1\n", "{},b\n1,2\n", "1,2\n{},4\n"])
def test_a_cell_that_is_too_long_is_refused_wherever_it_is(tmp_path, text):
    path = write(tmp_path / "a.csv", text.format("x" * 200_000))
    with pytest.raises(InputError, match=r"must be a well-formed table; got line \d of .*a\.csv"):
        open_samples(path).to_numpy()


def test_a_header_of_several_lines_is_named_whole(tmp_path):
    path = write(tmp_path / "a.csv", '"my\nname",other\nx,2\n3,4\n')
    with pytest.raises(InputError, match=r"'x' in column 'my\\nname', sample 0"):
        open_samples(path).to_numpy()


def test_single_files_have_no_other_split(tmp_path):
    with pytest.raises(InputError, match=r"`split` must be 'train' for a single file"):
        open_samples(write(tmp_path / "a.csv", "1,2\n3,4\n"), split="test")


@pytest.mark.parametrize("odd", ["nan", "inf", "1e300"])
def test_labels_that_are_no_usable_numbers_are_names(tmp_path, odd):
    (tmp_path / "x.csv").write_text(f"x,label\n1,2\n3,{odd}\n")
    samples = open_samples(str(tmp_path / "x.csv"))
    assert [samples.class_names[label] for label in samples.labels] == ["2", odd]


def test_a_line_of_many_columns_is_read_whole(tmp_path):
    wide = ",".join(["0.123456789"] * 150_528)
    (tmp_path / "x.csv").write_text(f"{wide}\n{wide}\n")
    assert open_samples(str(tmp_path / "x.csv")).shape == (2, 150_528)
