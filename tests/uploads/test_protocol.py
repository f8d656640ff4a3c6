"""Every MUST of tus 1.0 that binds a server, and of the extensions that this one speaks."""

import re
from collections.abc import Callable

import pytest

from tests.uploads.tus import TYPE, URL, Tus, encode, problem, sha1

pytestmark = pytest.mark.django_db

_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
_WRONG = {"Upload-Checksum": f"sha1 {encode(bytes(20))}"}


def core_version_on_every_answer(tus: Tus) -> bool:
    url = tus.begin(5)
    answers = [
        tus.create(5),
        tus.head(url),
        tus.patch(url, 0, b"he"),
        tus.patch(url, 9, b"he"),
        tus.create(0),
        tus.delete(url),
        tus.head(url),
    ]
    return all(answer["Tus-Resumable"] == "1.0.0" for answer in answers)


def core_unknown_version(tus: Tus) -> bool:
    url = tus.begin(5)
    answers = [
        tus.patch(url, 0, b"he", headers={"Tus-Resumable": told}) for told in ("0.2.2", None)
    ]
    return all(a.status_code == 412 and a["Tus-Version"] == "1.0.0" for a in answers)


def core_unknown_version_not_processed(tus: Tus) -> bool:
    url = tus.begin(5)
    tus.patch(url, 0, b"he", headers={"Tus-Resumable": "2.0.0"})
    return tus.offset(url) == 0


def core_offset_in_head(tus: Tus) -> bool:
    begun, complete = tus.begin(5), tus.begin(5, b"hello")
    return tus.offset(begun) == 0 and tus.offset(complete) == 5


def core_length_in_head(tus: Tus) -> bool:
    return tus.head(tus.begin(5))["Upload-Length"] == "5"


def core_no_store(tus: Tus) -> bool:
    return tus.head(tus.begin(5))["Cache-Control"] == "no-store"


def core_not_found_without_offset(tus: Tus) -> bool:
    answer = tus.head(f"{URL}/8a3c2d3e-0000-4000-8000-000000000000")
    return answer.status_code == 404 and "Upload-Offset" not in answer


def core_content_type(tus: Tus) -> bool:
    url = tus.begin(5)
    types = ("text/plain", "application/json", "")
    answers = [tus.patch(url, 0, b"he", headers={"Content-Type": kind}) for kind in types]
    return all(a.status_code == 415 for a in answers) and tus.offset(url) == 0


def core_wrong_offset(tus: Tus) -> bool:
    url = tus.begin(5, b"he")
    answers = [tus.patch(url, offset, b"l") for offset in (0, 1, 3)]
    return all(a.status_code == 409 for a in answers) and tus.offset(url) == 2


def core_patch_acknowledged(tus: Tus) -> bool:
    answer = tus.patch(tus.begin(5, b"he"), 2, b"ll")
    return answer.status_code == 204 and answer["Upload-Offset"] == "4"


def core_offset_is_a_number(tus: Tus) -> bool:
    url = tus.begin(5)
    given = ("-1", "1.0", "", "0x0", "\u0660", None)
    answers = [tus.patch(url, 0, b"he", headers={"Upload-Offset": offset}) for offset in given]
    return all(a.status_code == 400 and "Upload-Offset" in problem(a)["errors"] for a in answers)


def core_length_is_a_number(tus: Tus) -> bool:
    answers = [
        tus.create(5, headers={"Upload-Length": length}) for length in ("-1", "5.0", "", "1e3")
    ]
    return all(a.status_code == 400 and "Upload-Length" in problem(a)["errors"] for a in answers)


def core_options(tus: Tus) -> bool:
    answer = tus.request("OPTIONS", headers={"Tus-Resumable": None})
    return answer.status_code == 204 and answer["Tus-Version"] == "1.0.0"


def core_options_ignores_version(tus: Tus) -> bool:
    return bool(tus.request("OPTIONS", headers={"Tus-Resumable": "0.1"}).status_code == 204)


def core_max_size(tus: Tus) -> bool:
    return int(tus.request("OPTIONS")["Tus-Max-Size"]) >= 0


