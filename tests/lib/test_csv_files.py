"""Files for spreadsheets and other offices: no formulas, private, whole."""

import csv
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yibao.lib.csv_files import FORMULA_STARTS, csv_bytes, harmless, write_private

pytestmark = pytest.mark.unit


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_no_cell_begins_like_a_formula_unless_it_is_a_figure(text):
    cell = harmless(text)
    is_figure = cell.lstrip("-").replace(".", "", 1).isdecimal()
    assert is_figure or not cell.startswith(FORMULA_STARTS)
    assert cell.removeprefix("'") == text or cell == text


def test_a_table_reads_back_as_it_was_written():
    content = csv_bytes(("名称", "金额"), [("甲,乙", "-0.50"), ("=1+1", "2")])
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert rows == [["名称", "金额"], ["甲,乙", "-0.50"], ["'=1+1", "2"]]


def test_a_file_is_its_owners_alone_and_leaves_no_draft(tmp_path):
    path = tmp_path / "batch.csv"
    write_private(path, b"first")
    write_private(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["batch.csv"]


def test_what_cannot_be_put_there_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "taken"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(path, b"text")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]
