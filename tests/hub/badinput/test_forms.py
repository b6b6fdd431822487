"""Every form of the hub: wrong, huge, twice, forged and late, each is refused in words and changes nothing."""

import re
from typing import Any
from unicodedata import normalize

import pytest

from keng_hub.incidents.dispatch import TaskState
from keng_hub.web import acts, point_acts
from keng_hub.web.cameras import camera
from keng_hub.web.forms import BODY_LIMIT
from keng_hub.web.notices import inbox
from support.forms import incidents, office, people
from support.forms.post import Postman, in_vietnamese, said
from support.forms.rows import Form, Row, decomposed, huge, wrong
from support.forms.village import Furnished
from support.visitor import Answer

ROWS = [
    *(*incidents.INCIDENTS, *incidents.ACCOUNTS),
    *(*office.DUTY, *office.CAMERAS, *office.POINTS, *office.NOTICES),
    *(*people.HOUSEHOLDS, *people.RESIDENTS, *people.METERS),
]
HOOKS = {"/hooks/{channel}", "/hooks/{channel}/{rest}"}
"""Below them each channel has a table of its own: test_hooks.py."""
on_session = pytest.mark.asyncio(loop_scope="session")
every = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def _refused(answer: Answer) -> str:
    """Why the answer is none that a form may be refused with; empty when it is one."""
    if not 400 <= answer.status < 500:
        return f"{answer.status} {answer.headers.get('Location', '')} {said(answer)}"
    return "" if in_vietnamese(answer) else f"no word of Vietnamese: {answer.status} {said(answer)}"


def _lost(answer: Answer, row: Row, form: Form) -> str:
    """The text that was typed and does not stand on the page again; empty when all do."""
    typed = dict(form)
    for name, one in row.form.items():
        ours = one.longest and one.good == typed.get(name) and " & " in one.good
        if ours and one.good.replace("&", "&amp;") not in answer.text:
            return f"{name} is lost: {answer.status} {said(answer)}"
    return ""


