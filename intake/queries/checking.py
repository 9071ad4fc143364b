"""What the practice has yet to check, of what it shows to people."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from intake.domain.checking import FACTS, Checkable, Checked, Part
from intake.domain.loader import library
from intake.domain.resources import Resource
from intake.models import TextCheck
from intake.queries.documents import own_wordings
from intake.queries.settings import every_resource


def to_check() -> Sequence[Checkable]:
    """Everything but the places to turn to, whose day stands in their own list."""
    return [*_documents(), *_instruments(), *FACTS]


def every_check() -> Sequence[Checked]:
    """Everything that is to be checked, with the day of its last check. Four queries."""
    checks = {c.key: c for c in TextCheck.objects.all()}
    return [*map(_resource, every_resource()), *(_checked(one, checks) for one in to_check())]


def open_checks(today: date) -> Sequence[Checked]:
    """What waits to be checked now."""
    return [one for one in every_check() if one.is_open(today)]


def document_checks() -> Mapping[str, Checked]:
    """Each document's words as they are now with their last check, by the document's key."""
    checks = {c.key: c for c in TextCheck.objects.all()}
    found = [_checked(one, checks) for one in _documents()]
    return {one.thing.key.removeprefix("document:"): one for one in found}


def _resource(resource: Resource) -> Checked:
    text = "; ".join(resource.ways)
    key = f"support:{resource.name}"
    return Checked(Checkable(key, Part.SUPPORT, resource.name, text), resource.checked)


def _documents() -> Sequence[Checkable]:
    own = own_wordings()
    keys = sorted({key for key, _ in library().consents})
    found = [own.get(key) or library().consent(key) for key in keys]
    return [
        Checkable(f"document:{one.key}", Part.DOCUMENT, one.title, f"{one.title}\n\n{one.text}")
        for one in found
    ]


def _instruments() -> Sequence[Checkable]:
    """Every published instrument of the newest forms, by its source line."""
    sources = {
        question.source: None
        for form in (library().form(key) for key in sorted({k for k, _ in library().forms}))
        for question in form.questions
        if question.source
    }
    return [
        Checkable(
            f"instrument:{source.split(':')[0]}", Part.INSTRUMENT, source.split(":")[0], source
        )
        for source in sources
    ]


def _checked(thing: Checkable, checks: Mapping[str, TextCheck]) -> Checked:
    check = checks.get(thing.key)
    is_same = check is not None and bytes(check.text_hash) == thing.text_hash
    return Checked(thing, _day(check.checked_at) if check is not None and is_same else None)


def _day(at: datetime) -> date:
    return at.date()
