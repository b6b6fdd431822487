"""A camera's hint of fire: a note beside a fire, a small matter by itself, and never a fire."""

from keng_hub import tables
from keng_hub.incidents import hint_notes, pipeline
from keng_wire.alarm import Cause, Evidence
from keng_wire.event import Snapshot
from keng_wire.fire_hint import FireHinted, FireSign
from support.village_rows import START, Village

HINT, SMOKE = "f" * 16, "e" * 16
MINUTE = 60_000


def _hint(
    village: Village,
    *,
    active: bool = True,
    occurrence: str = HINT,
    minutes: float = 0,
    sign: FireSign = FireSign.FLAMES,
) -> None:
    body = FireHinted(device="khoi-5a", occurrence=occurrence, active=active, sign=sign, zone=None)
    village.event(body, happened=START + round(minutes * MINUTE))


def _picture(village: Village, occurrence: str = HINT) -> None:
    village.event(
        Snapshot.model_validate_json(
            f'{{"device":"khoi-5a","occurrence":"{occurrence}","sha256":"{"0" * 64}","width":2,"height":2,'
            '"jpeg":"/9j/"}'
        )
    )


def test_by_itself_it_asks_somebody_to_look_and_nobody_is_alarmed(village: Village) -> None:
    _hint(village)
    (row,) = village.rows(tables.incident)
    assert (row.category, row.severity, row.cause, row.evidence) == ("info", "low", "fire_hint", "advisory")
    assert row.escalate_at is None, "nobody is told again, and no second tier"
    assert village.letters(1)[0].body_vi.startswith("THÔNG TIN: cần kiểm tra, camera thấy giống lửa")
    assert "CHÁY" not in village.letters(1)[0].body_vi


def test_its_picture_is_in_its_incident(village: Village) -> None:
    _hint(village)
    _picture(village)
    assert len(village.entries(1, "snapshot")) == 1


def test_once_it_is_over_the_incident_waits_for_a_person(village: Village) -> None:
    _hint(village)
    _hint(village, active=False, minutes=2)
    row = village.row(tables.incident, 1)
    assert (row.condition, row.state) == ("cleared", "new")
    assert len(village.letters(1)) == 1


def test_the_same_event_again_changes_nothing(village: Village) -> None:
    _hint(village)
    _hint(village)
    assert len(village.rows(tables.incident)) == 1
    assert len(village.letters(1)) == 1


def test_beside_a_fire_it_is_a_note_with_its_picture_and_no_message(village: Village) -> None:
    fire = village.alarm()
    told = len(village.letters(fire))
    before = village.row(tables.incident, fire)
    _hint(village)
    _picture(village)
    _hint(village, active=False, minutes=2)
    assert [(each["device"], each["active"]) for each in village.entries(fire, "fire_hint")] == [
        ("khoi-5a", True),
        ("khoi-5a", False),
    ]
    assert len(village.entries(fire, "snapshot")) == 1
    assert len(village.rows(tables.incident)) == 1
    assert len(village.letters(fire)) == told
    after = village.row(tables.incident, fire)
    assert (after.evidence, after.severity, after.condition) == (before.evidence, before.severity, before.condition)


def test_a_detector_that_alarms_while_a_hint_stands_is_a_fire_of_its_own_that_says_so(village: Village) -> None:
    _hint(village)
    fire = village.alarm(happened=START + MINUTE)
    row = village.row(tables.incident, fire)
    assert (row.category, row.cause, row.evidence) == ("fire", Cause.SMOKE, Evidence.SINGLE_DETECTOR)
    assert [each["occurrence"] for each in village.entries(fire, "fire_hint")] == [HINT]
    (letter,) = village.letters(fire)
    assert letter.body_vi.startswith("CHÁY: đầu báo khói.")
    assert "Camera cũng thấy giống lửa, chưa xác minh." in letter.body_vi
    _hint(village, active=False, minutes=3)
    assert [each["active"] for each in village.entries(fire, "fire_hint")] == [True, False]


def test_a_hint_that_is_over_is_not_brought_up_by_a_later_fire(village: Village) -> None:
    _hint(village)
    _hint(village, active=False, minutes=2)
    fire = village.alarm(happened=START + 5 * MINUTE)
    assert village.entries(fire, "fire_hint") == []
    assert "Camera" not in village.letters(fire)[0].body_vi


