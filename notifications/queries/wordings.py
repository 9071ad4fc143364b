"""What the practice has put in words of its own, and what must not stand in them."""

from collections.abc import Sequence

from notifications.messages.slots import Slot
from notifications.models import WordingEdition
from practice.models import Article

#: A part of a name that is shorter says nothing, and is a word of its own ("An", "Do").
NAME_LEAST = 3


def version_of(slot: Slot) -> int:
    """The version of a wording; 0: it was never changed."""
    newest = WordingEdition.objects.filter(slot=slot.key).order_by("-version")
    return newest.values_list("version", flat=True).first() or 0


def editions_of(slot: Slot) -> Sequence[WordingEdition]:
    """Every version of a wording, the newest first."""
    found = WordingEdition.objects.filter(slot=slot.key).select_related("practitioner")
    return list(found.order_by("-version"))


def article_titles() -> Sequence[str]:
    """The titles of the articles that lead to the practice."""
    return list(Article.objects.values_list("title", flat=True))
