"""Rare services by the package apprise, behind our own ledger: it only says yes or no, so a no may have arrived."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Annotated, Any, Final

from pydantic import Field

from keng_hub.channels.channel import MESSAGE, Destination, ErrorClass, Office, Outcome, Outgoing, Where, where
from keng_hub.channels.settings import ChannelSection
from keng_hub.errors import NotReady
from keng_hub.sections import SecretFile

_FAR: Final = frozenset({"tgram"})
"""Schemes whose service stands abroad whatever anybody says; Telegram is blocked by carriers in Vietnam besides."""
_TYPES: Final = {"alarm": "failure", "update": "warning", "all_clear": "success"}


class AppriseSettings(ChannelSection):
    """The file with the services: a line each, `name = address`. The addresses hold secrets, so the file is one."""

    services_file: SecretFile
    local: list[str] = []
    timeout_s: Annotated[float, Field(gt=0, le=15)] = 10.0


class Apprise:
    """The address of a step is the name of a service. What runs cannot be called off, so its own time limit counts."""

    Settings = AppriseSettings

    def __init__(self, settings: AppriseSettings, office: Office) -> None:
        # Imported here, because the package is an extra: pip install 'keng-hub[apprise]'.
        self._package: Any = import_module("apprise")
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines may hold what an address holds
        self._settings = settings
        self._addresses = _services(settings.services_file.read_text(encoding="utf-8"))
        asset = self._package.AppriseAsset(service_timeout=settings.timeout_s, secure_logging=True)
        self._services = {name: self._make(name, url, asset) for name, url in self._addresses.items()}
        self._threads = ThreadPoolExecutor(settings.slots, thread_name_prefix="apprise")

    async def send(self, message: Outgoing) -> Outcome:
        """Hand it over once; a no says neither why nor whether it arrived."""
        service = self._services.get(message.address)
        if service is None:
            return Outcome.refused(ErrorClass.PARAMS, "no_such_service")
        kind = "info" if message.drill else _TYPES.get(message.kind, "info")
        loop = asyncio.get_running_loop()
        try:
            yes = await loop.run_in_executor(self._threads, _notify, service, message, kind)
        except Exception as error:  # noqa: BLE001 a plugin raises what its parts raise, with addresses in the text
            return Outcome.refused(ErrorClass.TRANSIENT, type(error).__name__, uncertain=True)
        return Outcome.accepted() if yes else Outcome.refused(ErrorClass.TRANSIENT, "no", uncertain=True)

    def hosts(self) -> list[Destination]:
        """Each service by its name; nobody but its owner knows where it stands."""
        return [Destination(f"{name} ({url.partition(':')[0]})", self._where(name, url), MESSAGE)
                for name, url in self._addresses.items()]  # fmt: skip

    async def close(self) -> None:
        """Begin nothing more; what runs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _where(self, name: str, url: str) -> Where:
        if url.partition(":")[0] in _FAR:
            return Where.ABROAD
        return Where.LOCAL if name in self._settings.local else where(self._settings.abroad)

    def _make(self, name: str, url: str, asset: Any) -> Any:
        made = self._package.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if made is None:
            raise NotReady(f"apprise không hiểu địa chỉ của {name} (cannot use the address of this service)")
        return made


def _notify(service: Any, message: Outgoing, kind: str) -> bool:
    text = f"{message.body_vi}\n{message.link}" if message.link else message.body_vi
    return bool(service.notify(body=text, title=message.short_code, notify_type=kind))


def _services(text: str) -> dict[str, str]:
    """Name → address, of the lines that are neither empty nor a remark."""
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name.strip(): url.strip() for name, _, url in pairs}
