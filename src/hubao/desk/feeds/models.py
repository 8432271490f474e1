"""Sources of access events, what was imported of each, and how many events each hour holds."""

from typing import ClassVar

from django.db import models


class Source(models.Model):
    """A system whose events are taken in; its name stays taken, since its salt makes event ids."""

    name = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10)
    place = models.CharField(max_length=500)
    timezone = models.CharField(max_length=60)
    columns = models.JSONField()
    actions = models.JSONField()
    system = models.CharField(max_length=60)
    own_ids = models.BooleanField()
    client = models.CharField(max_length=60, null=True)
    silent_after = models.IntegerField()
    every = models.IntegerField()
    active = models.BooleanField()
    salt = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    batches = models.BigIntegerField(default=0)
    due_at = models.DateTimeField()
    last_event_at = models.DateTimeField(null=True)
    last_import_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    failed_code = models.CharField(max_length=60, null=True)
    silence_told = models.DateTimeField(null=True)

    class Meta:
        """By name; `silent_after` and `every` are minutes, `batches` the number of the last."""

        db_table = "feeds_source"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(silent_after__gte=1, every__gte=1),
                name="feeds_source_minutes_are_some",
            )
        ]


class Batch(models.Model):
    """One import of a source: some files, one file a month of the lake."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_column="source")
    number = models.BigIntegerField()
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    files = models.IntegerField()
    rows = models.BigIntegerField()
    added = models.BigIntegerField()
    repeated = models.BigIntegerField()
    skipped = models.BigIntegerField()
    rejected = models.BigIntegerField()
    unknown_actors = models.BigIntegerField()
    unknown_policies = models.BigIntegerField()
    unknown_actions = models.BigIntegerField()
    ahead = models.BigIntegerField()
    furthest_ahead = models.BigIntegerField()
    lag_median = models.BigIntegerField(null=True)
    lag_worst = models.BigIntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        """Which batches hold events of these days? Ahead and lags are seconds."""

        db_table = "feeds_batch"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], name="feeds_batch_once"),
            models.CheckConstraint(
                condition=models.Q(
                    rows=models.F("added")
                    + models.F("repeated")
                    + models.F("skipped")
                    + models.F("rejected")
                ),
                name="feeds_batch_loses_no_row",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "last_at", "first_at"], name="feeds_batch_of_days")
        ]


class File(models.Model):
    """A file of a source as it was when it was looked at; one that changed is looked at again."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_column="source")
    name = models.CharField(max_length=500)
    size = models.BigIntegerField()
    changed = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    batch = models.BigIntegerField(null=True)

    class Meta:
        """No batch: the file as a whole can't be used; `changed` is the file's mtime in ns."""

        db_table = "feeds_file"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "name"], name="feeds_file_once")
        ]


class Hour(models.Model):
    """How many of a source's events happened in an hour."""

    pk = models.CompositePrimaryKey("source", "hour")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_column="source")
    hour = models.DateTimeField()
    events = models.BigIntegerField()

    class Meta:
        """Added to by each batch in its own transaction."""

        db_table = "feeds_hour"
