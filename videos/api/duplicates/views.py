"""Reading which other videos show the same."""

from videos.api.base import DocumentView, described
from videos.api.duplicates import documents
from videos.api.duplicates.serializers import DuplicatesSerializer


@described("list_duplicates", "List duplicates", DuplicatesSerializer)
class DuplicatesView(DocumentView):
    """Spans that other videos show as well, also re-encoded, rescaled, letterboxed or mirrored.

    `start_ms` to `end_ms` of this video equals `other_start_ms` to `other_end_ms` of `video`.
    The 200 longest, in order of time.
    """

    document = staticmethod(documents.duplicates)
