"""What a camera took an intrusion for stands beside its alarm; other sightings open and change nothing."""

from keng_hub import tables
from keng_wire.sighting import ObjectClass, Rule, Sighted, Step
from support.village_rows import Village


def _sighted(alarm: str | None, step: Step = Step.BEGIN, confidence: float | None = 0.62) -> Sighted:
    return Sighted(
        device="khoi-5a",
        occurrence="e" * 16,
        step=step,
        rule=Rule.INTRUSION,
        area="cong",
        object_class=ObjectClass.PERSON if confidence else ObjectClass.UNKNOWN,
        confidence=confidence,
        began_ago=2_000,
        alarm=alarm,
    )


def _occurrence(village: Village, incident: int) -> str:
    found: str = next(row.occurrence for row in village.rows(tables.alarm) if row.incident == incident)
    return found


def test_class_and_confidence_stand_beside_the_alarm(village: Village) -> None:
    incident = village.alarm()
    village.event(_sighted(_occurrence(village, incident)))
    (entry,) = village.entries(incident, "sighting")
    assert (entry["class"], entry["confidence"], entry["step"]) == ("person", 0.62, "begin")


def test_without_a_detector_it_says_that_only_motion_was_seen(village: Village) -> None:
    incident = village.alarm()
    village.event(_sighted(_occurrence(village, incident), confidence=None))
    (entry,) = village.entries(incident, "sighting")
    assert (entry["class"], entry["confidence"]) == ("unknown", None)


def test_a_sighting_without_an_alarm_opens_nothing(village: Village) -> None:
    village.event(_sighted(None))
    village.event(_sighted("d" * 16))
    assert village.rows(tables.incident) == []
