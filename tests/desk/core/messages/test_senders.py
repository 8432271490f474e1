"""What carries messages: real calls to servers of this machine, refused and unanswered ones too."""

import json
import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import pytest_socket

from hubao.desk.core.messages import web
from hubao.desk.core.messages.chosen import Told, chosen
from hubao.desk.core.messages.gateway import Gateway
from hubao.desk.core.messages.letters import Letter, NotSent, Sender, Unset, filled
from hubao.desk.core.messages.local import Console, Folder
from hubao.desk.core.messages.web import BadPlace
from hubao.kit.errors import HubaoError

TO, TEXT, SECRET = "+8615400001234", '您的验证码是 12345678，"请勿"告诉他人', "s3cret"


@pytest.fixture(autouse=True)
def _sockets() -> Iterator[None]:
    pytest_socket.enable_socket()  # servers on this machine, which only these tests ask
    yield
    pytest_socket.disable_socket(allow_unix_socket=True)


@dataclass
class Web:
    """A web server: what it was asked, and what it answers next."""

    port: int = 0
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    answers: list[tuple[int, object]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        web: Web = self.server.web
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        web.asked.append((self.command, self.path, headers, json.loads(raw) if raw else None))
        status, told = web.answers.pop(0)
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("location", f"http://127.0.0.1:{web.port}/elsewhere")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the library calls it by this name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*answers: tuple[int, object]) -> Iterator[Web]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        told = Web(server.server_address[1], answers=list(answers))
        server.web = told  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


