"""The definition files: all load, nothing the practice decided is missing, errors say where."""

from pathlib import Path

import pytest

from intake.domain.definitions import CONSENT_ORDER, Tier, Who
from intake.domain.loader import FOLDER, InvalidDefinitions, library, load

BASE = {
    # A. You, and B. Contact and discretion. Texts by phone come later: no `ct_text`.
    *("id_chosen", "id_pronouns", "id_legal", "id_tz", "id_18", "id_access"),
    *("ct_email", "ct_phone", "ct_shared", "ct_channels", "ct_voicemail", "ct_sender", "ct_cal"),
    *("ct_cal_title", "ct_name_me", "ct_safe_times", "em_name", "em_rel", "em_phone", "em_scope"),
    # C. What you want, and the signature of G.
    *("go_why_now", "go_better", "go_tried", "go_distress", "go_hope", "go_ready"),
    *("go_not_in_front", "go_fear", "cn_sign", "cn_date"),
    # D. What also stands in a group's form.
    *("hi_prior", "hi_providers", "hi_trauma"),
    # F. Safety, and the instruments.
    *("sf_alone", "sf_h1", "sf_h2", "sf_h3", "sf_h4", "sf_attending", "sf_speak", "sf_choice"),
    *("sf_a1", "sf_a2", "sf_a3", "sf_a4", "sf_a5", "sf_own", "sf_private_route", "sf_phrase"),
    *(f"ph_{n}" for n in range(1, 10)),
    *(f"ga_{n}" for n in range(1, 8)),
    *("pt_event", "pt_1", "pt_2", "pt_3", "pt_4", "pt_5"),
}
#: D. and E., which a group's form leaves out; AUDIT-C depends on a question of D.
HISTORY_AND_HEALTH = {
    *("hi_helped", "hi_messages", "hi_substances", "hi_identity", "au_1", "au_2", "au_3"),
    *("he_conditions", "he_meds", "he_concern", "he_onset", "he_checked", "he_sat", "he_dist"),
}
OWN = {
    "individual": {
        *("in_rel", "in_people", "in_aware", "in_behaviour", "in_regulate"),
        *("nm_struct", "nm_agree", "nm_stigma"),
    },
    "couple": {
        *("cp_since", "cp_form", "cp_cnm", "cp_caring", "cp_view", "cp_strength", "cp_pattern"),
        *("cp_close", "cp_trust", "cp_talk", "cp_sex", "cp_lean", "cp_fair", "cp_solo"),
    },
    # `nm_links` and `nm_scales` are the parts of each row of `nm_people`.
    "non_monogamous": {
        *("nm_people", "nm_focus", "nm_struct", "nm_agree_state", "nm_agree_topics", "nm_agree"),
        *("nm_decide", "nm_style", "nm_out", "nm_caution", "nm_sub", "nm_join", "nm_stigma"),
        *("cp_view", "cp_strength", "cp_lean", "cp_solo"),
    },
    "group": {
        *("gr_which", "gr_name", "gr_goal", "gr_prior", "gr_speak", "gr_conflict", "gr_partner"),
        *("gr_now", "gr_commit", "gr_camera", "gr_call"),
    },
}


@pytest.mark.parametrize("kind", OWN)
def test_each_form_asks_exactly_what_the_practice_decided(kind: str) -> None:
    form = library().form(kind)

    whole = BASE if kind == "group" else BASE | HISTORY_AND_HEALTH
    assert form.version == 2
    assert {q.key for q in form.questions} == whole | OWN[kind]


@pytest.mark.parametrize("kind", OWN)
def test_version_1_stays_as_it_was_for_those_who_began_it(kind: str) -> None:
    form = library().form(kind, 1)

    assert [s.slug for s in form.sections] == ["you", "contact", "hopes", "more", "agreements"]
    assert not any(q.modules for q in form.questions)


@pytest.mark.parametrize("kind", OWN)
def test_what_stays_private_is_agreed_before_anything_private_is_asked(kind: str) -> None:
    slugs = [s.slug for s in library().form(kind).sections]

    assert slugs.index("agreements") < slugs.index("hopes")
    assert slugs[-1] == "quiet"


def test_safety_answers_are_sealed_and_can_be_passed() -> None:
    for kind in OWN:
        for question in library().form(kind).questions:
            if question.key.startswith("sf_"):
                assert question.tier is Tier.SEALED, question.key
                assert question.may_pass or question.postpones, question.key
    ninth = library().form("individual").question("ph_9")
    assert ninth is not None
    assert ninth.tier is Tier.SEALED


@pytest.mark.parametrize(
    ("module", "keys"),
    [
        ("phq2", {"ph_1", "ph_2"}),
        ("gad2", {"ga_1", "ga_2"}),
        ("phq9", {f"ph_{n}" for n in range(1, 10)}),
        ("gad7", {f"ga_{n}" for n in range(1, 8)}),
        ("pcptsd5", {"pt_event", *(f"pt_{n}" for n in range(1, 6))}),
        ("auditc", {"au_1", "au_2", "au_3"}),
        ("hark", {"sf_h1", "sf_h2", "sf_h3", "sf_h4", "sf_attending"}),
        ("asq", {"sf_a1", "sf_a2", "sf_a3", "sf_a4", "sf_a5"}),
    ],
)
def test_a_module_is_exactly_its_instrument(module: str, keys: set[str]) -> None:
    form = library().form("couple")

    assert {q.key for q in form.questions if module in q.modules} == keys


def test_every_instrument_names_its_source() -> None:
    form = library().form("couple")

    for first in ("ph_1", "ga_1", "pt_event", "au_1", "sf_h1", "sf_a1"):
        question = form.question(first)
        assert question is not None
        assert question.source, first
        assert question.intro, first


