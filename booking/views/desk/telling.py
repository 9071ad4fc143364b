"""What happened, told in sentences from the journal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext_lazy, pgettext
from django.utils.translation import gettext_lazy as _

from booking.views.desk.words import DECISIONS, moment
from practice.models import Change

SENTENCES: Mapping[str, Any] = {
    "request_received": _("%(who)s sent the request."),
    "request_entered": _("%(who)s entered the request after a call."),
    "request_verified": _("With that, the request reached you."),
    "participant_joined": _("%(person)s accepted to take part."),
    "participant_cleared": _("%(person)s finished their own part."),
    "participant_uncleared": _("%(person)s has something to finish again."),
    "participant_declined": _("%(person)s left. Nobody else was told."),
    "participant_excused": _("%(who)s went on without %(person)s."),
    "request_ready": _("Everyone had finished."),
    "request_reopened": _("Somebody had something to finish again."),
    "request_proposed": _("Other times were proposed, held until %(until)s."),
    "times_answered": _("%(who)s answered the times."),
    "hold_lapsed": _("The time was given back."),
    "decision_queued": _("%(who)s decided: %(decision)s. To leave %(due_at)s."),
    "decision_undone": _("%(who)s took the decision back."),
    "decision_failed": _("The decision could not leave."),
    "request_confirmed": _("Confirmed."),
    "request_declined": _("Declined."),
    "request_expired": _("It closed by itself."),
    "request_withdrawn": _("%(who)s withdrew the request."),
    "address_verified": _("%(who)s verified their address."),
    "address_changed": _("%(who)s changed their address."),
    "profile_changed": _("%(who)s changed how they want to be reached."),
    "passcode_set": _("%(who)s set a passcode."),
    "passcode_replaced": _("%(who)s replaced their passcode."),
    "appointment_booked": _("Booked for %(starts_at)s."),
    "appointment_moved": _("%(who)s moved it from %(from)s to %(starts_at)s."),
    "appointment_cancelled": _("%(who)s cancelled the appointment."),
    "attendance_added": _("%(person)s comes along too."),
    "attendance_left": _("%(person)s left the appointment; the others still come."),
    "poll_answered": _("%(who)s marked when they can."),
    "poll_reopened": _("Everyone was asked about later days."),
    "series_booked": ngettext_lazy(
        "%(who)s booked %(dates)s date.", "%(who)s booked %(dates)s dates.", "dates"
    ),
    "series_moved": ngettext_lazy(
        "%(who)s moved %(dates)s date.", "%(who)s moved %(dates)s dates.", "dates"
    ),
    "series_paused": ngettext_lazy(
        "%(who)s paused it: %(dates)s date was cancelled.",
        "%(who)s paused it: %(dates)s dates were cancelled.",
        "dates",
    ),
    "dates_wish_renew": _("%(who)s would like to go on after these dates."),
    "dates_wish_pause": _("%(who)s would like a pause after these dates."),
    "dates_wish_finish": _("%(who)s would like to finish after these dates."),
    "series_missed_twice": _("Two dates in a row were missed."),
    "waitlist_joined": _("%(who)s put it on the waitlist."),
    "waitlist_stayed": _("%(who)s said that they still wait."),
    "waitlist_left": _("%(who)s took it off the waitlist."),
    "waitlist_offered": _("A time that opened up was offered, until %(until)s."),
    "waitlist_gone": _("The time that had opened up is gone."),
    "waitlist_still": _("They were asked whether they still wait."),
    "late_wish": _("%(who)s asked for a change, too late to make it themselves."),
    "late_wish_reworded": _("%(who)s wrote something else to the practice about it."),
    "late_wish_kept": _("%(who)s answered that it stays as it is."),
    "late_wish_changed": _("With that, what was asked for is settled."),
    "running_late": _("%(who)s said: %(minutes)s minutes late."),
    "cohort_published": _("%(who)s published the group."),
    "cohort_edited": _("%(who)s changed the group."),
    "cohort_called_off": _("%(who)s called the group off."),
    "cohort_short": _("The date to decide came, and too few had a place."),
    "seat_given": _("%(person)s got a place."),
    "seat_refused": _("%(person)s got a kind no."),
    "seat_left": _("%(person)s left."),
    "seat_released": _("The seat that was kept for %(person)s is free again."),
    "seat_lapsed": _("The seat that was kept for %(person)s is free again."),
    "request_ended_with_seat": _("It ended with the seat."),
    "move_asked": _("%(who)s asked for another time; answers until %(until)s."),
    "move_dropped": _("No new time was agreed: it stays as it was."),
    "appointment_fulfilled": _("The session took place."),
    "appointment_missed": _("%(who)s marked it as missed."),
    "absence_told": _("%(who)s let %(person)s know that they were missed."),
    "waitlist_wishes": _("%(who)s said which times would suit them."),
    "waitlist_accepted": _("%(who)s took the time that had opened up."),
    "waitlist_declined": _("%(who)s did not take the time that had opened up."),
    "waitlist_lapsed": _("The time that had opened up was not answered."),
    "waitlist_dropped": _("The time that had opened up was given back before anybody answered."),
    "waitlist_kept": _("A time that opened up was kept for them."),
    "seat_kept_on": _("The seat stays kept for %(person)s until %(until)s."),
    "suggestion_ended": _("%(who)s gave back the time that %(person)s had suggested."),
    "answered_for": _("%(who)s noted that %(person)s accepts, as they said on the phone."),
    "link_issued": _("A private link was made for %(person)s."),
    "handover_offered": _("%(who)s made a link for %(person)s that can be handed over."),
    "passcode_wrong": _("A wrong passcode was tried for %(person)s."),
    "passcode_forgotten": _("%(who)s said that they forgot their passcode."),
    "passcode_word_given": _("%(who)s let %(person)s choose a new passcode."),
    "sheet_begun": _("%(who)s began their own part."),
    "sheet_finished": _("%(who)s sent their answers."),
    "sheet_reopened": _("%(person)s has something to answer again."),
    "consent_signed": _("%(who)s signed an agreement."),
    "consent_declined": _("%(who)s did not agree to something that is optional."),
    "consent_withdrawn": _("%(who)s withdrew an agreement."),
    "document_changed": _("%(person)s is asked to read and sign a new version."),
    "step_nudged": _("%(who)s sent a reminder to whoever has something to finish."),
    "export_done": _("%(who)s took a copy of what they wrote."),
    "deletion_done": _("%(who)s deleted answers of their own."),
    "person_erased": _("What %(person)s had written was deleted."),
    "data_purged": _("What had been kept long enough was deleted."),
    "flag_raised": _("Something in the answers asked for your attention."),
    "alert_repeated": _("Nobody had taken note of it: you were told again."),
    "alert_acknowledged": _("%(who)s took note of it."),
    "review_opened": _("It waits until you have looked at the answers."),
    "review_contacted": _("%(who)s noted that you were in touch."),
    "review_decided": _("%(who)s noted what you decided about the answers."),
    "review_closed": _("The look at the answers is done."),
    "part_ended": _("%(person)s ended their part. Nobody else was told why."),
    "separation_recorded": _("%(who)s recorded that they go separate ways."),
    "attendance_extracted": _("%(who)s made a list of dates for %(person)s."),
    "attendance_doubted": _(
        "An answer to the invitation of %(person)s says that they cannot come."
    ),
    "message_sent_again": _("%(who)s sent a message again."),
    "message_tried_again": _("%(who)s let a message be tried again."),
    "message_bounced": _("A message did not arrive."),
    "reply_settled": _("%(who)s settled an answer to an invitation."),
}
#: Not told in a history: who has read something is kept for an audit, and would grow with every
#: look at the page; the rest is about the practice and never about people.
UNTOLD = frozenset(
    {
        "words_read",
        "answers_read",
        "late_wish_read",
        # Told to the practitioner alone: nothing of it stands where somebody else may look on.
        "feedback_saved",
        "feedback_read",
        "feedback_seen",
        "day_began",
        "practice_created",
        "text_checked",
        "address_trusted_again",
        "time_zone_changed",
        "hours_changed",
        "days_changed",
        "days_cleared",
        "time_off_added",
        "time_off_changed",
        "time_off_removed",
        "energy_changed",
        "service_added",
        "service_changed",
        "defaults_changed",
        "document_edited",
        "intake_settings_changed",
        "wording_changed",
        "promise_changed",
        "own_messages_changed",
        "feed_made",
        "feed_ended",
        "token_issued",
        "token_revoked",
    }
)

_AT_ONCE = timedelta(minutes=1)
_MOMENTS = ("until", "due_at", "starts_at", "from")


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the journal in words."""

    at: datetime
    text: str
    times: int = 1  # the same within a minute is told once


