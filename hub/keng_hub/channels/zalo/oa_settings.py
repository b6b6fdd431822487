"""The settings of `[channels.zalo_oa]`."""

from typing import Annotated, Literal

from pydantic import Field

from keng_hub.channels.provider import ApiAddress, Provider, Timeout, hosts_of
from keng_hub.channels.settings import ChannelSection
from keng_hub.channels.zalo.oa_calls import Template
from keng_hub.channels.zalo.oa_tokens import App
from keng_hub.sections import SecretFile, secret

Kind = Literal["alarm", "update", "all_clear", "notice", "drill", "fault"]
Id = Annotated[str, Field(pattern=r"^\d{1,30}$")]


class ZaloOaSettings(ChannelSection):
    """The application and the account, and which template says what."""

    app_id: Id
    app_secret_file: SecretFile
    oa_id: Id
    oa_secret_file: SecretFile | None = None
    redirect_uri: Annotated[str, Field(pattern=r"^https://[^\s@?#]+$")]
    templates: dict[Kind, Template] = {}
    cs_at_night: bool = False
    silence_min: Annotated[int, Field(ge=10, le=10_080)] = 120
    template_price: Annotated[int, Field(ge=0, le=100_000)] = 300
    group_price: Annotated[int, Field(ge=0, le=100_000)] = 0
    oauth: ApiAddress = "https://oauth.zaloapp.com"
    api: ApiAddress = "https://openapi.zalo.me"
    template_api: ApiAddress = "https://business.openapi.zalo.me"
    timeout_s: Timeout = 8.0

    def app(self) -> App:
        """The application with its secret."""
        return App(self.app_id, secret(self.app_secret_file), self.oauth)

    def provider(self) -> Provider:
        """The connections to Zalo's three addresses."""
        return Provider(hosts_of(self.oauth, self.api, self.template_api), self.timeout_s)
