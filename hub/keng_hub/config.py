"""The hub's configuration: `hub.toml` as typed data; unknown keys are refused, secrets stand in files of their own."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from keng_hub import channels, config_errors
from keng_hub.errors import ConfigError
from keng_hub.incidents.emergency import Emergency
from keng_hub.incidents.node_tests import DrillSection
from keng_hub.media.settings import MediaSection
from keng_hub.meterdata.settings import MeterData
from keng_hub.people.settings import Residents
from keng_hub.sections import ExistingFile, FilePath, Host, Port, SecretFile, Section, is_loopback, secret
from keng_hub.toml_file import TomlFile
from keng_hub.warnings.settings import WarningsSection
from keng_wire.alarm import Category
from keng_wire.identity import NodeId, PlaceId, Words


class Village(Section):
    """What this hub is for."""

    name: Words


LockMinutes = Annotated[int, Field(ge=0, le=720)]


class Web(Section):
    """Where the pages are served. Beyond the loopback they need TLS, here or at a proxy that `public_url` names."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    public_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")] | None = None
    certificate_file: ExistingFile | None = None
    key_file: SecretFile | None = None
    second_factor: Literal["everyone", "who_wants"] | None = None
    """Who has to have one; everyone where the pages come by HTTPS, unless this says otherwise."""
    lock_min: LockMinutes = 15
    """After so long without an act a session is locked; 0 never."""
    lock_admin_min: LockMinutes = 5
    """The same for accounts that guard the hub and its data."""

    @property
    def second_factor_for_all(self) -> bool:
        """Whether no account goes on without a second factor."""
        chosen = self.second_factor or ("everyone" if self.url.startswith("https://") else "who_wants")
        return chosen == "everyone"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise PydanticCustomError("half_tls", "certificate_file and key_file go together")
        secure = self.certificate_file or (self.public_url or "").startswith("https://")
        if not secure and not is_loopback(self.host):
            raise PydanticCustomError(
                "plain_http",
                "passwords would cross the network in the clear: set certificate_file and key_file, or public_url to "
                "the https address of the proxy in front, or host to 127.0.0.1",
            )
        return self

    @property
    def url(self) -> str:
        """The address people type."""
        scheme = "https" if self.certificate_file else "http"
        return self.public_url or f"{scheme}://{self.host}:{self.port}"


class Broker(Section):
    """The broker between nodes and hub."""

    kind: Literal["mosquitto", "embedded"] = "mosquitto"
    start: bool = False
    host: Host = "127.0.0.1"
    port: Port = 8883
    bind: Host = "0.0.0.0"  # noqa: S104 (nodes come from the network; each needs a certificate of ours)
    names: list[Host] = []
    folder: FilePath | None = None
    identity: NodeId = "hub"
    other_hubs: list[NodeId] = []
    ca_file: FilePath | None = None
    certificate_file: FilePath | None = None
    key_file: FilePath | None = None
    shared_group: NodeId | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = [self.ca_file, self.certificate_file, self.key_file]
        if any(given) and not all(given):
            raise PydanticCustomError("half_tls", "ca_file, certificate_file and key_file go together")
        if self.kind == "embedded" and not is_loopback(self.host):
            raise PydanticCustomError(
                "open_broker", "the embedded broker knows no certificates, so its host must be 127.0.0.1"
            )
        return self


class DatabaseSection(Section):
    """The relational database; SQLite in the data folder unless `url` says otherwise."""

    url: str | None = None
    password_file: SecretFile | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        try:
            url = make_url(self.url or "sqlite://")
        except ArgumentError as error:
            raise PydanticCustomError("bad_url", "url: {why}", {"why": str(error)}) from None
        if url.password is not None:
            raise PydanticCustomError("secret_in_url", "the password belongs into password_file, not into url")
        return self


class SqliteStoreSection(Section):
    """Readings in one SQLite file, `readings.db` in the data folder unless `path` says otherwise."""

    kind: Literal["sqlite"]
    path: FilePath | None = None
    keep_days: Annotated[int, Field(ge=7)] | None = None


