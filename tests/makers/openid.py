"""An OpenID provider of the tests' own: real HTTP on this machine, real signatures, strict.

It knows one client and one person at a time, who is asked nothing. What it signs can be bent, to
see that the desk refuses it.
"""

import hashlib
import json
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT: Final = "hubao"
SECRET: Final = "the desk's secret at the provider"  # noqa: S105 - made up
KEY: Final = generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY: Final = generate_private_key(public_exponent=65537, key_size=2048)
Bend = Callable[[dict[str, Any]], dict[str, Any]]
Sign = Callable[[dict[str, Any]], str]


def signed(claims: dict[str, Any], *, key: RSAPrivateKey = KEY) -> str:
    """Sign claims as the provider does."""
    return jwt.encode(claims, key, "RS256", {"kid": "one"})


@dataclass
class OpenId:
    """A running provider.

    Attributes:
        url: its issuer.
        login: `sub` of who sits at the browser.
        more: further claims of theirs.
        bend: changes a token's claims before it is signed.
        sign: signs it.
        config: changes of what it says of itself.
        asked: parameters of the last sign-in.
        granted: what belongs to a code that wasn't used yet.
        access: the access token that it gives.
    """

    url: str
    login: str = "li"
    more: dict[str, Any] = field(default_factory=dict)
    bend: Bend = dict
    sign: Sign = signed
    config: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    granted: dict[str, dict[str, str]] = field(default_factory=dict)
    access: str = field(default_factory=token_urlsafe)

    def about(self) -> dict[str, Any]:
        """What it says of itself."""
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        known = {name: f"{self.url}/{place}" for name, place in places.items()}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **known, **self.config}

    def keys(self) -> dict[str, Any]:
        """Its public key."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def grant(self, asked: dict[str, str]) -> str:
        """Let the person go back with a code; gives where."""
        self.asked = asked
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = token_urlsafe(16)
        self.granted[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, form: dict[str, str], shown: str) -> dict[str, Any]:
        """Give a token for a code; KeyError or AssertionError if it isn't the client's to use."""
        asked = self.granted.pop(form["code"])
        assert b64decode(shown.removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"
        assert form["redirect_uri"] == asked["redirect_uri"]
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        now = int(time.time())
        claims = {
            "iss": self.url, "sub": self.login, "aud": CLIENT, "nonce": asked["nonce"],
            "iat": now, "exp": now + 300, "auth_time": now,
        }  # fmt: skip
        token = self.sign(self.bend(claims | self.more))
        return {"access_token": self.access, "token_type": "Bearer", "id_token": token}


@contextmanager
def openid() -> Iterator[OpenId]:
    """Run a provider until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.openid = OpenId(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.openid  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known: OpenId = self.server.openid  # type: ignore[attr-defined]
        place = urlsplit(self.path)
        if place.path == "/authorize":
            self._answer(302, b"", Location=known.grant(_flat(place.query)))
        elif place.path == "/keys":
            self._json(known.keys())
        elif place.path == "/.well-known/openid-configuration":
            self._json(known.about())
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        known: OpenId = self.server.openid  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            self._json(known.redeem(_flat(body), self.headers.get("Authorization", "")))
        except (KeyError, AssertionError):
            self._json({"error": "invalid_grant"}, status=400)

    def _json(self, told: dict[str, Any], status: int = 200) -> None:
        self._answer(status, json.dumps(told).encode(), **{"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _flat(query: str) -> dict[str, str]:
    return {unquote(name): values[0] for name, values in parse_qs(query).items()}
