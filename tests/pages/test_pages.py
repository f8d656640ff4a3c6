"""The console's pages."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from tests import factories

ROOT = Path(__file__).resolve().parents[2]
OURS = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "console").iterdir()]


@pytest.fixture
def client(client: Client, user: User) -> Client:
    """A browser that is logged in."""
    client.force_login(user)
    return client


class TestAccess:
    @pytest.mark.parametrize("name", ["library", "video"])
    def test_needs_a_login(self, name: str, db: None) -> None:
        arguments = [uuid4()] if name == "video" else []
        address = reverse(name, args=arguments)

        answer = Client().get(address)

        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/login/?next={address}"

    @pytest.mark.parametrize(
        ("wanted", "given"), [("/?q=ships", "/?q=ships"), ("https://example.com/", "/")]
    )
    def test_login_leads_to_our_own_pages_alone(self, user: User, wanted: str, given: str) -> None:
        user.set_password("not-a-secret-1")
        user.save()
        form = {"username": user.username, "password": "not-a-secret-1", "next": wanted}

        answer = Client().post("/login/", form)

        assert answer.headers["Location"] == given

    def test_login_says_when_the_password_is_wrong(self, user: User) -> None:
        answer = Client().post("/login/", {"username": "ada", "password": "no"})

        assert "enter a correct username and password" in answer.content.decode()

    def test_logout_takes_a_post(self, client: Client) -> None:
        assert client.get("/logout/").status_code == 405
        assert client.post("/logout/").headers["Location"] == "/login/"
        assert client.get("/").status_code == 302


class TestLibrary:
    def test_offers_every_profile_and_status(self, client: Client) -> None:
        page = client.get("/").content.decode()

        assert all(f"{profile}</option>" in page for profile in ("fast", "standard", "full"))
        assert all(f'value="{status}"' in page for status in ("PROCESSING", "FAILED"))

    def test_hides_the_admin_from_those_it_refuses(self, client: Client, user: User) -> None:
        before = client.get("/").content.decode()
        User.objects.filter(pk=user.pk).update(is_staff=True)

        after = client.get("/").content.decode()

        assert "/admin/" not in before
        assert "/admin/" in after


class TestVideo:
    def test_shows_a_hostile_title_as_text(self, client: Client) -> None:
        video = factories.make_video(title='"><script>alert(1)</script>')

        page = client.get(reverse("video", args=[video.id])).content.decode()

        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_is_not_found_when_unknown(self, client: Client) -> None:
        answer = client.get(reverse("video", args=[uuid4()]))

        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()

    def test_is_not_found_in_another_workspace(self, client: Client) -> None:
        video = factories.make_video(workspace=factories.make_workspace())

        answer = client.get(reverse("video", args=[video.id]))

        assert answer.status_code == 404


class TestFiles:
    def test_every_static_file_named_exists(self, client: Client) -> None:
        video = factories.make_video()
        pages = [client.get(address).content.decode() for address in ("/", f"/videos/{video.id}/")]

        named = set(re.findall(r'/static/([^"]+)"', "".join(pages)))

        assert len(named) >= 5
        assert [name for name in named if not finders.find(name)] == []

    def test_every_imported_module_exists(self) -> None:
        modules = [path for path in OURS if path.suffix == ".js"]

        imported = {
            path.parent / name
            for path in modules
            for name in re.findall(r'from "(\./[^"]+)"|import "(\./[^"]+)"', path.read_text())
            for name in name
            if name
        }

        assert len(imported) >= 5
        assert [path.name for path in imported if not path.exists()] == []

    @pytest.mark.parametrize(
        "path", [path for path in OURS if path.suffix == ".js"], ids=lambda path: path.name
    )
    def test_defines_its_constants(self, path: Path) -> None:
        script = path.read_text()

        code = "\n".join(
            line for line in script.splitlines() if not re.match(r"\s*(//|/?\*)", line)
        )
        used = set(re.findall(r"\b([A-Z][A-Z_]+)\b(?=[\[.])", code)) - {"JSON", "URL"}

        assert [name for name in used if not re.search(rf"const {name}\b", script)] == []

    @pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
    def test_loads_nothing_from_outside(self, path: Path) -> None:
        outside = re.findall(r"""["'(=](?:https?:)?//[\w.]+""", path.read_text())

        assert [address for address in outside if "www.w3.org" not in address] == []

    @pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
    def test_makes_no_markup_of_text(self, path: Path) -> None:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\|safe", path.read_text())

    def test_has_no_inline_script(self, client: Client) -> None:
        page = client.get("/").content.decode()

        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=", page)
