"""The printer port of a panel: every line is understood or kept; a wrong bit makes no isolated alarm a live one."""

from pathlib import Path

import pytest

from bridges.captures import capture
from keng_bridges.errors import ProfileError
from keng_bridges.panel_printer import LineReader, recording, words
from keng_bridges.panel_profile import load, names
from keng_bridges.recording import Damaged, Decoded
from keng_bridges.values import Condition, Mark

ALARM = ":ALARM Z001 1.1.Z1 AZF 1 ON MODULE 1 (28 CHAR) 12/08 01:23;"
ISOLATED = ":ISOL ALARM Z001 1.1.Z1 AZF 1 ON MODULE 1 (28 CHAR) 12/08 01:22;"
afp = load("notifier_afp2800")
generic = load("generic")


def decoded(data: bytes) -> list[Decoded]:
    return [item for item in recording(data) if isinstance(item, Decoded)]


def test_the_lines_of_the_manual_say_what_the_manifest_says() -> None:
    content, expected = capture("afp2800_common")
    found = decoded(content)
    wanted = expected["events"]
    assert isinstance(wanted, list)
    assert [{key: item.facts[key] for key in ("event", "label", "point", "when", "zone")} for item in found] == wanted
    assert all(item.facts["known"] for item in found)


@pytest.mark.parametrize(
    ("line", "event", "point", "condition", "marks"),
    [
        (ALARM, "ALARM", "1.1.Z1", Condition.ALARM, set[Mark]()),
        (ISOLATED, "ISOL ALARM", "1.1.Z1", Condition.ALARM, {Mark.DISABLED}),
        (":ISOL  Z002   L2D159  BẾP   12/08 01:24;", "ISOL", "L2D159", Condition.UNKNOWN, {Mark.DISABLED}),
        (":FAULT (F01) Z001 L2D159 SOUTH DOOR 11/12 14:11;", "FAULT (F01)", "L2D159", Condition.UNKNOWN, {Mark.FAULT}),
        (
            ":ALARM SELF CLEARED Z001 1.1.Z1 12/08 01:23;",
            "ALARM SELF CLEARED",
            "1.1.Z1",
            Condition.NORMAL,
            set[Mark](),
        ),
        (":RESET ALARM Z001 1.1.Z1 A 12/08 01:23;", "RESET ALARM", "1.1.Z1", Condition.NORMAL, set[Mark]()),
        (
            ":COMMS PROC FL Z000 4.0.-- UNNAMED 11/12 15:10;",
            "COMMS PROC FL",
            "4.0.--",
            Condition.UNKNOWN,
            {Mark.FAULT},
        ),
        (":MAINS FAIL Z000 0.2.I5 MAINS FAIL 1/2 5:08;", "MAINS FAIL", "0.2.I5", Condition.UNKNOWN, {Mark.MAINS_LOST}),
    ],
)
def test_a_line_of_the_afp_2800(line: str, event: str, point: str, condition: Condition, marks: set[Mark]) -> None:
    told = afp.read(line)
    report = told.report()
    assert report is not None
    assert (told.event, report.point, report.condition, report.marks) == (event, point, condition, frozenset(marks))


@pytest.mark.parametrize(
    ("line", "event", "zone", "condition"),
    [
        ("FIRE ZONE 3 KHO 12/08/26 01:23:11", "FIRE", "3", Condition.ALARM),
        ("Báo cháy khu vực 12", "BAO CHAY", "12", Condition.ALARM),
        ("01:23 12/08 PRE-ALARM  Z004", "PRE-ALARM", "Z004", Condition.PRE),
        ("FIRE ALARM PANEL 2: FAULT ZONE 7", "FAULT", "7", None),
        ("FAULT ZONE 7 FIRE STATION", "FAULT", "7", None),
        ("ALARM RESTORED ZONE 7", "ALARM RESTORED", "7", Condition.NORMAL),
        ("FIREPLACE", None, None, None),
    ],
)
def test_a_line_of_a_panel_without_a_profile(
    line: str, event: str | None, zone: str | None, condition: Condition | None
) -> None:
    told = generic.read(line)
    assert (told.event, told.zone) == (event, zone)
    assert (told.meaning.condition if told.meaning else None) is condition


