"""Policy numbers that other systems write, to record ids; a number that isn't known to a token.

A token is the number's blind index: nobody without the key learns the number from it, and once the
policy is here its record is found by the very same index.
"""

from collections.abc import Collection, Iterable
from typing import Final

from hubao.desk.core.actor import Actor, Permission
from hubao.desk.policies.catalogue import normal
from hubao.desk.policies.models import Policy
from hubao.kit.parts import in_parts
from hubao.seal.fields import Fields

AT_ONCE: Final = 10_000
TOKEN: Final = "a"  # noqa: S105 - a letter with which no record begins
_NUMBER: Final = "policy_number"


def plain_number(number: str) -> str:
    """Give the form of a policy number in which equal numbers are equal."""
    return normal(_NUMBER, number)


def is_token(policy: str) -> bool:
    """Tell a token from a record's id."""
    return policy.startswith(TOKEN)


def records_or_tokens(*, numbers: Collection[str], actor: Actor, fields: Fields) -> dict[str, str]:
    """Give for each policy number the record's id, or the token of a number that isn't known.

    No branch limits this: the id goes into the lake and is not told to whoever brings the number.

    Raises:
        NotAllowed: the actor brings no events.
    """
    actor.require(Permission.PUSH_FEEDS)
    indexes = {one: fields.indexes(plain_number(one), field=_NUMBER) for one in set(numbers)}
    known = _records(index for some in indexes.values() for index in some)
    return {
        number: next((known[one] for one in some if one in known), TOKEN + some[0].hex())
        for number, some in indexes.items()
    }


def records_of_tokens(*, tokens: Collection[str], actor: Actor) -> dict[str, str]:
    """Give for tokens the ids of records that have come since; the others are left out.

    Raises:
        NotAllowed: the actor brings no events.
    """
    actor.require(Permission.PUSH_FEEDS)
    indexes = {bytes.fromhex(token.removeprefix(TOKEN)): token for token in tokens}
    return {indexes[index]: record for index, record in _records(indexes).items()}


def _records(indexes: Iterable[bytes]) -> dict[bytes, str]:
    found = dict[bytes, str]()
    for some in in_parts(indexes, AT_ONCE):
        rows = Policy.objects.filter(policy_number_index__in=some)
        found |= {
            bytes(index): record
            for index, record in rows.values_list("policy_number_index", "record")
        }
    return found
