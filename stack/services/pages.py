"""The lifecycle pages, as `python -m serving.pipeline` serves them."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from stack.http import answers
from stack.service import MissingProgramError, Program, Service
from stack.site import Site
from ticklake_assets.environment import read_environment
from ticklake_assets.instance.pages import end_left
from ticklake_assets.settings import Settings


class PagesService(Service):
    """What a person sees of all the others, in a browser. It needs none of them: a page says which is down.

    It has their addresses from its start.
    """

    name = "pages"
    ports = ("pages",)
    after = (
        "seaweedfs", "postgres", "mlflow", "nifi", "trino", "spark", "dagster-webserver", "endpoint", "prometheus"
    )  # fmt: skip
    ready_s = 60

    def install(self, site: Site) -> None:
        """It is a part of ticklake, with libraries of its own."""
        if find_spec("argon2") is None:
            raise MissingProgramError(
                "pages: Expected the extra `pages`, was none: pip install 'ticklake[pages]'"
            )

    def configure(self, site: Site) -> None:
        """One process serves a home: the one that a demo has left makes room."""
        end_left(Settings(home=site.home))

    def program(self, site: Site) -> Program:
        command = [sys.executable, "-m", "serving.pipeline", "--port", str(site.port("pages"))]
        known = {**read_environment(site.home), "TICKLAKE_HOME": str(site.home), **self.settings(site)}
        return Program(command, environment=known)

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/healthz", containing="ok")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('pages')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_PAGES_URL": self.address(site)}
