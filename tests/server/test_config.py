from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.secrets import Secret
from loom.server.config import PROVIDER_DEFAULTS, WELL_KNOWN_TOKENS, server_config
from loom.server.llm import anthropic, demo, openai, vertex
from loom.server.llm.providers import PROVIDERS
from loom.server.token import with_token


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_the_defaults_listen_on_this_machine_only() -> None:
    config = server_config({})
    assert (config.host, config.port, config.is_loopback) == ("127.0.0.1", 8080, True)
    assert config.providers["anthropic"].base_url == "https://api.anthropic.com"
    assert all(settings.model for settings in config.providers.values())


def test_the_defaults_are_those_of_the_providers() -> None:
    for name, module in (("anthropic", anthropic), ("openai", openai)):
        defaults = PROVIDER_DEFAULTS[name]
        assert (defaults.base_url, defaults.model) == (module.BASE_URL, module.MODEL)
    assert PROVIDER_DEFAULTS["vertex"].model == vertex.MODEL
    assert PROVIDER_DEFAULTS["demo"].model == demo.MODEL
    assert set(PROVIDER_DEFAULTS) == set(PROVIDERS)


def test_looms_own_key_wins_over_the_plain_one() -> None:
    both = {"ANTHROPIC_API_KEY": "plain", "LOOM_SERVER_ANTHROPIC_API_KEY": "own"}
    assert server_config(both).providers["anthropic"].api_key == Secret("own")
    assert server_config({"OPENAI_API_KEY": "p"}).providers["openai"].api_key == Secret("p")


def test_a_key_comes_from_a_file(tmp_path: Path) -> None:
    key = write(tmp_path / "key", "sk-from-file\n")
    config = server_config({"LOOM_SERVER_OPENAI_API_KEY_FILE": str(key)})
    assert config.providers["openai"].api_key == Secret("sk-from-file")


def test_a_local_endpoint_can_be_named_by_the_plain_variable() -> None:
    config = server_config({"OPENAI_BASE_URL": "http://localhost:11434/v1/"})
    assert config.providers["openai"].base_url == "http://localhost:11434/v1"


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    file = write(tmp_path / "c.toml", '[server]\nport = 1111\nhost = "::1"\nbody_limit = 4096\n')
    config = server_config({"LOOM_SERVER_PORT": "2222"}, file, port=None, host="localhost")
    assert (config.host, config.port, config.body_limit) == ("localhost", 2222, 4096)


def test_the_file_sets_up_a_provider(tmp_path: Path) -> None:
    text = '[providers.openai]\napi_key = "k"\nmodel = "m"\nheaders = {OpenAI-Organization = "o"}\n'
    openai = server_config({}, write(tmp_path / "c.toml", text)).providers["openai"]
    assert (openai.api_key, openai.model) == (Secret("k"), "m")
    assert openai.headers == {"OpenAI-Organization": "o"}


def test_extra_headers_are_lines_of_a_variable() -> None:
    config = server_config({"LOOM_SERVER_ANTHROPIC_HEADERS": "anthropic-beta: a,b\nx-team: red"})
    assert config.providers["anthropic"].headers == {"anthropic-beta": "a,b", "x-team": "red"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOOM_SERVER_PORT", "http"),
        ("LOOM_SERVER_PORT", "65536"),
        ("LOOM_SERVER_BODY_LIMIT", "nan"),
        ("LOOM_SERVER_LOG_FORMAT", "xml"),
        ("LOOM_SERVER_ANTHROPIC_BASE_URL", "ftp://example.org"),
        ("LOOM_SERVER_ANTHROPIC_BASE_URL", "https://user:pw@example.org"),
        ("LOOM_SERVER_OPENAI_HEADERS", "Host: elsewhere"),
        ("LOOM_SERVER_OPENAI_API_KEY", "two\nlines"),
        ("LOOM_SERVER_OPENAI_TIMEOUT_IDLE", "0"),
        ("OPENAI_BASE_URL", "not a url"),
        ("LOOM_SERVER_TOKEN", "grüße-vom-server"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        server_config({name: value})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nprot = 1\n", "server.prot"),
        ("[servre]\n", "servre"),
        ("[providers.antropic]\n", "providers.antropic"),
        ("[providers.openai]\napi_kye = 'x'\n", "providers.openai.api_kye"),
        ("[server]\nport = 'x'\n", "server.port"),
        ("server = 1\n", "server"),
        ("[server\n", "not TOML"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        server_config({}, write(tmp_path / "c.toml", text))


@pytest.mark.parametrize("token", ["short", *sorted(WELL_KNOWN_TOKENS)])
def test_a_weak_token_may_not_guard_an_open_host(token: str) -> None:
    environment = {"LOOM_SERVER_TOKEN": token}
    assert server_config(environment).token == Secret(token)
    with pytest.raises(ConfigError, match="LOOM_SERVER_TOKEN"):
        server_config(environment, host="0.0.0.0")


def test_a_generated_token_is_private_and_survives_a_restart(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    first, second = (with_token(server_config(environment)) for _ in range(2))
    assert first.token == second.token
    assert first.token_path.stat().st_mode & 0o777 == 0o600


def test_a_kept_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    config = with_token(server_config({"XDG_STATE_HOME": str(tmp_path)}))
    config.token_path.chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        with_token(server_config({"XDG_STATE_HOME": str(tmp_path)}))


def test_no_rendering_of_the_settings_shows_a_key() -> None:
    config = server_config({"OPENAI_API_KEY": "hunter2", "LOOM_SERVER_TOKEN": "hunter2" * 3})
    assert "hunter2" not in repr(config)
    assert len(config.secrets()) == 2