def test_an_input_that_is_no_fire_input_is_only_shown_and_a_reset_may_name_no_place() -> None:
    active = afp.read(":ACTIVE SELF CLR Z000 VP3 PUMP 27/05 22:35;")
    assert (active.event, active.zone, active.point, active.report()) == ("ACTIVE SELF CLR", "Z000", "VP3", None)
    assert active.meaning is not None
    reset = afp.read(":SYSTEM RESET   27/05/2026 22:35:10;")
    assert (reset.event, reset.place, reset.when) == ("SYSTEM RESET", "panel", "27/05/2026 22:35:10")
    unlabelled = afp.read(":ALARM Z001 1.1.Z1 27/05 22:35;")
    assert (unlabelled.event, unlabelled.point, unlabelled.label) == ("ALARM", "1.1.Z1", None)


def test_a_line_that_nobody_understands_is_kept() -> None:
    for line in (":KLAXON Z001 1.1.Z1 A 12/08 01:23;", ":words of the engineer"):
        (item,) = decoded(line.encode() + b"\r\n")
        assert (item.facts["known"], item.facts["text"], item.points) == (False, line, ())


def test_one_wrong_bit_never_makes_an_isolated_alarm_a_live_one() -> None:
    line = ISOLATED.encode() + b"\r\n"
    for bit in range(len(line) * 8):
        data = bytearray(line)
        data[bit // 8] ^= 1 << bit % 8
        for item in decoded(bytes(data)):
            for point in item.points:
                assert point.condition is not Condition.ALARM or Mark.DISABLED in point.marks, bytes(data)


def test_a_line_cut_off_is_damaged_unless_nothing_of_it_is_missing() -> None:
    whole = ALARM.encode()
    for end in range(1, len(whole) - 1):
        assert [type(item) for item in recording(whole[:end])] == [Damaged]
    assert len(decoded(whole)) == 1


def test_what_only_moves_the_printer_is_left_out_and_noise_is_damaged() -> None:
    assert words(b"\x1b@\x0fFIRE\x00\x11") == "\x0fFIRE"
    items = list(recording(b"\x1bE" + ALARM.encode() + b"\x0c\x00\r\n\x02\x03\x7f\xff\n" + ISOLATED.encode() + b"\n"))
    assert [type(item) for item in items] == [Decoded, Damaged, Decoded]


def test_lines_come_in_any_pieces_and_an_endless_one_is_held_within_bounds() -> None:
    reader = LineReader()
    assert [line for byte in f"{ALARM}\r\n{ISOLATED}\r".encode() for line in reader.feed(bytes([byte]))] == [
        ALARM,
        ISOLATED,
    ]
    assert all(len(line) <= 256 for line in reader.feed(b"x" * 10_000))
    assert [len(line) for line in reader.flush()] == [10_000 % 256 or 256]
    assert list(reader.flush()) == []


def test_the_panel_in_the_description_works(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/bridges.md").read_text("utf-8")
    (tmp_path / "panel.yaml").write_text("# a panel\n" + text.partition("# a panel\n")[2].partition("```")[0])
    panel = load(str(tmp_path / "panel.yaml"))
    assert [panel.read(line).event for line in (ALARM, ISOLATED)] == ["ALARM", "ISOL ALARM"]
    assert [name for name in names() if f"`{name}`" not in text] == []


def test_every_shipped_panel_loads_and_a_bad_one_says_what_is_wrong(tmp_path: Path) -> None:
    assert {load(name).name for name in names()}
    for text, words_of_error in {
        "name: x": "source",
        "name: x\nsource: y\nevents: {FIRE: {condition: hot}}": "events.FIRE.condition",
        "name: x\nsource: y\nline: '('\nevents: {}": "no regular expression",
        "name: x\nsource: y\nline: 'x'\nevents: {}": "event",
        "\tx": "cannot be read",
    }.items():
        (tmp_path / "panel.yaml").write_text(text)
        with pytest.raises(ProfileError, match=words_of_error):
            load(str(tmp_path / "panel.yaml"))
    with pytest.raises(ProfileError, match="notifier_afp2800"):
        load("notifier")
