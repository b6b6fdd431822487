"""The inventory of cameras with the fields of QCVN 135:2024/BTTTT, on a page and as a file."""

from typing import Any, Final, Literal

from aiohttp import web
from sqlalchemy.engine import Connection

from keng_hub import dead_days
from keng_hub.incidents.msgid import N_
from keng_hub.tables import device
from keng_hub.web import languages, spreadsheets
from keng_hub.web.answers import language, page, translate
from keng_hub.web.cameras import shown
from keng_hub.web.cameras.record_form import FIELDS, WORDS_OF
from keng_hub.web.cameras.words import FACT
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account
from keng_hub.web.spreadsheets import Table, Value
from keng_hub.web.words import word
from keng_wire.conditions import DeviceKind

DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS


class Wanted(Form):
    """As a page, or as a file."""

    form: Literal["csv", "xlsx"] | None = None


@require(Action.SEE_CAMERAS)
async def show(request: web.Request) -> web.StreamResponse:
    """The page; with `form` the same as a file."""
    wanted, now = query(request, Wanted), request.app[CLOCK]()
    rows = await request.app[DATABASE].read(load, request[ACCOUNT], now)
    if wanted.form is not None:
        return _file(request, rows, wanted.form)
    looking = sum(row["looks"] for row in rows)
    return page(request, "cameras/inventory.html", rows=rows, looking=looking, day_ms=DAY_MS)


def load(connection: Connection, account: Account, now: int) -> "list[dict[str, Any]]":
    """All cameras in sight, each with the days it was dead in the last year."""
    rows = shown.listed(connection, account, now)
    of_kind = device.c.kind == DeviceKind.CAMERA.value
    dead: dict[tuple[str, str], int] = {}
    for one in dead_days.stretches(connection, of_kind, now - YEAR_MS, now, now):
        key = one["node"], one["device"]
        dead[key] = dead.get(key, 0) + one["dead"]
    return [row | {"dead": dead.get((row["node"], row["id"]), 0)} for row in rows]


def _file(request: web.Request, rows: "list[dict[str, Any]]", form: str) -> web.Response:
    table = _table(request, rows)
    name = f"keng_cameras_{languages.local(request.app[CLOCK]()):%Y-%m-%d}"
    return spreadsheets.attachment(table, form, name, language(request))


def _table(request: web.Request, rows: "list[dict[str, Any]]") -> Table:
    def say(text: str) -> str:
        return translate(request, text)

    own = [N_("Camera"), N_("Place"), N_("Node"), N_("State"), N_("Missing"), N_("Notice confirmed at")]
    names = [field.name for field in FIELDS]
    head = [say(text) for text in own]
    head += [say(FACT[name]) for name in names] + [say(N_("Days dead in the last year"))]
    notes = [
        say(N_("Fields of QCVN 135:2024/BTTTT and of Law 91/2025/QH15; the purpose is fixed by article 32.1.")),
        say(N_("Passwords of cameras stand in no list.")),
    ]
    values = [_values(row, names, say) for row in rows]
    return Table(say(N_("Cameras")), head, values, notes, say(N_("Notes")))


def _values(row: "dict[str, Any]", names: list[str], say: Any) -> list[Value]:
    known = row["record"].model_dump() | {"camera_class": row["register"]["camera_class"]}
    own: list[Value] = [
        row["name"],
        row["place_name"],
        f"{row['node']}/{row['id']}",
        say(word("camera_state", row["stands"])),
        "; ".join(say(word("camera_missing", one)) for one in row["lacking"]),
        languages.local(row["notice"]["at"]).replace(tzinfo=None) if row["notice"] else None,
    ]
    return [*own, *(_value(name, known[name], say) for name in names), round(row["dead"] / DAY_MS, 2)]


def _value(name: str, value: Any, say: Any) -> Value:
    if isinstance(value, bool):
        return str(say(N_("yes") if value else N_("no")))
    if name in WORDS_OF and value is not None:
        return str(say(word(WORDS_OF[name], value)))
    if isinstance(value, int) or value is None:
        return value
    return languages.day(value) if hasattr(value, "strftime") else str(value)
