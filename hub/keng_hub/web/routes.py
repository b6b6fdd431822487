"""What the hub answers at which address: the table of contents of the pages, by subject."""

from aiohttp import web

from keng_hub.web import (
    account,
    acts,
    completeness,
    dead_days,
    devices,
    feeder,
    feeders,
    healthz,
    hooks,
    incident,
    incidents,
    live,
    login,
    media,
    meter,
    meter_acts,
    meter_export,
    meter_import,
    meter_questions,
    meters,
    node,
    outages,
    point,
    point_acts,
    proofs,
    push,
    reports,
    second_factor,
    site_report,
    viewings,
    village,
)
from keng_hub.web.cameras import areas as camera_areas
from keng_hub.web.cameras import camera, copy, house, inventory, sign
from keng_hub.web.cameras import live as live_view
from keng_hub.web.cameras import wall as camera_wall
from keng_hub.web.duty import (
    audit,
    cards,
    channels,
    desk,
    dispatch,
    drills,
    mutes,
    paths,
    photos,
    roll_call,
    roster,
    screen,
    screens,
    shift_book,
    urgent,
    warnings,
)
from keng_hub.web.households import (
    assets,
    boards,
    consents,
    data_requests,
    groups,
    household,
    invitations,
    papers,
    reach,
    tree,
)
from keng_hub.web.households import imports as household_imports
from keng_hub.web.notices import inbox, notice, notices, tell, writing
from keng_hub.web.residents import alarm as resident_alarm
from keng_hub.web.residents import board, home, installed, join, told
from keng_hub.web.residents import report as resident_report
from keng_hub.web.residents import status as report_status

_ACCOUNTS = [
    web.get("/", login.start),
    web.get("/login", login.show),
    web.post("/login", login.log_in),
    web.get("/login/second", second_factor.ask),
    web.post("/login/second", second_factor.give),
    web.post("/logout", login.log_out),
    web.post("/language", login.choose_language),
    web.get("/account", account.show),
    web.get("/account/password", account.show_password),
    web.post("/account/password", account.change_password),
    web.post("/account/sessions", account.end_others),
    web.get("/account/second", second_factor.show),
    web.post("/account/second", second_factor.confirm),
    web.get("/push/key", push.key),
    web.get("/push/worker.js", push.worker),
    web.post("/push", push.begin),
    web.post("/push/end", push.end),
]

_INCIDENTS = [
    web.get("/incidents", incidents.show),
    web.get("/incidents/strip", incidents.strip),
    web.get(r"/incidents/{id:\d{1,15}}", incident.show),
    web.get(r"/incidents/{id:\d{1,15}}/roll-call", roll_call.show),
    web.post(r"/incidents/{id:\d{1,15}}/photos", photos.keep),
    web.get(r"/incidents/{id:\d{1,15}}/photos/{photo:\d{1,15}}", photos.show),
    web.post(r"/incidents/{id:\d{1,15}}/urgent-report", urgent.make),
    web.post(r"/incidents/{id:\d{1,15}}/{act}", acts.act),
    web.get("/drills", drills.show),
    web.post("/drills", drills.plan),
    web.post(r"/drills/{id:\d{1,15}}/{step:\w{1,10}}", drills.act),
    web.get("/dispatch", dispatch.show),
    web.post(r"/dispatch/{id:\d{1,15}}/{state:\w{1,10}}", dispatch.move),
    web.get("/places/cards", cards.index),
    web.get("/places/{place}/card", cards.show),
    web.post("/places/{place}/card", cards.write),
    web.get(r"/snapshots/{id:\d{1,15}}", incident.snapshot),
]

_MEDIA = [
    web.post(r"/incidents/{id:\d{1,15}}/media/{media:\d{1,15}}/watch", media.watch),
    web.post(r"/incidents/{id:\d{1,15}}/media/{media:\d{1,15}}/export", media.export),
    web.get(r"/media/{id:\d{1,15}}", media.still),
    web.get("/viewings", viewings.show),
    web.get(r"/viewings/{id:\d{1,15}}", media.viewing),
    web.get(r"/viewings/{id:\d{1,15}}/clip", media.clip),
]

_CAMERA_REGISTER = [
    web.get("/cameras/inventory", inventory.show),
    web.get("/cameras/{node}/{device}/record", camera.show),
    web.post("/cameras/{node}/{device}/record/{act}", camera.act),
    web.get(r"/cameras/{node}/{device}/notices/{id:\d{1,15}}", camera.notice_photo),
    web.get(r"/cameras/{node}/{device}/consents/{id:\d{1,15}}", camera.consent_paper),
    web.get("/cameras/{node}/{device}/areas", camera_areas.show),
    web.post("/cameras/{node}/{device}/areas", camera_areas.save),
    web.get("/cameras/{node}/{device}/background", camera_areas.still),
    web.get("/cameras/{node}/{device}/sign.pdf", sign.show),
    web.get("/n/{code}", sign.public),
    web.get(r"/media/{id:\d{1,15}}/copy", copy.show),
    web.post(r"/media/{id:\d{1,15}}/copy", copy.give),
    web.post(r"/incidents/{id:\d{1,15}}/houses/{node}/{device}", house.look),
]