class InfluxStoreSection(Section):
    """Readings in InfluxDB: `api` v2 with bucket, organisation and token, v1 with `database/retention policy`."""

    kind: Literal["influx"]
    api: Literal["v2", "v1"] = "v2"
    url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
    bucket: Annotated[str, Field(min_length=1)] = "keng/autogen"
    org: str = "keng"
    token_file: SecretFile | None = None
    username: str | None = None
    password_file: SecretFile | None = None
    keep_days: Annotated[int, Field(ge=7)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.api == "v2" and self.token_file is None:
            raise PydanticCustomError("no_token", 'api = "v2" needs token_file')
        if (self.username is None) != (self.password_file is None):
            raise PydanticCustomError("half_login", "username and password_file go together")
        return self


StoreSection = Annotated[SqliteStoreSection | InfluxStoreSection, Field(discriminator="kind")]


class Place(Section):
    """A row of the tree commune → village → alley or group → premises; an id is never used for another place."""

    id: PlaceId
    kind: Literal["commune", "village", "group", "alley", "premises"]
    name: Words
    parent: PlaceId | None = None
    code: Annotated[str, Field(pattern=r"^\d{5}$")] | None = None
    aliases: list[Words] = []


class Step(Section):
    """One rung of a recipient's ladder: after `after_s` seconds without an answer, this channel."""

    channel: str
    address: str = ""
    after_s: Annotated[int, Field(ge=0, le=3600)] = 0


class Recipient(Section):
    """Somebody who is told: tier 1 at once, tier 2 when nobody of tier 1 acknowledged in time, and so on."""

    id: PlaceId
    name: Words
    tier: Annotated[int, Field(ge=1, le=3)] = 1
    categories: list[Category] = []
    place: PlaceId | None = None
    ladder: Annotated[list[Step], Field(min_length=1)]
    account: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    """The login name of this person: what they answer from their phone counts as theirs."""
    rostered: bool = False
    """Told only while on duty by the roster; when nobody of a tier is, all of them are."""


class Config(Section):
    """The whole file."""

    data: FilePath = Path("/var/lib/keng")
    log: Literal["debug", "info", "warning"] = "info"
    village: Village
    web: Web = Web()
    broker: Broker = Broker()
    database: DatabaseSection = DatabaseSection()
    store: StoreSection = SqliteStoreSection(kind="sqlite")
    meter_data: MeterData = MeterData()
    media: MediaSection | None = None
    warnings: WarningsSection = WarningsSection()
    emergency: Emergency = Emergency()
    drills: DrillSection = DrillSection()
    channels: dict[str, Any] = {}
    """Channel → its settings, an object of the channel's own `Settings`."""
    residents: Residents = Residents()
    places: list[Place] = []
    recipients: list[Recipient] = []

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.media is not None and self.broker.kind == "embedded":
            raise PydanticCustomError(
                "media_without_authority",
                "[media] needs nodes with certificates, which the embedded broker does not know: leave [media] out",
            )
        return self

    @property
    def media_settings(self) -> MediaSection:
        """`[media]`; what is kept is kept by its days also where nodes bring nothing."""
        return self.media or MediaSection()

    @property
    def media_folder(self) -> Path:
        """Where stills and clips are."""
        return self.media_settings.folder or self.data / "media"

    @property
    def database_url(self) -> URL:
        """The address of the database with its password in it; SQLAlchemy hides it when it is printed."""
        url = make_url(self.database.url or f"sqlite:///{self.data / 'keng.db'}")
        return url.set(password=secret(self.database.password_file)) if self.database.password_file else url

    @property
    def broker_folder(self) -> Path:
        """Where `init` puts the broker's configuration, its certificate and its state."""
        return self.broker.folder or self.data / "broker"


def load(path: Path) -> Config:
    """Read and check the file; ConfigError lists everything that is wrong with it at once."""
    file = TomlFile(path)
    context = {"folder": path.absolute().parent}
    settings, problems = _channels(file, context)
    try:
        config = Config.model_validate(file.data | {"channels": settings}, context=context)
    except ValidationError as error:
        raise ConfigError(problems + config_errors.words(error, Config, file)) from None
    problems += config_errors.references(config, file)
    if problems:
        raise ConfigError(problems)
    return config


def channel_settings(name: str) -> type[Section]:
    """The model of `[channels.NAME]`, which belongs to the channel; KeyError when there is none of that name."""
    module, _, cls = channels.CHANNELS[name].partition(":")
    return cast("type[Section]", getattr(import_module(module), cls).Settings)


def _channels(file: TomlFile, context: dict[str, Path]) -> tuple[dict[str, Section], list[str]]:
    """Each `[channels.NAME]` as its channel's own settings, and what is wrong with the others."""
    sections: object = file.data.get("channels", {})
    if not isinstance(sections, Mapping):
        return {}, [f"{file.where(('channels',))}: channels: phải là bảng [channels.TÊN] (must be a table)"]
    settings: dict[str, Section] = {}
    problems: list[str] = []
    for name, section in cast("Mapping[str, object]", sections).items():
        if name not in channels.CHANNELS:
            problems.append(config_errors.unknown(file, ("channels", name), channels.CHANNELS))
            continue
        model = channel_settings(name)
        try:
            settings[name] = model.model_validate(section, context=context)
        except ValidationError as error:
            problems += config_errors.words(error, model, file, ("channels", name))
    return settings, problems
