"""The register of cameras: what may look and when, whose consent it needs, and what nodes are told of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras import activity, consent, plans, registry
from keng_hub.cameras.consent import Given
from keng_hub.cameras.errors import Refused
from keng_hub.cameras.facts import CameraFacts, Missing, missing
from keng_hub.cameras.keeping import of_cameras
from keng_hub.cameras.masks import unmasks
from keng_hub.cameras.registry import CameraKey
from keng_hub.cameras.states import CameraClass
from keng_hub.database import Database
from keng_hub.desired import desired
from keng_hub.points.photos import Photo
from keng_hub.tables import account, camera, camera_entry, device, node
from keng_wire.camera import CameraPlan, CameraPlanned

AT = 1_795_402_800_000
KEY = CameraKey("ngo-3", "cam-cong")
PHOTO = Photo(b"\xff\xd8\xff\xd9", 4, 3)
SQUARE = [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)]
Do = Callable[..., Any]


@pytest.fixture
def do(database: Database) -> Do:
    """Runs a function on a database with a node, its camera and a person."""

    def found(connection: Connection) -> None:
        for table in (camera_entry, camera, device, node):
            connection.execute(table.delete())
        connection.execute(node.insert().values(id="ngo-3", name="Ngõ 3", added=AT))
        given: dict[str, Any] = {"node": "ngo-3", "name": "X", "marks": [], "condition": "normal"}
        for name, kind in (("cam-cong", "camera"), ("khoi-1", "smoke_detector")):
            connection.execute(device.insert().values(id=name, kind=kind, **given))
        person = {"username": "truc", "full_name": "Trực", "role": "duty", "password": "-", "created": AT}
        connection.execute(account.insert().values(id=7, **person))

    database.write_now(found)

    def do(f: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        def run(connection: Connection) -> Any:
            return f(connection, *arguments, **more)

        return database.write_now(run)

    return do


def told(local_notice: bool = False, **plan: Any) -> CameraPlanned:
    given = {"active": local_notice, "areas": [{"id": "all", "points": SQUARE}]} | plan
    return CameraPlanned(device="cam-cong", plan=CameraPlan.model_validate(given), notice=local_notice)


def row(do: Do) -> dict[str, Any]:
    found = do(registry.find, KEY)
    assert found is not None
    return dict(found)


def history(connection: Connection) -> list[Any]:
    return list(connection.execute(sa.select(camera_entry.c.data).order_by(camera_entry.c.id)).scalars())


def refused(do: Do, code: str, f: Callable[..., Any], *arguments: Any, **more: Any) -> None:
    with pytest.raises(Refused) as caught:
        do(f, *arguments, **more)
    assert caught.value.code == code


def test_a_camera_nobody_confirmed_is_told_to_look_at_nothing(do: Do) -> None:
    do(registry.take, "ngo-3", told(), AT)
    assert do(plans.wanted) == {"ngo-3": {"cam-cong": {"active": False}}}


def test_a_notice_that_the_nodes_own_file_confirms_counts_until_people_decide(do: Do) -> None:
    do(registry.take, "ngo-3", told(local_notice=True), AT)
    assert do(plans.wanted)["ngo-3"]["cam-cong"]["active"] is True
    do(activity.pause, KEY, 7, "dân chưa đồng ý", AT)
    assert do(plans.wanted)["ngo-3"]["cam-cong"]["active"] is False


def test_active_needs_a_notice_with_its_photo(do: Do) -> None:
    do(registry.take, "ngo-3", told(), AT)
    refused(do, "no_notice", activity.activate, KEY, 7, AT)
    do(activity.confirm_notice, KEY, 7, PHOTO, AT)
    assert row(do)["state"] == "confirmed"
    assert not registry.may_look(row(do))
    do(activity.activate, KEY, 7, AT)
    assert do(plans.wanted)["ngo-3"]["cam-cong"]["active"] is True
    refused(do, "active_already", activity.activate, KEY, 7, AT)


def test_a_smoke_detector_is_no_camera(do: Do) -> None:
    refused(do, "no_camera", registry.ensure, CameraKey("ngo-3", "khoi-1"), AT)


def test_what_comes_late_and_is_older_changes_nothing(do: Do) -> None:
    assert do(registry.take, "ngo-3", told(), AT)
    assert not do(registry.take, "ngo-3", told(), AT + 1)
    do(registry.take, "ngo-3", told(local_notice=True), AT - 5)
    assert row(do)["local_notice"] is False


def test_a_camera_of_a_house_needs_its_consent_and_masked_neighbours(do: Do) -> None:
    do(registry.take, "ngo-3", told(local_notice=True), AT)
    refused(do, "not_household", consent.give, KEY, 7, Given("chủ nhà", date(2026, 11, 1), True), None, AT)
    do(registry.change_facts, KEY, 7, CameraClass.HOUSEHOLD, CameraFacts(house="Nhà 12"), AT)
    assert row(do)["state"] == "paused"
    do(activity.confirm_notice, KEY, 7, PHOTO, AT)
    refused(do, "no_consent", activity.activate, KEY, 7, AT)
    do(consent.give, KEY, 7, Given("chủ nhà", date(2026, 11, 1), False), None, AT)
    refused(do, "neighbours_seen", activity.activate, KEY, 7, AT)
    refused(do, "consent_given", consent.give, KEY, 7, Given("chủ nhà", date(2026, 11, 1), True), None, AT)
    do(consent.withdraw, KEY, 7, "", AT)
    do(consent.give, KEY, 7, Given("chủ nhà", date(2026, 11, 2), True), PHOTO, AT)
    do(activity.activate, KEY, 7, AT)
    assert registry.may_look(row(do))


def test_a_withdrawal_stops_the_camera_at_once_and_marks_what_it_recorded(do: Do) -> None:
    do(registry.take, "ngo-3", told(), AT)
    do(registry.change_facts, KEY, 7, CameraClass.HOUSEHOLD, CameraFacts(keep_days=9), AT)
    do(activity.confirm_notice, KEY, 7, PHOTO, AT)
    do(consent.give, KEY, 7, Given("chủ nhà", date(2026, 11, 1), True), None, AT)
    do(activity.activate, KEY, 7, AT)
    do(consent.withdraw, KEY, 7, "không muốn nữa", AT + 50)
    assert do(plans.wanted)["ngo-3"]["cam-cong"]["active"] is False
    assert do(of_cameras) == ({KEY: 9}, {KEY: AT + 50})
    refused(do, "no_consent", activity.activate, KEY, 7, AT + 60)
    refused(do, "no_consent_to_withdraw", consent.withdraw, KEY, 7, "", AT + 60)


def plan(**given: Any) -> CameraPlan:
    return CameraPlan.model_validate({"active": True, "areas": [{"id": "san", "points": SQUARE}]} | given)


def test_a_plan_reaches_the_node_with_a_version_of_its_own(do: Do) -> None:
    do(registry.take, "ngo-3", told(), AT)
    do(plans.save, KEY, 7, plan(), "", AT, may_unmask=False)
    wanted = do(plans.wanted)["ngo-3"]
    assert wanted["cam-cong"]["areas"][0]["id"] == "san"
    assert desired([], wanted).version not in (1, desired([]).version, desired(["c0ffee"], wanted).version)
    CameraPlan.model_validate(wanted["cam-cong"])


def test_masks_need_a_reason_and_nobody_else_may_take_them_away(do: Do) -> None:
    do(registry.take, "ngo-3", told(), AT)
    refused(do, "reason_needed", plans.save, KEY, 7, plan(masks=[SQUARE]), " ", AT, may_unmask=False)
    do(plans.save, KEY, 7, plan(masks=[SQUARE]), "cửa nhà bên", AT, may_unmask=False)
    smaller = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.5), (0.1, 0.5)]
    refused(do, "unmasking", plans.save, KEY, 7, plan(masks=[smaller]), "x", AT, may_unmask=False)
    do(plans.save, KEY, 7, plan(masks=[SQUARE, smaller]), "thêm", AT, may_unmask=False)
    do(plans.save, KEY, 7, plan(masks=[smaller]), "theo đơn của nhà bên", AT, may_unmask=True)
    last = do(history)[-1]
    assert (last["reason"], len(last["before"]["masks"]), len(last["after"]["masks"])) == ("theo đơn của nhà bên", 2, 1)


def test_masks_of_the_nodes_own_file_cannot_be_taken_away_either(do: Do) -> None:
    do(registry.take, "ngo-3", told(masks=[SQUARE]), AT)
    refused(do, "unmasking", plans.save, KEY, 7, plan(masks=[]), "x", AT, may_unmask=False)


def test_two_masks_that_cover_one_hide_as_much() -> None:
    halves = [[(0.1, 0.1), (0.3, 0.1), (0.3, 0.5), (0.1, 0.5)], [(0.3, 0.1), (0.5, 0.1), (0.5, 0.5), (0.3, 0.5)]]
    assert not unmasks([SQUARE], halves)
    assert unmasks([SQUARE], halves[:1])
    assert not unmasks([], [])


def test_plans_that_would_not_fit_into_one_message_are_refused(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    do(registry.take, "ngo-3", told(), AT)
    monkeypatch.setattr(plans, "LARGEST", 100)
    refused(do, "plan_large", plans.save, KEY, 7, plan(), "", AT, may_unmask=False)
    assert row(do)["plan"] is None


def test_a_certificate_is_missing_only_of_what_was_installed_since_it_is_obligatory() -> None:
    today = date(2026, 11, 26)
    assert Missing.CERTIFICATE in missing(CameraFacts(installed=date(2026, 1, 1)), today)
    assert Missing.CERTIFICATE not in missing(CameraFacts(installed=date(2025, 12, 31)), today)
    whole = CameraFacts(
        installed=date(2026, 2, 1), qcvn135_cert_no="A1", password_changed=True, firmware="1", own_network=True
    )
    assert missing(whole, today) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"mac": "zz"},
        {"static_ip": "300.1.1.1"},
        {"keep_days": 0},
        {"house": "chủ nhà 001099012345"},
        {"installed": "1999-01-01"},
        {"purpose": "traffic"},
        {"owner_face": "x"},
    ],
)
def test_a_record_refuses_what_it_may_not_hold(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        CameraFacts.model_validate(wrong)


def test_what_changes_of_a_record_is_written_down_with_before_and_after(do: Do) -> None:
    do(registry.change_facts, KEY, 7, CameraClass.PUBLIC, CameraFacts(make="Mẫu", mac="AA-BB-CC-DD-EE-FF"), AT)
    do(registry.change_facts, KEY, 7, CameraClass.PUBLIC, CameraFacts(make="Mẫu", mac="AA-BB-CC-DD-EE-FF"), AT)
    do(registry.change_facts, KEY, 7, CameraClass.PUBLIC, CameraFacts(make="Mẫu 2"), AT)
    entries = do(history)
    assert len(entries) == 2
    assert entries[1] == {"mac": ["aa:bb:cc:dd:ee:ff", None], "make": ["Mẫu", "Mẫu 2"]}
