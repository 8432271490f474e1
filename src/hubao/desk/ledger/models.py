"""The ledger's tables. Rows are never changed or deleted, by triggers; marks alone move on."""

from django.db import models


class Entry(models.Model):
    """One entry: its text, which is what is hashed."""

    id = models.BigAutoField(primary_key=True)
    body = models.TextField()

    class Meta:
        """In the order of insertion, which needn't be that of the tree."""

        db_table = "ledger_entry"


class Run(models.Model):
    """Entries whose ids follow each other, as their places in the tree do."""

    place = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField(unique=True)
    length = models.IntegerField()

    class Meta:
        """Where entries stand: a row for what the sequencer found in one go."""

        db_table = "ledger_run"
        constraints = (
            models.CheckConstraint(condition=models.Q(length__gte=1), name="ledger_run_holds_some"),
        )


class Node(models.Model):
    """A perfect subtree of 256, 65,536, … entries; those between are folded from what is below."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        """The tree's upper levels."""

        db_table = "ledger_node"


class About(models.Model):
    """What an entry is found by: its event, who did it, and to whom or what."""

    pk = models.CompositePrimaryKey("key", "entry")
    key = models.CharField(max_length=70)
    entry = models.BigIntegerField()

    class Meta:
        """Made by the migration itself: on SQLite without a second tree for the row's number."""

        db_table = "ledger_about"
        managed = False


class Segment(models.Model):
    """Entries that lie in a sealed segment outside, and no longer here."""

    place = models.BigIntegerField(primary_key=True)
    length = models.IntegerField()
    until = models.DateField()
    digest = models.CharField(max_length=64)

    class Meta:
        """Without gaps from place 0 on; of an entry in it, only nodes above are left here."""

        db_table = "ledger_segment"


class Head(models.Model):
    """A signed tree head; the note holds it whole, the other columns to search by."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    note = models.TextField(unique=True)

    class Meta:
        """The newest is the last."""

        db_table = "ledger_head"


class Count(models.Model):
    """How often something was done on a day: by everybody, by a unit, or by one person."""

    pk = models.CompositePrimaryKey("of", "day", "what")
    of = models.CharField(max_length=70)
    day = models.DateField()
    what = models.CharField(max_length=125)
    number = models.BigIntegerField()

    class Meta:
        """Figures for pages; made from the entries, and can be made again."""

        db_table = "ledger_count"


class Mark(models.Model):
    """How far a job on the log is, by the job's name."""

    name = models.CharField(primary_key=True, max_length=60)
    place = models.BigIntegerField()

    class Meta:
        """Moves on with the job's own writes, or after them where these are files."""

        db_table = "ledger_mark"
