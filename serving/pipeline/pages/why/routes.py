"""`/why`: from whatever a person holds down to the raw bytes, and from a raw file up to what it has touched."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.pipeline.access.roles import CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.why.chain import picture, tree
from serving.pipeline.pages.why.recent import recent
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import sources
from serving.pipeline.sources.commands import as_argument

router = APIRouter(include_in_schema=False)


@router.get("/why")
def why(request: Request, _: CanSee, name: str = "", verify: bool = False) -> HTMLResponse:  # noqa: FBT001
    """The form; the chain follows, since it takes some seconds, and so do names to begin with."""
    return page(request, "pages/why/page.html", title="Why", name=name.strip(), verify=verify)


@router.get("/why/recent")
def recent_part(request: Request, _: CanSee) -> HTMLResponse:
    """Whole journals are read for it."""
    answer = ask(recent, sources(request).settings)
    return part(request, "pages/why/recent.html", answer=answer)


@router.get("/why/chain")
def chain(request: Request, _: CanSee, name: str, verify: bool = False) -> HTMLResponse:  # noqa: FBT001
    """As `ticklake why NAME` says, with `--rehash` where the raw bytes are to be read again."""
    words = ["why", *(["--rehash"] if verify else []), as_argument(name)]
    answer = ask(sources(request).questions.json, *words)
    root = tree(answer.value) if answer.value else None
    return part(
        request,
        "pages/why/chain.html",
        answer=answer,
        name=name,
        verify=verify,
        root=root,
        drawing=picture(root) if root else None,
    )
