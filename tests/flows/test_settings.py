"""What the environment says of object stores, in the words of their own tools."""

import pytest

from flows.settings import azure_options, gcs_options
from flows.sources.object_store import FILE_SYSTEMS

KEY = "a2V5PT0="


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECTION_STRING", "ACCOUNT", "KEY"):
        monkeypatch.delenv(f"AZURE_STORAGE_{name}", raising=False)
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)


def test_azures_account_comes_from_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert azure_options() == {}
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "lab")
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)
    assert azure_options() == {"account_name": "lab", "account_key": KEY}


@pytest.mark.parametrize(
    ("endpoint", "scheme", "blob", "dfs"),
    [
        ("http://127.0.0.1:10000/lab", "http", "127.0.0.1:10000", "127.0.0.1:10000"),
        ("https://lab.blob.core.windows.net/", "https", ".blob.core.windows.net", ".dfs.core.windows.net"),
    ],
)
def test_a_connection_string_names_account_and_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, scheme: str, blob: str, dfs: str
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "another")
    told = f"DefaultEndpointsProtocol=https;AccountName=lab;AccountKey={KEY};BlobEndpoint={endpoint};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", told)
    options = azure_options()
    assert (options["account_name"], options["account_key"]) == ("lab", KEY)
    assert (options["blob_storage_authority"], options["dfs_storage_authority"]) == (blob, dfs)
    assert {options["blob_storage_scheme"], options["dfs_storage_scheme"]} == {scheme}
    assert FILE_SYSTEMS["az"](**options)


@pytest.mark.parametrize("host", ["http://localhost:9023/", "localhost:9023"])
def test_googles_emulator_needs_no_credentials(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert gcs_options().keys() == {"retry_time_limit"}
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
    options = gcs_options()
    assert (options["endpoint_override"], options["scheme"]) == ("localhost:9023", "http")
    assert options["anonymous"] is True
