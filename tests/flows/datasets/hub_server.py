"""A hub on loopback that speaks what `huggingface_hub` speaks when it pushes: git files, LFS, one commit at a time.

It holds datasets alone. What it stores is what it was sent: files under a limit inside the commit, others by LFS.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

TOKEN = "hf_loopback"
LFS_SUFFIXES = (".parquet",)
Json = dict[str, Any]


@dataclass
class Repository:
    """One dataset repository: what its one branch holds now, and how it came to that."""

    is_private: bool
    files: dict[str, bytes] = field(default_factory=lambda: {".gitattributes": b"*.parquet filter=lfs\n"})
    commits: list[list[str]] = field(default_factory=list)
    """Per commit, the paths that it touched."""

    @property
    def sha(self) -> str:
        """Name its newest commit."""
        return hashlib.sha1(
            repr((len(self.commits), sorted(self.files))).encode(), usedforsecurity=False
        ).hexdigest()


class HubServer(ThreadingHTTPServer):
    """Repositories by `OWNER/NAME`, and the large files that were uploaded."""

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.large: dict[str, bytes] = {}
        self.breaks_large = False
        """Whether an uploaded large file is stored with other bytes."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _RefusedError(Exception):
    def __init__(self, status: int, message: str, code: str = "", **told: str) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.told = status, message, code, told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the standard library
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(self._get)

    do_HEAD = do_GET  # noqa: N815 - its name in the standard library

    def do_POST(self) -> None:
        self._answer(self._post)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def _answer(self, act: Any) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            content, headers = act(unquote(url.path).strip("/").split("/"), body)
            status = 200
        except _RefusedError as exc:
            status, content = exc.status, json.dumps({"error": exc.message, **exc.told}).encode()
            headers = {"X-Error-Message": exc.message} | ({"X-Error-Code": exc.code} if exc.code else {})
        self.send_response(status)
        for name, value in {
            "Content-Length": str(len(content)),
            "Content-Type": "application/json",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @property
    def _is_known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def _repository(self, name: str, *, writes: bool = False) -> Repository:
        found = self.server.repositories.get(name)
        if found is None or (found.is_private and not self._is_known):
            raise _RefusedError(404 if self._is_known else 401, "Repository not found", "RepoNotFound")
        if writes and not self._is_known:
            raise _RefusedError(401, "Invalid username or password.")
        return found

    def _get(self, path: list[str], _: bytes) -> tuple[bytes, Json]:
        match path:
            case ["api", "datasets", owner, name]:
                found = self._repository(f"{owner}/{name}")
                told = {"_id": "1", "id": f"{owner}/{name}", "sha": found.sha, "private": found.is_private}
                return _json(
                    told | {"tags": [], "downloads": 0, "likes": 0, "disabled": False, "gated": False}
                )
            case ["api", "datasets", owner, name, "tree", "main", *_]:
                found = self._repository(f"{owner}/{name}")
                return _json([_entry(path, content) for path, content in sorted(found.files.items())])
            case ["datasets", owner, name, "resolve", _, *rest]:
                return self._file(self._repository(f"{owner}/{name}"), "/".join(rest))
        raise _RefusedError(404, f"no such place: {self.path}")

    def _file(self, found: Repository, name: str) -> tuple[bytes, Json]:
        if name not in found.files:
            raise _RefusedError(404, "Entry not found", "EntryNotFound")
        content = found.files[name]
        return content, {"ETag": f'"{_blob(content)}"', "X-Repo-Commit": found.sha}

    def _post(self, path: list[str], body: bytes) -> tuple[bytes, Json]:
        match path:
            case ["api", "repos", "create"]:
                return self._create(json.loads(body))
            case ["api", "validate-yaml"]:
                _, header, _ = json.loads(body)["content"].split("---\n", 2)
                assert yaml.safe_load(header)
                return _json({"errors": [], "warnings": []})
            case ["api", "datasets", owner, name, "preupload", "main"]:
                return self._preupload(self._repository(f"{owner}/{name}", writes=True), json.loads(body))
            case ["api", "datasets", owner, name, "commit", "main"]:
                return self._commit(f"{owner}/{name}", body)
            case ["api", "datasets", owner, name, "paths-info", "main"]:
                found, wanted = self._repository(f"{owner}/{name}"), parse_qs(body.decode())["paths"]
                return _json([_entry(one, found.files[one]) for one in wanted if one in found.files])
            case ["datasets", owner, git, "info", "lfs", "objects", "batch"]:
                self._repository(f"{owner}/{git.removesuffix('.git')}", writes=True)
                return _json(
                    {
                        "transfer": "basic",
                        "objects": [self._large(one) for one in json.loads(body)["objects"]],
                    }
                )
        raise _RefusedError(404, f"no such place: {self.path}")

    def _create(self, told: Json) -> tuple[bytes, Json]:
        name = f"{told['organization']}/{told['name']}"
        if not self._is_known:
            raise _RefusedError(401, "Invalid username or password.")
        if told["organization"] != "owner":
            raise _RefusedError(
                403, f"You don't have the rights to create a dataset under {told['organization']}"
            )
        if name in self.server.repositories:
            raise _RefusedError(409, "You already created this dataset repo", url=self._address(name))
        self.server.repositories[name] = Repository(is_private=told.get("visibility") == "private")
        return _json({"url": self._address(name)})

    def _address(self, name: str) -> str:
        return f"{self.server.url}/datasets/{name}"

    def _preupload(self, found: Repository, told: Json) -> tuple[bytes, Json]:
        modes = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(LFS_SUFFIXES) else "regular",
                "shouldIgnore": False,
                "oid": _entry(one["path"], found.files[one["path"]])["oid"]
                if one["path"] in found.files
                else None,
            }
            for one in told["files"]
        ]
        return _json({"files": modes})

    def _large(self, told: Json) -> Json:
        if told["oid"] in self.server.large:
            return told
        return told | {"actions": {"upload": {"href": f"{self.server.url}/large/{told['oid']}"}}}

    def _put(self, path: list[str], body: bytes) -> tuple[bytes, Json]:
        oid = path[-1]
        assert hashlib.sha256(body).hexdigest() == oid
        self.server.large[oid] = body[:-1] + b"?" if self.server.breaks_large else body
        return b"", {}

    def _commit(self, name: str, body: bytes) -> tuple[bytes, Json]:
        found = self._repository(name, writes=True)
        files, touched = dict(found.files), list[str]()
        for line in body.splitlines():
            told = json.loads(line)
            value = told["value"]
            match told["key"]:
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.server.large[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
                case _:
                    continue
            touched.append(value["path"])
        found.files = files
        found.commits.append(touched)
        return _json({"commitUrl": f"{self._address(name)}/commit/{found.sha}", "commitOid": found.sha})


def _json(told: Any) -> tuple[bytes, Json]:
    return json.dumps(told).encode(), {}


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _entry(path: str, content: bytes) -> Json:
    told: Json = {"type": "file", "path": path, "size": len(content), "oid": _blob(content)}
    if path.endswith(LFS_SUFFIXES):
        told["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return told
