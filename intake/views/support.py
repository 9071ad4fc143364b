"""Other ways to get support, in words, for every page that shows them."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from intake.domain.resources import Resource
from intake.domain.ways import Door, Kind, way
from intake.queries.settings import support_for


def support_context(country: str) -> dict[str, object]:
    """`resources` of a country, `urgent` ones for somebody in danger, `rest` without those.

    `are_unchecked` says whether some of them were never checked by the practice, and others were.
    """
    found = support_for(country)
    urgent = [r for r in found if r.is_urgent] or found
    return {
        "resources": _in_words(found),
        "urgent": _in_words(urgent),
        "rest": _in_words([r for r in found if r not in urgent]),
        "are_unchecked": len({r.checked is None for r in found}) > 1,
    }


def for_youth(country: str) -> Sequence[Mapping[str, object]]:
    """The ways to get support that are there for people under 18, in words."""
    return _in_words(support_for(country, youth=True))


def _in_words(found: Sequence[Resource]) -> Sequence[Mapping[str, object]]:
    return [
        {
            "name": _(r.name),
            "what": _(r.what) if r.what else "",
            "ways": [_way(_(text)) for text in r.ways],
            "checked": r.checked,
        }
        for r in found
    ]


def _way(text: str) -> Mapping[str, object]:
    """The words before the links, if they say more than those, and the links."""
    found = way(text)
    return {
        "text": found.text,
        "links": [
            {"href": door.href, "label": _label(door), "opens": door.kind is Kind.OPEN}
            for door in found.doors
        ],
    }


def _label(door: Door) -> str:
    if door.label:
        return door.label
    match door.kind:
        case Kind.CALL:
            return _("Call %(number)s") % {"number": door.shown}
        case Kind.TEXT if door.keyword:
            words = {"word": door.keyword, "number": door.shown}
            return _("Text %(word)s to %(number)s") % words
        case Kind.TEXT:
            return _("Text %(number)s") % {"number": door.shown}
        case Kind.OPEN:
            return door.shown
