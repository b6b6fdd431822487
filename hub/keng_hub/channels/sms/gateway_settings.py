"""The settings of `[channels.sms_gateway]`: one of the presets, or any gateway described by hand."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from keng_hub.channels.provider import ApiAddress, Timeout
from keng_hub.channels.settings import ChannelSection
from keng_hub.channels.sms.parts import Spelling
from keng_hub.channels.sms.templates import names_in
from keng_hub.sections import ExistingFile, Host, SecretFile

PLACES = frozenset({"phone", "phone84", "phone0", "text", "key", "short_code"})
"""Places that a body may have, beside `secret.NAME`."""
IN_HEADERS = frozenset({"key"})
"""Only what cannot hold a line end."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]


class SmsGatewaySettings(ChannelSection):
    """What all gateways have, then what eSMS wants, then what describes any other."""

    preset: Literal["esms", "generic"]
    spelling: Spelling = Spelling.CHEAPEST
    part_price: Annotated[int, Field(ge=0, le=100_000)] = 850
    timeout_s: Timeout = 10.0

    api_key_file: SecretFile | None = None
    secret_key_file: SecretFile | None = None
    brandname: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    sms_type: Annotated[str, Field(pattern=r"^\d{1,2}$")] = "2"
    sandbox: bool = False
    callback_url: Annotated[str, Field(pattern=r"^https://[^\s@?#]+/hooks/sms_gateway$")] | None = None
    callback_token_file: SecretFile | None = None
    api: ApiAddress = "https://rest.esms.vn"

    url: Annotated[str, Field(pattern=r"^https?://[^\s@${}#]+$")] | None = None
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")], str] = {}
    body: dict[str, Any] = {}
    send_as: Literal["json", "form", "query"] = "json"
    success: Annotated[str, Field(pattern=r"^(http|[A-Za-z0-9_.]{1,60}=.{1,200})$")] = "http"
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,60}$")] | None = None
    secrets: dict[Name, SecretFile] = {}
    private_hosts: list[Host] = []
    ca_file: ExistingFile | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.callback_url is None) != (self.callback_token_file is None):
            raise PydanticCustomError("half_callback", "callback_url and callback_token_file go together")
        if self.preset == "esms":
            if not (self.api_key_file and self.secret_key_file and self.brandname):
                raise PydanticCustomError("half_esms", 'preset = "esms" needs api_key_file, secret_key_file, brandname')
        elif not (self.url and self.body):
            raise PydanticCustomError("half_gateway", 'preset = "generic" needs url and body')
        self._known_places()
        return self

    def _known_places(self) -> None:
        kept = {f"secret.{name}" for name in self.secrets}
        wrong = sorted((names_in(self.body) - PLACES - kept) | (names_in(self.headers) - IN_HEADERS - kept))
        if wrong:
            raise PydanticCustomError("unknown_place", "no such place: {names}", {"names": ", ".join(wrong)})
