"""Other ways to get support, in words, for every page that shows them."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from intake.domain.resources import Resource
from intake.queries import support_for


def support_context(country: str) -> dict[str, object]:
    """`resources` of a country, `urgent` ones for somebody in danger, `rest` without those.

    `are_unchecked` says whether some of them were never checked by the practice.
    """
    found = support_for(country)
    urgent = [r for r in found if r.is_urgent] or found
    return {
        "resources": _in_words(found),
        "urgent": _in_words(urgent),
        "rest": _in_words([r for r in found if r not in urgent]),
        "are_unchecked": any(r.checked is None for r in found),
    }


def _in_words(found: Sequence[Resource]) -> Sequence[Mapping[str, object]]:
    return [
        {
            "name": _(r.name),
            "what": _(r.what) if r.what else "",
            "ways": [_(way) for way in r.ways],
            "checked": r.checked,
        }
        for r in found
    ]
