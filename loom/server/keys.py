"""What handlers find in the application, by typed key."""

from collections.abc import Mapping

from aiohttp import ClientSession, web
from aiosqlite import Connection

from loom.redact import Redactor
from loom.server.access_log import AccessLog
from loom.server.config import ServerConfig
from loom.server.llm.base import Provider
from loom.server.metrics import Metrics
from loom.server.model_lists import ModelLists

ACCESS_LOG = web.AppKey("access_log", AccessLog)
CONFIG = web.AppKey("config", ServerConfig)
DATABASE = web.AppKey("database", Connection)
METRICS = web.AppKey("metrics", Metrics)
MODELS = web.AppKey("models", ModelLists)
PROVIDERS = web.AppKey("providers", Mapping[str, Provider])
REDACTOR = web.AppKey("redactor", Redactor)
UPSTREAM = web.AppKey("upstream", ClientSession)
"""The session for providers and search engines: no cookies, no redirects."""
