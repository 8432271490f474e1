"""Fill the desk that `reveal.py` measures, or serve it.

Run: python bench/reveal_desk.py prepare CONNECTIONS RECORDS | serve PORT
The desk is that of the environment. `prepare` prints as JSON how each connection signs in, and what
it may ask for.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for the tests' makers


def prepare(connections: int, records: int) -> None:
    """Fill the desk: a person, records and a work item for each connection."""
    from django.db import connection  # noqa: PLC0415

    import reveal_app  # noqa: PLC0415 - sets Django up
    from tests.makers.desk import make_branches  # noqa: PLC0415

    with connection.schema_editor() as editor:
        editor.create_model(reveal_app.Looked)
    make_branches()
    print(json.dumps([_person(f"E{number}", records) for number in range(connections)]))


def serve(port: int) -> None:
    """Serve it as `hubao desk serve` does, with the view more."""
    from hubao.desk.config.start import start  # noqa: PLC0415

    start()
    from hubao.desk.config import serving  # noqa: PLC0415 - needs the settings

    serving.serve(host="127.0.0.1", port=port, workers=2, application="reveal_app:application")


def _person(party: str, records: int) -> dict[str, object]:
    from django.utils import timezone  # noqa: PLC0415

    from hubao.desk.core.actor import Role  # noqa: PLC0415
    from hubao.desk.core.wired import wired  # noqa: PLC0415
    from hubao.desk.policies.models import Policy  # noqa: PLC0415
    from hubao.desk.policies.operations.imports import put_policies  # noqa: PLC0415
    from tests.makers import desk  # noqa: PLC0415

    desk.make_person(party, roles=[Role.CLERK])
    rows = list(_policies(party, records, desk.CLEAR))
    put_policies(rows, actor=desk.SYSTEM, at=timezone.now(), fields=wired().keys.fields())
    theirs = list(Policy.objects.order_by("-id").values_list("record", flat=True)[:records])
    item = desk.make_item(*theirs, owner=party)
    return {"session": _sign_in(party), "item": item, "records": theirs}


def _policies(party: str, records: int, clear: dict[str, str]) -> Iterator[dict[str, str]]:
    for number in range(records):
        own = {"policy_number": f"PN{party}{number:06d}", "unit": "north", "product": "endowment"}
        yield clear | own


def _sign_in(party: str) -> str | None:
    """Make the session that signing in with a second factor makes."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    from hubao.desk.people.models import Account  # noqa: PLC0415

    account = Account.objects.create(party_id=party, username=party)
    TOTP.activate(account, generate_totp_secret())
    now = time.time()
    store = SessionStore()
    store.update(
        {
            "_auth_user_id": str(account.pk),
            "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
            "_auth_user_hash": account.get_session_auth_hash(),
            "account_authentication_methods": [
                {"method": method, "at": now} for method in ("password", "mfa")
            ],
            "account_authentication_methods_user": str(account.pk),
        }
    )
    store.create()
    return store.session_key


def main() -> None:
    what, *numbers = sys.argv[1:]
    if what == "serve":
        serve(int(numbers[0]))
    else:
        prepare(*map(int, numbers))


if __name__ == "__main__":
    main()
