"""A dataset repository of a hub, through `huggingface_hub`: its token, its endpoint, its cache.

A push is one commit: who reads the repository sees all of it or what was there before.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from flows.datasets.place import Place
from schemas.errors import WinnowError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

DATASET = "dataset"
GIT_FILES = frozenset({".gitattributes"})
"""What a hub puts into a repository by itself."""
NOT_ALLOWED = (401, 403)


def open_hub(repository: str) -> "HubRepository":
    """Look at `OWNER/NAME` of the hub that `HF_ENDPOINT` names, with the token that `HF_TOKEN` or a login gives.

    Raises:
        WinnowError: `huggingface_hub` is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as exc:
        raise WinnowError(
            "huggingface_hub is not installed, so nothing can be pushed to a hub.\n\nHint: pip install huggingface_hub"
        ) from exc
    return HubRepository(HfApi(), repository)


class HubRepository(Place):
    """A dataset repository of a hub; each write is one commit, and one that changes nothing is none."""

    is_atomic: ClassVar[bool] = True

    def __init__(self, api: "HfApi", repository: str) -> None:
        """Look at `OWNER/NAME`, which need not be there."""
        self._api = api
        self._repository = repository

    def names(self) -> list[str]:
        """List the repository's files."""
        with self._told_plainly():
            if not self._api.repo_exists(self._repository, repo_type=DATASET):
                return []
            found = self._api.list_repo_files(self._repository, repo_type=DATASET)
            return sorted(set(found) - GIT_FILES)

    def read(self, name: str) -> bytes:
        """Download a file."""
        with self._told_plainly():
            return Path(self._api.hf_hub_download(self._repository, name, repo_type=DATASET)).read_bytes()

    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Commit files; a new repository is private."""
        self.replace(folder, names, ())

    def remove(self, names: Sequence[str]) -> None:
        """Commit that files are gone."""
        if names:
            self.replace(Path(), (), names)

    def replace(self, folder: Path, names: Sequence[str], gone: Sequence[str]) -> None:
        """Commit files, and that others are gone; a new repository is private."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        added = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in names]
        removed = [CommitOperationDelete(path_in_repo=name) for name in gone]
        with self._told_plainly():
            if not self._api.repo_exists(self._repository, repo_type=DATASET):
                self._api.create_repo(self._repository, repo_type=DATASET, private=True)
            self._api.create_commit(
                self._repository,
                operations=[*added, *removed],
                repo_type=DATASET,
                commit_message=f"Write {len(added)} files of a Winnow export, remove {len(removed)}",
            )

    def holds(self, path: Path, name: str) -> bool:
        """Compare the size, and the hash by which the hub knows the file: SHA-256 of a large one, git's of others."""
        with self._told_plainly():
            found = self._api.get_paths_info(self._repository, [name], repo_type=DATASET)
        if not found or getattr(found[0], "size", None) != path.stat().st_size:
            return False
        large = getattr(found[0], "lfs", None)
        if large is not None:
            with path.open("rb") as local:
                return bool(large.sha256 == hashlib.file_digest(local, "sha256").hexdigest())
        content = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        return bool(getattr(found[0], "blob_id", None) == blob.hexdigest())

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        """Say in our words what a hub refuses.

        Raises:
            WinnowError: the hub is not there, does not know the user, or refuses.
        """
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError

        # Which HTTP client it is differs by version of huggingface_hub; the error of all of them is this one's base.
        unreachable = cast("type[Exception]", HfHubHTTPError.__mro__[1])
        place = f"{self._repository!r} at {self._api.endpoint}"
        try:
            yield
        except HfHubHTTPError as exc:
            status = exc.response.status_code
            hint = (
                "log in with `hf auth login`, or set HF_TOKEN to a token that may write there"
                if status in NOT_ALLOWED
                else "see the hub's own words above; HF_ENDPOINT chooses the hub"
            )
            raise WinnowError(f"The hub refused {place} ({status}): {exc}\n\nHint: {hint}") from exc
        except (unreachable, OSError) as exc:
            raise WinnowError(
                f"The hub could not be reached for {place}: {exc}\n\nHint: HF_ENDPOINT chooses the hub"
            ) from exc
        except HFValidationError as exc:
            raise WinnowError(f"{place} can be no repository: {exc}") from exc
        except (
            ValueError,
            RuntimeError,
        ) as exc:  # metadata that the hub does not take, an upload that broke off
            raise WinnowError(f"The push to {place} failed: {exc}") from exc
