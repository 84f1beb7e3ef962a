"""signaling/server.py: whom the service opens to by its settings, and that it says so."""

from __future__ import annotations

import pytest

from media.errors import DeyeonsoError
from signaling import server
from signaling.config import Config
from signaling.server import origins_of, refuse_strangers

SECRET = "a-secret-as-long-as-supabase-makes-them-0123456789"


def config(**settings: object) -> Config:
    return Config(_env_file=None, **settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "my-machine"])
def test_strangers_come_in_only_where_they_sign_in_or_where_that_was_meant(host: str):
    with pytest.raises(DeyeonsoError) as caught:
        refuse_strangers(config(host=host), False)
    assert caught.value.code == "no_identity"
    assert "--open" in caught.value.message
    refuse_strangers(config(host=host), True)
    refuse_strangers(config(host=host, jwt_secret_key=SECRET), False)
    refuse_strangers(config(host=host, supabase_url="https://abc.supabase.co"), False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_machine_of_ones_own_needs_no_sign_in(host: str):
    refuse_strangers(config(host=host), False)


async def test_the_start_says_that_everybody_is_the_same_guest(capsys: pytest.CaptureFixture[str]):
    assert server._auth(config()) is None
    assert "누구나 같은 손님" in capsys.readouterr().err
    for settings in ({"jwt_secret_key": SECRET}, {"supabase_url": "https://abc.supabase.co"}):
        assert server._auth(config(**settings)) is not None
        assert "손님" not in capsys.readouterr().err


def test_only_a_guests_own_machine_minds_what_it_is_called():
    assert not origins_of(config()).answers_to("evil.example")
    assert origins_of(config(cors_origins="https://app.example")).answers_to("app.example")
    assert origins_of(config(supabase_url="https://abc.supabase.co")).answers_to("behind-a-proxy.example")
    assert origins_of(config(host="0.0.0.0")).answers_to("192.168.0.7:8000")
