"""Taking part, finishing, and whoever does not."""

import pytest

from booking.domain.gate import Unmet
from booking.domain.refusals import NotTheirs
from booking.models import DoNotContact, TimeAnswer
from booking.operations import participants
from booking.queries.gate import unmet_for
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import fresh, recorded

pytestmark = pytest.mark.django_db


def test_joining_answers_for_the_time_that_is_held(office: Office) -> None:
    request = make.verified(office, "couple")
    sam = make.enter(make.people_of(request)[1])

    make.join(sam, accepts=False, now=NOW)

    assert TimeAnswer.objects.get(participant=sam).accepts is False
    assert Unmet.TIME_NOT_ACCEPTED in unmet_for(fresh(request), now=NOW)
    assert recorded("participant_joined") == [{"participant": str(sam.pk)}]


def test_joining_twice_is_joining_once(office: Office) -> None:
    request = make.verified(office, "couple")
    sam = make.enter(make.people_of(request)[1])

    for accepts in (False, True):
        make.join(sam, accepts=accepts, now=NOW)

    assert len(recorded("participant_joined")) == 1
    assert TimeAnswer.objects.get(participant=sam).accepts is True


def test_saying_no_is_quiet_and_the_request_lives(office: Office) -> None:
    request = make.verified(office, "couple")
    sam = make.people_of(request)[1]

    participants.decline_invitation(participant_id=sam.pk, never_again=True, now=NOW)

    assert fresh(request).state == "gathering"
    assert DoNotContact.objects.count() == 1
    with pytest.raises(NotTheirs):
        make.join(sam, accepts=None, now=NOW)


def test_an_address_that_asked_for_quiet_is_never_written_to(office: Office) -> None:
    first = make.verified(office, "couple")
    sam = make.people_of(first)[1]
    participants.decline_invitation(participant_id=sam.pk, never_again=True, now=NOW)
    before = Change.objects.filter(kind="link_issued", snapshot__purpose="invite").count()

    make.verified(office, "couple", others=[make.partner("Sam", email=sam.email)])

    after = Change.objects.filter(kind="link_issued", snapshot__purpose="invite").count()
    assert after == before


def test_a_request_is_ready_when_the_last_one_has_finished_and_not_any_more_when_one_has_not(
    office: Office,
) -> None:
    request = make.ready(office, "couple")
    assert request.state == "ready"
    sam = make.people_of(request)[1]

    participants.mark_uncleared(participant_id=sam.pk, now=NOW)

    assert fresh(request).state == "gathering"
    participants.mark_cleared(participant_id=sam.pk, now=NOW)
    assert fresh(request).state == "ready"
    assert len(recorded("request_ready")) == 2


def test_a_sometimes_person_blocks_nobody(office: Office) -> None:
    request = make.ready(
        office,
        "non_monogamous",
        others=[make.partner("Kai"), make.partner("Noor", attends="sometimes")],
    )

    assert request.state == "ready"
    assert unmet_for(request, now=NOW) == []


def test_the_practitioner_can_go_on_without_somebody(office: Office) -> None:
    request = make.verified(office, "non_monogamous", others=[make.partner("Kai"), make.partner()])
    kai, sam = make.people_of(request)[1:]
    make.enter(kai)
    make.join(kai, accepts=True, now=NOW)
    for person in (make.requester_of(request), kai):
        make.clear(person)
    assert fresh(request).state == "gathering"

    participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert fresh(request).state == "ready"
    assert unmet_for(fresh(request), now=NOW) == []
