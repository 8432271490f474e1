"""What templates call a kind of work, and what is to be done next for it."""

from typing import TYPE_CHECKING, Final

from django import template
from django.utils.translation import gettext_lazy as _

from hubao.desk.policies.holder.rules import ITEM_KIND
from hubao.desk.policies.words import NEXT_WORDS, PURPOSE_WORDS

if TYPE_CHECKING:
    from django.utils.functional import Promise

register: Final = template.Library()
_NEXT: Final = {str(purpose): word for purpose, word in NEXT_WORDS.items()}
_WORDS: Final = {
    **{str(purpose): word for purpose, word in PURPOSE_WORDS.items()},
    ITEM_KIND: _("A policyholder's report"),
}


@register.filter
def kind_word(kind: str) -> "str | Promise":
    """Give the word for a work item's kind; one that a system made up stays as it is."""
    return _WORDS.get(kind, kind)


@register.filter
def next_step(kind: str) -> "str | Promise":
    """Say what to do for a work item of a kind; nothing for one that a system made up."""
    return _NEXT.get(kind, "")
