"""Files that pages load: addresses that change with what is in them."""

import gzip
from pathlib import Path

from backend.assets import load
from tests.server import site


def test_a_module_names_another_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { one } from "./b.js";\n')
    (tmp_path / "b.js").write_text("export const one = 1;\n")

    found = load(tmp_path)

    assert found.files[found.names["a.js"]].content == (
        f'import {{ one }} from "./{found.names["b.js"]}";\n'.encode()
    )


def test_what_changes_in_a_module_changes_the_address_of_who_imports_it(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { one } from "./b.js";\n')
    (tmp_path / "b.js").write_text("export const one = 1;\n")
    before = load(tmp_path).names["a.js"]

    (tmp_path / "b.js").write_text("export const one = 2;\n")

    assert load(tmp_path).names["a.js"] != before


def test_a_file_is_sent_packed_to_who_takes_it(tmp_path: Path) -> None:
    path = load().url("xunji.css")
    with site(tmp_path / "data") as here:
        packed = here.client.get(path, headers={"accept-encoding": "br, gzip"})
        tight = here.client.get(path, headers={"accept-encoding": "gzip, br, zstd"})
        plain = here.client.get(path, headers={"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, mtime=0))
    assert tight.headers["content-encoding"] == "zstd"
    assert packed.text == tight.text == plain.text
    assert plain.headers["vary"] == "accept-encoding"
