"""A time-stamp authority of the tests' own: a throw-away CA, and openssl behind HTTP."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY: Final = timedelta(days=1)
_CONFIG: Final = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = {digests}
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def find_openssl() -> str | None:
    """Path of openssl, or None."""
    return shutil.which("openssl")


@dataclass
class Stamping:
    """A running authority.

    Attributes:
        url: where it takes requests.
        folder: of its keys, with `root.pem`.
        before: changes a request before it is answered.
        after: changes an answer.
    """

    url: str
    folder: Path
    before: Callable[[bytes], bytes] = bytes
    after: Callable[[bytes], bytes] = bytes
    answers: list[bytes] = field(default_factory=list)

    @property
    def roots(self) -> Path:
        """The file of its root."""
        return self.folder / "root.pem"

    def renew(
        self, *, since: timedelta = -DAY, until: timedelta = DAY, digests: str = "sha256"
    ) -> None:
        """Give it a root and a key of its own, valid from and until these times from now."""
        root, root_key = _certificate("root", None)
        told, key = _certificate("tsa", (root, root_key), since=since, until=until)
        self.roots.write_bytes(root.public_bytes(Encoding.PEM))
        (self.folder / "tsa.pem").write_bytes(told.public_bytes(Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ts.cnf").write_text(_CONFIG.format(folder=self.folder, digests=digests))

    def answer(self, query: bytes) -> bytes:
        """Stamp."""
        (self.folder / "query").write_bytes(self.before(query))
        self.openssl("-reply", "-config", "ts.cnf", "-queryfile", "query", "-out", "answer")
        self.answers.append((self.folder / "answer").read_bytes())
        return self.after(self.answers[-1])

    def openssl(self, *words: str) -> str:
        """Run `openssl ts`; gives what it says."""
        done = subprocess.run(
            ["openssl", "ts", *words],  # noqa: S607 - whichever is on the machine
            cwd=self.folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout + done.stderr


@contextmanager
def stamping(folder: Path) -> Iterator[Stamping]:
    """Run an authority until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made = Stamping(f"http://127.0.0.1:{server.server_port}/tsa", folder)
    made.renew()
    server.stamping = made  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        right = self.headers["Content-Type"] == "application/timestamp-query"
        body = self.server.stamping.answer(query) if right else b""  # type: ignore[attr-defined]
        self.send_response(200 if right else 415)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _certificate(
    name: str,
    by: tuple[x509.Certificate, RSAPrivateKey] | None,
    *,
    since: timedelta = -30 * DAY,
    until: timedelta = 30 * DAY,
) -> tuple[x509.Certificate, RSAPrivateKey]:
    key, now = generate_private_key(public_exponent=65537, key_size=2048), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        stamps = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamps, critical=True)
    return builder.sign(by[1] if by else key, SHA256()), key
