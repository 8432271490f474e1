import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubao.lake import facts
from hubao.lake.facts import FactFinder, Facts, likely_encoding
from hubao.lake.sources import Format, Source


def found(path: Path, data: bytes) -> Facts:
    path.write_bytes(data)
    with FactFinder([Source(path, Format.CSV, zipped=False, size=len(data))]) as finder:
        return finder.facts()[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(alphabet='a\r\n" \0é中', max_size=30))
def test_blocks_of_any_size_tell_the_same(tmp_path: Path, text: str) -> None:
    data = text.encode()
    whole = found(tmp_path / "log", data)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(facts, "BLOCK", 1)
        assert found(tmp_path / "log", data) == whole

    assert whole.sha256 == hashlib.sha256(data).hexdigest()
    assert whole.lines == len(text.split("\n")) - text.endswith("\n") - (not text)
    stray = text.replace("\r\n", "").count("\r") > 0
    assert whole.plain == (not stray and not any(odd in text for odd in ("\0", '" ', ' "')))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("时间,坐席\n".encode(), "utf-8"),
        ("时间,坐席\n".encode("gb18030"), "gb18030"),
        (b"a,b\n" * 500_000 + "坐席,x\n".encode("gb18030") * 3, "gb18030"),
        ("坐席,保单\n".encode() * 9 + b"\xff\xfe\n" + "坐席\n".encode("gb18030"), "utf-8"),
        ("\U00020000字\n".encode("gb18030") * 2, "gb18030"),
        (b"a,b\n\xff\n", "utf-8"),
    ],
)
def test_the_encoding_is_that_of_most_lines(tmp_path: Path, data: bytes, encoding: str) -> None:
    assert found(tmp_path / "log", data).encoding == encoding


def test_a_tie_is_utf_8() -> None:
    assert likely_encoding(["坐席\n".encode() + "坐席\n".encode("gb18030")]) == "utf-8"
