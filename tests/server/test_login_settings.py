from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.config import server_config

MAIL = {"LOOM_SERVER_SMTP_HOST": "mail.example", "LOOM_SERVER_SMTP_FROM_ADDRESS": "loom@a.example"}


def test_nobody_signs_up_unless_the_operator_says_so(tmp_path: Path) -> None:
    assert server_config({}).login.signups == "closed"
    file = tmp_path / "c.toml"
    file.write_text('[login]\nsignups = "domain"\nsignup_domains = ["ACME.example"]\n')
    login = server_config({}, file).login
    assert (login.signups, login.signup_domains) == ("domain", {"acme.example"})
    assert server_config({"LOOM_SERVER_SIGNUPS": "open"}, file).login.signups == "open"
    assert server_config({"LOOM_SERVER_SIGNUPS": "open"}, file, signups="closed").login.signups == (
        "closed"
    )


def test_a_mail_server_is_set_up_by_variables() -> None:
    given = {**MAIL, "LOOM_SERVER_SMTP_USERNAME": "u", "LOOM_SERVER_SMTP_PASSWORD": "p4ssw0rd"}
    config = server_config(given)
    assert config.mail is not None
    assert (config.mail.host, config.mail.port, config.mail.security) == (
        *("mail.example", 587, "starttls"),
    )
    assert Secret("p4ssw0rd") in config.secrets()
    assert server_config({}).mail is None


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LOOM_SERVER_SIGNUPS": "all"}, "LOOM_SERVER_SIGNUPS"),
        ({"LOOM_SERVER_SIGNUPS": "domain"}, "LOOM_SERVER_SIGNUP_DOMAINS|no domain"),
        ({"LOOM_SERVER_AUTH_DEV_MODE": "1", "LOOM_SERVER_ENV": "production"}, "production"),
        ({"LOOM_SERVER_AUTH_DEV_MODE": "1", "LOOM_SERVER_HOST": "0.0.0.0"}, "outside"),
        ({"LOOM_SERVER_AUTH_DEV_MODE": "perhaps"}, "LOOM_SERVER_AUTH_DEV_MODE"),
        ({**MAIL, "LOOM_SERVER_SMTP_FROM_ADDRESS": "a\r\nBcc: b@c"}, "send mail from"),
        ({**MAIL, "LOOM_SERVER_SMTP_FROM_NAME": "a\r\nBcc: b@c"}, "FROM_NAME"),
        ({**MAIL, "LOOM_SERVER_SMTP_SECURITY": "ssl"}, "LOOM_SERVER_SMTP_SECURITY"),
        (
            {**MAIL, "LOOM_SERVER_SMTP_SECURITY": "none", "LOOM_SERVER_SMTP_PASSWORD": "p"},
            "plain text",
        ),
        ({**MAIL, "LOOM_SERVER_HOST": "0.0.0.0"}, "address is not set"),
    ],
)
def test_a_server_with_a_wrong_login_setting_refuses_to_start(
    variables: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        server_config(variables)
