from __future__ import annotations

from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets_tests.webhook import webhook


def test_a_test_notice_goes_to_every_address_and_no_address_is_shown() -> None:
    with webhook() as hook, webhook() as other:
        done = CliRunner().invoke(app, ["notify", "test"], env={"TICKLAKE_NOTIFY": f"{hook.url},{other.url}"})
        assert done.exit_code == 0, done.stderr
        assert done.stdout == "json://***: sent\njson://***: sent\n"
        assert len(hook.posts) == len(other.posts) == 1
        assert "test" in hook.posts[0]["title"]
        other.status = 500
        urls = f"{hook.url} {other.url} nosuch://s3cr3t-pass/T0K3N"
        done = CliRunner().invoke(app, ["notify", "test"], env={"TICKLAKE_NOTIFY": urls})
    assert done.exit_code == 1
    assert done.stdout == "json://***: sent\n"
    assert "json://*** did not take" in done.stderr
    assert "was nosuch://***" in done.stderr
    assert "s3cr3t-pass" not in done.output
    assert "T0K3N" not in done.output


def test_without_an_address_it_says_what_to_set() -> None:
    done = CliRunner().invoke(app, ["notify", "test"], env={"TICKLAKE_NOTIFY": ""})
    assert done.exit_code == 1
    assert "TICKLAKE_NOTIFY: Expected addresses of Apprise, like tgram://BOT/CHAT, was empty" in done.stderr


def test_the_addresses_are_a_secret_wherever_settings_are_shown() -> None:
    secret = "tgram://1234567:AbC-dEf/987654"
    done = CliRunner().invoke(app, ["settings"], env={"TICKLAKE_NOTIFY": secret, "COLUMNS": "80"})
    assert "TICKLAKE_NOTIFY = **********  (environment)" in done.stdout
    wrong = CliRunner().invoke(app, ["settings"], env={"TICKLAKE_NOTIFY": "1234567:AbC-dEf"})
    assert wrong.exit_code == 1
    assert "TICKLAKE_NOTIFY: Expected addresses like tgram://BOT/CHAT" in wrong.stderr
    assert not [part for part in ("1234567", "AbC-dEf", "987654") if part in done.output + wrong.output]
