"""What a build adds: browser files that are what the manifest says, and compiled catalogues."""

import base64
import hashlib
import json
import runpy
from gettext import GNUTranslations
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "backend/static/vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


@pytest.fixture(scope="module")
def hook() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "make/hatch_build.py"))


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_an_asset_is_the_one_its_manifest_vouches_for(name: str) -> None:
    entry = MANIFEST[name]
    digest = hashlib.sha384((VENDOR / entry["file"]).read_bytes())

    assert entry["integrity"] == "sha384-" + base64.b64encode(digest.digest()).decode()
    assert digest.hexdigest()[:12] in entry["file"]


def test_the_page_of_the_api_has_its_files_and_their_licence() -> None:
    assert {"swagger-ui-bundle.js", "swagger-ui.css", "flask-swagger-ui-LICENSE.txt"} <= set(
        MANIFEST
    )


def test_the_worker_of_the_map_shares_its_first_part_with_the_page() -> None:
    files = {name: (VENDOR / entry["file"]).read_text() for name, entry in MANIFEST.items()}

    assert MANIFEST["maplibre-gl-shared.js"]["file"] in files["maplibre-gl-worker.js"]
    assert files["maplibre-gl.js"].count('define("') == 1
    assert "createObjectURL(new Blob([workerBundle" not in "".join(files.values())
    assert "Redistributions in binary form" in files["maplibre-gl-LICENSE.txt"]


def test_a_map_made_of_other_modules_is_refused(hook: dict) -> None:
    with pytest.raises(ValueError, match="other modules"):
        hook["modules"]('/* notice */\ndefine("shared",[],f);\ndefine("index",[],f);\n')


def test_nothing_stale_is_shipped() -> None:
    assert {path.name for path in VENDOR.iterdir()} == {
        "manifest.json",
        *(entry["file"] for entry in MANIFEST.values()),
    }


def test_a_catalogue_is_compiled_beside_its_source(hook: dict, tmp_path: Path) -> None:
    source = tmp_path / "backend/locale/zh/LC_MESSAGES/backend.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "coverage"\nmsgstr "覆盖"\n', encoding="utf-8")

    hook["compile_catalogues"](tmp_path)

    with source.with_suffix(".mo").open("rb") as compiled:
        assert GNUTranslations(compiled).gettext("coverage") == "覆盖"


def test_every_catalogue_of_the_project_is_compiled() -> None:
    sources = sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po"))

    assert sources
    assert [source for source in sources if not source.with_suffix(".mo").exists()] == []