def core_override(tus: Tus) -> bool:
    url = tus.begin(5)
    told = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": TYPE}
    patched = tus.request("POST", url, b"he", headers=told)
    deleted = tus.request("POST", url, headers={"X-HTTP-Method-Override": "DELETE"})
    return patched.status_code == 204 and deleted.status_code == 204


def core_override_ignores_the_method(tus: Tus) -> bool:
    url = tus.begin(5, b"he")
    answer = tus.request("DELETE", url, headers={"X-HTTP-Method-Override": "HEAD"})
    return answer["Upload-Offset"] == "2" and tus.offset(url) == 2


def extensions_announced(tus: Tus) -> bool:
    told = tus.request("OPTIONS")["Tus-Extension"].split(",")
    spoken = "creation creation-with-upload creation-defer-length checksum expiration termination"
    return set(told) == set(spoken.split())


def creation_acknowledged(tus: Tus) -> bool:
    answer = tus.create(5)
    return answer.status_code == 201 and tus.head(answer["Location"]).status_code == 200


def creation_needs_one_length(tus: Tus) -> bool:
    neither = tus.request("POST")
    both = tus.create(5, headers={"Upload-Defer-Length": "1"})
    return neither.status_code == both.status_code == 400


def creation_too_large(tus: Tus) -> bool:
    largest = int(tus.request("OPTIONS")["Tus-Max-Size"])
    return bool(tus.create(largest + 1).status_code == 413)


def creation_metadata_kept(tus: Tus) -> bool:
    given = f"filename {encode('a.mp4')},title"
    return bool(
        tus.head(tus.begin(5, headers={"Upload-Metadata": given}))["Upload-Metadata"] == given
    )


def creation_metadata_syntax(tus: Tus) -> bool:
    wrong = (",", "title ?", " dGl0bGU=", f"title {encode('a')},title {encode('b')}", "title a b")
    answers = [tus.create(5, headers={"Upload-Metadata": given}) for given in wrong]
    return all(answer.status_code == 400 for answer in answers)


def defer_length_in_head(tus: Tus) -> bool:
    answer = tus.head(tus.begin(None, b"he"))
    return answer["Upload-Defer-Length"] == "1" and "Upload-Length" not in answer


def defer_length_other_value(tus: Tus) -> bool:
    return bool(tus.create(None, headers={"Upload-Defer-Length": "0"}).status_code == 400)


def defer_length_comes_once(tus: Tus) -> bool:
    url = tus.begin(None, b"he")
    first = tus.patch(url, 2, b"l", headers={"Upload-Length": "5"})
    other = tus.patch(url, 3, b"l", headers={"Upload-Length": "6"})
    head = tus.head(url)
    return (
        (first.status_code, other.status_code) == (204, 400)
        and (head["Upload-Length"], head["Upload-Offset"]) == ("5", "3")
        and "Upload-Defer-Length" not in head
    )


def with_upload_offset(tus: Tus) -> bool:
    answer = tus.create(5, b"he")
    return answer.status_code == 201 and answer["Upload-Offset"] == "2"


def with_upload_type(tus: Tus) -> bool:
    return bool(tus.create(5, b"he", headers={"Content-Type": "text/plain"}).status_code == 415)


def expires_in_post_and_patch(tus: Tus) -> bool:
    created = tus.create(5)
    patched = tus.patch(created["Location"], 0, b"he")
    return all(_DATE.fullmatch(answer["Upload-Expires"]) for answer in (created, patched))


def checksum_verified(tus: Tus) -> bool:
    url = tus.begin(5)
    return bool(tus.patch(url, 0, b"he", headers=sha1(b"he")).status_code == 204)


def checksum_mismatch_discarded(tus: Tus) -> bool:
    url = tus.begin(5)
    answer = tus.patch(url, 0, b"he", headers=_WRONG)
    return answer.status_code == 460 and tus.offset(url) == 0


def checksum_unknown_discarded(tus: Tus) -> bool:
    url = tus.begin(5)
    wrong = (
        f"md5 {encode(bytes(16))}",
        f"SHA1 {encode(bytes(20))}",
        "sha1",
        "sha1 ???",
        "sha1 YQ==",
    )
    answers = [tus.patch(url, 0, b"he", headers={"Upload-Checksum": given}) for given in wrong]
    return all(a.status_code == 400 for a in answers) and tus.offset(url) == 0


