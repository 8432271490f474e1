"""Mail by SMTP; with a user and password, only over TLS."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage

from hubao.desk.core.calls import TIMEOUT
from hubao.desk.core.messages.letters import NotSent, filled


@dataclass(frozen=True)
class Mail:
    """A mail server.

    Attributes:
        host: its name.
        port: where it listens.
        sender: the address that mail comes from.
        to: pattern that makes a mail address of an address, as {national}@sms.insurer.example.
        subject: of every mail; the text is in the body alone.
        user: to sign in with, if the server wants that.
        secret: its password.
    """

    host: str
    port: int
    sender: str
    to: str = "{to}"
    subject: str = "hubao"
    user: str | None = None
    secret: str = field(default="", repr=False)

    def send(self, *, to: str, text: str, kind: str) -> None:
        """Hand the message to the server."""
        address = filled(self.to, to=to, kind=kind)
        if "@" not in address or not address.isprintable():
            raise NotSent("This address takes no mail: set HUBAO_MESSAGES_TO.")
        letter = EmailMessage()
        letter["Subject"], letter["From"], letter["To"] = self.subject, self.sender, address
        letter.set_content(text)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT) as link:
                if self.user is not None:
                    link.starttls(context=ssl.create_default_context())
                    link.login(self.user, self.secret)
                link.send_message(letter)
        except (OSError, smtplib.SMTPException) as error:
            # From nothing: what servers answer repeats the address.
            raise NotSent(f"The mail server took no mail ({type(error).__name__}).") from None
