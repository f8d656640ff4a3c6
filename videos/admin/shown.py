"""What was found in a video, as fields of its page in the admin."""

from django.contrib import admin
from django.utils.safestring import SafeString

from videos import selectors
from videos.admin import findings
from videos.models import Video


class FindingsShown:
    """A field for each table of `findings`."""

    @admin.display(description="stages of the newest run")
    def stages(self, video: Video) -> SafeString:
        return findings.stages(selectors.analysis_stages(video))

    @admin.display(description="files")
    def renditions(self, video: Video) -> SafeString:
        return findings.renditions(video)

    @admin.display(description="shots")
    def shots(self, video: Video) -> SafeString:
        return findings.shots(video)

    @admin.display(description="cues")
    def cues(self, video: Video) -> SafeString:
        return findings.cues(video)

    @admin.display(description="texts")
    def screen_texts(self, video: Video) -> SafeString:
        return findings.screen_texts(video)

    @admin.display(description="objects")
    def things(self, video: Video) -> SafeString:
        return findings.objects(video)

    @admin.display(description="faces")
    def faces(self, video: Video) -> SafeString:
        return findings.faces(video)

    @admin.display(description="spans")
    def nudity(self, video: Video) -> SafeString:
        return findings.nudity(video)

    @admin.display(description="events")
    def sounds(self, video: Video) -> SafeString:
        return findings.sounds(video)

    @admin.display(description="sentences")
    def summary(self, video: Video) -> SafeString:
        return findings.summary(video)

    @admin.display(description="chapters")
    def chapters(self, video: Video) -> SafeString:
        return findings.chapters(video)

    @admin.display(description="keywords")
    def keywords(self, video: Video) -> SafeString:
        return findings.keywords(video)

    @admin.display(description="turns")
    def turns(self, video: Video) -> SafeString:
        return findings.turns(video)

    @admin.display(description="names")
    def entities(self, video: Video) -> SafeString:
        return findings.entities(video)

    @admin.display(description="spans")
    def duplicates(self, video: Video) -> SafeString:
        return findings.duplicates(video)
