"""Who may do what, and where: a permission is (role, action, place subtree), checked in the handler on the server."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps

import sqlalchemy as sa
from aiohttp import web

from keng_hub.incidents.subtree import subtree as subtree
from keng_hub.tables import device, incident, node, place
from keng_hub.web.keys import ACCOUNT, SECOND
from keng_hub.web.sessions import Account
from keng_wire.alarm import Category

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Action(StrEnum):
    """What can be done on the pages."""

    OWN_ACCOUNT = "own_account"
    SEE_INCIDENTS = "see_incidents"
    SEE_PEOPLE = "see_people"  # comments, who was told, who acted
    SEE_SNAPSHOTS = "see_snapshots"
    SEE_VIDEO = "see_video"  # recorded video, with a reason each time
    EXPORT_VIDEO = "export_video"
    HOLD_MEDIA = "hold_media"  # past their days
    SEE_VIEWINGS = "see_viewings"  # the view log
    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    VERIFY = "verify"
    WORK = "work"  # move through the states, up to contained
    CLOSE = "close"
    CALL = "call"  # note calls for help and handovers
    DISPATCH = "dispatch"  # send people
    TAKE_TASKS = "take_tasks"  # can be sent
    ROLL_CALL = "roll_call"
    FILE = "file"  # urgent reports, and that they were filed
    EDIT_CARDS = "edit_cards"  # what is known of a place
    PLAN_DRILLS = "plan_drills"
    SILENCE = "silence"
    RESET = "reset"
    SEE_DEVICES = "see_devices"
    DISABLE = "disable"  # disable and enable a fire point
    TEST_POINT = "test_point"
    PROVE = "prove"
    NOTE_REPAIRS = "note_repairs"  # why a device is dead, who sees to it, what it costs
    SEE_METERS = "see_meters"
    CORRECT_METERS = "correct_meters"  # correct values, answer questions about meters
    ASSIGN_METERS = "assign_meters"  # to feeders
    IMPORT_READINGS = "import_readings"
    EXPORT_READINGS = "export_readings"  # each export is noted
    SEE_REACH = "see_reach"  # how many households are reached, without saying which
    SEE_HOUSEHOLDS = "see_households"  # telephone numbers masked
    SEE_NUMBERS = "see_numbers"  # telephone numbers in full
    KEEP_HOUSEHOLDS = "keep_households"  # the register, papers for joining, group chats
    INVITE = "invite"  # a one-time code for a neighbour
    SEE_CONSENTS = "see_consents"
    KEEP_ASSETS = "keep_assets"  # extinguishers and the like, boards of alleys
    ANSWER_REQUESTS = "answer_requests"  # of people about their data
    SEE_NOTICES = "see_notices"  # what residents are told, and what came of it
    SEND_NOTICE = "send_notice"
    APPROVE_NOTICE = "approve_notice"  # of somebody else, to a whole village or the commune
    TELL_RESIDENTS = "tell_residents"  # of an incident: alarms wait for nobody
    READ_MESSAGES = "read_messages"  # what residents send and a person has to read
    SEE_WALL = "see_wall"  # what hangs on a wall: no names, no numbers
    KEEP_SCREENS = "keep_screens"
    SEE_ROSTER = "see_roster"  # who is on duty, and the shift book
    PLAN_ROSTER = "plan_roster"
    HAND_OVER = "hand_over"
    MUTE = "mute"
    SEE_CAMERAS = "see_cameras"  # the inventory, never a picture
    EDIT_CAMERAS = "edit_cameras"  # records, notices, areas
    ACTIVATE_CAMERAS = "activate_cameras"  # whether one may look, and the consent of houses
    UNMASK = "unmask"  # show what a mask has hidden
    SEE_AUDIT = "see_audit"  # who did what
    SEE_PARTS = "see_parts"  # details of /healthz and /metrics, the channels
    TEST_CHANNEL = "test_channel"
    ENTER_WARNING = "enter_warning"  # of the weather service, by hand


_SEE = {Action.OWN_ACCOUNT, Action.SEE_WALL, Action.SEE_INCIDENTS, Action.SEE_DEVICES, Action.SEE_METERS}
_CASE = _SEE | {Action.SEE_PEOPLE, Action.SEE_SNAPSHOTS, Action.ACKNOWLEDGE, Action.COMMENT}
_VIDEO = {Action.SEE_VIDEO, Action.EXPORT_VIDEO, Action.HOLD_MEDIA}
_POINTS = {Action.DISABLE, Action.TEST_POINT, Action.PROVE}
_METERS = {Action.CORRECT_METERS, Action.ASSIGN_METERS, Action.IMPORT_READINGS, Action.EXPORT_READINGS}
_READ_HOUSEHOLDS = {Action.SEE_REACH, Action.SEE_HOUSEHOLDS}
_HOUSEHOLDS = _READ_HOUSEHOLDS | {Action.SEE_NUMBERS, Action.KEEP_HOUSEHOLDS, Action.INVITE}
_WORK = {Action.CALL, Action.DISPATCH, Action.ROLL_CALL, Action.FILE, Action.EDIT_CARDS, Action.PLAN_DRILLS}
_NOTICES = {Action.SEE_NOTICES, Action.SEND_NOTICE}
_RESIDENTS = _NOTICES | {Action.TELL_RESIDENTS, Action.READ_MESSAGES}
_CAMERAS = {Action.SEE_CAMERAS, Action.EDIT_CAMERAS, Action.ACTIVATE_CAMERAS, Action.UNMASK}
_DUTY = (
    _CASE
    | _WORK
    | _VIDEO
    | _POINTS
    | _METERS
    | {Action.VERIFY, Action.WORK, Action.CLOSE, Action.SILENCE, Action.RESET, Action.SEE_PARTS, Action.NOTE_REPAIRS}
    | {Action.TEST_CHANNEL, Action.ENTER_WARNING}
    | _CAMERAS
    | _HOUSEHOLDS
    | _RESIDENTS
    | {Action.SEE_CONSENTS, Action.KEEP_ASSETS}
    | {Action.SEE_ROSTER, Action.PLAN_ROSTER, Action.HAND_OVER, Action.MUTE, Action.KEEP_SCREENS}
)

ROLES: dict[str, frozenset[Action]] = {
    "duty": frozenset(_DUTY),
    "commune_lead": frozenset(
        _CASE
        | {Action.VERIFY, Action.WORK, Action.CLOSE, Action.HOLD_MEDIA, Action.EXPORT_READINGS, Action.NOTE_REPAIRS}
        | {Action.SEE_ROSTER, Action.PLAN_ROSTER, Action.MUTE, Action.SEE_CAMERAS}
        | _READ_HOUSEHOLDS
        | _NOTICES
        | {Action.APPROVE_NOTICE, Action.TELL_RESIDENTS}
        | (_WORK - {Action.EDIT_CARDS})
    ),
    "police": frozenset(
        _CASE
        | _VIDEO
        | {Action.VERIFY, Action.WORK, Action.SEE_ROSTER, Action.CALL, Action.TAKE_TASKS, Action.SEE_CAMERAS}
    ),
    "village_head": frozenset(
        _CASE
        | {Action.VERIFY, Action.WORK, Action.SILENCE, Action.MUTE, Action.TAKE_TASKS, Action.KEEP_ASSETS}
        | _HOUSEHOLDS
        | _RESIDENTS
        | (_WORK - {Action.FILE})
    ),
    "group_head": frozenset(_CASE | {Action.VERIFY, Action.ROLL_CALL, Action.TAKE_TASKS} | _NOTICES | _HOUSEHOLDS),
    "security_team": frozenset((_CASE - {Action.SEE_SNAPSHOTS}) | {Action.WORK, Action.ROLL_CALL, Action.TAKE_TASKS}),
    "technician": frozenset(
        _SEE
        | _POINTS
        | {Action.NOTE_REPAIRS, Action.TAKE_TASKS, Action.SEE_CAMERAS, Action.EDIT_CAMERAS}
        | {Action.ACKNOWLEDGE, Action.WORK, Action.CLOSE, Action.SEE_PARTS, Action.CORRECT_METERS, Action.ASSIGN_METERS}
        | {Action.SEE_HOUSEHOLDS, Action.KEEP_ASSETS}
    ),
    "observer": frozenset(_SEE | {Action.SEE_REACH}),
    "culture": frozenset({Action.OWN_ACCOUNT, Action.SEE_DEVICES} | _NOTICES | {Action.SEE_REACH}),
    "dpo": frozenset(
        {Action.OWN_ACCOUNT, Action.SEE_AUDIT, Action.SEE_VIEWINGS}
        | {Action.SEE_CONSENTS, Action.ANSWER_REQUESTS}
        | _CAMERAS
    ),
    "security_officer": frozenset({Action.OWN_ACCOUNT, Action.SEE_AUDIT, Action.SEE_PARTS, Action.TEST_CHANNEL}),
    "screen": frozenset({Action.SEE_WALL}),  # on a wall, without a keyboard
    "supporter": frozenset({Action.OWN_ACCOUNT} | {Action.INVITE}),
    "resident": frozenset({Action.OWN_ACCOUNT}),
}
"""Role → actions. A role that is not here may do nothing."""

_LIFE = frozenset({Category.FIRE, Category.MEDICAL, Category.SECURITY})
CATEGORIES: dict[str, frozenset[Category]] = {
    "police": _LIFE,
    "security_team": _LIFE,
    "technician": frozenset({Category.FAULT}),  # no incident of a resident
}
"""Role → kinds of incidents it sees; all, when it is not here."""


def may(account: Account, action: Action) -> bool:
    """Whether the account's role allows the action."""
    return action in ROLES.get(account.role, frozenset())


