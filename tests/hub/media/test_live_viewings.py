"""Live views and looks at the wall as rows, in both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from keng_hub.cameras.registry import CameraKey
from keng_hub.database import Database
from keng_hub.media import live_orders, live_viewings, viewings
from keng_hub.tables import account, device, node, place

HERE, THERE = CameraKey("ngo-3", "cam-1"), CameraKey("ngo-3", "cam-2")
NOW = 1_795_000_000_000


def _found_village(connection: Connection) -> int:
    connection.execute(sa.insert(place).values(id="thon-mau", kind="village", name="thôn Mẫu", aliases=[]))
    connection.execute(sa.insert(node).values(id="ngo-3", name="Trạm ngõ 3", added=0))
    facts = {"node": "ngo-3", "id": "cam-1", "kind": "camera", "name": "Camera mẫu"}
    connection.execute(sa.insert(device).values(**facts, marks=[]))
    person = {"username": "nguoi", "full_name": "Nguyễn Văn Mẫu", "role": "duty", "password": "-", "created": 0}
    return int(connection.execute(sa.insert(account).values(**person).returning(account.c.id)).scalar_one())


@pytest.fixture
def who(database: Database) -> int:
    return database.write_now(_found_village)


def test_the_view_log_lists_a_live_view_and_a_look_at_the_wall(database: Database, who: int) -> None:
    def look(connection: Connection) -> None:
        live_viewings.begin_wall(connection, "thon-mau", who, "s1", "trực ca", NOW)
        live_viewings.begin_live(connection, HERE, who, "s1", "tiếng động lạ", NOW + 1)

    database.write_now(look)
    live, wall = database.read_now(viewings.listed, 10)
    assert (live["kind"], live["name"], live["node"], live["code"]) == ("live", "Camera mẫu", "ngo-3", None)
    assert (wall["kind"], wall["place_name"], wall["device"]) == ("wall", "thôn Mẫu", None)
    assert wall["until"] == NOW + live_viewings.WALL_MS


def test_one_screen_shows_one_camera_and_no_other_screen_its_view(database: Database, who: int) -> None:
    def look(connection: Connection) -> None:
        live_viewings.begin_live(connection, HERE, who, "s1", "một", NOW)
        live_viewings.begin_live(connection, HERE, who, "s2", "hai", NOW)
        live_viewings.begin_live(connection, THERE, who, "s1", "ba", NOW + 1)

    database.write_now(look)
    assert database.read_now(live_viewings.live, HERE, "s1", NOW + 2) is None
    assert database.read_now(live_viewings.live, THERE, "s2", NOW + 2) is None
    for camera, session, reason in ((THERE, "s1", "ba"), (HERE, "s2", "hai")):
        found = database.read_now(live_viewings.live, camera, session, NOW + 2)
        assert found is not None
        assert found["reason"] == reason
    assert database.read_now(live_viewings.live, HERE, "s2", NOW + live_viewings.LIVE_MS) is None


def test_what_is_over_is_not_prolonged_and_a_node_is_ordered_by_a_row(database: Database, who: int) -> None:
    database.write_now(live_viewings.begin_live, HERE, who, "s1", "một", NOW)
    assert database.write_now(live_viewings.prolong, HERE, "s1", NOW + 60_000)
    assert not database.write_now(live_viewings.prolong, HERE, "s1", NOW + 60_000 + live_viewings.LIVE_MS)
    database.write_now(live_orders.order, HERE, who, NOW + 120_000, NOW)
    assert database.read_now(live_orders.refusals, [HERE], NOW) == {}
