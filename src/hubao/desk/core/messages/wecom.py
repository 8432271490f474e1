"""WeCom (企业微信): an application's text message to a member, by its server API.

The token that the API wants in the address is asked for once and kept until it is refused.
Source: developer.work.weixin.qq.com, "获取access_token" and "发送应用消息".
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from hubao.desk.core.messages.letters import NotSent, filled
from hubao.desk.core.messages.web import Place

_STALE: Final = (40014, 42001)  # the token is wrong, or has ended
_NOBODY: Final = ("invaliduser", "unlicenseduser")


@dataclass
class WeCom:
    """An application of a company's WeCom.

    Attributes:
        place: where the API is.
        company: its id (corpid).
        agent: number of the application.
        to: pattern that makes a member's id of an address.
        secret: the application's.
    """

    place: Place
    company: str
    agent: int
    to: str = "{to}"
    secret: str = field(default="", repr=False)
    _token: str | None = field(default=None, repr=False)

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Send the message; with a new token if the kept one has ended."""
        body = {
            "touser": filled(self.to, to=to, kind=kind),
            "msgtype": "text",
            "agentid": self.agent,
            "text": {"content": text},
        }
        told = self._call(body)
        if told.get("errcode") in _STALE:
            self._token = None
            told = self._call(body)
        if told.get("errcode") != 0 or any(told.get(one) for one in _NOBODY):
            raise NotSent("WeCom took no message.", errcode=_number(told.get("errcode")))

    def _call(self, body: dict[str, object]) -> dict[str, object]:
        asked = urlencode({"access_token": self._token or self._asked_token()})
        return _object(self.place.call(body=body, target=f"/cgi-bin/message/send?{asked}"))

    def _asked_token(self) -> str:
        asked = urlencode({"corpid": self.company, "corpsecret": self.secret})
        told = _object(self.place.call(target=f"/cgi-bin/gettoken?{asked}"))
        token = told.get("access_token")
        if not isinstance(token, str) or not token:
            raise NotSent("WeCom gave no token.", errcode=_number(told.get("errcode")))
        self._token = token
        return token


def _object(told: object) -> dict[str, object]:
    return told if isinstance(told, dict) else {}


def _number(told: object) -> int:
    return told if isinstance(told, int) else -1
