"""The catalogue is whole, words cover every key of the wire, dates and numbers are as people write them."""

import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from keng_hub.deliveries.states import AttemptState, DeliveryKind
from keng_hub.incidents import findings
from keng_hub.incidents import words as message_words
from keng_hub.incidents.conditions import SourceCondition
from keng_hub.incidents.states import State, Verdict
from keng_hub.media.states import MediaState, ViewingKind
from keng_hub.meterdata.files.lines import LineFault
from keng_hub.meterdata.flags import Answer, Flag, Kind, Reason
from keng_hub.meterdata.imports import Compared
from keng_hub.meterdata.outages import Sign
from keng_hub.meterdata.tariffs import Period
from keng_hub.web import languages, words
from keng_hub.web.incident import HOPS
from keng_hub.web.render import STATIC, span
from keng_wire.alarm import Category, Cause, Evidence, Phase, Severity
from keng_wire.conditions import ClockQuality, Condition, DeviceKind, Mark
from keng_wire.control import CommandName
from keng_wire.event import FaultCode, MediaKind, Moment

HUB = Path(languages.__file__).parents[2]
CATALOGUE = HUB / "keng_hub/web/locale/vi/LC_MESSAGES/messages.po"


def test_the_vietnamese_catalogue_has_every_text_and_nothing_fuzzy(tmp_path: Path) -> None:
    template, updated = tmp_path / "messages.pot", tmp_path / "messages.po"
    updated.write_bytes(CATALOGUE.read_bytes())
    babel = [sys.executable, "-m", "babel.messages.frontend", "-q"]
    extract = ["extract", "-F", "babel.cfg", "-k", "N_", "-o", str(template), "."]
    subprocess.run([*babel, *extract], cwd=HUB, check=True, capture_output=True)
    update = ["update", "-i", str(template), "-o", str(updated), "-l", "vi"]
    subprocess.run([*babel, *update], cwd=HUB, check=True, capture_output=True)
    with updated.open("rb") as file:
        catalogue = read_po(file)
    assert [m.id for m in catalogue if m.id and (m.fuzzy or not m.string or m.string == ("",))] == []
    assert sorted(str(key) for key in catalogue.obsolete) == []
    assert len(catalogue) > 300


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("category", Category),
        ("severity", Severity),
        ("cause", Cause),
        ("evidence", Evidence),
        ("phase", Phase),
        ("state", State),
        ("verdict", Verdict),
        ("source", SourceCondition),
        ("condition", Condition),
        ("mark", Mark),
        ("device", DeviceKind),
        ("clock", ClockQuality),
        ("command", CommandName),
        ("fault", FaultCode),
        ("delivery", AttemptState),
        ("message", DeliveryKind),
        ("media", MediaKind),
        ("moment", Moment),
        ("media_state", MediaState),
        ("viewing", ViewingKind),
        ("flag", Flag),
        ("flag_reason", Reason),
        ("question", Kind),
        ("answer", Answer),
        ("period", Period),
        ("sign", Sign),
        ("compared", Compared),
        ("import_fault", LineFault),
    ],
)
def test_every_key_people_meet_has_a_word(kind: str, keys: type[StrEnum]) -> None:
    assert {key.value for key in keys} <= set(words.KINDS[kind])


def test_every_cause_the_pipeline_names_and_every_hop_has_a_word() -> None:
    assert set(message_words.CAUSES) <= set(words.CAUSE)
    assert findings.NODE_SILENT in words.CAUSE
    assert set(HOPS) == set(words.HOP)


def test_dates_and_numbers_are_written_as_in_vietnam() -> None:
    ms = 1_795_417_387_123  # 2026-11-23 05:03:07.123 UTC
    assert languages.stamp(ms) == "23/11/2026 12:03" or languages.stamp(ms)[2] == "/"
    assert re.fullmatch(r"\d\d:\d\d:\d\d,123", languages.exact(ms))
    assert languages.number(1234.5, 1, language="vi") == "1.234,5"
    assert languages.number(1234.5, 1, language="en") == "1,234.5"
    assert languages.lapse(1234, "vi") == "+1,234 s"
    assert languages.lapse(-61_000, "vi") == "−0:01:01"
    assert languages.size(12_400_000_000, "vi") == "12,4 GB"


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0 giây"), (59_999, "59 giây"), (60_000, "1 phút"), (7_199_000, "119 phút"), (7_200_000, "2 giờ")],
)
def test_a_span_is_one_number_and_one_unit(ms: int, text: str) -> None:
    assert span(ms, languages.catalogue("vi").gettext) == text


def test_the_hub_serves_the_third_party_files_it_names_with_their_licences() -> None:
    vendor = STATIC / "vendor"
    assert (vendor / "htmx/htmx.min.js").stat().st_size > 10_000
    assert (vendor / "uplot/uPlot.min.js").stat().st_size > 10_000
    assert len(list((vendor / "be-vietnam-pro").glob("*.woff2"))) == 6
    assert len(list(vendor.rglob("LICENSE"))) == 3


def test_every_htmx_event_and_setting_in_use_is_one_the_shipped_file_knows() -> None:
    shipped = (STATIC / "vendor/htmx/htmx.min.js").read_text()
    used: set[str] = set()
    for file in STATIC.glob("*.js"):
        used |= set(re.findall(r'"(htmx:[a-zA-Z:]+)"', file.read_text()))
    assert len(used) >= 5
    assert {name for name in used if name not in shipped} == set()
    for word in ("includeIndicatorCSS", "innerMorph", "hx-status:", "hx-morph-skip", "throttle", "4.0.1"):
        assert word in shipped
