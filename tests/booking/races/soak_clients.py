"""What the clients of the soak do."""

from typing import Any

from booking.models import Appointment, Cohort, Participant, PrivateLink, WaitlistEntry
from booking.operations import (
    answers,
    cancellations,
    late,
    links,
    moves,
    participants,
    places,
    requests,
    series,
    together,
    waitlist,
)
from booking.queries import people
from booking.queries.together import asked_starts
from tests.booking import factories as make
from tests.booking.races.soak_players import Deed, Nothing, Player

TYPES = ("individual", "individual", "couple", "non_monogamous")


def submit(player: Player) -> None:
    kind = player.chance.choice(TYPES)
    more: dict[str, Any] = {"times": player.starts(3, kind)}
    if kind == "non_monogamous" and player.yes(0.7):
        more["others"] = [make.partner("Kai"), make.partner("Noor", attends="sometimes")]
    make.submitted(player.office, kind, now=player.now, **more)


def submit_together(player: Player) -> None:
    kind, others = "couple", [make.partner("Sam")]
    if player.yes(0.4):
        kind = "non_monogamous"
        others.append(make.partner("Noor", attends="sometimes"))
    make.submitted(player.office, kind, now=player.now, times=(), find_together=True, others=others)


def submit_and_wait(player: Player) -> None:
    make.submitted(player.office, now=player.now, times=(), wait=True)


def submit_for_seat(player: Player) -> None:
    cohort = player.one(Cohort.objects.filter(practitioner=player.lead, state="open"))
    make.submitted(
        player.office,
        "group",
        now=player.now,
        cohort=cohort.slug,
        seat_name="Robin",
        times=[player.start("group")] if player.yes(0.5) else [],
        wait=True,
    )


def enter(player: Player) -> None:
    person = player.person(links__isnull=False, verified_at__isnull=True)
    link = person.links.filter(revoked_at__isnull=True).order_by("-created_at").first()
    if link is None:
        raise Nothing
    if link.is_handover:
        links.claim_handover(
            token=links.token(link.id), address=make.address("claimed"), now=player.now
        )
        return
    links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=player.now)


def ask_for_link(player: Player) -> None:
    link = player.one(PrivateLink.objects.filter(is_handover=False))
    links.send_again(address=link.address, now=player.now)


def join(player: Player) -> None:
    person = player.person(verified_at__isnull=False, joined_at__isnull=True)
    make.join(person, accepts=player.yes(), now=player.now)


def decline_invitation(player: Player) -> None:
    person = player.person(joined_at__isnull=True, is_requester=False)
    participants.decline_invitation(participant_id=person.pk, never_again=False, now=player.now)


def clear(player: Player) -> None:
    make.clear(player.person(joined_at__isnull=False, cleared_at__isnull=True), now=player.now)


def unclear(player: Player) -> None:
    make.unclear(player.person(cleared_at__isnull=False), now=player.now)


def vote(player: Player) -> None:
    person = player.person(request__find_together=True, joined_at__isnull=False)
    starts = asked_starts(person.request, now=player.now)[:60]
    words = {start: player.chance.choice(("can", "could", "cant")) for start in starts}
    together.vote(participant_id=person.pk, marks=words, now=player.now)


def answer(player: Player) -> None:
    person = player.person(request__state="proposed")
    offered = people.person_page(person.pk, now=player.now).wanted
    answers.answer_times(
        participant_id=person.pk,
        answers={time.appointment.pk: player.yes(0.6) for time in offered},
        suggestions=player.starts(3) if player.yes(0.3) else (),
        now=player.now,
    )


def answer_move(player: Player) -> None:
    candidate = player.one(
        Appointment.objects.filter(state="held", request__state="confirmed", request__isnull=False)
    )
    ids = [p.pk for p in Participant.objects.filter(request=candidate.request_id)]
    answers.answer_times(
        participant_id=player.chance.choice(sorted(ids)),
        answers={candidate.pk: player.yes()},
        now=player.now,
    )


def withdraw(player: Player) -> None:
    requests.withdraw(participant_id=player.person().pk, now=player.now)


def cancel(player: Player) -> None:
    guest = player.guest()
    cancellations.cancel(
        appointment_id=guest.appointment_id, participant_id=guest.participant_id, now=player.now
    )


def ask_move(player: Player) -> None:
    guest = player.guest(**({"request__find_together": True} if player.yes(0.5) else {}))
    moves.ask_move(
        appointment_id=guest.appointment_id,
        participant_id=guest.participant_id,
        starts=player.starts(3),
        now=player.now,
    )


def ask_late(player: Player) -> None:
    guest = player.guest(**player.soon(30))
    late.ask_late(
        participant_id=guest.participant_id,
        appointment_id=guest.appointment_id,
        words="Could we?",
        now=player.now,
    )


def running_late(player: Player) -> None:
    guest = player.guest(**player.soon(3))
    late.running_late(
        appointment_id=guest.appointment_id,
        minutes=10,
        participant_id=guest.participant_id,
        now=player.now,
    )


def stop_coming(player: Player) -> None:
    series.stop(participant_id=player.guest().participant_id, now=player.now)


def wait(player: Player) -> None:
    waitlist.join(participant_id=player.person(is_requester=True).pk, now=player.now)


def wait_no_more(player: Player) -> None:
    found = WaitlistEntry.objects.filter(left_at__isnull=True)
    entry = player.one_of(found, sorted(found.values_list("pk", flat=True)))
    requester = Participant.objects.get(request=entry.request_id, is_requester=True)
    waitlist.leave(participant_id=requester.pk, now=player.now)


def leave_group(player: Player) -> None:
    seat = player.seat("asked", "waiting", "given")
    requester = Participant.objects.get(request=seat.request_id, is_requester=True)
    places.leave_group(participant_id=requester.pk, now=player.now)


def look(player: Player) -> None:
    people.person_page(player.person().pk, now=player.now)


#: What is done, and how often beside the others.
DEEDS: dict[Deed, int] = {
    submit: 14,
    submit_together: 3,
    submit_and_wait: 2,
    submit_for_seat: 8,
    enter: 40,
    ask_for_link: 1,
    join: 14,
    decline_invitation: 1,
    clear: 40,
    unclear: 2,
    vote: 8,
    answer: 14,
    answer_move: 12,
    withdraw: 2,
    cancel: 4,
    ask_move: 5,
    ask_late: 4,
    running_late: 4,
    stop_coming: 1,
    wait: 3,
    wait_no_more: 1,
    leave_group: 1,
    look: 8,
}
