"""The choices that several shapes share, named for the schema (`ENUM_NAME_OVERRIDES`)."""

from booking.domain.availability import Reason
from booking.domain.gate import Unmet
from booking.domain.series import Conflict
from booking.domain.states import AppointmentState, Outward, RequestState, SeatState
from booking.domain.waiting import DayPart
from booking.models import Cohort, Vote
from practice.models import Modality, RelationshipType

REQUEST_STATES = [s.value for s in RequestState]
APPOINTMENT_STATES = [s.value for s in AppointmentState]
SEAT_STATES = [s.value for s in SeatState]
COHORT_STATES = [s.value for s in Cohort.State]
OUTWARD = [o.value for o in Outward]
REASONS = [u.value for u in Unmet]
OUTSIDE_REASONS = [r.value for r in Reason]
CONFLICTS = [c.value for c in Conflict]
DAY_PARTS = [p.value for p in DayPart]
VOTE_WORDS = [w.value for w in Vote.Word]
MODALITIES = [c.value for c in Modality]
RELATIONSHIP_TYPES = [c.value for c in RelationshipType]
