"""Edits of what one offers and when: with `dry_run` they say what they would do."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop
from rest_framework.response import Response

from booking.api.serializers.availability import EditSerializer
from booking.api.views.base import PractitionerView
from booking.api.views.written import intervals
from booking.domain.refusals import InvalidRequest, Problem
from booking.operations.availability import Saved, SavedService
from booking.queries import availability as queries
from booking.queries.availability import Change, Outside


class EditView(PractitionerView):
    """An edit: what it would do, or what it left."""

    def edited(
        self,
        change: Change,
        save: Callable[[], Saved],
        *,
        now: datetime,
        version: Callable[[], str] | None = None,
    ) -> Response:
        """The answer, in a dry run without saving. `version` is of what stands; None: it is new."""
        if self._is_dry_run():
            stands = {"version": version()} if version is not None else {}
            return self.answer(EditSerializer, {**self._effect(change, now=now), **stands})
        saved = save()
        found: dict[str, Any] = {
            "saved": True,
            **({"version": version()} if version is not None else {}),
            "outside_count": len(saved.outside),
            "outside": _outside(queries.listed(saved.outside)),
        }
        if isinstance(saved, SavedService):
            found["service"] = saved.service_id
        return self.answer(EditSerializer, found)

    @property
    def seen(self) -> str | None:
        """The version that the caller has looked at; None: whatever stands may be replaced."""
        text = self.request.headers.get("If-Match", "").strip()
        return None if text in ("", "*") else text.removeprefix("W/").strip('"')

    def _is_dry_run(self) -> bool:
        """Anything but a clear word is refused: it might have meant not to save."""
        text = self.request.query_params.get("dry_run", "false")
        if text not in ("true", "false"):
            raise InvalidRequest([Problem("dry_run", "invalid", gettext_noop("true or false."))])
        return text == "true"

    def _effect(self, change: Change, *, now: datetime) -> dict[str, Any]:
        effect = queries.effect(self.practitioner, change, now=now)
        return {
            "saved": False,
            "outside_count": effect.newly_count,
            "outside": _outside(effect.newly),
            "services": effect.services,
            "days": [
                {
                    "date": day.date,
                    "before": intervals(day.before),
                    "after": intervals(day.after),
                    "starts_before": day.starts_before,
                    "starts_after": day.starts_after,
                }
                for day in effect.days
            ],
        }


def _outside(found: Sequence[Outside]) -> list[dict[str, Any]]:
    return [{"appointment": one.appointment, "reasons": sorted(one.reasons)} for one in found]
