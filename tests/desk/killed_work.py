"""What the tests of `test_killed.py` run in processes of their own, which are killed."""

import time
from itertools import count, cycle
from pathlib import Path

from hubao.desk.core.actor import Role
from hubao.desk.policies.rules import Purpose
from hubao.seal.fields import Fields
from tests.makers.killed import read_keys


def reveal_on_and_on(folder: Path) -> None:
    """Reveal one's own work, and say what was shown."""
    from hubao.desk.policies.models import Policy  # noqa: PLC0415
    from hubao.desk.policies.operations.reveal import reveal  # noqa: PLC0415
    from tests.makers import desk  # noqa: PLC0415

    records = Policy.objects.values_list("record", flat=True)
    item = (folder / "item").read_text()
    for record in cycle(records):
        shown = reveal(record=record, field="phone", purpose=Purpose.SERVICE, item=item,
                       actor=desk.actor("li", Role.CLERK), at=desk.NOON, fields=desk.FIELDS,
                       denials=desk.denials(folder))  # fmt: skip
        print(record, shown.value)


def rotate_step_by_step(folder: Path) -> None:
    """Encrypt every field anew under the keyset's newest key."""
    from hubao.desk.policies.operations.rotate import rotate  # noqa: PLC0415
    from tests.makers import desk  # noqa: PLC0415

    def told(done: int, total: int) -> None:
        print(done, total)
        time.sleep(0.2)

    rotate(actor=desk.SYSTEM, at=desk.NOON, fields=Fields(read_keys(folder / "rotated")), told=told)


def export_on_and_on(folder: Path) -> None:
    """Enter reveals and export them to the lake, again and again."""
    from hubao.desk.ledger.lake import export_to_lake  # noqa: PLC0415
    from hubao.desk.ledger.rules import Entered  # noqa: PLC0415
    from hubao.desk.policies.accesses import ACTIONS  # noqa: PLC0415
    from tests.makers import desk  # noqa: PLC0415

    for number in count():
        desk.append_entries(
            Entered(action="policy.open", actor=f"E{one}", at=desk.NOON, subject=f"b{number}-{one}")
            for one in range(50)
        )
        export_to_lake(folder / "lake", actions=ACTIONS)
        print(number)