def checksum_algorithms(tus: Tus) -> bool:
    told = tus.request("OPTIONS")["Tus-Checksum-Algorithm"]
    return told == told.lower() and "sha1" in told.split(",")


def termination(tus: Tus) -> bool:
    begun, complete = tus.begin(5, b"he"), tus.begin(5, b"hello")
    ended = [tus.delete(url).status_code for url in (begun, complete)]
    gone = [tus.head(begun), tus.patch(begun, 2, b"llo"), tus.delete(begun), tus.head(complete)]
    return ended == [204, 204] and all(answer.status_code == 404 for answer in gone)


MUSTS: list[tuple[str, Callable[[Tus], bool]]] = [
    ("Tus-Resumable MUST be included in every request and response", core_version_on_every_answer),
    ("unsupported version: MUST respond with 412 and include Tus-Version", core_unknown_version),
    ("in addition, the Server MUST NOT process the request", core_unknown_version_not_processed),
    ("HEAD: MUST always include Upload-Offset, even if 0 or completed", core_offset_in_head),
    ("HEAD: if the size is known, MUST include Upload-Length", core_length_in_head),
    ("HEAD: MUST prevent caching by adding Cache-Control: no-store", core_no_store),
    (
        "HEAD: not found SHOULD be 404, 410 or 403 without Upload-Offset",
        core_not_found_without_offset,
    ),
    ("all PATCH requests MUST use application/offset+octet-stream (415)", core_content_type),
    ("offsets do not match: MUST respond with 409 without modifying", core_wrong_offset),
    ("PATCH: MUST acknowledge with 204, MUST include the new offset", core_patch_acknowledged),
    ("Upload-Offset MUST be a non-negative integer", core_offset_is_a_number),
    ("Upload-Length MUST be a non-negative integer", core_length_is_a_number),
    ("OPTIONS: a successful response MUST contain Tus-Version", core_options),
    ("OPTIONS: the Server MUST ignore the Tus-Resumable header", core_options_ignores_version),
    ("Tus-Max-Size MUST be a non-negative integer", core_max_size),
    ("X-HTTP-Method-Override MUST be interpreted as the method", core_override),
    ("the actual method of the request MUST be ignored", core_override_ignores_the_method),
    ("extensions that are supported MUST be in Tus-Extension", extensions_announced),
    ("creation: MUST acknowledge with 201, MUST set Location", creation_acknowledged),
    ("creation: MUST include Upload-Length or Upload-Defer-Length", creation_needs_one_length),
    ("creation: over the maximum MUST be 413", creation_too_large),
    ("creation: HEAD MUST include Upload-Metadata as specified", creation_metadata_kept),
    (
        "creation: keys MUST be unique and not empty, values MUST be Base64",
        creation_metadata_syntax,
    ),
    ("defer: as long as unknown, MUST set Upload-Defer-Length: 1 in HEAD", defer_length_in_head),
    ("defer: its value MUST be 1", defer_length_other_value),
    ("defer: once set the length MUST NOT be changed", defer_length_comes_once),
    ("with upload: MUST include Upload-Offset after the accepted bytes", with_upload_offset),
    ("with upload: MUST include the Content-Type", with_upload_type),
    (
        "Upload-Expires MUST be in POST and every PATCH response, as RFC 7231",
        expires_in_post_and_patch,
    ),
    ("checksum: MUST verify the chunk, MUST support sha1", checksum_verified),
    (
        "checksum: on a mismatch MUST be discarded, offset MUST NOT be updated",
        checksum_mismatch_discarded,
    ),
    ("checksum: an unsupported algorithm (400) MUST be discarded too", checksum_unknown_discarded),
    ("Tus-Checksum-Algorithm MUST be in OPTIONS, names without upper case", checksum_algorithms),
    ("termination: MUST respond with 204; then SHOULD be 404 or 410", termination),
]


@pytest.mark.parametrize(("must", "holds"), MUSTS, ids=[holds.__name__ for _, holds in MUSTS])
def test_server_does_what_it_must(tus: Tus, must: str, holds: Callable[[Tus], bool]) -> None:
    assert holds(tus), must
