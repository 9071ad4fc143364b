"""The demo's story: requests and appointments in every state, told in the order they happened."""

from datetime import datetime, timedelta

from booking.operations import appointments, cancellations, decisions, requests
from booking.operations.sweep import sweep
from config.demo.articles import ARTICLES
from config.demo.teller import LONDON, Teller
from practice.models import Practitioner


def tell(practitioner: Practitioner, *, now: datetime) -> None:
    """Everything that has happened at the practice in the last month."""
    teller = Teller(practitioner)
    day = timedelta(days=1)
    # A month ago somebody began to come every week. They are asked how it goes, and said so once.
    teller.every_week("Frankie", now - 30 * day)
    # Three weeks ago: two sessions that are over by now.
    robin = teller.one("individual-session", "Robin", now - 12 * day, after=2 * day)
    teller.finish_and_confirm(robin, now - 12 * day)
    jamie = teller.one("individual-session", "Jamie", now - 8 * day, after=2 * day)
    missed = teller.finish_and_confirm(jamie, now - 8 * day)
    assert missed is not None
    appointments.mark_no_show(
        appointment_id=missed, practitioner_id=practitioner.id, now=now - 4 * day
    )
    sweep(now=now - 4 * day)
    # Last week: joint requests whose decisions have left with a batch.
    toni = teller.joint("session-for-two", "couple", "Toni", ["Bo"], now - 4 * day, after=7 * day)
    teller.finish_and_confirm(toni, now - 4 * day, leave_with_batch=True)
    ira = teller.joint(
        "session-for-two-or-three",
        "non_monogamous",
        "Ira",
        ["Jo", "Val"],
        now - 4 * day,
        after=8 * day,
        mentioned=["Max"],
    )
    teller.everybody_finishes(ira, now - 4 * day)
    teller.propose(ira, now, after=9 * day)
    # These days: what waits for a decision, and what is on its way.
    recent = now - timedelta(hours=6)
    alex = teller.one("first-conversation", "Alex", recent, after=3 * day)
    teller.everybody_finishes(alex, recent)
    chris = teller.one("individual-session", "Chris", recent, after=4 * day, place=LONDON)
    teller.finish_and_confirm(chris, recent)
    teller.one("individual-session", "Noor", recent, after=5 * day, article=ARTICLES[0].slug)
    sam = teller.joint("session-for-two", "couple", "Sam", ["Kim"], recent, after=6 * day)
    teller.finishes(sam, 0, recent)
    dana = teller.joint("session-for-two", "couple", "Dana", ["Lee"], recent, after=8 * day)
    teller.everybody_finishes(dana, recent)
    # Held for a private talk: an alert, a mark and a review at the desk, and nothing outside.
    eli = teller.joint("session-for-two", "couple", "Eli", ["Rue"], recent, after=9 * day)
    teller.finishes(eli, 0, recent)
    teller.finishes(eli, 1, recent, is_unsure=True)
    mo = teller.joint("session-for-two", "couple", "Mo", ["Ash"], recent, after=10 * day)
    teller.finish_and_confirm(mo, now)  # leaves with the next batch, can be undone until then
    teller.group(recent)
    teller.every_two_weeks("Nadia", recent)
    teller.finding_a_time("Ines", "Rafa", recent, answered=1)
    teller.finding_a_time("Lou", "Kit", recent, answered=2)
    teller.waiting("Tess", recent)
    # Some that did not come to anything, and one that was cancelled.
    pat = teller.one("individual-session", "Pat", recent, after=11 * day)
    decisions.decline(request_id=pat.id, practitioner_id=practitioner.id, now=recent)
    remy = teller.one("individual-session", "Remy", recent, after=12 * day)
    requests.withdraw(participant_id=teller.person(remy, 0).id, now=recent)
    teller.ask("individual-session", "individual", "Sky", recent, after=13 * day)  # unverified
    uma = teller.one("individual-session", "Uma", recent, after=14 * day)
    cancelled = teller.finish_and_confirm(uma, recent)
    assert cancelled is not None
    cancellations.cancel(
        appointment_id=cancelled, participant_id=teller.person(uma, 0).id, now=recent
    )
    teller.called("Walter Hofmann", "+1 555 0177", recent, after=6 * day)
