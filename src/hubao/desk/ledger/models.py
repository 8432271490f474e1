"""The ledger's tables. Rows of the first three are never changed or deleted: triggers forbid it."""

from django.db import models


class Entry(models.Model):
    """One entry; `body` is what is hashed, the other columns repeat parts of it to search by."""

    id = models.BigAutoField(primary_key=True)
    body = models.TextField()
    at = models.DateTimeField(db_index=True)
    action = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, null=True)

    class Meta:
        """Who looked at this, and what did they look at."""

        db_table = "ledger_entry"
        indexes = (
            models.Index(fields=["subject", "id"], name="ledger_entry_subject"),
            models.Index(fields=["actor", "id"], name="ledger_entry_actor"),
        )


class Leaf(models.Model):
    """An entry's place in the tree: the order in which the sequencer found it committed."""

    place = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, db_column="entry")
    hash = models.BinaryField(max_length=32)

    class Meta:
        """The tree's lowest level."""

        db_table = "ledger_leaf"


class Node(models.Model):
    """A perfect subtree of 256, 65,536, … entries; those between are folded from what is below."""

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        """The tree's upper levels."""

        db_table = "ledger_node"


class Pending(models.Model):
    """An entry that is not in the tree yet; a trigger puts it here."""

    entry = models.OneToOneField(
        Entry, primary_key=True, on_delete=models.PROTECT, db_column="entry"
    )

    class Meta:
        """The sequencer's work."""

        db_table = "ledger_pending"


class Head(models.Model):
    """A signed tree head; the note holds it whole, the other columns to search by."""

    id = models.BigAutoField(primary_key=True)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    note = models.TextField(unique=True)

    class Meta:
        """The newest is the last."""

        db_table = "ledger_head"


class Exported(models.Model):
    """How far the log has been taken elsewhere, by where to."""

    to = models.CharField(primary_key=True, max_length=60)
    place = models.BigIntegerField()

    class Meta:
        """Moves on in the transaction after the files are there."""

        db_table = "ledger_exported"
