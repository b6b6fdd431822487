"""The requests to an Official Account: what each way of sending wants (docs.zaloplatforms.com, OA v3.0; zalo.cloud)."""

import hashlib
import hmac
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from keng_hub.channels.channel import Outgoing
from keng_hub.channels.zalo.oa_errors import Family
from keng_hub.channels.zalo.texts import text
from keng_hub.sections import Section

GROUP = "gmf:"
"""In front of the id of a group (GMF) in an address; a telephone begins with +, anything else is a user's id."""

Said = Literal["text", "text_ascii", "text_en", "short_code", "code", "link"]


class Template(Section):
    """An approved ZBS template, and what of a message its parameters say."""

    id: Annotated[str, Field(pattern=r"^\d{1,20}$")]
    data: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,36}$")], Said]
    longest: Annotated[int, Field(ge=10, le=400)] = 100


class Request(NamedTuple):
    """One call: which table of errors its answer is read by, where it goes and what it says."""

    family: Family
    path: str
    body: dict[str, object]


def to_group(message: Outgoing) -> Request:
    """A text to a group of the account."""
    recipient = {"group_id": message.address.removeprefix(GROUP)}
    return Request(
        Family.MESSAGE, "/v3.0/oa/group/message", {"recipient": recipient, "message": {"text": text(message)}}
    )


def to_user(message: Outgoing) -> Request:
    """A consultation text (cs) to one person."""
    recipient = {"user_id": message.address}
    return Request(Family.MESSAGE, "/v3.0/oa/message/cs", {"recipient": recipient, "message": {"text": text(message)}})


def by_template(message: Outgoing, template: Template) -> Request:
    """A ZBS template to a telephone; `tracking_id` lets Zalo drop a copy."""
    values: dict[str, str] = {
        "text": message.body_vi,
        "text_ascii": message.body_ascii,
        "text_en": message.body_en,
        "short_code": message.short_code,
        "code": message.code or message.short_code,
        "link": message.link or "",
    }
    body: dict[str, object] = {
        "phone": message.address.removeprefix("+"),
        "template_id": template.id,
        "template_data": {name: _fitted(values[said], template.longest) for name, said in template.data.items()},
        "tracking_id": message.key,
    }
    return Request(Family.TEMPLATE, "/message/template", body)


def headers(access: str, app_secret: str) -> dict[str, str]:
    """The token, and the proof that whoever uses it knows the app's secret (HMAC-SHA256 of the token)."""
    proof = hmac.new(app_secret.encode(), access.encode(), hashlib.sha256).hexdigest()
    return {"access_token": access, "appsecret_proof": proof}


def _fitted(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