def history(changes: Sequence[Change], *, names: Mapping[str, str], tz: ZoneInfo) -> list[Told]:
    """The journal in sentences, but for what is `UNTOLD`. `names` are the people's by id."""
    told: list[Told] = []
    for change in changes:
        if change.kind not in SENTENCES and change.kind != "proposal_settled":
            continue
        now = Told(change.occurred_at, _told(change, names, tz))
        last = told[-1] if told else None
        if last and last.text == now.text and now.at - last.at < _AT_ONCE:
            told[-1] = replace(last, times=last.times + 1)
        else:
            told.append(now)
    return told


def _told(change: Change, names: Mapping[str, str], tz: ZoneInfo) -> str:
    snapshot: Mapping[str, Any] = change.snapshot
    if change.kind == "proposal_settled":
        return (
            gettext("Everyone accepted one of the times.")
            if snapshot.get("agreed")
            else gettext("None of the proposed times was accepted by everyone.")
        )
    person = str(snapshot.get("participant", change.subject_id))
    words = {
        "who": _actor(change.actor, names),
        "person": names.get(person, gettext("Somebody")),
        "dates": len(snapshot.get("appointments", ())),
        "minutes": snapshot.get("minutes", ""),
        "decision": str(DECISIONS.get(str(snapshot.get("decision")), "")),
    } | {
        key: moment(datetime.fromisoformat(snapshot[key]), tz) if snapshot.get(key) else "–"
        for key in _MOMENTS
    }
    return str(SENTENCES[change.kind] % words)


def _actor(actor: str, names: Mapping[str, str]) -> str:
    kind, _colon, actor_id = actor.partition(":")
    if kind == "practitioner":
        return pgettext("who did it", "You")
    if kind == "client":
        return names.get(actor_id, gettext("Somebody"))
    return "Attune"
