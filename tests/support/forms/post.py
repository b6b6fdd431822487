"""Sends the forms of the rows, and says what stands in the answers."""

import json
import re
from html import unescape
from typing import Any, Final

from aiohttp import ClientSession, DummyCookieJar, FormData, TCPConnector

from support.forms.incidents import jpeg
from support.forms.rows import Form, Row, Step
from support.forms.village import Furnished
from support.visitor import Answer

FILES: Final = {
    "none": b"",
    "": jpeg(),
    "households": "nhà;số điện thoại\nNhà 31;0912345671\n".encode(),
    "readings": "Công tơ;Ngày;Chỉ số (kWh)\ncong-to-1;20/11/2026;1.234,5\n".encode(),
}
OURS: Final = {"Sec-Fetch-Site": "same-origin"}
_SAID: Final = re.compile(
    r'<p[^>]*class="[^"]*problem[^"]*"[^>]*>(.*?)</p>|<ul class="problems">(.*?)</ul>|<h1>(.*?)</h1>', re.DOTALL
)
_VIETNAMESE: Final = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)


class Postman:
    """A browser without memory: each form says by itself who sends it."""

    def __init__(self, furnished: Furnished) -> None:
        self.furnished = furnished
        self.http: ClientSession

    async def open(self) -> None:
        """Begin."""
        self.http = ClientSession(cookie_jar=DummyCookieJar(), connector=TCPConnector(limit=4))

    async def close(self) -> None:
        """End."""
        await self.http.close()

    async def send(
        self,
        path: str,
        form: Form | bytes,
        who: str,
        *,
        file: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Post a form; a name of nobody's session is nobody."""
        data: Any = form if isinstance(form, bytes) else self.furnished.filled(form)
        if file is not None and not isinstance(data, bytes):
            data = _with_file(data, file)
        sent = dict(OURS if headers is None else headers)
        if who == "nha":
            sent["Cookie"] = f"keng-home={self.furnished.home}"
        elif who in self.furnished.tokens:
            sent["Cookie"] = f"keng={self.furnished.tokens[who]}"
        url = self.furnished.office.url + self.furnished.word(path)
        async with self.http.post(url, data=data, headers=sent, allow_redirects=False) as response:
            return Answer(response.status, await response.text(errors="replace"), dict(response.headers))

    async def row(self, row: Row, form: Form | bytes | None = None, **more: Any) -> Answer:
        """The row's own form, or another one in its place."""
        file = more.pop("file", row.file)
        return await self.send(
            row.path, row.good if form is None else form, more.pop("who", row.who), file=file, **more
        )

    async def steps(self, steps: tuple[Step, ...]) -> None:
        """What has to be done before; it must be taken."""
        for who, path, form in steps:
            fields = {name: value for name, value in form.items() if name != "file"}
            file = FILES[form["file"]] if "file" in form else None
            answer = await self.send(path, fields, who, file=file)
            assert answer.status in (200, 204, 303), f"{path}: {answer.status} {said(answer)}"


def said(answer: Answer) -> str:
    """What the page says is wrong."""
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return str(json.loads(answer.text))
    found = [unescape(re.sub(r"<[^>]+>", " ", "".join(parts))).strip() for parts in _SAID.findall(answer.text)]
    return " · ".join(found) or answer.text[:200]


def in_vietnamese(answer: Answer) -> bool:
    """Whether a person who reads Vietnamese is told what is wrong."""
    return bool(_VIETNAMESE.search(said(answer)))


def _with_file(form: Form, file: bytes) -> FormData:
    made = FormData(default_to_multipart=True)
    for name, value in form.items() if isinstance(form, dict) else form:
        made.add_field(name, value)
    made.add_field("file", file, filename="tep.jpg" if file else "", content_type="image/jpeg")
    return made