def _none(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@on_session
async def test_every_form_has_its_row(village: Furnished) -> None:
    missing, seen = list[str](), set[str]()
    for resource in village.app.router.resources():
        if not any(route.method == "POST" or route.method == "*" for route in resource):
            continue
        info = resource.get_info()
        pattern = info.get("pattern") or re.compile(re.escape(info.get("path", "")))
        found = {row.path for row in ROWS if pattern.fullmatch(village.word(row.path)) and row.path not in seen}
        seen |= found
        if not found and resource.canonical not in HOOKS:
            missing.append(resource.canonical)
    assert missing == []
    assert {row.path for row in ROWS} - seen == set()


def test_every_act_of_an_address_with_many_has_its_row() -> None:
    paths = {row.path for row in ROWS}
    for family, names in (
        ("/incidents/1", acts.ACTS),
        ("/devices/ngo-3", point_acts.ACTS),
        ("/messages/1", inbox.ACTS),
        ("/dispatch/1", [state.value for state in (TaskState.ACCEPTED, TaskState.ARRIVED, TaskState.DECLINED)]),
    ):
        assert set(names) <= {path.rpartition("/")[2] for path in paths if path.startswith(family)}
    assert set(camera.ACTS) <= {path.rpartition("/")[2] for path in paths if "/record/" in path}


@on_session
@every
async def test_what_is_right_is_taken_composed_and_twice_it_has_one_effect(postman: Postman, row: Row) -> None:
    await postman.steps(row.before)
    first = await postman.row(row, decomposed(row.good))
    assert first.status == row.ok, f"{first.status} {said(first)}"
    once = postman.furnished.rows()
    assert not [text for text in _texts(once) if normalize("NFC", text) != text]
    second = await postman.row(row, decomposed(row.good))
    assert second.status in row.again, f"{second.status} {said(second)}"
    assert second.status < 400 or not _refused(second)
    twice = postman.furnished.rows()
    assert _changed(once, twice) <= set(row.drafts)


@on_session
@every
async def test_what_is_wrong_is_refused_in_words_and_changes_nothing(postman: Postman, row: Row) -> None:
    await postman.steps(row.before)
    before = postman.furnished.rows()
    faults: list[str] = []
    for what, form in [*wrong(row), *huge(row)]:
        answer = await postman.row(row, form)
        fault = _refused(answer) or _lost(answer, row, form)
        faults += [f"{what}: {fault}"] if fault else []
    _none(faults)
    assert _changed(before, postman.furnished.rows()) <= set(row.drafts)


@on_session
@every
async def test_what_is_no_form_is_refused(postman: Postman, row: Row) -> None:
    await postman.steps(row.before)
    before = postman.furnished.rows()
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    plain = {"Content-Type": "application/x-www-form-urlencoded"}
    bodies = [
        ("too large", b"text=" + b"a" * (BODY_LIMIT + 1), plain),
        ("no UTF-8", b"reason=%ff%fe&text=%ff&la=%c3", plain),
        ("cut off", b"--x\r\nContent-Disposition: form-data; name=text\r\n\r\nx", multipart),
        ("no parts", b"hello", multipart),
    ]
    answers: dict[str, Answer] = {}
    for what, body, kind in bodies:
        if what == "too large" or row.form or row.file:  # whatever else comes with a mere button is passed over
            headers = kind | {"Sec-Fetch-Site": "same-origin"}
            answers[what] = await postman.row(row, body, file=None, headers=headers)
    if row.file is not None and row.needs_file:
        answers["no file"] = await postman.row(row, file=b"")
        answers["a program"] = await postman.row(row, file=b"MZ\0\0 no such file")
        answers["a huge file"] = await postman.row(row, file=b"\xff\xd8\xff" + b"\0" * 12_600_000)
    _none([f"{what}: {fault}" for what, answer in answers.items() if (fault := _refused(answer))])
    assert _changed(before, postman.furnished.rows()) <= set(row.drafts)


@on_session
@every
@pytest.mark.expects_log("came from another site")
async def test_what_is_forged_is_refused_and_changes_nothing(postman: Postman, row: Row) -> None:
    await postman.steps(row.before)
    before = postman.furnished.rows()
    for what, headers in (
        ("no origin", {}),
        ("another site", {"Sec-Fetch-Site": "cross-site"}),
        ("another origin", {"Origin": "https://khac.example"}),
    ):
        answer = await postman.row(row, headers=headers)
        assert (what, answer.status, _refused(answer)) == (what, 403, "")
    if row.who in postman.furnished.tokens and not row.everybody:
        nobody = await postman.row(row, who="nobody")
        assert (nobody.status, nobody.location) == (303, "/login")
        denied = await postman.row(row, who="dan")
        assert (denied.status, _refused(denied)) == (403, "")
    if row.stranger:
        assert _refused(await postman.row(row, who=row.stranger)) == ""
    assert _changed(before, postman.furnished.rows()) <= set(row.drafts)


@on_session
@every
async def test_what_comes_too_late_is_refused_in_words_and_changes_nothing(postman: Postman, row: Row) -> None:
    await postman.steps((*row.before, *row.late))
    before = postman.furnished.rows()
    if row.late:
        answer = await postman.row(row)
        assert answer.status in row.too_late, f"{answer.status} {said(answer)}"
        assert (_refused(answer), answer.status != 404 and _lost(answer, row, row.good)) in (("", ""), ("", False))
    if row.who in postman.furnished.tokens:
        postman.furnished.office.clock.ahead = 8 * 86_400_000
        try:
            over = await postman.row(row)
        finally:
            postman.furnished.office.clock.ahead = 0
        assert (over.status, over.location) == (303, "/login")
    assert _changed(before, postman.furnished.rows()) <= set(row.drafts)


def _changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> set[str]:
    """The tables that hold something else."""
    return {name for name in after if after[name] != before[name]}


def _texts(rows: dict[str, list[Any]]) -> list[str]:
    return [value for found in rows.values() for row in found for value in row if isinstance(value, str)]
