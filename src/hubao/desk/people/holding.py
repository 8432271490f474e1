"""Hold people's rows: of two who change what somebody has, one waits for the other."""

from hubao.desk.core.transactions import require_open
from hubao.desk.people.models import Party


def hold(*parties: str) -> None:
    """Keep others from changing what these people have, until the open transaction ends.

    Whoever writes what a party has holds it first and reads afterwards: on PostgreSQL what was read
    before may have changed. They are held by the order of their ids, so that two who hold several
    don't wait for each other. On SQLite whoever writes is alone anyway.
    """
    require_open("hold")
    rows = Party.objects.filter(id__in=parties).order_by("id").values_list("id")
    list(rows.select_for_update(no_key=True))
