"""Policy records and what guards them."""

from typing import ClassVar

from django.db import models

from hubao.desk.people.models import Unit


class Policy(models.Model):
    """One policy; `record` is its id everywhere else, also in the ledger and the lake."""

    id = models.BigAutoField(primary_key=True)
    record = models.CharField(max_length=25, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, db_column="unit")
    product = models.CharField(max_length=200)
    channel = models.CharField(max_length=200)
    status = models.CharField(max_length=200)
    issued_on = models.DateField(null=True)
    updated_at = models.DateTimeField()
    # What the row said, under the index key: an import skips rows that say the same as before.
    said = models.BinaryField(max_length=16)

    policy_number = models.BinaryField()
    holder_name = models.BinaryField(null=True)
    identity_number = models.BinaryField(null=True)
    phone = models.BinaryField(null=True)
    address = models.BinaryField(null=True)
    bank_account = models.BinaryField(null=True)
    insured_name = models.BinaryField(null=True)
    beneficiary = models.BinaryField(null=True)
    premium = models.BinaryField(null=True)
    cash_value = models.BinaryField(null=True)

    policy_number_index = models.BinaryField(max_length=16, unique=True)
    holder_name_index = models.BinaryField(max_length=16, null=True, db_index=True)
    identity_number_index = models.BinaryField(max_length=16, null=True, db_index=True)
    phone_index = models.BinaryField(max_length=16, null=True, db_index=True)

    class Meta:
        """Encrypted fields, and beside four of them what to search by."""

        db_table = "policies_policy"


class Quota(models.Model):
    """How many fields somebody has revealed on a day, tied to their own work or outside it."""

    pk = models.CompositePrimaryKey("actor", "day", "tie")
    actor = models.CharField(max_length=60)
    day = models.DateField()
    tie = models.CharField(max_length=20)
    used = models.IntegerField()

    class Meta:
        """Counted by one statement, so that racing reveals can't pass the limit."""

        db_table = "policies_quota"
        indexes: ClassVar = [models.Index(fields=["day", "tie"], name="policies_quota_day")]


class Lookup(models.Model):
    """A policy number that somebody searched for, as its index: to see numbers walked in order."""

    actor = models.CharField(max_length=60)
    at = models.DateTimeField()
    number = models.BinaryField(max_length=16)
    walked = models.IntegerField()

    class Meta:
        """What did they search for lately?"""

        db_table = "policies_lookup"
        indexes: ClassVar = [
            models.Index(fields=["actor", "number"], name="policies_lookup_neighbour"),
            models.Index(fields=["at"], name="policies_lookup_old"),
        ]


class BreakGlass(models.Model):
    """That somebody saw a record in an emergency, and what another person says of it."""

    id = models.CharField(primary_key=True, max_length=25)
    actor = models.CharField(max_length=60)
    record = models.CharField(max_length=25)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, db_column="unit")
    reason = models.BinaryField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_by = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewer = models.CharField(max_length=60, null=True)
    justified = models.BooleanField(null=True)

    class Meta:
        """One at a time: the next waits for the review of the last."""

        db_table = "policies_break_glass"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["actor"],
                condition=models.Q(reviewed_at=None),
                name="policies_break_glass_unreviewed_once",
            ),
            models.CheckConstraint(
                condition=models.Q(reviewer=None) | ~models.Q(reviewer=models.F("actor")),
                name="policies_break_glass_by_another",
            ),
        ]


class Alert(models.Model):
    """Something that somebody should look at; told of once, until a person has answered it."""

    id = models.CharField(primary_key=True, max_length=25)
    key = models.CharField(max_length=120, unique=True)
    why = models.CharField(max_length=40)
    who = models.CharField(max_length=60, null=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, db_column="unit")
    raised_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, null=True)

    class Meta:
        """Which of my branch are open? Those without a unit are the whole insurer's."""

        db_table = "policies_alert"
        indexes: ClassVar = [
            models.Index(
                fields=["unit", "raised_at"],
                condition=models.Q(answered_at=None),
                name="policies_alert_open",
            ),
            models.Index(fields=["answered_at"], name="policies_alert_answered"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(answered_at=None, answered_by=None)
                | models.Q(answered_at__isnull=False, answered_by__isnull=False),
                name="policies_alert_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by=None)
                | models.Q(who=None)
                | ~models.Q(answered_by=models.F("who")),
                name="policies_alert_by_another",
            ),
        ]


class AlertAnswer(models.Model):
    """What became of an alert: answered with a note, or opened again."""

    alert = models.ForeignKey(
        Alert, on_delete=models.PROTECT, related_name="answers", db_column="alert"
    )
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    note = models.BinaryField(null=True)

    class Meta:
        """Only added to; without a note it was opened again."""

        db_table = "policies_alert_answer"


class Import(models.Model):
    """A file on its way in: how far it is, so that it goes on there after a crash."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    rows = models.BigIntegerField()
    added = models.BigIntegerField()
    changed = models.BigIntegerField()
    same = models.BigIntegerField()
    rejected = models.BigIntegerField()
    began_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        """Rows taken in, in the transaction that took them."""

        db_table = "policies_import"


class HolderCode(models.Model):
    """That somebody asked for a one-time code by a policy number, and whether they got in by it.

    Without a record no policy of ours has the number, or codes are asked for too often: the row
    looks and behaves the same, and nothing matches its digest.
    """

    id = models.BigAutoField(primary_key=True)
    record = models.CharField(max_length=25, null=True)
    # Hash of what the browser keeps: another one once it is in.
    browser = models.BinaryField(max_length=32, unique=True)
    digest = models.BinaryField(max_length=16)
    tries = models.SmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    entered_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()

    class Meta:
        """Kept for a day."""

        db_table = "policies_holder_code"
        indexes: ClassVar = [models.Index(fields=["asked_at"], name="policies_holder_code_old")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(entered_at=None) | models.Q(record__isnull=False),
                name="policies_holder_code_of_ours",
            )
        ]


class HolderCount(models.Model):
    """How often something was asked lately, in so many slots: no more rows, whoever asks."""

    pk = models.CompositePrimaryKey("kind", "slot")
    kind = models.CharField(max_length=20)
    slot = models.IntegerField()
    span = models.BigIntegerField()
    used = models.IntegerField()

    class Meta:
        """Counted by one statement."""

        db_table = "policies_holder_count"


class Report(models.Model):
    """What a policyholder objects to or reports, and what was answered; texts are encrypted."""

    id = models.CharField(primary_key=True, max_length=25)
    receipt = models.CharField(max_length=9, unique=True)
    record = models.CharField(max_length=25, db_index=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, db_column="unit")
    sort = models.CharField(max_length=10)
    event = models.CharField(max_length=60)
    looked = models.CharField(max_length=60, null=True)
    said = models.BinaryField(null=True)
    visit = models.BigIntegerField()
    item = models.CharField(max_length=25)
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=60, null=True)
    finding = models.CharField(max_length=20, null=True)
    answer = models.BinaryField(null=True)

    class Meta:
        """The same from one visit is one; who looked answers nothing about it."""

        db_table = "policies_report"
        indexes: ClassVar = [
            models.Index(
                fields=["made_at"],
                condition=models.Q(withdrawn_at=None, answered_at=None),
                name="policies_report_open",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visit", "sort", "event"],
                condition=models.Q(withdrawn_at=None),
                name="policies_report_once_a_visit",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at=None) | models.Q(answered_at=None),
                name="policies_report_withdrawn_or_answered",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_by=None)
                | models.Q(looked=None)
                | ~models.Q(answered_by=models.F("looked")),
                name="policies_report_by_another",
            ),
        ]