def test_what_is_told_again_of_a_fire_says_what_the_camera_sees_then(village: Village) -> None:
    fire = village.alarm()
    _hint(village)
    village.do(pipeline.sweep, village.wait(61))
    village.set_attempts(fire, "accepted")
    _hint(village, active=False, minutes=2)
    village.do(pipeline.sweep, village.wait(61))
    first = village.letters(fire)[0].body_vi
    with_hint, after = (letter.body_vi for letter in village.letters(fire, "truong-thon"))
    assert "Camera cũng thấy giống lửa" in with_hint
    assert all("Chưa xác minh" in letter for letter in (first, after))


def test_a_fire_at_another_place_has_nothing_to_do_with_it(village: Village) -> None:
    village.alarm(device="khoi-7")
    _hint(village)
    assert sorted(row.category for row in village.rows(tables.incident)) == ["fire", "info"]


def test_the_end_of_a_hint_nobody_knows_is_nothing(village: Village) -> None:
    _hint(village, active=False)
    assert village.rows(tables.incident) == []


def _smoke(village: Village, *, active: bool = True, minutes: float = 0) -> None:
    _hint(village, active=active, occurrence=SMOKE, minutes=minutes, sign=FireSign.SMOKE)


def test_smoke_by_itself_asks_somebody_to_look_and_says_that_it_is_weak(village: Village) -> None:
    _smoke(village)
    (row,) = village.rows(tables.incident)
    assert (row.category, row.severity, row.cause, row.evidence) == ("info", "low", "smoke_hint", "advisory")
    assert row.escalate_at is None
    (letter,) = village.letters(1)
    assert letter.body_vi.startswith("THÔNG TIN: cần xem, camera thấy giống khói, chưa chắc")
    assert "CHÁY" not in letter.body_vi


def test_smoke_and_then_flames_are_one_matter_that_is_called_by_the_flames(village: Village) -> None:
    _smoke(village)
    _hint(village, minutes=1)
    (row,) = village.rows(tables.incident)
    assert (row.cause, row.severity, row.escalate_at) == ("fire_hint", "low", None)


def test_flames_and_then_smoke_stay_flames(village: Village) -> None:
    _hint(village)
    _smoke(village, minutes=1)
    (row,) = village.rows(tables.incident)
    assert row.cause == "fire_hint"


def test_smoke_beside_a_fire_is_a_note_that_raises_nothing(village: Village) -> None:
    fire = village.alarm()
    before, told = village.row(tables.incident, fire), len(village.letters(fire))
    _smoke(village)
    _smoke(village, active=False, minutes=2)
    assert [(each["sign"], each["active"]) for each in village.entries(fire, "fire_hint")] == [
        ("smoke", True),
        ("smoke", False),
    ]
    after = village.row(tables.incident, fire)
    assert (after.evidence, after.severity, after.condition) == (before.evidence, before.severity, before.condition)
    assert len(village.letters(fire)) == told
    assert len(village.rows(tables.incident)) == 1


def test_a_detector_that_alarms_while_a_camera_sees_smoke_says_so(village: Village) -> None:
    _smoke(village)
    fire = village.alarm(happened=START + MINUTE)
    assert [each["sign"] for each in village.entries(fire, "fire_hint")] == ["smoke"]
    (letter,) = village.letters(fire)
    assert "Camera cũng thấy giống khói, chưa chắc, chưa xác minh." in letter.body_vi


def test_flames_count_for_more_than_smoke_as_long_as_they_are_seen(village: Village) -> None:
    fire = village.alarm()
    _smoke(village)
    assert village.do(hint_notes.stands, fire) is FireSign.SMOKE
    _hint(village)
    assert village.do(hint_notes.stands, fire) is FireSign.FLAMES
    _hint(village, active=False, minutes=1)
    assert village.do(hint_notes.stands, fire) is FireSign.SMOKE
    _smoke(village, active=False, minutes=2)
    assert village.do(hint_notes.stands, fire) is None


def test_a_hint_of_a_node_that_knows_no_smoke_is_one_of_flames(village: Village) -> None:
    old = FireHinted.model_validate({"device": "khoi-5a", "occurrence": HINT, "active": True})
    village.event(old, happened=START)
    assert village.rows(tables.incident)[0].cause == "fire_hint"
