"""Time stamps on signed heads by an authority (RFC 3161): that a head existed then, by its word.

The answer is kept as it came, a TimeStampResp in DER, so that others can check it too::

    openssl ts -verify -data head.txt -in head.tsr -CAfile roots.pem

National algorithms (SM2 with SM3) aren't among what the library knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from hubao.desk.core.calls import Call, call
from hubao.desk.core.reach import Reach
from hubao.kit.errors import BadInput, HubaoError, Kind

_WAIT: Final = 30  # seconds
_MOST: Final = 1 << 20  # bytes of an answer
_HEADERS: Final = {
    "content-type": "application/timestamp-query",
    "accept": "application/timestamp-reply",
}
# Whoever runs the server names the authority; what it answers is signed.
_REACH: Final = Reach(loopback=True, inside=True, plain=True)


class BadRoots(BadInput):
    """The file of roots that time stamps are held to can't be read."""

    code = "ledger.bad_roots"


class BadStamp(HubaoError):  # noqa: N818 - says what happened, as its base does
    """A time stamp isn't one, isn't of this head, or isn't by an authority under the roots."""

    code = "ledger.bad_stamp"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True)
class Authority:
    """A time-stamp authority.

    Attributes:
        url: where it takes requests, by HTTP; what it answers is signed, so that is enough.
        roots: of the certificates that it may sign with.
    """

    url: str
    roots: Sequence[Certificate]

    def __post_init__(self) -> None:
        """Look whether it can be called.

        Raises:
            OutOfReach: its address isn't one.
        """
        _REACH.place(self.url)

    def stamp(self, note: str) -> bytes:
        """Have a signed head stamped now; gives the answer as it came.

        Raises:
            CallFailed: the authority doesn't answer.
            BadStamp: it refuses, or its answer isn't for this request.
        """
        builder = TimestampRequestBuilder().data(note.encode())
        wanted = builder.hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
        request = wanted.cert_request(cert_request=True).build()
        answer = _ask(self.url, request.as_bytes())
        _held_to(answer, note, VerifierBuilder.from_request(request), self.roots)
        return answer


def stamped_at(stamp: bytes, *, note: str, roots: Sequence[Certificate]) -> datetime:
    """Say when a head was stamped, in UTC.

    Raises:
        BadStamp: the stamp isn't of this head, or isn't by an authority under the roots.
    """
    return _held_to(stamp, note, VerifierBuilder(), roots)


def read_roots(path: Path) -> list[Certificate]:
    """Read the roots that time stamps are held to.

    Raises:
        BadRoots: the file holds none, or can't be read.
    """
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadRoots(
            f"HUBAO_TSA_ROOTS can't be read ({type(error).__name__}): name a PEM file with the"
            " authority's root certificates."
        ) from None


def _ask(url: str, query: bytes) -> bytes:
    asked = Call(query, _HEADERS, _WAIT, _MOST)
    answer = call(_REACH.place(url), asked, reach=_REACH)
    if answer.status != HTTPStatus.OK:
        raise BadStamp(f"The authority answers with {answer.status}.", status=answer.status)
    return answer.body


def _held_to(
    stamp: bytes, note: str, builder: VerifierBuilder, roots: Sequence[Certificate]
) -> datetime:
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    try:
        answer = _granted(stamp)
        builder.build().verify_message(answer, note.encode())
        # The time that the certificate's validity was held to as well.
        return answer.tst_info.gen_time.astimezone(UTC)
    except (ValueError, VerificationError) as error:
        raise BadStamp(f"The time stamp can't be trusted: {error}.") from None


def _granted(stamp: bytes) -> TimeStampResponse:
    answer = decode_timestamp_response(stamp)
    if answer.status != PKIStatus.GRANTED:
        raise VerificationError(f"the authority's answer has the status {answer.status}")
    return answer