_CAMERAS = [
    web.get("/cameras", camera_wall.show),
    web.post("/cameras", camera_wall.look),
    web.get("/cameras/{node}/{device}", live_view.show),
    web.get("/cameras/{node}/{device}/still", camera_wall.still),
    web.get("/cameras/{node}/{device}/picture", live_view.picture),
    web.post("/cameras/{node}/{device}/watch", live_view.watch),
    web.post("/cameras/{node}/{device}/prolong", live_view.prolong),
    web.post("/cameras/{node}/{device}/end", live_view.end),
]

_DEVICES = [
    web.get("/devices", devices.show),
    web.get("/devices/{node}/{device}", point.show),
    web.post("/devices/{node}/{device}/{act}", point_acts.act),
    web.get("/proofs", proofs.show),
    web.get(r"/proofs/photos/{id:\d{1,15}}", point.photo),
    web.get("/dead-days", dead_days.show),
    web.get("/dead-days/export", dead_days.export),
    web.post(r"/dead-days/{id:\d{1,15}}", dead_days.note),
    web.get("/nodes/{node}", node.show),
    web.get("/nodes/{node}/report", site_report.show),
]

_REPORTS = [
    web.get(f"/reports/urgent/{{report:{urgent.CODE}}}", urgent.show),
    web.get(f"/reports/urgent/{{report:{urgent.CODE}}}/content", urgent.content),
    web.get("/reports", reports.show),
    web.get(f"/reports/{{code:{reports.CODE}}}", reports.one),
    web.get(f"/reports/{{code:{reports.CODE}}}/content", reports.content),
]

_DUTY = [
    web.get("/desk", desk.show),
    web.get("/roster", roster.show),
    web.post("/roster", roster.plan),
    web.post("/roster/days", roster.decide),
    web.post(r"/roster/{id:\d{1,15}}/deputy", roster.stand_in),
    web.post(r"/roster/{id:\d{1,15}}/cancel", roster.cancel),
    web.get("/shifts", shift_book.show),
    web.post("/shifts", shift_book.give),
    web.post(r"/shifts/{id:\d{1,15}}/take", shift_book.take),
    web.get("/mutes", mutes.show),
    web.post("/mutes", mutes.begin),
    web.post(r"/mutes/{id:\d{1,15}}/agree", mutes.agree),
    web.post(r"/mutes/{id:\d{1,15}}/end", mutes.end),
    web.get("/wall", screen.show),
    web.post("/wall", screen.enter),
    web.get("/screens", screens.show),
    web.post("/screens", screens.add),
    web.post(r"/screens/{id:\d{1,15}}/code", screens.renew),
    web.post(r"/screens/{id:\d{1,15}}/end", screens.end),
    web.get("/availability", paths.show),
    web.get("/audit", audit.show),
    web.get("/warnings", warnings.show),
    web.post("/warnings", warnings.enter),
    web.get("/channels", channels.show),
    web.post(r"/channels/{channel:\w{1,20}}/test", channels.test),
]

_NOTICES = [
    web.get("/notices", notices.show),
    web.get("/notices/new", writing.show),
    web.post("/notices/preview", writing.preview),
    web.post("/notices", writing.send),
    web.get(r"/notices/{id:\d{1,15}}", notice.show),
    web.post(r"/notices/{id:\d{1,15}}/approve", notice.approve),
    web.post(r"/notices/{id:\d{1,15}}/cancel", notice.cancel),
    web.get(r"/incidents/{id:\d{1,15}}/residents", tell.show),
    web.post(r"/incidents/{id:\d{1,15}}/residents", tell.send),
    web.get("/messages", inbox.show),
    web.get(r"/messages/photos/{id:\d{1,15}}", inbox.photo),
    web.post(r"/messages/reports/{id:\d{1,15}}/done", inbox.report_done),
    web.post(r"/messages/{id:\d{1,15}}/{act}", inbox.act),
]

_REPORTING = [
    web.get("/home/notices", told.show),
    web.get("/r/{code}", resident_report.show),
    web.post("/r/{code}", resident_report.send),
    web.get("/s/{code}", report_status.show),
    web.get("/a/{code}", resident_alarm.show),
    web.post("/a/{code}", resident_alarm.answer),
]

