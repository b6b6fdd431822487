"""Consumption as a file, with flags, units, tariff periods, completeness and what they mean; each export is noted."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Literal

from aiohttp import web

from keng_hub.incidents.msgid import N_
from keng_hub.meterdata import exports, totals
from keng_hub.meterdata.sheet import Interval, MeterId
from keng_hub.meterdata.tariffs import TariffTable
from keng_hub.meterdata.totals import Share, Sum
from keng_hub.web import languages, spans, spreadsheets
from keng_hub.web.answers import language, translate
from keng_hub.web.forms import Form, query
from keng_hub.web.keys import ACCOUNT, CLOCK, DATABASE, TARIFFS
from keng_hub.web.meter import load, meter_of
from keng_hub.web.permissions import Action, require
from keng_hub.web.sessions import Account
from keng_hub.web.spans import Monthly, Span
from keng_hub.web.spreadsheets import Table, Value
from keng_hub.web.village import shares
from keng_hub.web.words import word

NOTES: Final = (
    N_("For reference, not for billing. Your bill follows the utility’s own meter."),
    N_("Times are those of Vietnam (+07:00). Energy is accepted energy; a half hour without a value is unknown."),
    N_("Measured: two readings at its borders. Estimated: the energy is exact, its place in time is not."),
    N_("Edited: put there by a person, with name and reason. Suspect: waits for a person."),
    N_("Without a time: counted in gaps of more than three days; it belongs to no tariff period."),
    N_("Coverage: half hours with a value, of those that have passed. Below 95 % a sum is incomplete."),
    N_("Completeness: half hours that were measured, of those that have passed."),
)
SHORT: Final = {"standard": "BT", "peak": "CĐ", "offpeak": "TĐ"}
Say = Callable[[str], str]


class Export(Form):
    """The range, and the kind of file."""

    range: Literal["day", "month", "year"] = "day"
    date: spans.Date = None
    form: Literal["csv", "xlsx"]


class VillageExport(Monthly):
    """The month, and the kind of file."""

    form: Literal["csv", "xlsx"]


@require(Action.EXPORT_READINGS)
async def of_meter(request: web.Request) -> web.StreamResponse:
    """A meter's day by half hours, month by days, or year by months."""
    wanted, now, meter = query(request, Export), request.app[CLOCK](), meter_of(request)
    span = spans.of(request, wanted.range, wanted.date)
    found = await request.app[DATABASE].read(load, request[ACCOUNT], meter, wanted.range, span, now)
    if found is None:
        raise web.HTTPNotFound
    await _note(request, meter, span, wanted.form, now)
    say = _saying(request)
    kind = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[wanted.range]
    name = f"{meter.node}_{meter.device}_{span.first.strftime(kind)}"
    notes = [f"{found['meter']['name']} ({meter.node}/{meter.device})", *_notes(request, span, found["total"])]
    if wanted.range == "day":
        period_of = request.app[TARIFFS].period
        head = [say(text) for text in (N_("From"), N_("Energy (kWh)"), N_("Period"), N_("Quality"), N_("Reason"))]
        rows = [_half_hour(one, SHORT[period_of(one.start).value], say) for one in found["profile"]]
    else:
        head = [say(N_("From")), *_sum_head(say)]
        rows = [[_local(one.start), *_sum(one, say)] for one in found["sums"] if one.wanted]
    return _file(request, Table(say(N_("Consumption")), head, rows, notes, say(N_("Notes"))), name, wanted.form)


@require(Action.EXPORT_READINGS)
async def of_village(request: web.Request) -> web.StreamResponse:
    """A month of every meter this account may see; summed up by the database, never from readings."""
    wanted, now = query(request, VillageExport), request.app[CLOCK]()
    span = spans.of(request, "month", wanted.date)
    parts = await request.app[DATABASE].read(shares, request[ACCOUNT], span, now)
    await _note(request, None, span, wanted.form, now)
    say = _saying(request)
    head = [say(text) for text in (N_("Meter"), N_("Name"), N_("Kind"), N_("Place"))] + _sum_head(say)
    rows = [_share(one, say) for one in parts]
    notes = _notes(request, span, totals.together([one.sum for one in parts]) if parts else None)
    table = Table(say(N_("Consumption")), head, rows, notes, say(N_("Notes")))
    return _file(request, table, f"keng_{span.first:%Y-%m}", wanted.form)


def _half_hour(one: Interval, period: str, say: Say) -> list[Value]:
    reason = say(word("flag_reason", one.reason.value)) if one.reason else ""
    return [_local(one.start), _kwh(one.wh), period, say(word("flag", one.flag.value)), reason]


def _sum_head(say: Say) -> list[str]:
    words = (
        N_("Energy (kWh)"),
        N_("BT (kWh)"),
        N_("CĐ (kWh)"),
        N_("TĐ (kWh)"),
        N_("Without a time (kWh)"),
        N_("Coverage (%)"),
        N_("Completeness (%)"),
        N_("Remark"),
    )
    return [say(text) for text in words]


def _sum(one: Sum, say: Say) -> list[Value]:
    parts = (one.energy, one.standard, one.peak, one.offpeak)
    values: list[Value] = [_kwh(wh if one.known else None) for wh in parts]
    measured = round(100 * one.measured / one.wanted, 1) if one.wanted else None
    remark = "" if one.complete else say(N_("Incomplete"))
    return [*values, _kwh(one.unplaced or None), round(100 * one.coverage, 1), measured, remark]


def _share(one: Share, say: Say) -> list[Value]:
    return ["/".join(one.meter), one.name, say(word("device", one.kind)), one.place or "", *_sum(one.sum, say)]


def _notes(request: web.Request, span: Span, total: Sum | None) -> list[str]:
    say, tongue = _saying(request), language(request)
    found = [f"{languages.day(span.first)} – {languages.day(span.last)}"]
    if total is not None:
        measured = 100 * total.measured / total.wanted if total.wanted else 0.0
        found.append(f"{say(N_('Coverage'))}: {languages.number(100 * total.coverage, 1, language=tongue)} %")
        found.append(f"{say(N_('Completeness'))}: {languages.number(measured, 1, language=tongue)} %")
    return [*found, *_tariffs(request, span), *(say(note) for note in NOTES)]


def _tariffs(request: web.Request, span: Span) -> Iterable[str]:
    """The tables of tariff hours that count in the range."""
    say, known = _saying(request), request.app[TARIFFS]
    tables: list[TariffTable] = []
    for table in (known.table(span.first), known.table(span.last)):
        if table is not None and table not in tables:
            tables.append(table)
    label = say(N_("Tariff hours from"))
    return [f"{label} {languages.day(table.since)}: {table.source}".rstrip(": ") for table in tables]


def _kwh(wh: int | None) -> float | None:
    return None if wh is None else wh / 1000


def _local(ms: int) -> datetime:
    return languages.local(ms).replace(tzinfo=None)


def _saying(request: web.Request) -> Say:
    return lambda text: translate(request, text)


async def _note(request: web.Request, meter: MeterId | None, span: Span, form: str, now: int) -> None:
    account: Account = request[ACCOUNT]
    await request.app[DATABASE].write(exports.note, account.id, meter, (span.start, span.end), form, now)


def _file(request: web.Request, table: Table, name: str, form: str) -> web.Response:
    return spreadsheets.attachment(table, form, name, language(request))