class _Mail(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a mail needs; numbers under 999 are refused."""

    server: Any

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "DATA":
                self._say("354 go on")
                self.server.got.append(b"".join(self._lines()).decode())
                self._say("250 ok")
            elif word == "RCPT" and "999" in line:
                self._say(f"550 nobody is {line}")
            else:
                self.server.said.append(line)
                self._say("221 bye" if word == "QUIT" else "250 ok")

    def _lines(self) -> Iterator[bytes]:
        while (line := self.rfile.readline()) != b".\r\n":
            yield line

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def mailing() -> Iterator[Any]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail) as server:
        server.got, server.said = [], []  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def told(**changes: str | None) -> Told:
    known: dict[str, Any] = {
        "sender": "hubao@insurer.example",
        "to": "{national}@sms.example",
        "body": '{"to": "{to}", "text": "{text}"}',
        "secret": SECRET,
    }
    return Told(**known | changes)


def send(sender: Sender, to: str = TO) -> None:
    sender.send(to=to, text=TEXT, kind="code")


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def clean(error: HubaoError) -> bool:
    """Tell whether a failure repeats nothing of the message, also in what caused it."""
    seen = repr(error) + repr(error.facts) + repr(error.__cause__)
    hidden = error.__suppress_context__ or error.__context__ is None
    return hidden and not any(one in seen for one in (TO, TO[3:], TEXT, SECRET, "12345678"))


class TestGateway:
    def test_is_sent_what_the_setting_says(self) -> None:
        body = (
            '{"mobile": "{national}", "as": ["{to}"], "content": "{text}", "n": 1,'
            ' "sort": "{kind}"}'
        )
        with serving((200, {"ok": True})) as web:
            send(chosen(f"sms+http://127.0.0.1:{web.port}/v1/send?app=7", told(body=body)))

        ((method, path, headers, asked),) = web.asked
        assert (method, path) == ("POST", "/v1/send?app=7")
        assert headers["authorization"] == f"Bearer {SECRET}"
        assert asked == {
            "mobile": "15400001234", "as": [TO], "content": TEXT, "n": 1, "sort": "code"
        }  # fmt: skip

    def test_without_a_secret_is_shown_none(self) -> None:
        with serving((204, b"")) as web:
            send(chosen(f"sms+http://127.0.0.1:{web.port}", told(secret=None)))

        assert "authorization" not in web.asked[0][2]

    @pytest.mark.parametrize("status", [302, 400, 401, 429, 500, 503])
    def test_that_refuses_has_not_sent_and_is_followed_nowhere(self, status: int) -> None:
        answer = status, {"to": TO, "text": TEXT}
        with serving(answer) as web, pytest.raises(NotSent) as failed:
            send(chosen(f"sms+http://127.0.0.1:{web.port}", told()))

        assert failed.value.facts == {"status": status}
        assert clean(failed.value)
        assert len(web.asked) == 1

    def test_that_is_not_there_has_not_sent(self) -> None:
        with pytest.raises(NotSent) as failed:
            send(chosen(f"sms+http://127.0.0.1:{closed_port()}", told()))

        assert clean(failed.value)

    def test_that_never_answers_has_not_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(web, "TIMEOUT", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotSent) as failed:
            send(chosen(f"sms+http://127.0.0.1:{silent.getsockname()[1]}", told()))

        assert clean(failed.value)

    @pytest.mark.parametrize(
        "url",
        ["http://gateway.example/", "ftp://127.0.0.1", "https://", "https://h:port/", "//x"],
    )
    def test_is_called_by_https_or_on_this_machine(self, url: str) -> None:
        with pytest.raises(BadPlace):
            chosen(f"sms+{url}", told())

    @pytest.mark.parametrize("body", ["", "[]", "{", '{"to": "{to}"}', '{"text": "{text}"}'])
    def test_must_be_told_number_and_text(self, body: str) -> None:
        with pytest.raises(BadPlace, match="HUBAO_MESSAGES_BODY"):
            chosen("sms+https://gateway.example", told(body=body))


class TestWeCom:
    def url(self, web: Web) -> str:
        return f"wecom+http://127.0.0.1:{web.port}?corp=ww1&agent=1000002"

    def test_sends_an_applications_message_with_a_token_that_is_kept(self) -> None:
        token, sent = (200, {"errcode": 0, "access_token": "t1"}), (200, {"errcode": 0})
        with serving(token, sent, sent) as web:
            sender = chosen(self.url(web), told(to="{national}"))
            send(sender)
            send(sender)

        assert [one[1] for one in web.asked] == [
            f"/cgi-bin/gettoken?corpid=ww1&corpsecret={SECRET}",
            *["/cgi-bin/message/send?access_token=t1"] * 2,
        ]
        assert web.asked[1][3] == {
            "touser": "15400001234",
            "msgtype": "text",
            "agentid": 1000002,
            "text": {"content": TEXT},
        }

    @pytest.mark.parametrize("stale", [40014, 42001])
    def test_asks_for_another_token_when_the_kept_one_has_ended(self, stale: int) -> None:
        answers = [
            {"errcode": 0, "access_token": "t1"}, {"errcode": stale},
            {"errcode": 0, "access_token": "t2"}, {"errcode": 0},
        ]  # fmt: skip
        with serving(*((200, one) for one in answers)) as web:
            send(chosen(self.url(web), told()))

        assert web.asked[-1][1].endswith("access_token=t2")

    @pytest.mark.parametrize(
        "answers",
        [
            [{"errcode": 40001, "errmsg": SECRET}],
            [None],
            [{"access_token": "t"}, {"errcode": 81013, "errmsg": TO}],
            [{"access_token": "t"}, {"errcode": 0, "invaliduser": TO}],
            [{"access_token": "t"}, {}],
        ],
    )
    def test_that_took_none_has_not_sent(self, answers: list[object]) -> None:
        with serving(*((200, one) for one in answers)) as web, pytest.raises(NotSent) as failed:
            send(chosen(self.url(web), told()))

        assert clean(failed.value)

    @pytest.mark.parametrize("query", ["", "?corp=ww1", "?corp=ww1&agent=x", "?agent=1"])
    def test_wants_company_and_application(self, query: str) -> None:
        with pytest.raises(BadPlace):
            chosen(f"wecom+https://qyapi.weixin.qq.com{query}", told())


class TestMail:
    def test_is_handed_over(self) -> None:
        with mailing() as server:
            send(chosen(f"smtp:127.0.0.1:{server.server_address[1]}", told()))

        (letter,) = server.got
        head, _, _ = letter.partition("\r\n\r\n")
        assert "To: 15400001234@sms.example" in head
        assert "From: hubao@insurer.example" in head
        assert "12345678" not in head  # no code in a subject

    def test_that_is_refused_was_not_sent(self) -> None:
        with mailing() as server, pytest.raises(NotSent) as failed:
            send(chosen(f"smtp:127.0.0.1:{server.server_address[1]}", told()), to="+8699900001234")

        assert clean(failed.value)
        assert "999" not in repr(failed.value)

    def test_with_a_user_is_never_sent_in_clear(self) -> None:
        with mailing() as server, pytest.raises(NotSent):
            send(chosen(f"smtp:127.0.0.1:{server.server_address[1]}", told(user="desk")))

        assert server.got == []
        assert not any("AUTH" in one for one in server.said)

    @pytest.mark.parametrize("to", ["{to}", "{to}@a\r\nBcc: b@c"])
    def test_wants_an_address(self, to: str) -> None:
        with pytest.raises(NotSent, match="HUBAO_MESSAGES_TO"):
            send(chosen(f"smtp:127.0.0.1:{closed_port()}", told(to=to)))


class TestHere:
    def test_a_folder_holds_each_message_for_its_owner_alone(self, tmp_path: Path) -> None:
        sender = chosen(f"file:{tmp_path / 'new'}", told())
        send(sender)
        send(sender)

        files = sorted((tmp_path / "new").iterdir())

        assert len(files) == 2
        assert json.loads(files[0].read_text("utf-8")) == {"to": TO, "text": TEXT, "kind": "code"}
        assert {one.stat().st_mode & 0o777 for one in files} == {0o600}

    def test_a_folder_that_can_not_be_written_is_told_of(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        with pytest.raises(NotSent) as failed:
            send(Folder(tmp_path / "file"))
        assert clean(failed.value)

    def test_the_console_prints(self, capsys: pytest.CaptureFixture[str]) -> None:
        send(chosen("console", told()))

        assert capsys.readouterr().out == f"[code] {TO}: {TEXT}\n"

    def test_nothing_sends_where_nothing_is_set(self) -> None:
        with pytest.raises(NotSent, match="HUBAO_MESSAGES"):
            send(Unset())


class TestChosen:
    @pytest.mark.parametrize(
        "messages",
        ["", "file", "file:", "console:x", "smtp", "smtp:", "smtp:h:x", "sms:1", "fax:1"],
    )
    def test_is_one_of_those_known(self, messages: str) -> None:
        with pytest.raises(BadPlace):
            chosen(messages, told())

    def test_shows_no_secret(self) -> None:
        for messages in ("sms+https://a.example", "wecom+https://b.example?corp=c&agent=1",
                         "smtp:mail.example"):  # fmt: skip
            assert SECRET not in repr(chosen(messages, told())) + repr(told())

    def test_a_letter_shows_nothing(self) -> None:
        assert repr(Letter(TO, TEXT, "code")) == "Letter(kind=code)"

    def test_what_is_put_in_is_not_looked_at_again(self) -> None:
        assert filled("{text}|{to}|{other}", to="{text}", text="{to}") == "{to}|{text}|{other}"

    def test_kinds_are_told_apart(self) -> None:
        assert isinstance(chosen("console", told()), Console)
        assert isinstance(chosen("sms+https://a.example", told()), Gateway)
