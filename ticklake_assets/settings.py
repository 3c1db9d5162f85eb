"""Configuration: URLs and a few numbers, read from the environment in this one place.

A file of settings, and a running stack, set variables that nobody has set: `config_file`, `environment`.

The defaults are embedded (files, SQLite, DuckDB, local Spark). Setting a URL moves the same code to a real
service; there is no mode.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ticklake_assets.core.cost_profile import DEFAULT_PROFILE, expect_profile, placed
from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.home_files import of_home
from ticklake_assets.core.market_tables import own_file, with_own
from ticklake_assets.credentials import hidden

HOME_SPARK = "home"
"""The Spark that a home starts for itself when something is to be cleaned."""


class Settings(BaseSettings):
    """Every setting is the environment variable `TICKLAKE_` + its name."""

    model_config = SettingsConfigDict(env_prefix="TICKLAKE_", extra="forbid")

    home: Path = Field(Path(".ticklake"), description="folder of everything embedded")
    umask: str = Field(
        "077",
        description="permissions that files and folders do not get; 077: their owner's alone",
    )
    lake_url: str = Field("", description="object store, file:///... or s3://bucket/prefix; empty: HOME/lake")
    s3_endpoint: str = Field("", description="S3 endpoint of a server that is not AWS")
    s3_region: str = Field("us-east-1", description="S3 region")
    catalog_uri: str = Field("", description="Iceberg catalog database; empty: SQLite under HOME")
    catalog_name: str = Field("lake", description="Iceberg catalog name, the same in every engine")
    sql_url: str = Field("duckdb://", description="SQL engine, duckdb:// or trino://user@host:port/catalog")
    spark_master: str = Field(
        HOME_SPARK,
        description="home (one server that the commands of a home share), local[*], spark://... or sc://... (Connect)",
    )
    spark_idle_s: int = Field(300, gt=0, description="seconds without work after which the home's Spark ends")
    spark_memory: str = Field("2g", description="memory of the Spark driver")
    mlflow_uri: str = Field("", description="MLflow tracking; empty: SQLite under HOME")
    mlflow_artifacts: str = Field("", description="MLflow artefacts; empty: HOME, or the server's own choice")
    dagster_url: str = Field(
        "", description="Dagster's database, postgresql+psycopg2://...; empty: SQLite under HOME"
    )
    dagster_ui_url: str = Field(
        "http://127.0.0.1:3000", description="Dagster's web server, which the pages ask and link to"
    )
    dagster_logs: str = Field("", description="output of runs, s3://bucket/prefix; empty: files under HOME")
    endpoint_url: str = Field("http://127.0.0.1:8750", description="the live endpoint")
    endpoint_dir: Path | None = Field(
        None, description="the endpoint's models and journals; empty: HOME/endpoint"
    )
    endpoint_tls_cert: Path | None = Field(
        None, description="PEM certificate, with its chain, that the endpoint serves TLS with"
    )
    endpoint_tls_key: Path | None = Field(None, description="PEM key of that certificate, without a password")
    endpoint_behind_proxy: str = Field(
        "",
        description="addresses or networks of the proxies with TLS before the endpoint, with commas between",
    )
    endpoint_symbols: str = Field(
        "", description="symbols that this endpoint serves, with commas between; empty: every symbol"
    )
    endpoint_connections: int = Field(
        512, ge=8, description="connections to the endpoint; half of them streams, half of one address"
    )
    endpoint_requests_s: float = Field(
        1000.0, gt=0, description="requests a second to the endpoint from one address"
    )
    endpoint_timeout_s: float = Field(
        10.0, gt=0, description="seconds for a request's head; 3 times as long unread, 6 times for a body"
    )
    pages_url: str = Field("http://127.0.0.1:8760", description="the lifecycle pages")
    pages_tls_cert: Path | None = Field(
        None, description="PEM certificate, with its chain, that the lifecycle pages serve TLS with"
    )
    pages_tls_key: Path | None = Field(None, description="PEM key of that certificate, without a password")
    pages_behind_proxy: str = Field(
        "", description="addresses or networks of the proxies with TLS before the pages, with commas between"
    )
    pages_oidc_issuer: str = Field(
        "", description="OpenID Connect server that people sign in by; empty: none"
    )
    pages_oidc_client_id: str = Field("", description="the pages' client id there")
    pages_oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="the client's secret; empty: a public client, by PKCE alone"
    )
    pages_oidc_claim: str = Field("groups", description="claim of the token whose values lead to roles")
    pages_oidc_roles: str = Field(
        "", description="roles by a value of that claim, like quants=see+research,desk=see+trade"
    )
    pages_idle_s: int = Field(
        1800, gt=0, description="seconds without a request after which the pages that a demo left end"
    )
    model_expires_days: int = Field(
        45, ge=1, description="days after a model's last test day from which on it abstains, stale_model"
    )
    model_shadows: int = Field(
        8, ge=1, description="most shadows a symbol has beside its champion; one more replaces the oldest"
    )
    endpoint_skew_s: float = Field(
        5.0, ge=0, description="seconds that a tick's time may be ahead of the endpoint's clock"
    )
    journal_durability: Literal["process", "power"] = Field(
        "process",
        description="what an acknowledged tick survives: process (the endpoint's end) or power (its loss, too; slower)",
    )
    journal_most_bytes: int = Field(
        0, ge=0, description="bytes of all journals, above which new ticks are refused; 0: the disk's"
    )
    journal_free_bytes: int = Field(
        256 * 1024 * 1024,
        ge=0,
        description="bytes left free on the journals' disk; below, new ticks are refused",
    )
    journal_keep_days: int = Field(
        0, ge=0, description="days after which sealed journals are removed; 0: never"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least that the endpoint logs: debug, info, warning or error"
    )
    trace_share: float = Field(
        0.1, ge=0, le=1, description="share of event ticks that are traced, where an exporter is configured"
    )
    notify: SecretStr = Field(
        SecretStr(""), description="addresses of Apprise that are told of trouble, with commas; empty: nobody"
    )
    notify_minutes: float = Field(
        15, gt=0, description="minutes in which the same trouble of the same subject is told once"
    )
    config: Path | None = Field(
        None, description="file of settings; empty: ticklake.toml in the working folder, where there is one"
    )
    cache: Path | None = Field(
        None, description="programs that the stack downloads; empty: ~/.cache/ticklake"
    )
    prometheus_url: str = Field(
        "", description="Prometheus, whose alerts the pages show, like http://127.0.0.1:9090; empty: none"
    )
    nifi_url: str = Field("", description="NiFi that replicates, like http://127.0.0.1:8080; empty: embedded")
    alert_webhook: SecretStr = Field(
        SecretStr(""), description="a second address to which the stack's Alertmanager posts its alerts"
    )
    landing: Path | None = Field(
        None, description="local landing folder; empty: HOME/landing, for another lake HOME/landing-..."
    )
    bridge_records: Path | None = Field(
        None, description="folder of the bridge's records of days, for ops/attribution"
    )
    bridges: str = Field(
        "",
        description="bridges that the pages show: folders or configurations, with commas; empty: HOME/bridge and "
        "HOME/bridges/*",
    )
    source: Literal["dukascopy", "dukascopy-bi5", "folder", "journal"] = Field(
        "dukascopy",
        description="where landing gets real ticks: dukascopy, dukascopy-bi5, folder or journal (the endpoint's)",
    )
    source_dir: Path | None = Field(None, description="the folder of the folder source")
    source_dialect: str = Field("", description="CSV dialect of the folder source; empty: by header")
    dialects: Path | None = Field(
        None, description="CSV dialects of your own: a TOML file, or a folder of them"
    )
    source_zone: str = Field("", description="zone of CSV times that name none; empty: the dialect's")
    source_url: str = Field("", description="address of the vendor's feed; empty: the vendor's own")
    instruments: Path | None = Field(
        None,
        description="TOML file of your own instruments and calendars; empty: HOME/instruments.toml, if there",
    )
    costs: str = Field(
        DEFAULT_PROFILE,
        description="whose costs trades pay: a cost profile's name, or a TOML file of your own",
    )
    synthetic_seed: int = Field(1, description="seed of the synthetic market (symbols SYN...)")
    synthetic_strength: float = Field(1.0, ge=0, le=1, description="strength of its planted pattern")
    synthetic_dirt: bool = Field(True, description="whether its ticks are dirty")

    @field_validator("umask")
    @classmethod
    def _is_octal(cls, digits: str) -> str:
        if not re.fullmatch("0?[0-7]{3}", digits):
            raise ValueError(f"TICKLAKE_UMASK: Expected three octal digits like 077 or 027, was {digits!r}")
        return digits

    @field_validator("notify")
    @classmethod
    def _has_addresses(cls, urls: SecretStr) -> SecretStr:
        """What was set is not repeated: a part of it may be a secret."""
        if not re.fullmatch(r"(\w+://\S+([\s,]+|$))*", urls.get_secret_value().strip()):
            raise ValueError(
                "TICKLAKE_NOTIFY: Expected addresses like tgram://BOT/CHAT, with commas, was no such list"
            )
        return urls

    @field_validator("costs")
    @classmethod
    def _is_a_profile(cls, name: str) -> str:
        """`core.cost_profile` reads the variable, too: what is refused there is refused here, before anything runs."""
        try:
            expect_profile(placed(name or DEFAULT_PROFILE))
        except SetupError as error:
            raise ValueError(str(error)) from None
        return placed(name or DEFAULT_PROFILE)

    @field_validator("instruments")
    @classmethod
    def _has_instruments(cls, file: Path | None) -> Path | None:
        """`core.market_tables` reads the variable, like `core.cost_profile` the profile's."""
        try:
            if (
                own := own_file()
            ) and own.exists():  # `instrument add` makes it; who needs it says that it is absent
                with_own(own)
        except SetupError as error:
            raise ValueError(str(error)) from None
        return of_home(file) if file else None

    def refusal(self, error: OSError) -> str:
        """Say what the disk refuses, and which setting led there, if one did."""
        folders = {
            "TICKLAKE_HOME": self.home,
            "TICKLAKE_LANDING": self.landing,
            "TICKLAKE_ENDPOINT_DIR": self.endpoint_dir,
            "TICKLAKE_SOURCE_DIR": self.source_dir,
            "TICKLAKE_DIALECTS": self.dialects,
        }
        if isinstance(error.filename, str):
            place = Path(error.filename).absolute()
            for variable, folder in folders.items():
                if folder is not None and (
                    place.is_relative_to(folder.absolute()) or folder.absolute().is_relative_to(place)
                ):
                    return (
                        f"the disk refuses {place} ({error.strerror}). Expected a folder that can be used, with room: "
                        f"{variable}, was {folder}"
                    )
        return str(error)

    @property
    def lake(self) -> str:
        return self.lake_url or (self.home.absolute() / "lake").as_uri()

    @property
    def catalog(self) -> str:
        return self.catalog_uri or f"sqlite:///{self.home.absolute() / 'catalog.db'}"

    @property
    def mlflow(self) -> str:
        return self.mlflow_uri or f"sqlite:///{self.home.absolute() / 'mlflow.db'}"

    @property
    def mlflow_artifact_root(self) -> str | None:
        """Where a new experiment keeps files; None leaves it to the tracking server."""
        if self.mlflow_artifacts or self.mlflow_uri:
            return self.mlflow_artifacts or None
        return (self.home.absolute() / "mlartifacts").as_uri()

    @property
    def landing_dir(self) -> Path:
        """What was taken from it lies in one lake, so each lake has its own."""
        if self.landing:
            return self.landing
        own = (self.home.absolute() / "lake").as_uri()
        if self.lake == own:
            return self.home.absolute() / "landing"
        named = sha256(f"{self.s3_endpoint} {self.lake}".encode()).hexdigest()[:8]
        return self.home.absolute() / f"landing-{self.lake.rstrip('/').rpartition('/')[2]}-{named}"

    @property
    def exports_traces(self) -> bool:
        """Whether OpenTelemetry's own variables, which its exporter reads, name a collector."""
        asked_by = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
        return any(os.environ.get(name) for name in asked_by)

    @property
    def endpoint_home(self) -> Path:
        return self.endpoint_dir or self.home.absolute() / "endpoint"

    def listening(
        self, tls_cert: Path | None, tls_key: Path | None, behind_proxy: str, symbols: str = ""
    ) -> Settings:
        """The same, with what a command says of the endpoint in the place of what is set."""
        said = {
            "endpoint_tls_cert": tls_cert,
            "endpoint_tls_key": tls_key,
            "endpoint_behind_proxy": behind_proxy,
            "endpoint_symbols": symbols,
        }
        return self.model_copy(update={name: value for name, value in said.items() if value})

    @property
    def pages_home(self) -> Path:
        """What the lifecycle pages keep: people, sessions, the log of actions, and who serves them now."""
        return self.home.absolute() / "pages"

    @property
    def journals(self) -> Path:
        """Root of the journals of what was streamed to the endpoint."""
        return self.endpoint_home / "journal"

    @property
    def dagster_home(self) -> Path:
        return self.home.absolute() / "dagster"

    @property
    def cache_dir(self) -> Path:
        return self.cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ticklake"

    @property
    def registry_dir(self) -> Path:
        """The git + DVC repository of frozen datasets."""
        return self.home.absolute() / "registry"

    @property
    def keys_dir(self) -> Path:
        """Signing keys and tokens, mode 0600."""
        return self.home.absolute() / "keys"


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"TICKLAKE_{name.upper()}"


def unknown_variables() -> list[str]:
    """`TICKLAKE_` variables of the environment that are no setting: a misspelt one would do nothing, silently."""
    known = set(map(variable_of, Settings.model_fields))
    return sorted(name for name in os.environ if name.startswith("TICKLAKE_") and name not in known)


def explain(error: ValidationError, place_of: Callable[[str], str] = str) -> str:
    """Say which variable holds what it may not; `place_of` says where a variable's value stands."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        said = str(first["ctx"]["error"])
        variable = said.partition(":")[0]
        return place_of(variable) + said.removeprefix(variable)
    place = place_of("_".join(["TICKLAKE", *map(str, first["loc"])]).upper())
    expected = first["msg"].removeprefix("Input should be ").partition(", unable to")[0]
    return f"{place}: Expected {expected}, was {hidden(repr(first['input']))}"
