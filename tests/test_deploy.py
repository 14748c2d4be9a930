"""The files that docs/deploy.md installs: they are whole, name what exists, and agree."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from events.command import plugged_in

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"
PAGE = DEPLOY.with_suffix(".md")
UNITS = sorted(one.name for one in DEPLOY.iterdir() if one.suffix in {".service", ".timer"})
BY_NAME = {str(one.name): one for one in plugged_in()}


class Unit(configparser.RawConfigParser):
    """A unit; of a key that is said twice the values are put together."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, interpolation=None)
        lines = (DEPLOY / name).read_text("utf-8").replace("SystemCallFilter=~", "Denied=")
        self.read_string(lines)

    def optionxform(self, optionstr: str) -> str:
        """Keys are spelt with capitals."""
        return optionstr


def environment(*, proxied: bool) -> dict[str, str]:
    """Return what xunji.env sets, with the one or the other way commented out."""
    text = (DEPLOY / "xunji.env").read_text("utf-8")
    own, _or, behind = text.partition("# Or:")
    chosen = own.partition("# Either:")[0] + re.sub("(?m)^#(?=XUNJI)", "", behind)
    found = re.findall(r"(?m)^(XUNJI_\w+)=(\S+)$", chosen if proxied else own)
    return dict(found)


def options(command: click.Command) -> dict[str, click.Option]:
    """Return a command's options by the variable of the environment that sets them."""
    found = (one for one in command.params if isinstance(one, click.Option))
    return {str(one.envvar): one for one in found if one.envvar}


@pytest.mark.parametrize("proxied", [False, True])
def test_each_variable_is_one_that_the_server_reads(*, proxied: bool) -> None:
    known = options(BY_NAME["serve"])
    given = environment(proxied=proxied)
    assert {"XUNJI_DATA", "XUNJI_HOST", "XUNJI_PORT"} <= set(given)
    assert set(given) - {"XUNJI_LANG"} <= set(known)
    assert ("XUNJI_TRUSTED_PROXIES" in given) == proxied == ("XUNJI_CERTIFICATE" not in given)
    context = click.Context(BY_NAME["serve"])
    for name in set(given) - {"XUNJI_LANG", "XUNJI_CERTIFICATE", "XUNJI_KEY"}:
        option = known[name]
        said = given[name].split() if option.multiple else given[name]
        option.type_cast_value(context, said)


@pytest.mark.parametrize("name", [one for one in UNITS if one.endswith(".service")])
def test_a_service_starts_what_exists_and_gains_no_right(name: str) -> None:
    service = Unit(name)["Service"]
    program, command, *arguments = service["ExecStart"].split()
    assert program == "/opt/xunji/venv/bin/xunji"
    context = click.Context(BY_NAME[command])
    said = {one for option in BY_NAME[command].params for one in option.opts}
    assert {one for one in arguments if one.startswith("--")} <= said
    assert context
    assert service["User"] == service["Group"] == "xunji"
    assert service["EnvironmentFile"] == "/etc/xunji/xunji.env"
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    data = environment(proxied=False)["XUNJI_DATA"]
    assert data.startswith(service["ReadWritePaths"] + "/")
    assert service["CapabilityBoundingSet"] == ""


def test_the_timer_starts_the_backup_each_night() -> None:
    assert (DEPLOY / "xunji-backup.timer").stem == (DEPLOY / "xunji-backup.service").stem
    timer = Unit("xunji-backup.timer")
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert timer["Timer"]["Persistent"] == "true"


def test_nginx_speaks_to_where_the_server_listens_and_passes_on_nothing_callers_made_up() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    server = environment(proxied=True)
    assert f"proxy_pass http://{server['XUNJI_HOST']}:{server['XUNJI_PORT']};" in text
    assert f"server_name {server['XUNJI_NAMES']};" in text
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text  # not what the caller added
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in text
    assert "proxy_buffering off;" in text
    logged = re.search(r"log_format \w+ '([^']+)'", text)
    assert logged
    assert not {"$request", "$request_uri", "$args", "$query_string"} & set(logged[1].split())
    assert text.count("{") == text.count("}")


def test_the_page_names_each_file_and_each_command_that_there_is() -> None:
    page = PAGE.read_text("utf-8")
    for file in DEPLOY.iterdir():
        assert file.name in page, file.name
    typed = re.findall(r"(?m)(?:bin/|^|--\s)xunji ([a-z]+)((?:.*\\\n)*.*)", page)
    assert {command for command, _ in typed} >= {"init", "restore", "tablet", "people"}
    for command, said in typed:
        asked = BY_NAME[command]
        if isinstance(asked, click.Group):
            continue
        known = {one for option in asked.params for one in option.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", said)) <= known, (command, said)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(name: str, tmp_path: Path) -> None:
    """Where systemd is; the program and the user need not be."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        return
    for one in UNITS:
        text = (DEPLOY / one).read_text("utf-8")
        text = re.sub("(?m)^ExecStart=.*$", "ExecStart=/bin/true", text)
        (tmp_path / one).write_text(text, "utf-8")
    done = subprocess.run(
        [verify, "verify", "--man=no", "--recursive-errors=no", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