_METERS = [
    web.get("/meters", meters.show),
    web.get("/meters/{node}/{device}", meter.show),
    web.get("/meters/{node}/{device}/export", meter_export.of_meter),
    web.post("/meters/{node}/{device}/correct", meter_acts.correct),
    web.post("/meters/{node}/{device}/withdraw", meter_acts.withdraw),
    web.post(r"/meters/{node}/{device}/questions/{id:\d{1,15}}", meter_questions.answer_at_meter),
    web.get("/questions", meter_questions.show),
    web.post(r"/questions/{id:\d{1,15}}", meter_questions.answer),
    web.get("/village", village.show),
    web.get("/village/export", meter_export.of_village),
    web.get("/feeders", feeders.show),
    web.get("/feeders/{node}/{device}", feeder.show),
    web.post("/feeders/{node}/{device}/meters", feeder.assign),
    web.get("/outages", outages.show),
    web.get("/completeness", completeness.show),
    web.get("/imports", meter_import.show),
    web.post("/imports", meter_import.upload),
    web.get(r"/imports/{id:\d{1,15}}", meter_import.preview),
    web.post(r"/imports/{id:\d{1,15}}/confirm", meter_import.confirm),
    web.post(r"/imports/{id:\d{1,15}}/drop", meter_import.drop),
]

_HOUSEHOLDS = [
    web.get("/households", tree.show),
    web.post("/households", tree.add),
    web.post("/households/papers", papers.print_many),
    web.post("/households/groups", groups.add),
    web.post(r"/households/groups/{id:\d{1,15}}/end", groups.end),
    web.get("/households/imports", household_imports.show),
    web.post("/households/imports", household_imports.upload),
    web.get(r"/households/imports/{id:\d{1,15}}", household_imports.preview),
    web.post(r"/households/imports/{id:\d{1,15}}/confirm", household_imports.confirm),
    web.post(r"/households/imports/{id:\d{1,15}}/drop", household_imports.drop),
    web.get(r"/households/{id:\d{1,15}}", household.show),
    web.post(r"/households/{id:\d{1,15}}/change", household.change),
    web.post(r"/households/{id:\d{1,15}}/withdraw", household.withdraw),
    web.post(r"/households/{id:\d{1,15}}/paper", household.paper),
    web.post(r"/households/{id:\d{1,15}}/revoke", household.revoke),
    web.post(r"/households/{id:\d{1,15}}/end", household.end),
    web.get("/invitations", invitations.show),
    web.post("/invitations", invitations.make),
    web.get("/reach", reach.show),
    web.get("/reach/export", reach.export),
    web.get("/boards", boards.show),
    web.post("/boards", boards.make),
    web.post("/boards/end", boards.end),
    web.get("/boards/sheets", boards.sheets),
    web.get("/assets", assets.show),
    web.post("/assets", assets.keep),
    web.post(r"/assets/{id:\d{1,15}}", assets.keep),
    web.post(r"/assets/{id:\d{1,15}}/end", assets.end),
    web.get("/consents", consents.show),
    web.get("/data-requests", data_requests.show),
    web.post("/data-requests", data_requests.receive),
    web.post(r"/data-requests/{id:\d{1,15}}/acknowledge", data_requests.acknowledge),
    web.post(r"/data-requests/{id:\d{1,15}}/extend", data_requests.extend),
    web.post(r"/data-requests/{id:\d{1,15}}/answer", data_requests.answer),
]

_RESIDENTS = [
    web.get("/j", join.ask),
    web.post("/j", join.typed),
    web.get(f"/j/{{code:{join.CODE}}}", join.show),
    web.post(f"/j/{{code:{join.CODE}}}", join.begin),
    web.post(f"/j/{{code:{join.CODE}}}/confirm", join.confirm),
    web.post(f"/j/{{code:{join.CODE}}}/leave", join.leave),
    web.get("/home", home.show),
    web.post("/home/leave", home.leave),
    web.post("/home/try", home.attempt),
    web.post("/home/forget", home.forget),
    web.get("/b/{code:[A-Za-z0-9]{1,20}}", board.show),
    web.get("/manifest.webmanifest", installed.manifest),
    web.get("/sw.js", installed.worker),
    web.get("/offline", installed.offline),
]

_SERVICE = [
    web.get("/live", live.connect),
    web.get("/healthz", healthz.health),
    web.get("/metrics", healthz.metrics),
    web.route("*", "/hooks/{channel}", hooks.hook),
    web.route("*", "/hooks/{channel}/{rest:.+}", hooks.hook),
]

ROUTES = [
    *_ACCOUNTS,
    *_NOTICES,
    *_INCIDENTS,
    *_MEDIA,
    *_CAMERAS,
    *_CAMERA_REGISTER,
    *_DEVICES,
    *_REPORTS,
    *_DUTY,
    *_METERS,
    *_HOUSEHOLDS,
    *_RESIDENTS,
    *_REPORTING,
    *_SERVICE,
]
"""All of them."""