def test_the_points_of_an_item_are_the_keys_of_its_options() -> None:
    for question in library().form("couple").questions:
        if question.key.startswith(("ph_", "ga_", "au_")):
            top = 5 if question.key.startswith("au_") else 4
            assert [o.key for o in question.options] == [str(n) for n in range(top)]


def test_every_row_of_connections_has_links_and_the_three_scales() -> None:
    question = library().form("non_monogamous").question("nm_people")

    assert question is not None
    assert len(question.options) == 8
    assert [s.key for s in question.scales] == ["close", "trust", "talk"]


def test_what_must_never_be_shown_to_others_is_not_shareable() -> None:
    for kind in OWN:
        for question in library().form(kind).questions:
            if question.key in ("cp_lean", "cp_cnm", "go_not_in_front", "nm_people", "gr_conflict"):
                assert question.tier is not Tier.SHARED
                assert not question.can_share


def test_only_the_requester_is_asked_what_is_asked_once() -> None:
    asked_once = {
        q.key for kind in OWN for q in library().form(kind).questions if q.who is Who.REQUESTER
    }

    assert asked_once == {"cp_since", "cp_caring", "nm_focus"}


def test_every_sensitive_question_can_be_passed() -> None:
    for kind in OWN:
        for question in library().form(kind).questions:
            if question.key.startswith(("go_", "in_", "hi_", "he_", "ph_", "ga_", "pt_", "au_")):
                assert question.may_pass, question.key


@pytest.mark.parametrize(
    ("kind", "modality", "left_out"),
    [
        ("individual", "video", {"cn_nosecrets", "cn_joint", "cn_group"}),
        ("couple", "video", {"cn_group"}),
        ("couple", "in_person", {"cn_group", "cn_tele"}),
        ("non_monogamous", "phone", {"cn_group"}),
        ("group", "video", {"cn_nosecrets", "cn_joint"}),
    ],
)
def test_people_sign_the_documents_of_their_kind_and_way_to_meet(
    kind: str, modality: str, left_out: set[str]
) -> None:
    documents = library().consents_for(relationship_type=kind, modality=modality)

    assert [d.key for d in documents] == [k for k in CONSENT_ORDER if k not in left_out]


def test_only_recording_and_research_may_be_declined() -> None:
    optional = {c.key for c in library().consents.values() if not c.required}

    assert optional == {"cn_record", "cn_research"}


def test_addresses_of_sections_say_nothing() -> None:
    slugs = {s.slug for kind in OWN for s in library().form(kind).sections}

    assert slugs == {
        *("you", "contact", "agreements", "hopes", "more"),
        *("earlier", "health", "weeks", "quiet"),
    }


# Wrong files -----------------------------------------------------------------------------------


def faults_with(folder: Path, file: str, old: str, new: str) -> list[str]:
    """What the loader says about a copy of the definitions with one thing changed."""
    (folder / "consents").mkdir()
    for source in (*FOLDER.glob("*.toml"), *FOLDER.glob("consents/*.toml")):
        target = folder / source.relative_to(FOLDER)
        target.write_text(source.read_text())
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidDefinitions) as caught:
        load(folder)
    return [str(f) for f in caught.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('modules = ["health"]', 'modules = ["wealth"]', "health: there is no module wealth"),
        ('postpones = ["not_now"]', 'postpones = ["later"]', "put off by, an option it does not"),
        ("safety = true\n\n", "safety = true\nmay_skip = true\n\n", "is put off, not skipped"),
        (
            'tier = "sealed"\nmay_pass = true\nmodules = ["hark"]\nwhen = { q',
            'tier = "practitioner"\nmay_pass = true\nmodules = ["hark"]\nwhen = { q',
            "everything in the safety section is sealed",
        ),
        (
            '{ question = "he_onset", answered = true }',
            '{ question = "hi_prior", answered = true }',
            "which is not before it in this section",
        ),
    ],
)
def test_a_wrong_safety_section_or_module_is_named(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    faults = faults_with(tmp_path, "base.v2.toml", old, new)

    assert any(message in f for f in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'kind = "multi"\nlabel = "In conflict',
            'kind = "many"\nlabel = "In conflict',
            "`kind` cannot be 'many'",
        ),
        ('tier = "shared"\nmax_length = 80', "max_length = 80", "`tier` is missing"),
        ('key = "cp_fair"', 'key = "cp_view"', "the key is used twice"),
        ("max_length = 80", "maximum = 80", "unknown: maximum"),
    ],
)
def test_a_wrong_question_is_named_with_its_file_and_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    faults = faults_with(tmp_path, "couple.v1.toml", old, new)

    assert any(message in f and f.startswith("couple.v1.toml:") for f in faults), faults


def test_a_condition_on_a_later_question_is_refused(tmp_path: Path) -> None:
    faults = faults_with(
        tmp_path,
        "base.v1.toml",
        'when = { question = "ct_phone", answered = true }',
        'when = { question = "em_phone", answered = true }',
    )

    assert any("ct_voicemail" in f and "'em_phone', which is not before it" in f for f in faults)


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    faults = faults_with(tmp_path, "group.v1.toml", 'type = "group"', 'type = "group')

    assert any(f.startswith("group.v1.toml:2:") for f in faults), faults


def test_a_document_with_an_unknown_placeholder_is_refused(tmp_path: Path) -> None:
    faults = faults_with(tmp_path, "consents/cn_cancel.v1.toml", "{practitioner}", "{doctor}")

    assert faults == ["consents/cn_cancel.v1.toml: cn_cancel: unknown placeholders: doctor"]
