"""Work items that somebody must not do, since they are about what they did."""

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column, and a constraint on who owns an item."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("core", "0004_heartbeat")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField(
            model_name="item",
            name="barred",
            field=models.CharField(max_length=60, null=True),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("barred", None),
                    ("owner", None),
                    models.Q(("owner", models.F("barred")), _negated=True),
                    _connector="OR",
                ),
                name="core_item_not_of_whom_it_is_about",
            ),
        ),
    ]
