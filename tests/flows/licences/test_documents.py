"""What files say of licences: ids, addresses and whole texts, and nothing that they do not say."""

import json
import subprocess
from pathlib import Path

import pytest

from flows.licences.documents import Said, read_document

MIT = """MIT License

Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def said(name: str, text: str) -> Said | None:
    return read_document(name, text.encode())


def test_a_licence_is_known_by_its_words_alone() -> None:
    assert said("LICENSE", MIT) == Said(licence="MIT")
    assert said("COPYING.txt", " ".join(MIT.split("\n\n", 2)[2].split())) == Said(licence="MIT")
    changed = MIT + "\nThe Software shall be used for Good, not Evil.\n"
    assert said("LICENSE", changed) == Said(licence=None)
    assert said("LICENSE.md", "SPDX-License-Identifier: Apache-2.0 OR MIT\n") == Said(
        licence="Apache-2.0 OR MIT", said="Apache-2.0 OR MIT"
    )
    assert said("LICENSE", " \n") is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("license: apache-2.0", Said(licence="Apache-2.0", said="apache-2.0")),
        ("license: [mit, cc-by-4.0]", Said(licence="CC-BY-4.0 AND MIT", said="mit, cc-by-4.0")),
        ("license: gemma", Said(licence="LicenseRef-gemma", said="gemma")),
        ("license: other\nlicense_name: isc", Said(licence="ISC", said="isc")),
        ("license: other", Said(licence=None, said="other")),
        ("license: [mit, whatever]", Said(licence=None, said="mit, whatever")),
        ("license: unknown", Said(licence=None, said="unknown")),
        ("pretty_name: x", None),
        ("license: [", None),
        ("- 1", None),
    ],
)
def test_the_header_of_a_card_is_read(header: str, expected: Said | None) -> None:
    assert said("README.md", f"---\n{header}\n---\n# Licence: GPL\n") == expected


def test_a_card_without_a_header_says_nothing() -> None:
    assert said("README.md", "# Data\n\nlicense: mit\n") is None


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://spdx.org/licenses/MIT.html", "MIT"),
        ("https://opensource.org/license/mit/", "MIT"),
        ("https://choosealicense.com/licenses/isc", "ISC"),
        ("https://example.org/terms", None),
        ({"@type": "sc:CreativeWork", "name": "x", "url": "https://spdx.org/licenses/ISC"}, "ISC"),
        (["MIT", {"@id": "https://spdx.org/licenses/ISC.json"}], "ISC AND MIT"),
    ],
)
def test_croissant_names_licences_by_address(licence: object, expected: str | None) -> None:
    found = said("croissant.json", json.dumps({"license": licence, "url": "https://example.org/data"}))
    assert found is not None
    assert (found.licence, found.url) == (expected, "https://example.org/data")


def test_dataset_info_is_read_of_one_and_of_several_configurations() -> None:
    one = {"license": "mit", "homepage": "https://example.org"}
    assert said("dataset_info.json", json.dumps(one)) == Said(
        licence="MIT", said="mit", url="https://example.org"
    )
    both = {"default": one, "tiny": {"license": "isc"}}
    assert said("dataset_infos.json", json.dumps(both)) == Said(
        licence="ISC AND MIT", said="mit, isc", url="https://example.org"
    )
    assert said("dataset_info.json", json.dumps({"license": ""})) is None
    assert said("dataset_info.json", "[1]") is None


def test_broken_and_other_files_say_nothing() -> None:
    assert said("croissant.json", "{") is None
    assert said("croissant.json", "[]") is None
    assert read_document("LICENSE", b"\xff\xfe") is None
    assert said("notes.md", MIT) is None


@pytest.mark.parametrize(
    ("archive", "member", "licence"),
    [
        ("agentlens/agentlens-bench.dev16.tar.zst", "agentlens-bench/LICENSE", "CC-BY-4.0"),
        ("nemo_gym/example_rollouts_dev.tar.zst", "LICENSE", "Apache-2.0"),
        ("mini_swe_agent/deepseek_dev_runs.tar.zst", "LICENSE.md", "MIT"),
    ],
)
def test_licences_of_real_collections_are_known(
    real_data: Path, archive: str, member: str, licence: str
) -> None:
    content = subprocess.run(
        ["tar", "--zstd", "-xOf", str(real_data / archive), member], check=True, capture_output=True
    ).stdout
    assert read_document(Path(member).name, content) == Said(licence=licence)
