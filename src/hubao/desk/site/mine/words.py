"""What the policyholder's page says of looks, reports and findings: in plain words, no names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hubao.desk.policies.holder.rules import (
    OWN,
    Data,
    Finding,
    How,
    Looker,
    Looks,
    Sort,
    State,
)
from hubao.desk.policies.rules import Purpose

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Word = str | Promise

DATA_WORDS: "Final[dict[Data, Word]]" = {
    Data.CONTACT: gettext_lazy("phone or address"),
    Data.IDENTITY: gettext_lazy("name or identity number"),
    Data.MONEY: gettext_lazy("money or bank account"),
    Data.POLICY: gettext_lazy("policy number"),
}
PURPOSE_WORDS: "Final[dict[str, Word]]" = {
    Purpose.SERVICE: gettext_lazy("to serve you"),
    Purpose.SURRENDER: gettext_lazy("for a surrender"),
    Purpose.CLAIM: gettext_lazy("for a claim"),
    Purpose.CALL_BACK: gettext_lazy("to call you back"),
    Purpose.COMPLAINT: gettext_lazy("for a complaint or report"),
    Purpose.INVESTIGATION: gettext_lazy("to look into misuse of data"),
    Purpose.EMERGENCY: gettext_lazy("in an emergency, which another person reviews"),
}
HOW_WORDS: "Final[dict[How, Word]]" = {
    How.REVEALED: gettext_lazy("saw in full"),
    How.OPENED: gettext_lazy("opened your policy, your data masked"),
    How.FOUND: gettext_lazy("found your policy by a search, your data masked"),
    How.LISTED: gettext_lazy("saw your policy in a list of work, your data masked"),
    How.EMERGENCY: gettext_lazy("opened your policy in an emergency"),
    How.CODE: gettext_lazy("sent a code to your phone"),
    How.VIEWED: gettext_lazy("this page was opened with a code"),
    How.WRONG_CODE: gettext_lazy("five wrong codes were entered on this page"),
}
TRIED_WORDS: "Final[dict[How, Word]]" = {
    How.REVEALED: gettext_lazy("tried to see in full"),
    How.OPENED: gettext_lazy("tried to open your policy"),
    How.EMERGENCY: gettext_lazy("tried to open your policy in an emergency"),
}
SORT_WORDS: "Final[dict[Sort, Word]]" = {
    Sort.LOOK: gettext_lazy("A look that I didn't ask for"),
    Sort.CALL: gettext_lazy("Somebody claimed to be my insurer"),
}
STATE_WORDS: "Final[dict[State, Word]]" = {
    State.OPEN: gettext_lazy("being looked into"),
    State.ANSWERED: gettext_lazy("answered"),
    State.WITHDRAWN: gettext_lazy("taken back"),
}
FINDING_WORDS: "Final[dict[Finding, Word]]" = {
    Finding.JUSTIFIED: gettext_lazy("The look belonged to work on your policy."),
    Finding.NOT_JUSTIFIED: gettext_lazy("The look did not belong to work on your policy."),
    Finding.NOT_US: gettext_lazy("It was not us who contacted you."),
    Finding.WAS_US: gettext_lazy("It was us who contacted you."),
    Finding.UNCLEAR: gettext_lazy("We could not find out for certain."),
}


@dataclass(frozen=True)
class Told:
    """Looks in words.

    Attributes:
        looks: which.
        who: the department, or what else it was.
        what: what was done.
        data: at which kinds of data; empty where it was masked.
        why: for what; empty where nothing is stated.
    """

    looks: Looks
    who: str
    what: str
    data: str
    why: str


def in_words(looks: Iterable[Looks]) -> list[Told]:
    """Say looks in words."""
    return [_told(one) for one in looks]


def _told(one: Looks) -> Told:
    last = one.last
    kinds = [] if last.how in OWN else [str(DATA_WORDS[kind]) for kind in Data if kind in one.data]
    return Told(
        looks=one,
        who=_who(last.looker, last.unit),
        what=str(_what(last.how, refused=last.refused)),
        data=_("; ").join(kinds),
        why=str(PURPOSE_WORDS.get(last.purpose or "", "")),
    )


def _what(how: How, *, refused: bool) -> "Word":
    return TRIED_WORDS.get(how, HOW_WORDS[how]) if refused else HOW_WORDS[how]


def _who(looker: Looker, unit: str) -> str:
    match looker:
        case Looker.HOLDER:
            return _("You, or who had your phone")
        case Looker.SYSTEM:
            return _("A computer system of the insurer")
        case Looker.PARTNER:
            return _("A partner company: %(unit)s") % {"unit": unit}
        case _:
            return unit or _("A department that is not known any more")
