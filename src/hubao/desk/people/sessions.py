"""Sessions and sign-ins as Django has them, each read by one plain statement.

Django reads both anew on every request, which is what ends a session at once. Its ORM takes longer
to write these two statements than the database to answer them.
"""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as Base
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from hubao.desk.people.models import Account

_FIELDS = ("id", "password", "party_id", "username", "is_active")


class SessionStore(Base):
    """Sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT session_key, session_data FROM django_session"
                " WHERE session_key = %s AND expire_date > %s",
                [self.session_key, now],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return Session(session_key=row[0], session_data=row[1])


class SignIns(AuthenticationBackend):  # type: ignore[misc] # allauth ships no types
    """allauth's way of signing in."""

    def get_user(self, user_id: int) -> Account | None:
        """Give the account of a session."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, password, party, username, is_active FROM people_account WHERE id = %s",
                [user_id],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        found = Account.from_db(connection.alias, _FIELDS, row)
        return found if self.user_can_authenticate(found) else None
