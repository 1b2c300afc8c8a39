"""The examples under deploy/ are well formed, agree with each other, and give no more rights than are
needed."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from syncer.config.service import ServiceModel

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PORT = int(ServiceModel().listen.rpartition(":")[2])


def loaded(name: str) -> Any:
    yaml = YAML()  # keeps compose's own tags
    return yaml.load((DEPLOY / name).read_text())


def test_the_container_is_no_root_and_stops_by_sigterm() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert "USER 10001" in lines
    assert "STOPSIGNAL SIGTERM" in lines
    assert f"EXPOSE {PORT}" in lines
    assert 'CMD ["serve"]' in lines


@pytest.mark.parametrize("name", ["compose.yaml", "compose.postgresql.yaml"])
def test_compose_shows_the_port_to_this_machine_only(name: str) -> None:
    services = loaded(name)["services"]
    ports = [port for one in services.values() for port in one.get("ports") or ()]
    assert ports == [f"127.0.0.1:{PORT}:{PORT}"]


def test_compose_gives_no_rights_and_time_to_stop() -> None:
    syncer = loaded("compose.yaml")["services"]["syncer"]
    assert (syncer["read_only"], syncer["cap_drop"], syncer["stop_grace_period"]) == (True, ["ALL"], "15s")
    assert all(name.endswith("_FILE") for name in syncer["environment"])


def test_the_unit_is_hardened_and_does_not_restart_on_a_broken_config() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((DEPLOY / "syncer.service").read_text())
    service = unit["Service"]
    assert service["ExecStart"].endswith("syncer serve")
    wanted = {"User": "syncer", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "UMask": "0077"}
    assert {name: service[name] for name in wanted} == wanted
    assert service["RestartPreventExitStatus"] == "2"
    assert int(service["TimeoutStopSec"]) > 10


def test_commands_beside_the_unit_run_as_its_user_with_its_settings() -> None:
    unit, beside = (DEPLOY / "syncer.service").read_text(), (DEPLOY / "syncer-beside").read_text()
    for setting, typed in (
        ("User=syncer\n", "runuser -u syncer --"),
        ("ExecStart=/opt/syncer/bin/syncer serve", '/opt/syncer/bin/syncer "$@"'),
        ("SYNCER_CONFIG=/etc/syncer/config.yaml", "SYNCER_CONFIG=/etc/syncer/config.yaml"),
        ("EnvironmentFile=/etc/syncer/environment", ". /etc/syncer/environment"),
    ):
        assert setting in unit
        assert typed in beside
    assert (DEPLOY / "syncer-beside").stat().st_mode & 0o111


@pytest.mark.parametrize("name", ["compose.yaml", "kubernetes.yaml", "syncer.service"])
def test_each_example_says_where_what_is_written_goes(name: str) -> None:
    """The config's own folder, which is the default, cannot be written there."""
    text = (DEPLOY / name).read_text()
    for section in ("state", "conflicts", "forget"):
        assert re.search(rf"^#.*{section}\b.*(/data/|/var/lib/syncer/)", text, re.MULTILINE), section


def test_kubernetes_runs_one_pod_with_both_probes() -> None:
    spec = loaded("kubernetes.yaml")["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["replicas"] == 1
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["ports"][0]["containerPort"] == PORT
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
