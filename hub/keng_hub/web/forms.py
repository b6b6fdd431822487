"""What people type is checked on the server, and every refusal says in words what to change."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from unicodedata import normalize

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from keng_hub.incidents.msgid import N_
from keng_hub.web.keys import TYPED

BODY_LIMIT = 32 * 1024
"""Bytes; no form here is larger."""


SECRET = frozenset({"password", "current", "new", "again"})
"""Fields that never come back on a page."""


class Form(BaseModel):
    """The fields of a form; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BadForm(Exception):
    """The form cannot be taken; `problems` maps a field to the msgid of what is wrong with it."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def _shown(text: str) -> str:
    if not text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        raise PydanticCustomError("control", "control character")
    return text


def _nfc(text: str) -> str:
    return normalize("NFC", text)


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_nfc),
    AfterValidator(_shown),
]
"""What a person writes: NFC, at most 1,000 characters, no control characters."""
OptionalText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=1000), AfterValidator(_nfc), AfterValidator(_shown)
]

F = TypeVar("F", bound=Form)

_WORDS = {
    "missing": N_("This is missing."),
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("This is too long."),
    "control": N_("This holds characters that cannot be shown."),
    "enum": N_("This is not one of the choices."),
    "literal_error": N_("This is not one of the choices."),
    "extra_forbidden": N_("The form does not have this field."),
    "password_short": N_("The new password needs at least 12 characters."),
    "password_long": N_("The new password may have at most 128 characters."),
    "password_differs": N_("The two new passwords are not the same."),
    "date_from_datetime_parsing": N_("This is not a date."),
    "date_parsing": N_("This is not a date."),
    "mac": N_("This is no hardware address; write it as 00:11:22:aa:bb:cc."),
    "address": N_("This is no IP address; write it as 192.168.1.20."),
    "citizen_number": N_("Leave numbers of citizens out: nothing of them is kept here."),
    "date_out_of_range": N_("This date is too far away."),
}


async def read(request: web.Request, model: type[F]) -> F:
    """The request's form, NFC; BadForm says what is wrong, an upload or a doubled field included."""
    try:
        posted = await request.post()
    except (ValueError, LookupError, UnicodeError):
        raise BadForm({"": N_("The form could not be read.")}) from None
    values, typed = dict[str, str](), dict[str, str]()
    request[TYPED] = typed
    for key, value in posted.items():
        if not isinstance(value, str) or key in values:
            raise BadForm({key: N_("The form could not be read.")})
        values[key] = normalize("NFC", value)
        typed |= {} if key in SECRET else {key: values[key]}
    return check(values, model)


def query(request: web.Request, model: type[F]) -> F:
    """The parameters of the address, under the same rules; an empty one counts as absent."""
    return check({key: value for key, value in request.query.items() if value}, model)


def check(values: Mapping[str, Any], model: type[F]) -> F:
    """The values as the model; BadForm with a text for each field else."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = {
            ".".join(str(part) for part in item["loc"]): _WORDS.get(item["type"], N_("This cannot be used."))
            for item in error.errors()
        }
        raise BadForm(problems) from None
