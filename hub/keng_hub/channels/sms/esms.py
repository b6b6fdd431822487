"""eSMS as a preset of the gateway (developers.esms.vn): its request, its codes, its callback."""

from typing import NamedTuple

from keng_hub.channels import documents
from keng_hub.channels.channel import ErrorClass, Outcome
from keng_hub.channels.provider import UNREADABLE, Answer, http_outcome
from keng_hub.channels.sms.parts import Coding, sms_parts
from keng_hub.deliveries.states import AttemptState

HOST = "https://rest.esms.vn"
SEND = "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
BALANCE = "/MainService.svc/json/GetBalance_json"
SPARE = 20_000
"""Đồng below which the self-test says that money runs out."""

_ACCEPTED = {"100", "124"}
"""124: this RequestId was there before, within 24 hours; it is the same message."""
_CLASSES = {
    "101": ErrorClass.PERMISSION,  # key
    "102": ErrorClass.PERMISSION,  # account locked
    "103": ErrorClass.MONEY,
    "104": ErrorClass.PERMISSION,  # brandname
    "108": ErrorClass.UNREACHABLE,  # telephone
    "118": ErrorClass.PARAMS,  # type
    "140": ErrorClass.PERMISSION,  # our address is not on their list
    "146": ErrorClass.PARAMS,  # text fits no registered template
    "177": ErrorClass.PARAMS,  # brandname not registered with this person's network: the next step may reach them
}


class Sender(NamedTuple):
    """What every request carries; nobody prints it."""

    api_key: str
    secret_key: str
    brandname: str
    sms_type: str
    sandbox: bool
    callback: str | None

    def __repr__(self) -> str:
        return "Sender(…)"


def request(sender: Sender, phone: str, text: str, key: str) -> dict[str, str]:
    """The body of one message; `key` lets eSMS drop a copy."""
    body = {
        "ApiKey": sender.api_key,
        "SecretKey": sender.secret_key,
        "Phone": phone.removeprefix("+"),
        "Content": text,
        "Brandname": sender.brandname,
        "SmsType": sender.sms_type,
        "IsUnicode": "1" if sms_parts(text).coding is Coding.UCS2 else "0",
        "Sandbox": "1" if sender.sandbox else "0",
        "RequestId": key,
    }
    return body | ({"CallbackUrl": sender.callback} if sender.callback else {})


def outcome(answer: Answer, key: str) -> Outcome:
    """What an answer to a message says: 100 is only accepted. A number no table knows may pass; a copy is dropped."""
    code = documents.word(answer.document, "CodeResult")
    if code is None:
        return http_outcome(answer) or UNREADABLE
    if code in _ACCEPTED:
        return Outcome.accepted(key)
    return Outcome.refused(_CLASSES.get(code, ErrorClass.TRANSIENT), code)


def balance(answer: Answer) -> Outcome:
    """What an answer about the account's money says."""
    code = documents.word(answer.document, "CodeResponse")
    if code is None:
        return http_outcome(answer) or UNREADABLE
    if code != "100":
        return Outcome.refused(_CLASSES.get(code, ErrorClass.TRANSIENT), code)
    money = documents.word(answer.document, "Balance") or ""
    if money.isascii() and money.isdigit() and int(money) < SPARE:
        return Outcome.refused(ErrorClass.MONEY, f"balance {money}")
    return Outcome.accepted()


class Receipt(NamedTuple):
    """What a callback says about one message to one telephone; no state while it is under way."""

    key: str
    phone: str
    state: AttemptState | None
    code: str


_STATES = {"1": None, "2": None, "7": None, "4": AttemptState.FAILED, "5": AttemptState.DELIVERED}


def receipt(query: dict[str, str]) -> Receipt | None:
    """The callback's fields; None when it is none."""
    key, phone, code = (query.get(name, "") for name in ("RequestId", "phonenumber", "SendStatus"))
    if code not in _STATES or not (0 < len(key) <= 100) or not (phone.isascii() and 9 <= len(phone.strip("+ ")) <= 15):
        return None
    return Receipt(key, phone, _STATES[code], code)
