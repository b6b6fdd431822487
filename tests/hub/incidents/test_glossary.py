"""Every word of the code that people may meet stands in the glossary, with its Vietnamese."""

from enum import Enum
from pathlib import Path

import pytest

from keng_hub.cameras.facts import Missing
from keng_hub.cameras.states import CameraChange, CameraClass, CameraState
from keng_hub.deliveries.states import AttemptState, DeliveryKind
from keng_hub.incidents import findings
from keng_hub.incidents.case import Change, Doubt, Gate
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.dispatch import TaskState
from keng_hub.incidents.drills import DrillState
from keng_hub.incidents.entries import EntryKind
from keng_hub.incidents.outcome import CauseCode, FalseAlarmCause
from keng_hub.incidents.roll_call import RollCallAnswer
from keng_hub.incidents.states import State, Verdict
from keng_hub.incidents.targets import TargetStep
from keng_hub.media.states import MediaState, ViewingKind
from keng_hub.meterdata.files.lines import LineFault
from keng_hub.meterdata.flags import Answer, Flag, Kind, Reason
from keng_hub.meterdata.imports import Compared
from keng_hub.meterdata.outages import Sign
from keng_hub.meterdata.tariffs import Period
from keng_hub.notices.kinds import NoticeKind, NoticeState
from keng_hub.people.assets import AssetKind
from keng_hub.people.data_requests import DataRequestKind
from keng_hub.people.files import EntryFault
from keng_hub.people.imports import EntryChange
from keng_hub.people.reach import Unreached
from keng_hub.people.states import CodeKind, ConsentAct, ContactState, How
from keng_hub.people.ways import AddressKind
from keng_hub.replies.reasons import ReplyReason
from keng_hub.replies.reports import ReportMark, ReportStatus
from keng_hub.replies.words import Meaning
from keng_hub.reports.need import Need
from keng_hub.warnings.rows import CAUSE
from keng_wire.alarm import Category, Cause, Evidence, Phase, Severity
from keng_wire.camera import When
from keng_wire.conditions import ClockQuality, Condition, DeviceKind, Mark
from keng_wire.control import CommandName
from keng_wire.event import FaultCode, MediaKind, Moment, PanelAct
from keng_wire.point import ProofMethod
from keng_wire.sighting import Direction, ObjectClass, Rule, Step
from keng_wire.topics import MessageClass

_FOLDER = Path(__file__).parents[3] / "docs" / "design"

_ENUMS: list[type[Enum]] = [
    Category, Severity, Cause, Evidence, Phase, DeviceKind, Condition, Mark, ClockQuality, FaultCode, CommandName,
    CameraClass, CameraState, CameraChange, Missing, When,
    PanelAct, ProofMethod, Need, MediaKind, Moment, MediaState, ViewingKind, ObjectClass, Rule, Step, Direction,
    MessageClass, State, Verdict, SourceCondition, Change, Gate, Doubt, DeliveryKind, AttemptState,
    Flag, Reason, Kind, Answer, Period, Sign, Compared, LineFault,
    Meaning, ReplyReason, ReportMark, ReportStatus, NoticeKind, NoticeState,
    TargetStep, TaskState, DrillState, RollCallAnswer, CauseCode, FalseAlarmCause,
    ContactState, ConsentAct, How, CodeKind, AddressKind, Unreached, AssetKind, EntryFault, EntryChange,
    DataRequestKind,
]  # fmt: skip


def _rows(heading: str) -> dict[str, str]:
    text = (_FOLDER / "glossary.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {cell[0].strip("`"): cell[1].strip() for cell in cells}


@pytest.mark.parametrize("words", _ENUMS, ids=lambda words: words.__name__)
def test_every_value_has_its_vietnamese_word(words: type[Enum]) -> None:
    rows = _rows(f"`{words.__name__}`")
    assert list(rows) == [str(word.value) for word in words]
    assert all(rows.values())


def test_the_hubs_own_causes_are_there() -> None:
    own = {findings.NODE_SILENT, *findings.HINTS.values(), CAUSE} | findings.DELIVERY_CAUSES
    own |= {findings.RESIDENT_REPORT, findings.MASS_OUTAGE, findings.FAULT_STORM, findings.DRILL, findings.SELF_TEST}
    assert set(_rows("Causes the hub finds itself")) == own


def test_every_kind_of_entry_is_described() -> None:
    text = (_FOLDER / "alerts.md").read_text(encoding="utf-8")
    assert [kind.value for kind in EntryKind if f"| `{kind.value}` |" not in text] == []
