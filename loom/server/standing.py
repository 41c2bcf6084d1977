"""Headers that every answer of ours has, whoever wrote its body. Source: OWASP Secure Headers."""

# An answer that is no page of ours runs nothing, loads nothing and is framed by nobody.
STANDING = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
