"""Files that can't be used: one sentence that names the file."""

import gzip
from pathlib import Path

import openpyxl
import pytest

from hubao.kit.errors import BadInput
from hubao.lake.reading import (
    Reading,
    read_access,
    read_victims,
)
from tests.lake.samples import (
    ROWS,
    contents,
    csv_text,
    json_lines,
    table,
    write,
    xes,
)


class TestRefusals:
    @pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet", "log.xes", "log"])
    @pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
    def test_an_empty_file_is_refused(
        self, reading: Reading, tmp_path: Path, name: str, content: bytes
    ) -> None:
        with pytest.raises(BadInput, match=r"is empty|named as Parquet"):
            read_access(reading, [write(tmp_path / name, content)])

    @pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.parquet"])
    def test_headers_without_rows_are_refused(
        self, reading: Reading, tmp_path: Path, name: str
    ) -> None:
        content = table().slice(0, 0) if name.endswith("parquet") else csv_text([])

        with pytest.raises(BadInput, match="no rows"):
            read_access(reading, [write(tmp_path / name, content)])

    @pytest.mark.parametrize(
        ("name", "format_"),
        [
            ("log.parquet", "csv"),
            ("log.csv", "parquet"),
            ("log.csv", "xes"),
            ("log.csv", "json"),
            ("log.xes", "csv"),
            ("log.json", "xes"),
            ("log.jsonl", "parquet"),
            ("log.xlsx", "csv"),
        ],
    )
    def test_a_file_that_is_not_what_its_name_says_is_refused(
        self, reading: Reading, tmp_path: Path, name: str, format_: str
    ) -> None:
        path = write(tmp_path / "any", contents(format_)).rename(tmp_path / name)

        with pytest.raises(BadInput, match="is named as") as caught:
            read_access(reading, [path])

        assert str(path) in caught.value.message

    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("log.csv.gz", csv_text().encode(), "named as gzip"),
            ("log.csv", gzip.compress(csv_text().encode(), mtime=0), "it is gzip"),
            ("log.csv.gz", gzip.compress(csv_text().encode(), mtime=0)[:-12], "cut-off gzip"),
            ("log.csv.gz", gzip.compress(csv_text().encode(), mtime=0) + b"rest", "cut-off gzip"),
            ("log.xes.gz", gzip.compress(xes().encode(), mtime=0)[:-12], "cut-off gzip"),
            ("log.jsonl.gz", gzip.compress(json_lines().encode(), mtime=0)[:-12], "cut-off gzip"),
            ("log.csv", csv_text().encode("utf-16"), "UTF-16"),
            ("log.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 99, "old Excel"),
            ("log.parquet", b"PAR1" + b"0" * 99, "cut-off Parquet"),
            ("log.jsonl", b'[{"a": 1}]', "one object per line"),
            ("log.xes", b"<html><body/></html>", "no XES log"),
            ("log.xes", b"<log><trace>", "line 1"),
            ("log.xes", b"<log></log>", "no XES event"),
        ],
    )
    def test_a_broken_file_is_refused_by_name(
        self, reading: Reading, tmp_path: Path, name: str, data: bytes, said: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(data)

        with pytest.raises(BadInput, match=said) as caught:
            read_access(reading, [path])

        assert str(path) in caught.value.message

    def test_parquet_spoilt_within_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        whole = write(tmp_path / "whole.parquet", table(ROWS * 2000))
        data = bytearray(whole.read_bytes())
        data[4:400] = b"\xff" * 396
        spoilt = tmp_path / "spoilt.parquet"
        spoilt.write_bytes(bytes(data))

        with pytest.raises(BadInput, match=r"spoilt\.parquet"):
            read_access(reading, [whole, spoilt])

    def test_a_workbook_is_no_access_log(self, reading: Reading, tmp_path: Path) -> None:
        path = tmp_path / "log.xlsx"
        openpyxl.Workbook().save(path)

        with pytest.raises(BadInput, match="not read as access"):
            read_access(reading, [path])

    def test_a_document_type_is_refused(self, reading: Reading, tmp_path: Path) -> None:
        levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        bomb = xes(before=f'<!DOCTYPE log [<!ENTITY l0 "lol">{levels}]>')
        path = write(tmp_path / "log.xes", bomb.replace('value="A1"', 'value="&l9;"'))

        with pytest.raises(BadInput, match=r"document type|well-formed"):
            read_access(reading, [path])

    def test_an_entity_from_outside_is_never_read(self, reading: Reading, tmp_path: Path) -> None:
        secret = write(tmp_path / "secret", "A1")
        attack = xes(before=f'<!DOCTYPE log [<!ENTITY x SYSTEM "file://{secret}">]>')
        path = write(tmp_path / "log.xes", attack.replace("<log>", "<log>&x;"))

        with pytest.raises(BadInput, match="document type"):
            read_access(reading, [path])

    def test_two_files_are_no_small_table(self, reading: Reading, tmp_path: Path) -> None:
        for name in ("a.csv", "b.csv"):
            write(tmp_path / name, "policy\nP1\n")

        with pytest.raises(BadInput, match="give one"):
            read_victims(reading, tmp_path / "*.csv")
