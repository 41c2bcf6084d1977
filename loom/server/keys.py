"""What handlers find in the application, by typed key."""

from collections.abc import Callable

from aiohttp import ClientSession, web

from loom.api.health import Component
from loom.redact import Redactor
from loom.server.access_log import AccessLog
from loom.server.audit.event import Detail
from loom.server.audit.log import AuditLog
from loom.server.auth.authenticator import Authenticator
from loom.server.background import Background
from loom.server.config import ServerConfig
from loom.server.database import Database
from loom.server.flags.listeners import Listeners
from loom.server.flags.switchboard import Switchboard
from loom.server.jobs.job import Job
from loom.server.keeper import Keeper
from loom.server.llm.base import Provider
from loom.server.mail.mailer import Mailer
from loom.server.metrics import Metrics
from loom.server.model_lists import ModelLists
from loom.server.outbound.pool import Pool
from loom.server.principal import Principal
from loom.server.provider_pool.pools import AccountPools
from loom.server.rate_limits import RateLimits
from loom.server.reloads import Reloads
from loom.server.silent_connections import SilentConnections
from loom.server.spending.books import Books
from loom.server.storage import Storage
from loom.threads.store import ThreadStore

ACCESS_LOG = web.AppKey("access_log", AccessLog)
ACCOUNTS = web.AppKey("accounts", AccountPools)
AUDIT = web.AppKey("audit", AuditLog)
AUTHENTICATOR = web.AppKey("authenticator", Authenticator)
BACKGROUND = web.AppKey("background", Background)
BOOKS = web.AppKey("books", Books)
"""What the proxy's requests cost, and may."""
CLOCK: web.AppKey[Callable[[], int]] = web.AppKey("clock")
"""Unix milliseconds."""
COMPONENTS: web.AppKey[dict[str, Callable[[], Component]]] = web.AppKey("components")
"""What /health asks beside what it knows itself, by name."""

CONFIG = web.AppKey("config", ServerConfig)
LISTENERS = web.AppKey("listeners", Listeners)
"""Clients that are told of changes as they come."""

KEEPER = web.AppKey("keeper", Keeper)
DATABASE = web.AppKey("database", Database)
FLAGS = web.AppKey("flags", Switchboard)
JOBS: web.AppKey[list[Job]] = web.AppKey("jobs")
"""What the areas do by themselves."""

MAILER = web.AppKey("mailer", Mailer)
METRICS = web.AppKey("metrics", Metrics)
MODELS = web.AppKey("models", ModelLists)
POOL = web.AppKey("pool", Pool)
"""Connections to providers."""
PROVIDERS = web.AppKey("providers", dict[str, Provider])
RATE_LIMITS = web.AppKey("rate_limits", RateLimits)
REDACTOR = web.AppKey("redactor", Redactor)
RELOADS = web.AppKey("reloads", Reloads)
STORAGE = web.AppKey("storage", Storage)
THREADS = web.AppKey("threads", ThreadStore)
"""People's threads; a team's server alone has them."""
SILENT_CONNECTIONS = web.AppKey("silent_connections", SilentConnections)
UPSTREAM = web.AppKey("upstream", ClientSession)
"""The session for search engines and others that are no providers: no cookies."""

IS_NOTED = web.RequestKey("is_noted", bool)
"""The handler has left a line in the audit log."""

LLM_FACTS = web.RequestKey("llm_facts", dict[str, Detail])
"""What an LLM request's audit line will say beside who, where and when."""

PRINCIPAL = web.RequestKey("principal", Principal)

SCHEME = web.RequestKey("scheme", str)
"""What a trusted proxy says the client speaks; on the request as it came in."""
