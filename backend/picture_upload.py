"""Tablets hand in pictures: resumable uploads, tus 1.0 with creation and creation-with-upload.

docs/format.md, section 12. The protocol: https://tus.io/protocols/resumable-upload
"""

import binascii
from base64 import b64decode
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from anyio import CancelScope, fail_after, to_thread
from litestar import Request, Response, head, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import InternalServerException
from litestar.params import HeaderParameter, PathParameter, SkipValidation

from backend.bytes_operation import bytes_operation
from backend.logs import say
from backend.picture_folder import Arriving, PictureFolder, Progress
from backend.problems import ProblemError
from backend.pull import Puller
from backend.simulated import advance, received_at
from events.errors import MalformedError
from events.pictures import CONTENT_TYPE, MOST_BYTES, TUS_VERSION

Folder = NamedDependency[SkipValidation[PictureFolder]]
Asker = NamedDependency[SkipValidation[Puller]]
Name = Annotated[
    str, PathParameter(pattern="^[0-9a-f]{64}$", description="SHA-256 of the picture as stored")
]
Offset = Annotated[int, HeaderParameter(name="Upload-Offset", ge=0, le=MOST_BYTES)]
Length = Annotated[int, HeaderParameter(name="Upload-Length", ge=1)]
Metadata = Annotated[
    str, HeaderParameter(name="Upload-Metadata", max_length=400, description="sha256 <base64>")
]
SILENT_SECONDS: Final = 60.0
"""How long nothing may come of a picture before its line counts as broken."""
_HEX: Final = frozenset(b"0123456789abcdef")
_NAME: Final = 64
_DESCRIPTION: Final = "The bytes from Upload-Offset on"


@post(
    "/sync/pictures",
    status_code=201,
    request_max_body_size=MOST_BYTES,
    operation_class=bytes_operation(CONTENT_TYPE, _DESCRIPTION, required=False),
    tags=["sync"],
    summary="Begin to hand in a picture; with a body, hand it in",
)
async def begin_picture(
    request: Request[Any, Any, Any],
    picture_folder: Folder,
    puller: Asker,
    simulated: NamedDependency[bool],
    length: Length,
    metadata: Metadata,
) -> Response[None]:
    """Answer where to go on. Retry-safe: what came of the picture before stays."""
    await _identified(request, puller, simulated=simulated)
    name = _named(metadata)
    progress = await to_thread.run_sync(picture_folder.begin, name, length)
    if _has_body(request) and progress.offset == 0:
        progress = await _take_in(request, picture_folder, name, 0)
    return _answer(progress, 201, Location=f"/sync/pictures/{name}")


@head("/sync/pictures/{name:str}", tags=["sync"], summary="How much of a picture is here")
async def picture_progress(
    request: Request[Any, Any, Any],
    picture_folder: Folder,
    puller: Asker,
    simulated: NamedDependency[bool],
    name: Name,
) -> Response[None]:
    """Answer from where to go on; 404 where it was never begun."""
    await _identified(request, puller, simulated=simulated)
    progress = await to_thread.run_sync(picture_folder.progress, name)
    if progress is None:
        raise ProblemError("not-found")
    return _answer(progress, 200)


@patch(
    "/sync/pictures/{name:str}",
    status_code=204,
    request_max_body_size=MOST_BYTES,
    operation_class=bytes_operation(CONTENT_TYPE, _DESCRIPTION, required=True),
    tags=["sync"],
    summary="Hand in more of a picture",
)
async def more_of_picture(
    request: Request[Any, Any, Any],
    picture_folder: Folder,
    puller: Asker,
    simulated: NamedDependency[bool],
    name: Name,
    offset: Offset,
) -> Response[None]:
    """Take in what follows `Upload-Offset`. 409: it continues elsewhere, at `offset`."""
    await _identified(request, puller, simulated=simulated)
    if not _has_body(request):
        raise ProblemError("media-type", accepted=[CONTENT_TYPE])
    return _answer(await _take_in(request, picture_folder, name, offset), 204)


async def _identified(request: Request[Any, Any, Any], puller: Puller, *, simulated: bool) -> None:
    """Refuse whoever is no tablet of ours, or speaks another version."""
    if request.headers.get("tus-resumable", "") != TUS_VERSION:
        raise ProblemError("upload-version", accepted=[TUS_VERSION])
    at = received_at(request) if simulated else None
    advance(puller.office.clock, at)
    signed = request.headers.get("authorization", "")
    await to_thread.run_sync(puller.identify, signed, request.method, request.url.path)


async def _take_in(
    request: Request[Any, Any, Any], picture_folder: PictureFolder, name: str, offset: int
) -> Progress:
    """Write what comes as it comes, so that a broken line costs only what was under way."""
    arriving = await to_thread.run_sync(picture_folder.resume, name, offset)
    try:
        async for chunk in _chunks(request):
            await to_thread.run_sync(arriving.write, chunk)
    finally:
        progress = await _closed(arriving)
    say("picture", offset=progress.offset, length=progress.length)
    return progress


async def _chunks(request: Request[Any, Any, Any]) -> AsyncGenerator[bytes]:
    """Yield what comes; a line that broke, or has been silent for long, is its end."""
    stream = request.stream()
    while True:
        try:
            with fail_after(SILENT_SECONDS):
                chunk = await anext(stream, None)
        except (TimeoutError, InternalServerException):  # the latter: whoever sent it is gone
            return
        if chunk is None:
            return
        if chunk:
            yield chunk


async def _closed(arriving: Arriving) -> Progress:
    """Keep what came, also where whoever sent it is gone."""
    with CancelScope(shield=True):
        return await to_thread.run_sync(arriving.close)
    raise RuntimeError  # a scope that nobody cancels ends nothing


def _has_body(request: Request[Any, Any, Any]) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == CONTENT_TYPE


def _named(metadata: str) -> str:
    """Return the name that an Upload-Metadata header says."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "sha256":
            try:
                name = b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                break
            if len(name) == _NAME and _HEX.issuperset(name):
                return name.decode()
    msg = "Upload-Metadata does not name a picture"
    raise MalformedError(msg)


def _answer(progress: Progress, status: int, **more: str) -> Response[None]:
    headers = {
        "Tus-Resumable": TUS_VERSION,
        "Upload-Offset": str(progress.offset),
        "Upload-Length": str(progress.length),
        **more,
    }
    return Response(None, status_code=status, headers=headers)
