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
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except ssl.SSLError as error:
        raise ConfigError(
            f"tls_cert {settings.tls_cert} and its key do not fit ({error.reason})",
            "Both are PEM files; tls_key may be left out when the key is in tls_cert.",
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot read tls_cert or tls_key: {error}") from error
    return context
