"""The aiohttp session for everything outside that is no provider: search engines, say."""

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from loom.http import USER_AGENT

CONNECT_TIMEOUT = 10.0


def upstream_session() -> ClientSession:
    """Made inside a running loop; the caller closes it.

    It keeps no cookies (they would pass from one client to another).
    """
    return ClientSession(
        connector=TCPConnector(limit=0),
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        timeout=ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT),
    )
