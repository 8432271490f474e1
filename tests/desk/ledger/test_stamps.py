"""Time stamps on heads: got from a real authority, held to its root, and refused if bent."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from hubao.desk.core.calls import CallFailed
from hubao.desk.ledger.publishing import BadOutside, NotPublished, places, publish
from hubao.desk.ledger.stamps import Authority, BadRoots, BadStamp, read_roots, stamped_at
from tests.desk.core.test_calls import answering, saying
from tests.makers.stamping import DAY, Stamping, stamping

pytestmark = [pytest.mark.needs("openssl"), pytest.mark.allow_hosts(["127.0.0.1"])]
NOTE = "insurer.example/ledger\n7\n…\n"


@pytest.fixture
def tsa(tmp_path: Path) -> Iterator[Stamping]:
    (tmp_path / "tsa").mkdir()
    with stamping(tmp_path / "tsa") as running:
        yield running


def authority(tsa: Stamping) -> Authority:
    return Authority(tsa.url, read_roots(tsa.roots))


class TestStamp:
    def test_says_when_the_head_was_there(self, tsa: Stamping) -> None:
        before = datetime.now(UTC).replace(microsecond=0)

        stamp = authority(tsa).stamp(NOTE)

        at = stamped_at(stamp, note=NOTE, roots=read_roots(tsa.roots))
        assert before <= at <= datetime.now(UTC)

    def test_is_checked_without_hubao_too(self, tsa: Stamping) -> None:
        (tsa.folder / "head.tsr").write_bytes(authority(tsa).stamp(NOTE))
        (tsa.folder / "head.txt").write_text(NOTE, encoding="utf-8")

        said = tsa.openssl("-verify", "-data", "head.txt", "-in", "head.tsr", "-CAfile", "root.pem")

        assert "Verification: OK" in said

    def test_is_asked_for_with_a_nonce_and_the_certificate(self, tsa: Stamping) -> None:
        authority(tsa).stamp(NOTE)

        asked = tsa.openssl("-query", "-in", "query", "-text")

        assert "Certificate required: yes" in asked
        assert "Nonce: 0x" in asked
        assert "Hash Algorithm: sha256" in asked

    def test_outlives_the_certificate_that_made_it(self, tsa: Stamping) -> None:
        tsa.renew(until=timedelta(seconds=2))
        stamp, roots = authority(tsa).stamp(NOTE), read_roots(tsa.roots)

        subprocess.run(["/bin/sleep", "3"], check=True)

        assert stamped_at(stamp, note=NOTE, roots=roots) < datetime.now(UTC)

    def test_of_another_head_is_refused(self, tsa: Stamping) -> None:
        stamp = authority(tsa).stamp(NOTE)

        with pytest.raises(BadStamp, match="Mismatch between messages"):
            stamped_at(stamp, note=NOTE + " ", roots=read_roots(tsa.roots))

    def test_under_another_root_is_refused(self, tsa: Stamping) -> None:
        stamp = authority(tsa).stamp(NOTE)
        tsa.renew()

        with pytest.raises(BadStamp):
            stamped_at(stamp, note=NOTE, roots=read_roots(tsa.roots))

    def test_that_was_changed_anywhere_that_counts_is_refused(self, tsa: Stamping) -> None:
        stamp, roots = authority(tsa).stamp(NOTE), read_roots(tsa.roots)
        at = stamp.index(datetime.now(UTC).strftime("%Y%m%d").encode())
        imprint = stamp.index(hashlib.sha256(NOTE.encode()).digest())
        places_of = {"time": at + 3, "imprint": imprint, "signature": len(stamp) - 9}

        taken = []
        for what, place in places_of.items():
            changed = bytearray(stamp)
            changed[place] ^= 1
            try:
                stamped_at(bytes(changed), note=NOTE, roots=roots)
            except BadStamp:
                continue
            taken.append(what)

        assert taken == []

    @pytest.mark.parametrize("junk", [b"", b"<html>", b"0" * 3000])
    def test_that_is_none_is_refused(self, tsa: Stamping, junk: bytes) -> None:
        with pytest.raises(BadStamp):
            stamped_at(junk, note=NOTE, roots=read_roots(tsa.roots))


class TestAuthority:
    def test_that_answers_an_earlier_request_again_is_refused(self, tsa: Stamping) -> None:
        authority(tsa).stamp(NOTE)
        tsa.after = lambda _: tsa.answers[0]

        with pytest.raises(BadStamp, match="Nonce"):
            authority(tsa).stamp(NOTE)

    def test_that_stamps_something_else_is_refused(self, tsa: Stamping) -> None:
        ours, other = (hashlib.sha256(text.encode()).digest() for text in (NOTE, "other"))
        tsa.before = lambda query: query.replace(ours, other)

        with pytest.raises(BadStamp, match="Mismatch between messages"):
            authority(tsa).stamp(NOTE)

    @pytest.mark.parametrize(
        "valid", [{"since": -2 * DAY, "until": -DAY}, {"since": DAY, "until": 2 * DAY}], ids=str
    )
    def test_whose_certificate_is_not_valid_now_is_refused(
        self, tsa: Stamping, valid: dict[str, Any]
    ) -> None:
        tsa.renew(**valid)

        with pytest.raises(BadStamp):
            authority(tsa).stamp(NOTE)

    def test_that_refuses_is_told_of(self, tsa: Stamping) -> None:
        tsa.renew(digests="sha512")

        with pytest.raises(BadStamp, match="status 2"):
            authority(tsa).stamp(NOTE)

    def test_that_does_not_answer_is_told_of(self, tsa: Stamping) -> None:
        gone = Authority("http://127.0.0.1:9/", read_roots(tsa.roots))

        with pytest.raises(CallFailed, match="no_connection"):
            gone.stamp(NOTE)


def bend(tsa: Stamping, how: Callable[[bytes], bytes]) -> None:
    tsa.after = how


class TestPublish:
    def to(self, tsa: Stamping, *more: str) -> Any:  # noqa: ANN401 - what `places` gives
        told = ",".join((f"tsa:{tsa.url}", *more))
        return places(told, mail_server="mail:25", tsa_roots=tsa.roots)

    def test_puts_the_stamp_beside_the_head_in_every_folder(
        self, tsa: Stamping, tmp_path: Path
    ) -> None:
        to = self.to(tsa, f"file:{tmp_path / 'a'}", f"file:{tmp_path / 'b'}")

        assert publish(NOTE, size=7, to=to) == 3

        for place in ("a", "b"):
            (head,) = (tmp_path / place).glob("head-*.txt")
            stamp = head.with_suffix(".tsr").read_bytes()
            assert stamped_at(stamp, note=head.read_text(), roots=read_roots(tsa.roots))

    def test_attaches_the_stamp_to_mail(
        self, tsa: Stamping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = list[EmailMessage]()
        monkeypatch.setattr("smtplib.SMTP.__init__", lambda *_, **__: None)
        monkeypatch.setattr("smtplib.SMTP.__exit__", lambda *_: None)
        monkeypatch.setattr("smtplib.SMTP.send_message", lambda _, one: sent.append(one))

        publish(NOTE, size=7, to=self.to(tsa, "mail:audit@insurer.example"))

        (stamp,) = sent[0].iter_attachments()
        assert stamp.get_content() == tsa.answers[0]

    @pytest.mark.parametrize("how", [lambda _: b"", lambda answer: answer[:-9] + b"not signed"])
    def test_that_is_not_stamped_is_one_place_short_and_keeps_no_stamp(
        self, tsa: Stamping, tmp_path: Path, how: Callable[[bytes], bytes]
    ) -> None:
        bend(tsa, how)

        with pytest.raises(NotPublished):
            publish(NOTE, size=7, to=self.to(tsa, f"file:{tmp_path / 'a'}"))

        assert [path.suffix for path in (tmp_path / "a").iterdir()] == [".txt"]

    def test_that_is_not_stamped_still_goes_to_two_folders(
        self, tsa: Stamping, tmp_path: Path
    ) -> None:
        bend(tsa, lambda _: b"")
        to = self.to(tsa, f"file:{tmp_path / 'a'}", f"file:{tmp_path / 'b'}")

        assert publish(NOTE, size=7, to=to) == 2

    def test_an_authority_that_speaks_no_http_keeps_no_other_place_waiting(
        self, tsa: Stamping, tmp_path: Path
    ) -> None:
        with answering(saying(b"junk\r\n\r\n")) as url:
            to = places(
                f"tsa:{url},file:{tmp_path / 'a'},file:{tmp_path / 'b'}",
                mail_server=None,
                tsa_roots=tsa.roots,
            )

            assert publish(NOTE, size=7, to=to) == 2


class TestPlaces:
    @pytest.mark.parametrize(
        "told",
        [
            "tsa:https://tsa.example",
            "tsa:https://tsa.example,tsa:https://other.example,file:/x",
            "tsa:ftp://tsa.example,file:/x",
            "tsa:file:///etc/passwd,file:/x",
        ],
    )
    def test_refuse_stamps_that_would_lie_nowhere_or_come_from_nowhere(
        self, tsa: Stamping, told: str
    ) -> None:
        with pytest.raises(BadOutside):
            places(told, mail_server=None, tsa_roots=tsa.roots)

    def test_need_the_roots(self, tmp_path: Path) -> None:
        told = "tsa:https://tsa.example,file:/x"
        (tmp_path / "empty.pem").write_text("")

        with pytest.raises(BadOutside, match="HUBAO_TSA_ROOTS"):
            places(told, mail_server=None)
        for path in ("missing.pem", "empty.pem"):
            with pytest.raises(BadRoots):
                places(told, mail_server=None, tsa_roots=tmp_path / path)