def require(action: Action) -> Callable[[Handler], Handler]:
    """Decorate a handler: log in first, change a one-time password first, and 403 when the role does not allow it."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def checked(request: web.Request) -> web.StreamResponse:
            account = request.get(ACCOUNT)
            if account is None:
                raise login_first(request)
            if account.must_change and action is not Action.OWN_ACCOUNT:
                raise elsewhere(request, "/account/password")
            if must_set_up(request, account) and action is not Action.OWN_ACCOUNT:
                raise elsewhere(request, "/account/second")
            if not may(account, action):
                raise web.HTTPForbidden
            return await handler(request)

        checked.requires = action  # type: ignore[attr-defined]  # a test walks the routes by it
        return checked

    return decorate


def must_set_up(request: web.Request, account: Account) -> bool:
    """Whether the account needs a second factor first (ASVS V6.3.3); a screen on a wall has no password either."""
    return request.app[SECOND].required and not account.has_second and may(account, Action.OWN_ACCOUNT)


def login_first(request: web.Request) -> web.HTTPException:
    """The answer to somebody who is not logged in (any more)."""
    back = request.path_qs if request.method == "GET" and "HX-Request" not in request.headers else ""
    return elsewhere(request, "/login" + (f"?{_query(next=back)}" if back not in ("", "/") else ""))


def elsewhere(request: web.Request, address: str) -> web.HTTPException:
    """A redirect of the whole page, also when htmx asks for a part of one."""
    if "HX-Request" in request.headers:
        return web.HTTPUnauthorized(headers={"HX-Redirect": address})
    return web.HTTPSeeOther(address)


def sees_incident(account: Account) -> sa.ColumnElement[bool]:
    """The condition on `incident` outer joined with `node`: kinds and places this account may see."""
    kinds = CATEGORIES.get(account.role)
    of_kind = incident.c.category.in_([kind.value for kind in kinds]) if kinds is not None else sa.true()
    return sa.and_(of_kind, _within(account, incident.c.place))


def sees_device(account: Account) -> sa.ColumnElement[bool]:
    """The condition on `device` joined with `node`."""
    return _within(account, device.c.place)


def sees_node(account: Account) -> sa.ColumnElement[bool]:
    """The condition on `node`."""
    return _within(account, node.c.place)


def sees_place(account: Account, where: "sa.Column[str]") -> sa.ColumnElement[bool]:
    """The condition on a column with the id of a place."""
    return sa.true() if account.place is None else where.in_(subtree(account.place))


def _within(account: Account, where: "sa.Column[str | None]") -> sa.ColumnElement[bool]:
    """In the account's subtree; what stands at no known place stands where its node does."""
    if account.place is None:
        return sa.true()
    known = sa.select(place.c.id)
    actual = sa.case((where.in_(known), where), else_=node.c.place)
    return actual.in_(subtree(account.place))


def _query(**values: str) -> str:
    from urllib.parse import urlencode

    return urlencode(values)
