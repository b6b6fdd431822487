"""E-mail against a real SMTP server: encryption, login, answers of every class, and what stands in the mail."""

from collections.abc import AsyncIterator
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from keng_hub.channels.channel import ErrorClass, Outcome, Result
from keng_hub.channels.email import Email, EmailSettings
from keng_hub.database import Database
from support.messages import message, office
from support.smtp_server import PASSWORD, SmtpServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SmtpServer]:
    async with SmtpServer(tmp_path) as running:
        yield running


def _password_file(folder: Path, password: str = PASSWORD) -> Path:
    file = folder / "mail.password"
    file.write_text(password + "\n", encoding="utf-8")
    file.chmod(0o600)
    return file


async def _send(server: SmtpServer, url: str, message_changes: dict[str, Any] | None = None, **changed: Any) -> Outcome:
    settings: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "sender": "keng@xa.example",
        "ca_file": server.certificate,
        "timeout_s": 0.5,
    }
    database = Database(url)
    channel = Email(EmailSettings.model_validate(settings | changed), office(database))
    try:
        return await channel.send(message(**{"address": "truc@xa.example"} | (message_changes or {})))
    finally:
        await channel.close()
        database.close()


async def test_a_mail_is_encrypted_and_says_it_in_two_languages(server: SmtpServer, sqlite_url: str) -> None:
    outcome = await _send(server, sqlite_url)
    assert outcome.result is Result.ACCEPTED
    assert "Q1" in (outcome.provider_id or "")
    [mail] = server.mails
    assert (mail.sender, mail.recipient, mail.encrypted) == ("keng@xa.example", "truc@xa.example", True)
    assert str(make_header(decode_header(mail.message["Subject"]))) == "[SC-0231] CHÁY: đầu báo khói"
    assert mail.message["Message-ID"] == f"<{message().key}@xa.example>"
    assert mail.message["X-Keng-Incident"] == "SC-2026-0231"
    assert mail.message["X-Priority"] == "1"
    vi, en, link = mail.text.strip().split("\n\n")
    assert (vi, en, link) == (message().body_vi, message().body_en, message().link)


async def test_every_try_of_a_message_has_the_same_id(server: SmtpServer, sqlite_url: str) -> None:
    await _send(server, sqlite_url)
    await _send(server, sqlite_url)
    first, second = server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_a_drill_is_not_marked_as_urgent(server: SmtpServer, sqlite_url: str) -> None:
    await _send(server, sqlite_url, {"drill": True, "body_vi": "DIỄN TẬP. CHÁY: đầu báo khói. Số 5."})
    [mail] = server.mails
    assert mail.message["X-Priority"] is None
    assert str(make_header(decode_header(mail.message["Subject"]))) == "[SC-0231] DIỄN TẬP"


async def test_tls_from_the_first_byte_works_too(tmp_path: Path, sqlite_url: str) -> None:
    async with SmtpServer(tmp_path, "tls") as server:
        assert (await _send(server, sqlite_url, tls="tls")).result is Result.ACCEPTED
        assert server.mails[0].encrypted


async def test_a_login_is_made_after_encryption(server: SmtpServer, sqlite_url: str, tmp_path: Path) -> None:
    outcome = await _send(server, sqlite_url, username="keng", password_file=_password_file(tmp_path))
    assert outcome.result is Result.ACCEPTED
    assert server.mails[0].user == "keng"


async def test_a_wrong_password_is_a_matter_for_staff(server: SmtpServer, sqlite_url: str, tmp_path: Path) -> None:
    outcome = await _send(server, sqlite_url, username="keng", password_file=_password_file(tmp_path, "sai"))
    assert (outcome.result, outcome.error_class, outcome.error_code) == (
        Result.FAILED,
        ErrorClass.PERMISSION,
        "535",
    )


async def test_a_certificate_of_somebody_else_gets_no_mail(server: SmtpServer, sqlite_url: str) -> None:
    outcome = await _send(server, sqlite_url, ca_file=None)
    assert (outcome.error_class, outcome.error_code) == (ErrorClass.PERMISSION, "certificate")
    assert server.mails == []


async def test_a_server_without_encryption_gets_no_mail(tmp_path: Path, sqlite_url: str) -> None:
    async with SmtpServer(tmp_path, "none") as server:
        outcome = await _send(server, sqlite_url, ca_file=None)
        assert (outcome.error_class, outcome.error_code) == (ErrorClass.PERMISSION, "not_supported")
        assert server.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "result", "error_class"),
    [
        ("RCPT", "550 5.1.1 no such user", Result.FAILED, ErrorClass.UNREACHABLE),
        ("RCPT", "450 4.2.0 grey-listed", Result.RETRY, ErrorClass.TRANSIENT),
        ("RCPT", "452 4.2.2 mailbox full", Result.FAILED, ErrorClass.QUOTA),
        ("MAIL", "553 5.7.1 not you", Result.FAILED, ErrorClass.PERMISSION),
        ("MAIL", "451 4.3.0 later", Result.RETRY, ErrorClass.TRANSIENT),
        (".", "554 5.6.0 bad content", Result.FAILED, ErrorClass.PARAMS),
        (".", "451 4.3.0 later", Result.RETRY, ErrorClass.TRANSIENT),
    ],
)
async def test_each_answer_has_its_class(
    server: SmtpServer, sqlite_url: str, verb: str, reply: str, result: Result, error_class: ErrorClass
) -> None:
    server.replies[verb] = reply
    outcome = await _send(server, sqlite_url)
    assert (outcome.result, outcome.error_class, outcome.error_code) == (result, error_class, reply[:3])
    assert not outcome.uncertain


async def test_a_rude_goodbye_changes_nothing(server: SmtpServer, sqlite_url: str) -> None:
    server.cut = "QUIT"
    assert (await _send(server, sqlite_url)).result is Result.ACCEPTED


@pytest.mark.parametrize("how", ["cut", "mute"])
async def test_a_server_that_goes_away_after_the_data_may_have_taken_it(
    server: SmtpServer, sqlite_url: str, how: str
) -> None:
    setattr(server, how, ".")
    outcome = await _send(server, sqlite_url)
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, True)


async def test_a_server_that_is_not_there_took_nothing(tmp_path: Path, sqlite_url: str) -> None:
    async with SmtpServer(tmp_path) as server:
        pass
    outcome = await _send(server, sqlite_url)
    assert (outcome.result, outcome.error_class, outcome.uncertain) == (Result.RETRY, ErrorClass.TRANSIENT, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"sender": "khong phai dia chi"},
        {"sender": "a@b.example\nBcc: c@d.example"},
        {"username": "keng"},
        {"host": "mail.example", "tls": "none"},
        {"timeout_s": 0},
        {"la": 1},
    ],
)
def test_bad_settings_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EmailSettings.model_validate({"host": "127.0.0.1", "sender": "keng@xa.example"} | changed)
