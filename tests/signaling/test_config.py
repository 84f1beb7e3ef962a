"""signaling/config.py: every bad value is one clear error that names the variable."""

import re

import jwt
import pytest

from media.errors import DeyeonsoError
from signaling.config import Config, read_config
from tests.servers import ROOT


def test_an_empty_environment_gives_a_server_for_this_machine_only(monkeypatch):
    config = read_config(env_file=None)
    assert (config.host, config.port) == ("127.0.0.1", 8000)
    assert config.llm_engine is None
    assert config.mongodb_uri == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("STT_ENGINE", "siri"),
        ("LLM_ENGINE", "Offline "),
        ("TTS_ENGINE", "espeak"),
        ("DEVICE", "gpu"),
        ("MONGODB_DRIVER", "pymango"),
        ("OPENAI_BASE_URL", "localhost:1234"),
        ("MAX_UPLOAD_BYTES", "-1"),
        ("KEEP_MEDIA_DAYS", "0"),
        ("STORE_FALLBACK", "yes"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(DeyeonsoError) as caught:
        read_config(env_file=None)
    assert caught.value.code == "bad_config"
    assert caught.value.message.startswith(name)
    assert repr(value) in caught.value.message


def test_a_misspelt_name_of_ours_is_an_error_that_says_what_was_meant(monkeypatch):
    monkeypatch.setenv("TTS_ENGIN", "kokoro")
    with pytest.raises(DeyeonsoError, match="TTS_ENGINE"):
        read_config(env_file=None)


def test_a_secret_never_appears_in_an_error(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("PORT", "x")
    with pytest.raises(DeyeonsoError) as caught:
        read_config(env_file=None)
    assert "secret" not in caught.value.message


def test_origins_are_a_comma_separated_list_from_both_names(monkeypatch):
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, https://b.example/")
    monkeypatch.setenv("CORS_ORIGINS", "https://b.example")
    assert read_config(env_file=None).origins == ("https://a.example", "https://b.example")


def test_dotenv_is_read_and_the_environment_wins_over_it(monkeypatch, tmp_path):
    file = tmp_path / ".env"
    file.write_text("PORT=9001\nDATABASE_NAME=데이트\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "9002")
    config = read_config(env_file=str(file))
    assert (config.port, config.database_name) == (9002, "데이트")


def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def test_the_example_names_every_setting_and_no_other():
    named = [line.partition("=")[0] for line in example().splitlines() if line and not line.startswith("#")]
    assert sorted(named) == sorted(name.upper() for name in Config.model_fields)


def test_the_example_says_what_each_setting_means_in_korean_and_english():
    told = before = ""
    for line in example().splitlines():
        if line.startswith("#"):
            told = told + line if before.startswith("#") else line
        elif line:
            assert told, f"{line}: nothing is said of it"
            if not told.startswith(("# auto", "# stun:", "# turn:")):  # values that need no words
                assert re.search("[가-힣]", told), f"{line}: no Korean in {told}"
                assert re.search("[A-Za-z]{2}", told), f"{line}: no English in {told}"
        before = line


def test_the_example_as_it_stands_is_the_default(tmp_path):
    assert read_config(env_file=str(ROOT / ".env.example")) == read_config(env_file=None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "https://a.example,*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "a.example"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://*.example"),
        ("TRUSTED_PROXIES", "my-proxy"),
        ("SUPABASE_URL", "abc.supabase.co"),
        ("JWT_SECRET_KEY", "short"),
        ("SUPABASE_ANON_KEY", jwt.encode({"role": "service_role"}, "x" * 32)),
        ("SUPABASE_ANON_KEY", "sb_secret_abc"),
    ],
)
def test_what_would_leave_a_door_open_refuses_to_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(DeyeonsoError) as caught:
        read_config(env_file=None)
    assert caught.value.message.startswith(name)
    assert ("KEY" in name) == (value not in caught.value.message)


def test_lists_may_be_json_too(monkeypatch):
    monkeypatch.setenv("CORS_ORIGINS", '["http://localhost:3000", "https://a.example"]')
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
    config = read_config(env_file=None)
    assert config.origins == ("http://localhost:3000", "https://a.example")
    assert [str(network) for network in config.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
