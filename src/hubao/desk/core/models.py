"""Tables that every room shares."""

from typing import ClassVar

from django.db import models


class Item(models.Model):
    """A work item: what somebody has to do, for which records; rooms above open and close it."""

    id = models.CharField(primary_key=True, max_length=25)
    kind = models.CharField(max_length=40)
    owner = models.CharField(max_length=60, null=True)
    team = models.CharField(max_length=60)
    opened_by = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outside_ref = models.CharField(max_length=60, null=True)
    barred = models.CharField(max_length=60, null=True)  # whom it is about, who mustn't do it

    class Meta:
        """Whose are open?"""

        db_table = "core_item"
        indexes: ClassVar = [
            models.Index(
                fields=["owner", "opened_at"],
                condition=models.Q(closed_at=None),
                name="core_item_open_of_owner",
            ),
            models.Index(
                fields=["team", "opened_at"],
                condition=models.Q(closed_at=None),
                name="core_item_open_of_team",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["opened_by", "outside_ref"], name="core_item_once_from_outside"
            ),
            models.CheckConstraint(
                condition=models.Q(barred=None)
                | models.Q(owner=None)
                | ~models.Q(owner=models.F("barred")),
                name="core_item_not_of_whom_it_is_about",
            ),
        ]


class ItemRecord(models.Model):
    """A record that a work item is about."""

    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, related_name="records", db_column="item"
    )
    record = models.CharField(max_length=25)

    class Meta:
        """Each record once."""

        db_table = "core_item_record"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "record"], name="core_item_record_once")
        ]


class Outbox(models.Model):
    """A message from a room to those above, written with what it tells of."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120, unique=True)
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        """In the order written."""

        db_table = "core_outbox"


class Delivery(models.Model):
    """That a consumer has taken a message up; or has tried, and when to try again."""

    message = models.ForeignKey(Outbox, on_delete=models.PROTECT, db_column="message")
    consumer = models.CharField(max_length=60)
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Each message once for each consumer."""

        db_table = "core_delivery"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consumer", "message"], name="core_delivery_once")
        ]


class Answer(models.Model):
    """What a client's request was answered, to answer the same again if it is sent twice."""

    client = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    digest = models.BinaryField(max_length=32)
    began_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    body = models.TextField(null=True)

    class Meta:
        """One a key."""

        db_table = "core_answer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "key"], name="core_answer_once")
        ]


class Heartbeat(models.Model):
    """When a process last said that it is alive."""

    name = models.CharField(primary_key=True, max_length=60)
    at = models.DateTimeField()

    class Meta:
        """One row a process, by what it is."""

        db_table = "core_heartbeat"
