"""Units, parties and what belongs to them."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from hubao.desk.core.models import Outbox


class Unit(models.Model):
    """A place in the insurer's tree of units; `path` is made of the ids from the top down."""

    id = models.CharField(primary_key=True, max_length=60)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_column="parent")
    path = models.CharField(max_length=800, db_index=True)

    class Meta:
        """One tree."""

        db_table = "people_unit"


class Party(models.Model):
    """A person who works here, a partner, or a service account; never deleted, only left."""

    id = models.CharField(primary_key=True, max_length=60)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, db_column="unit")
    hired_at = models.DateTimeField(null=True)
    notice_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Whose day has come and isn't dealt with yet?"""

        db_table = "people_party"
        indexes: ClassVar = [
            models.Index(
                fields=["left_at"], condition=models.Q(ended_at=None), name="people_party_to_end"
            )
        ]


class Identity(models.Model):
    """A login in some system, and whose it is."""

    system = models.CharField(max_length=60)
    login = models.CharField(max_length=60)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, db_column="party")

    class Meta:
        """A login is one party's."""

        db_table = "people_identity"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "login"], name="people_identity_once")
        ]


class Grant(models.Model):
    """A role that a person has."""

    party = models.ForeignKey(
        Party, on_delete=models.PROTECT, related_name="grants", db_column="party"
    )
    role = models.CharField(max_length=20)

    class Meta:
        """Each role once."""

        db_table = "people_grant"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["party", "role"], name="people_grant_once")
        ]


class Account(AbstractBaseUser):
    """A person's sign-in to the console; the name to sign in with is the person's id."""

    party = models.OneToOneField(Party, on_delete=models.PROTECT, db_column="party")
    username = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    objects = BaseUserManager["Account"]()

    class Meta:
        """One a person."""

        db_table = "people_account"


class Token(models.Model):
    """A service account's key to the API; only its hash is kept."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, db_column="party")
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField()
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Found by its hash."""

        db_table = "people_token"


class Endpoint(models.Model):
    """Where a client takes webhooks; its secrets are encrypted, and gone once it is disabled."""

    id = models.CharField(primary_key=True, max_length=25)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, db_column="party")
    url = models.CharField(max_length=500)
    topics = models.JSONField()
    secret = models.BinaryField(null=True)
    old_secret = models.BinaryField(null=True)
    old_until = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    failing_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        """Either it has a secret, or it is disabled."""

        db_table = "people_endpoint"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(disabled_at=None, secret__isnull=False)
                | models.Q(disabled_at__isnull=False, secret=None, old_secret=None),
                name="people_endpoint_secret",
            ),
            models.CheckConstraint(
                condition=models.Q(old_secret=None, old_until=None)
                | models.Q(old_secret__isnull=False, old_until__isnull=False),
                name="people_endpoint_old_secret",
            ),
        ]


class Sending(models.Model):
    """A message on its way to an endpoint; its id is the webhook's, however often it is tried.

    While it waits, `next_at` is when it is tried next, or until when whoever tries it has it.
    """

    id = models.CharField(primary_key=True, max_length=25)
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="sendings", db_column="endpoint"
    )
    message = models.ForeignKey(Outbox, on_delete=models.PROTECT, db_column="message")
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=20, null=True)

    class Meta:
        """Each message once for each endpoint; it waits, was sent, or was given up."""

        db_table = "people_sending"
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=models.Q(next_at__isnull=False),
                name="people_sending_waiting",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "message"], name="people_sending_once"),
            models.CheckConstraint(
                condition=models.Q(next_at__isnull=False, sent_at=None, given_up_at=None)
                | models.Q(next_at=None, sent_at__isnull=False, given_up_at=None)
                | models.Q(next_at=None, sent_at=None, given_up_at__isnull=False),
                name="people_sending_one_state",
            ),
        ]
