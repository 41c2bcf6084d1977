"""TLS from the operator's files."""

import ssl

from loom.core.errors import ConfigError
from loom.server.sections.http import HttpSettings


def tls_context(settings: HttpSettings) -> ssl.SSLContext | None:
    """TLS 1.2 and newer with the certificate of the settings; None for plain HTTP.

    Raises:
        ConfigError: a file cannot be read, is no PEM, or the key is another certificate's.
    """
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, settings)
    return context


def load_certificate(context: ssl.SSLContext, settings: HttpSettings) -> None:
    """Reads the files, perhaps again: new connections get what is in them now.

    Raises:
        ConfigError: as `tls_context`; the context stays as it was.
    """
    if settings.tls_cert is None:
        raise ConfigError("the server speaks TLS and tls_cert is gone", "Restart it without TLS.")
    try:
        # Tried on another context first: a half that fails would stay in this one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"tls_cert {settings.tls_cert} and its key do not fit ({error.reason})",
            "Both are PEM files; tls_key may be left out when the key is in tls_cert.",
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read tls_cert or tls_key: {error}") from error
